import { hash } from 'node:crypto';
import type { ApiLevel } from '../domain/caller.ts';
import type { GatewayError } from '../domain/errors.ts';

/** What a good token says of whoever sends it. */
export interface Grant {
  /** Workspaces it is good in; null: it names none. */
  readonly workspaces: readonly string[] | null;
  readonly level: ApiLevel;
  /** `Caller.endUser` */
  readonly endUser: string | null;
  /** From when on it is not good any more, in milliseconds since the epoch; null: it stays good. */
  readonly expiresAt: number | null;
}

/** Tells good tokens from others. */
export interface TokenVerifier {
  /**
   * What was found out before is answered at once.
   * @returns GatewayError INVALID_API_KEY, TOKEN_EXPIRED, or AUTH_UNAVAILABLE where it cannot be told now; never rejects
   */
  verify(token: string): Grant | GatewayError | Promise<Grant | GatewayError>;
}

/** For `Grant.endUser`. @param parts tell one person from all others */
export const endUserOf = (...parts: readonly string[]): string =>
  hash('sha256', parts.join('\0'), 'base64url');
