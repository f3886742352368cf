import type { Method } from './endpoints.ts';

/**
 * Why an attempt failed, as far as trying again is concerned.
 * UNSENT: no byte left. RESET: the connection broke after that. TIMEOUT: we gave up waiting. GATEWAY_TIMEOUT: 504.
 * BUSY: 503 with Retry-After. RATE_LIMITED: 429. OUTAGE: 500, 502, 503 without Retry-After. REFUSED: any other answer.
 */
export type Failure =
  'UNSENT' | 'RESET' | 'TIMEOUT' | 'GATEWAY_TIMEOUT' | 'BUSY' | 'RATE_LIMITED' | 'OUTAGE' | 'REFUSED';

/** What is sent: CHECKED_PUT is a PUT that goes out only while something holds, which is checked again each time. */
export type Retried = Method | 'CHECKED_PUT';

/** What to wait for before another attempt: a short random time, or what the answer asked for. */
export type Wait = 'JITTER' | 'AS_TOLD';

export interface RetryRule {
  readonly wait: Wait;
  /** Further attempts of one call for this reason; `JITTER` counts over all reasons together. */
  readonly times: number;
}

const once: RetryRule = { wait: 'JITTER', times: 1 };
/** The wait is the backend's own; the bound is against one that keeps saying "now". */
const whenTold: RetryRule = { wait: 'AS_TOLD', times: 2 };
/** Not applied, so nothing is repeated. The deadline is the real bound. */
const nextTurn: RetryRule = { wait: 'AS_TOLD', times: 5 };

/**
 * Who is tried again, and when. What is not listed never is: a POST that may have arrived would be done twice,
 * an outage gets no storm on top, and a conflict has to be resolved by whoever caused it.
 */
export const retryRules: Readonly<Record<Failure, Readonly<Partial<Record<Retried, RetryRule>>>>> = {
  UNSENT: {},
  RESET: { GET: once, PUT: once, CHECKED_PUT: once, DELETE: once },
  TIMEOUT: { GET: once, PUT: once, CHECKED_PUT: once, DELETE: once },
  GATEWAY_TIMEOUT: { GET: once, PUT: once, CHECKED_PUT: once, DELETE: once },
  BUSY: { GET: whenTold },
  RATE_LIMITED: {
    GET: nextTurn,
    POST: nextTurn,
    PUT: nextTurn,
    CHECKED_PUT: nextTurn,
    DELETE: nextTurn,
  },
  OUTAGE: {},
  REFUSED: {},
};

/** Milliseconds that `JITTER` waits: from the first up to, not including, the second. */
export const jitter = { from: 50, below: 250 } as const;

/** Keeps count of one call's attempts. */
export interface Retries {
  /**
   * Milliseconds to wait before trying again; null: do not.
   * @param told what the answer asked to wait, where it did
   * @param remaining milliseconds until the answer is of no use
   */
  next(failure: Failure, told: number | null, remaining: number): number | null;
  /** Whether a further attempt is in store should this one take too long. */
  readonly mayRepeatTimeout: boolean;
}

/** @param random from 0 up to, not including, 1 */
export function createRetries(what: Retried, random: () => number): Retries {
  const used = new Map<Failure | 'JITTER', number>();
  const available = (failure: Failure): { rule: RetryRule; key: Failure | 'JITTER' } | null => {
    const rule = retryRules[failure][what];
    if (rule === undefined) return null;
    const key = rule.wait === 'JITTER' ? 'JITTER' : failure;
    return (used.get(key) ?? 0) < rule.times ? { rule, key } : null;
  };
  return {
    next(failure, told, remaining) {
      const found = available(failure);
      if (found === null) return null;
      const wait =
        found.rule.wait === 'JITTER' ? jitter.from + random() * (jitter.below - jitter.from) : told;
      if (wait === null || wait >= remaining) return null;
      used.set(found.key, (used.get(found.key) ?? 0) + 1);
      return wait;
    },
    get mayRepeatTimeout() {
      return available('TIMEOUT') !== null;
    },
  };
}
