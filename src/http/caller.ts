import { hash } from 'node:crypto';
import type { BackendKind } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import { GatewayError } from '../domain/errors.ts';

/** Where credentials are looked up: a request's headers or a socket's `connectionParams`; names in lower case. */
export type Credentials = (name: string) => string | null;

/** Who asks. Without a caller, `fault` says why, for the first field that needs one. */
export type Identity =
  { readonly caller: Caller; readonly fault: null } | { readonly caller: null; readonly fault: GatewayError };

export type Authenticator = (credentials: Credentials) => Identity;

export interface AuthenticatorOptions {
  readonly backendKind: BackendKind;
  /** The key that acts for whoever brings none, in its own workspace only; null: everybody brings one. */
  readonly anonymous: { readonly workspaceId: string; readonly apiKey: string } | null;
}

/** Both go into headers as they are: printable, no blanks. */
const keyPattern = /^[\x21-\x7e]{1,512}$/;
const workspacePattern = /^[\w.-]{1,128}$/;

/** Whoever acts with a key. Both parts must fit into headers. */
export const createCaller = (
  kind: BackendKind,
  { apiKey, workspaceId }: { readonly apiKey: string; readonly workspaceId: string },
  source: Caller['source'],
): Caller => ({
  workspaceId,
  apiKey,
  scope: digest(kind, workspaceId, apiKey),
  keyId: digest(kind, apiKey),
  source,
});

const digest = (...parts: readonly string[]): string => hash('sha256', parts.join('\0'), 'base64url');

/**
 * Finds out on whose behalf a request runs; asks nobody. A caller's own key wins over the server's,
 * and a key that cannot be one never falls back to it.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { anonymous, backendKind } = options;

  const server: Identity = anonymous
    ? { caller: createCaller(backendKind, anonymous, 'SERVER'), fault: null }
    : refused('INVALID_API_KEY', 'Send an API key: Authorization: Bearer <key>, or X-API-Key.');

  return (credentials) => {
    const key = keyOf(credentials);
    const workspaceId = credentials('x-workspace-id');
    if (key === null) {
      return workspaceId === null || workspaceId === anonymous?.workspaceId ? server : foreign(server);
    }
    if (!keyPattern.test(key)) return refused('INVALID_API_KEY', 'What was sent as an API key is not one.');
    if (workspaceId === null || !workspacePattern.test(workspaceId)) {
      return refused('MISSING_WORKSPACE', 'Name the workspace of the key: X-Workspace-Id.');
    }
    return { caller: createCaller(backendKind, { apiKey: key, workspaceId }, 'REQUEST'), fault: null };
  };
}

function refused(
  code: 'INVALID_API_KEY' | 'MISSING_WORKSPACE' | 'INSUFFICIENT_API_PERMISSION',
  message: string,
): Identity {
  return { caller: null, fault: new GatewayError(code, message) };
}

/** The server's key acts for the server's workspace alone, whatever workspace is asked for. */
const foreign = (server: Identity): Identity =>
  server.caller === null
    ? server
    : refused(
        'INSUFFICIENT_API_PERMISSION',
        'Without a key of your own you can act for this gateway’s own workspace only.',
      );

/** null: none was sent. Other schemes of `Authorization` are somebody else's business (a proxy's). */
function keyOf(credentials: Credentials): string | null {
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
