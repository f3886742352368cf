import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { BackendKind } from '../domain/backend.ts';
import type { ApiLevel, Caller } from '../domain/caller.ts';
import { GatewayError } from '../domain/errors.ts';

/** Where credentials are looked up: a request's headers or a socket's `connectionParams`; names in lower case. */
export type Credentials = (name: string) => string | null;

/** Who asks. Without a caller, `fault` says why, for the first field that needs one. */
export type Identity =
  | {
      readonly caller: Caller;
      readonly fault: null;
      /** From when on it is nobody's, in milliseconds since the epoch; null: it stays. */
      readonly expiresAt: number | null;
    }
  | { readonly caller: null; readonly fault: GatewayError };

/** Answers at once where nobody has to be asked. Never rejects. */
export type Authenticator = (credentials: Credentials) => Identity | Promise<Identity>;

/** A key that the server holds, and the only workspace that it acts for. */
export interface HeldKey {
  readonly workspaceId: string;
  readonly apiKey: string;
}

export interface AuthenticatorOptions {
  readonly backendKind: BackendKind;
  /** How whoever brings no key is served; null: everybody brings one. */
  readonly anonymous: {
    /** They act for whoever brings none, each in its own workspace only. */
    readonly keys: readonly HeldKey[];
    /** What it may do; null: whatever the key may. */
    readonly level: ApiLevel | null;
  } | null;
}

/** Both go into headers as they are: printable, no blanks. */
const keyPattern = /^[\x21-\x7e]{1,512}$/;
const workspacePattern = /^[\w.-]{1,128}$/;

/** Callers that are remembered. Nothing is asked or decided for them: the same key would come to the same caller again. */
const maxRecent = 1_000;

/** Whoever acts with a key. Both parts must fit into headers. @param level null: whatever the key may */
export const createCaller = (
  kind: BackendKind,
  { apiKey, workspaceId }: HeldKey,
  source: Caller['source'],
  level: ApiLevel | null = null,
): Caller => ({
  workspaceId,
  apiKey,
  scope: digest(kind, workspaceId, apiKey),
  keyId: digest(kind, apiKey),
  source,
  level,
  endUser: null,
});

const digest = (...parts: readonly string[]): string => hash('sha256', parts.join('\0'), 'base64url');

/**
 * Finds out on whose behalf a request runs; asks nobody. A caller's own key wins over the server's,
 * and a key that cannot be one never falls back to it.
 */
export function createAuthenticator(options: AuthenticatorOptions): (credentials: Credentials) => Identity {
  const { anonymous, backendKind } = options;
  const servers = new Map(
    anonymous?.keys.map((key) => [
      key.workspaceId,
      createCaller(backendKind, key, 'SERVER', anonymous.level),
    ]),
  );

  // Whoever asks, asks again, and two digests cost more than all else that admits a request.
  const recent = new LRUCache<string, Identity>({ max: maxRecent });

  return (credentials) => {
    const key = keyOf(credentials);
    const workspaceId = credentials('x-workspace-id');
    if (key === null) {
      return anonymous === null ? keyless : serverFor(servers, workspaceId);
    }
    if (!keyPattern.test(key)) return refused('INVALID_API_KEY', 'What was sent as an API key is not one.');
    if (workspaceId === null || !workspacePattern.test(workspaceId)) {
      return refused('MISSING_WORKSPACE', 'Name the workspace of the key: X-Workspace-Id.');
    }
    // Neither part may have a blank in it.
    const name = `${workspaceId} ${key}`;
    const known = recent.get(name);
    if (known !== undefined) return known;
    const caller = createCaller(backendKind, { apiKey: key, workspaceId }, 'REQUEST');
    const identity = identified(caller, null);
    recent.set(name, identity);
    return identity;
  };
}

/** @param workspaceId that was asked for; null: none was, which will do where there is one only */
function serverFor(servers: ReadonlyMap<string, Caller>, workspaceId: string | null): Identity {
  const [only, ...others] = servers.values();
  const caller = workspaceId === null && others.length === 0 ? only : servers.get(workspaceId ?? '');
  if (caller !== undefined) return identified(caller, null);
  return workspaceId === null
    ? refused('MISSING_WORKSPACE', 'Name a workspace that this gateway serves: X-Workspace-Id.')
    : refused(
        'INSUFFICIENT_API_PERMISSION',
        'Without a key of your own you can act for this gateway’s own workspaces only.',
      );
}

export const identified = (caller: Caller, expiresAt: number | null): Identity => ({
  caller,
  fault: null,
  expiresAt,
});

export function refused(
  code: 'INVALID_API_KEY' | 'MISSING_WORKSPACE' | 'INSUFFICIENT_API_PERMISSION',
  message: string,
): Identity {
  return { caller: null, fault: new GatewayError(code, message) };
}

const keyless = refused('INVALID_API_KEY', 'Send an API key: Authorization: Bearer <key>, or X-API-Key.');

/** A key or token. null: none was sent. Other schemes of `Authorization` are somebody else's business (a proxy's). */
export function keyOf(credentials: Credentials): string | null {
  const bearer = /^bearer(?:\s+(.*))?$/is.exec(credentials('authorization') ?? '');
  if (bearer) return (bearer[1] ?? '').trim();
  return credentials('x-api-key');
}

/** The same names as the headers, in any spelling of case; what is not a text counts as absent. */
export function connectionCredentials(params: Readonly<Record<string, unknown>> | undefined): Credentials {
  const byName = new Map<string, string>();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (typeof value === 'string') byName.set(name.toLowerCase(), value);
  }
  return (name) => byName.get(name) ?? null;
}
