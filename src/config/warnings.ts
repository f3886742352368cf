import type { AuthMode } from './auth.ts';
import type { Reader } from './reader.ts';

/** What only one mode reads. */
const ofMode: Readonly<Record<string, AuthMode>> = {
  JWT_JWKS_URL: 'JWT',
  JWT_SECRET: 'JWT',
  JWT_ISSUER: 'JWT',
  JWT_AUDIENCE: 'JWT',
  JWT_WORKSPACE_CLAIM: 'JWT',
  JWT_LEVEL_CLAIM: 'JWT',
  JWT_USER_CLAIM: 'JWT',
  GATEWAY_TOKENS_FILE: 'TOKENS',
  ANONYMOUS_LEVEL: 'ANONYMOUS',
};

/** What is set and does nothing, in sentences. */
export function warningsOf(
  isSet: Reader['isSet'],
  mode: AuthMode,
  ownKey: boolean,
  lends: boolean,
): string[] {
  const warnings = Object.entries(ofMode)
    .filter(([name, its]) => isSet(name) && its !== mode)
    .map(([name, its]) => `${name} is set, and has no effect without AUTH_MODE=${its.toLowerCase()}.`);
  for (const name of ['SANDBOX_TICKETS', 'SANDBOX_AGENTS']) {
    if (isSet(name) && isSet('HELPDESK_URL'))
      warnings.push(`${name} is set, and has no effect beside HELPDESK_URL.`);
  }
  if (isSet('DATA_DIR') && isSet('REDIS_URL'))
    warnings.push(
      'DATA_DIR is set, and has no effect beside REDIS_URL: events and secrets are kept in Redis.',
    );
  return [...warnings, ...sweepWarnings(isSet, ownKey, lends)];
}

function sweepWarnings(isSet: Reader['isSet'], ownKey: boolean, lends: boolean): string[] {
  // Of several workspaces some may have no key.
  if (ownKey && lends && !isSet('WORKSPACES_FILE')) {
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
