import type { Grant, TokenVerifier } from '../auth/grant.ts';
import type { BackendKind } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import { GatewayError } from '../domain/errors.ts';
import {
  createCaller,
  identified,
  keyOf,
  refused,
  type Authenticator,
  type HeldKey,
  type Identity,
} from './caller.ts';

export interface TokenAuthenticatorOptions {
  readonly backendKind: BackendKind;
  readonly tokens: TokenVerifier;
  /** What holders of tokens act with: a key for each workspace. */
  readonly keys: readonly HeldKey[];
}

/** Characters of a token; longer ones are not looked at. */
const longest = 8192;

/**
 * Finds out who a token belongs to. Whoever has a good one acts with the server's key for a workspace that the token names,
 * and at its level. A key of the backend is no token: nobody gets around them with one.
 */
export function createTokenAuthenticator(options: TokenAuthenticatorOptions): Authenticator {
  const { backendKind, tokens, keys } = options;
  const holders = new Map(keys.map((key) => [key.workspaceId, createCaller(backendKind, key, 'SERVER')]));
  return (credentials) => {
    const token = keyOf(credentials);
    if (token === null) return tokenless;
    if (token.length > longest) return refused('INVALID_API_KEY', 'What was sent as a token is not one.');
    const wanted = credentials('x-workspace-id');
    const found = tokens.verify(token);
    return found instanceof Promise
      ? found.then((grant) => identityOf(grant, wanted, holders))
      : identityOf(found, wanted, holders);
  };
}

/** @param wanted the workspace that was asked for; null: none was */
function identityOf(
  grant: Grant | GatewayError,
  wanted: string | null,
  holders: ReadonlyMap<string, Caller>,
): Identity {
  if (grant instanceof GatewayError) return { caller: null, fault: grant };
  const named = grant.workspaces ?? (holders.size === 1 ? [...holders.keys()] : []);
  const [only, ...others] = named.filter((id) => holders.has(id));
  if (wanted === null && others.length > 0) {
    return refused('MISSING_WORKSPACE', 'The token is good in several workspaces. Name one: X-Workspace-Id.');
  }
  const id = wanted ?? only;
  const holder = id !== undefined && named.includes(id) ? holders.get(id) : undefined;
  if (holder === undefined) {
    return refused(
      'INSUFFICIENT_API_PERMISSION',
      wanted === null
        ? 'The token names no workspace that this gateway serves.'
        : 'The token is not good in the workspace that X-Workspace-Id names.',
    );
  }
  return identified({ ...holder, level: grant.level, endUser: grant.endUser }, grant.expiresAt);
}

const tokenless = refused('INVALID_API_KEY', 'Send a token: Authorization: Bearer <token>.');
