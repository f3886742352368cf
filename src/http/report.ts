import type { Backend } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import type { Meter } from '../domain/operation.ts';

/** What `extensions.rateLimit` of an answer says: the caller's budget, and what this operation took of it. */
export interface RateLimitReport {
  /** Requests in a window; null until a first answer to this key was seen. */
  readonly limit: number | null;
  readonly remaining: number | null;
  /** ISO 8601 UTC. */
  readonly resetAt: string | null;
  /** REST requests this operation sent, every attempt counted. */
  readonly spent: number;
  /** Milliseconds its calls waited for their turn, added up. */
  readonly waitedMs: number;
  readonly cacheHits: number;
  readonly shared: number;
}

let reset = { at: Number.NaN, text: '' };

/** Windows end seldom, and budgets are told of all the time. */
function isoOf(at: number): string {
  if (at !== reset.at) reset = { at, text: new Date(at).toISOString() };
  return reset.text;
}

export function reportOf(caller: Caller, meter: Meter, budget: Backend['budget']): RateLimitReport {
  const left = budget(caller);
  return {
    limit: left?.limit ?? null,
    remaining: left?.remaining ?? null,
    resetAt: left === null ? null : isoOf(left.resetAt),
    ...meter,
  };
}
