import { z } from 'zod';
import type { ApiLevel } from '../domain/caller.ts';
import { readJwt, type JwtConfig } from './jwt.ts';
import type { Reader } from './reader.ts';
import { readTokens, type TokensConfig } from './tokens.ts';
import { apiLevel, flag, isLoopback } from './values.ts';
import { holdsKey, type WorkspaceConfig } from './workspaces.ts';

/**
 * How it is known who calls, and with which key they act.
 * PASS_THROUGH: whoever asks brings a key of the backend. ANONYMOUS: who brings none acts with the server's; a caller's own
 * key wins. JWT and TOKENS: whoever has a good token acts with the server's, and nobody acts otherwise.
 */
export type AuthConfig =
  | { readonly mode: 'PASS_THROUGH' }
  | {
      readonly mode: 'ANONYMOUS';
      /** What whoever brings no key may do; null: whatever the server's key may. */
      readonly level: ApiLevel | null;
    }
  | JwtConfig
  | TokensConfig;

export type AuthMode = AuthConfig['mode'];

const modes = {
  'pass-through': 'PASS_THROUGH',
  anonymous: 'ANONYMOUS',
  jwt: 'JWT',
  tokens: 'TOKENS',
} as const satisfies Readonly<Record<string, AuthMode>>;

const authMode = z
  .enum(['pass-through', 'anonymous', 'jwt', 'tokens'], `must be one of ${Object.keys(modes).join(', ')}`)
  .transform((mode) => modes[mode]);

/** @param listensOn `HOST` */
export function readAuth(
  reader: Reader,
  listensOn: string,
  workspaces: readonly WorkspaceConfig[],
): AuthConfig {
  const { read, isSet, fault } = reader;
  const allowed = read('ALLOW_ANONYMOUS', flag, false);
  const level = read('ANONYMOUS_LEVEL', apiLevel, null);
  const open = allowed || isLoopback(listensOn);
  const hasKey = holdsKey(reader, workspaces);
  const mode = read('AUTH_MODE', authMode, null) ?? (hasKey && open ? 'ANONYMOUS' : 'PASS_THROUGH');
  refuseHalf(reader);
  if (mode !== 'PASS_THROUGH' && !hasKey) {
    const name = Object.entries(modes).find(([, value]) => value === mode)?.[0] ?? '';
    const keyed = isSet('WORKSPACES_FILE')
      ? 'give a workspace of WORKSPACES_FILE an apiKey'
      : 'set HELPDESK_API_KEY and HELPDESK_WORKSPACE_ID';
    fault('AUTH_MODE', `${name} needs a key to act with: ${keyed}`);
  }
  if (mode === 'ANONYMOUS' && !open) {
    fault(
      'AUTH_MODE',
      `anonymous would let everybody who reaches HOST act with the server’s key: set ALLOW_ANONYMOUS=true if that is wanted`,
    );
  }
  if (mode === 'JWT') return readJwt(reader);
  if (mode === 'TOKENS') return readTokens(reader, workspaces);
  return mode === 'ANONYMOUS' ? { mode, level } : { mode };
}

/** Whoever configures tokens and no mode would be served to everybody on loopback, and to no token elsewhere. */
function refuseHalf({ isSet, fault }: Reader): void {
  if (isSet('AUTH_MODE')) return;
  const of = { jwt: ['JWT_JWKS_URL', 'JWT_SECRET'], tokens: ['GATEWAY_TOKENS_FILE'] } as const;
  for (const [mode, names] of Object.entries(of)) {
    const name = names.find(isSet);
    if (name !== undefined) fault('AUTH_MODE', `is missing beside ${name}: set AUTH_MODE=${mode}`);
  }
}
