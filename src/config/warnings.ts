import type { Reader } from './reader.ts';

/** Names that later versions give a meaning. */
const reserved = [
  'WORKSPACES_FILE',
  'JWT_JWKS_URL',
  'JWT_SECRET',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'GATEWAY_TOKENS_FILE',
] as const;

/** What is set and does nothing, in sentences. */
export function warningsOf(isSet: Reader['isSet'], lends: boolean): string[] {
  const warnings = reserved.filter(isSet).map((name) => `${name} is set, and has no effect in this version.`);
  for (const name of ['SANDBOX_TICKETS', 'SANDBOX_AGENTS']) {
    if (isSet(name) && isSet('HELPDESK_URL'))
      warnings.push(`${name} is set, and has no effect beside HELPDESK_URL.`);
  }
  if (isSet('DATA_DIR') && isSet('REDIS_URL'))
    warnings.push(
      'DATA_DIR is set, and has no effect beside REDIS_URL: events and secrets are kept in Redis.',
    );
  return [...warnings, ...sweepWarnings(isSet, lends)];
}

function sweepWarnings(isSet: Reader['isSet'], lends: boolean): string[] {
  // The sandbox comes with a key for the server.
  const ownKey = isSet('HELPDESK_API_KEY') || !isSet('HELPDESK_URL');
  if (ownKey && lends) {
    return [
      `SWEEP_WITH_CALLER_KEY is set, and has no effect on the workspace of ${
        isSet('HELPDESK_URL') ? 'HELPDESK_API_KEY' : 'the sandbox'
      }: the gateway’s own key sweeps it.`,
    ];
  }
  if (!ownKey && !lends && isSet('POLL_SECONDS')) {
    return [
      'POLL_SECONDS is set, and has no effect: there is no key to look for changes with. Set HELPDESK_API_KEY, or SWEEP_WITH_CALLER_KEY=true.',
    ];
  }
  return [];
}
