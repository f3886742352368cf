import { createJwtVerifier } from './auth/jwt.ts';
import { createStaticTokens } from './auth/static-tokens.ts';
import type { GatewayConfig } from './config/config.ts';
import type { WorkspaceConfig } from './config/workspaces.ts';
import type { BackendKind } from './domain/backend.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { createAuthenticator, createCaller, type Authenticator, type HeldKey } from './http/caller.ts';
import { createTokenAuthenticator } from './http/token-caller.ts';

interface Tools {
  readonly log: Log;
  readonly clock: Clock;
}

/** How callers say who they are, as `config` has it. */
export function authenticatorOf(
  { auth, backend: { workspaces } }: Pick<GatewayConfig, 'auth' | 'backend'>,
  backendKind: BackendKind,
  { log, clock }: Tools,
): Authenticator {
  const keys = heldKeys(workspaces);
  switch (auth.mode) {
    case 'PASS_THROUGH':
      return createAuthenticator({ backendKind, anonymous: null });
    case 'ANONYMOUS':
      return createAuthenticator({ backendKind, anonymous: { keys, level: auth.level } });
    case 'TOKENS':
      return createTokenAuthenticator({ backendKind, tokens: createStaticTokens(auth.tokens, clock), keys });
    case 'JWT':
      return createTokenAuthenticator({
        backendKind,
        tokens: createJwtVerifier({ ...auth, clock, log }),
        keys,
      });
  }
}

/** The keys that the server holds. */
export const heldKeys = (workspaces: readonly WorkspaceConfig[]): readonly HeldKey[] =>
  workspaces.flatMap(({ id, apiKey }) => (apiKey === null ? [] : [{ workspaceId: id, apiKey }]));

/** Requests a minute for a key, where a workspace says it; null: it is as for any other. */
export function limitOfKey(
  workspaces: readonly WorkspaceConfig[],
  kind: BackendKind,
): (keyId: string) => number | null {
  const limits = new Map<string, number>();
  for (const { id, apiKey, rateLimit } of workspaces) {
    if (apiKey === null || rateLimit === null) continue;
    const { keyId } = createCaller(kind, { workspaceId: id, apiKey }, 'SERVER');
    // One key may serve several workspaces: what holds for it is the least that is said.
    limits.set(keyId, Math.min(rateLimit, limits.get(keyId) ?? rateLimit));
  }
  return (keyId) => limits.get(keyId) ?? null;
}
