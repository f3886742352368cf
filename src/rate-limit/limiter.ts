import type { CallPriority } from '../domain/operation.ts';
import type { Budget } from '../domain/backend.ts';
import type { LimiterReport } from './tally.ts';

/** One call that wants to be sent. */
export interface TakeRequest {
  /** The more urgent class goes first; one that waits still gets every twentieth call or so. */
  readonly priority: CallPriority;
  /** Calls of one priority alternate between clients. */
  readonly client: string;
  /** A call that cannot be sent by then is refused; milliseconds since the epoch. */
  readonly deadline: number;
  /**
   * Aborting one of them gives the place in the queue back; `take` then rejects with its abort reason. Several, because
   * to make them one (`AbortSignal.any`) costs more than the rest of a call that need not wait.
   */
  readonly signals: readonly AbortSignal[];
}

/** What an answer of the backend said of the key's window. Absent: the answer did not say. */
export interface Observation {
  /** Requests in a window. */
  readonly limit?: number;
  readonly remaining?: number;
  /** When the window resets on the backend's clock; milliseconds since the epoch, whole seconds. */
  readonly resetAt?: number;
  /** The backend's clock when it answered (`Date`); milliseconds since the epoch, whole seconds. */
  readonly serverTime?: number;
  /** The call was refused (429) and the backend wants silence for so many milliseconds; 0 where it did not say how many. */
  readonly retryAfterMs?: number;
}

/** The right to send one request; `settle` must be called exactly once, whatever becomes of it. */
export interface Permit {
  /** Milliseconds the call waited for it. */
  readonly waitedMs: number;
  settle(outcome: PermitOutcome): void;
}

export type PermitOutcome =
  | { readonly kind: 'ANSWERED'; readonly observation: Observation }
  /** It certainly never left: the token goes back. */
  | { readonly kind: 'NOT_SENT' }
  /** It may have reached the backend, no answer came: the token is spent. */
  | { readonly kind: 'LOST' };

export type TakeResult =
  | { readonly allowed: true; readonly permit: Permit }
  | {
      readonly allowed: false;
      readonly reason: 'DEADLINE' | 'QUEUE_FULL';
      /** When it may be worth asking again. */
      readonly retryAfterMs: number;
    };

/** The budget of one API key. */
export interface Limiter {
  take(request: TakeRequest): Promise<TakeResult>;
  /**
   * null until an answer told of the window. `resetAt` is by our clock, and where the running window is not known yet
   * (after a reset that nothing was heard since) the latest moment at which it can end.
   */
  budget(): Budget | null;
}

/** Hands out the limiter of a key. @param keyId `Caller.keyId`: a hash, never the key */
export interface LimiterRegistry {
  of(keyId: string): Limiter;
  /** What the limiters that were used last have to say. @param most of them at most */
  uses?(most: number): KeyUses;
}

export interface KeyUses {
  /** Keys that are remembered. */
  readonly total: number;
  readonly last: readonly KeyUse[];
}

/** What one key's limiter has to say. */
export interface KeyUse extends LimiterReport {
  readonly keyId: string;
  readonly budget: Budget | null;
}

type Reporting = Pick<Limiter, 'budget'> & { report(): LimiterReport };

/** For registries. @param limiters those that were used last at the end */
export function usesOf(
  limiters: { readonly size: number; entries(): Iterable<[string, Reporting]> },
  most: number,
): KeyUses {
  const last = Iterator.from(limiters.entries())
    .drop(Math.max(0, limiters.size - most))
    .map(([keyId, limiter]) => ({ keyId, budget: limiter.budget(), ...limiter.report() }));
  return { total: limiters.size, last: [...last] };
}
