import { hash } from 'node:crypto';
import type { ApiLevel } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import { endUserOf, type Grant, type TokenVerifier } from './grant.ts';

/** A token that was handed out. */
export interface StaticToken {
  readonly name: string;
  /** SHA-256, hexadecimal in lower case. */
  readonly sha256: string;
  readonly level: ApiLevel;
  readonly workspaces: readonly string[] | null;
  /** Milliseconds since the epoch; null: it stays good. */
  readonly expiresAt: number | null;
}

/**
 * Knows tokens by their hashes. One is looked up by what cannot be chosen, so the time that takes tells nothing; and as
 * tokens are made by chance a hash needs no salt and no stretching.
 */
export function createStaticTokens(tokens: readonly StaticToken[], clock: Pick<Clock, 'now'>): TokenVerifier {
  const grants = new Map<string, Grant>(
    tokens.map(({ name, sha256, level, workspaces, expiresAt }) => [
      sha256,
      { level, workspaces, expiresAt, endUser: endUserOf('token', name) },
    ]),
  );
  return {
    verify: (token) => {
      const grant = grants.get(hash('sha256', token, 'hex'));
      if (grant === undefined) return unknown;
      return grant.expiresAt !== null && grant.expiresAt <= clock.now() ? expired : grant;
    },
  };
}

const unknown = new GatewayError('INVALID_API_KEY', 'What was sent is no token of this gateway.');
const expired = new GatewayError('TOKEN_EXPIRED', 'The token has expired. Get a new one.');
