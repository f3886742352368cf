import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.ts';
import type { GatewayError } from '../domain/errors.ts';
import type { Grant, TokenVerifier } from './grant.ts';

/** Tokens that are remembered. */
const most = 10_000;

export interface RememberedTokens extends TokenVerifier {
  /** What was good before is not to be relied on any more. */
  forget(): void;
}

/**
 * Remembers good tokens until they expire, by their hashes: a repeat costs that hash. What was refused is not remembered,
 * so nobody can push good ones out without having some. One that comes often at first is checked once.
 */
export function rememberTokens(
  check: (token: string) => Promise<Grant | GatewayError>,
  clock: Pick<Clock, 'now'>,
): RememberedTokens {
  const good = new LRUCache<string, Grant>({ max: most });
  const underWay = new Map<string, Promise<Grant | GatewayError>>();
  let era = 0;

  const find = async (key: string, token: string): Promise<Grant | GatewayError> => {
    const begun = era;
    try {
      const found = await check(token);
      if (!(found instanceof Error) && begun === era) good.set(key, found);
      return found;
    } finally {
      underWay.delete(key);
    }
  };

  return {
    verify: (token) => {
      const key = hash('sha256', token, 'base64url');
      const known = good.get(key);
      // One that has expired is checked again, for the sake of what is said of it.
      if (known && (known.expiresAt === null || known.expiresAt > clock.now())) return known;
      const found = underWay.get(key) ?? find(key, token);
      underWay.set(key, found);
      return found;
    },
    forget: () => {
      era += 1;
      good.clear();
      underWay.clear();
    },
  };
}
