import type { TraceContext } from './trace.ts';
import type { Basis } from './basis.ts';

/**
 * Which turn a call gets when calls must wait: a person's write, a person's read, the gateway's own work.
 */
export type CallPriority = 'MUTATION' | 'QUERY' | 'BACKGROUND';

/**
 * What one operation has cost so far; the backend adds to it as it works. An answer that several operations share is
 * paid by the one that asked first: `spent` and `waitedMs` stay with it, also after it has left; the others only see
 * `shared`.
 */
export interface Meter {
  /** REST requests sent, every attempt counted. */
  spent: number;
  /** Milliseconds that calls of this operation waited for their turn, added up. */
  waitedMs: number;
  /** Answers that came from a cache instead of a REST request. */
  cacheHits: number;
  /** Answers that were shared with another call under way. */
  shared: number;
}

export const createMeter = (): Meter => ({ spent: 0, waitedMs: 0, cacheHits: 0, shared: 0 });

/** One GraphQL operation, or one piece of background work, as the layers below see it. */
export interface Operation {
  readonly priority: CallPriority;
  /** Whose turn it is: calls of different clients alternate. Not a secret, not an identity to trust. */
  readonly client: string;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
  /** When an answer is of no use any more; milliseconds since the epoch. */
  readonly deadline: number;
  /** 32 lower-case hex digits (W3C Trace Context trace-id): in our log and in every error we send. */
  readonly traceId: string;
  /** Where in that trace its calls are. @default at its beginning */
  readonly trace?: TraceContext;
  readonly meter: Meter;
  /** Called each time a request of it leaves: what it read may be as old as the last of these moments, and no older. */
  readonly sent?: () => void;
  /** Whoever asks wants to know how things are now: nothing that was known before answers it. @default false */
  readonly noCache?: boolean;
  /** A cursor of the event log: what is read is no older than the record it names. */
  readonly readAfter?: string;
  /** Where the budget or a failing backend leaves no way to ask, the last known answer is better than none. @default false */
  readonly staleIfLimited?: boolean;
  /** Called for each answer that `staleIfLimited` let through. */
  readonly servedStale?: (served: ServedStale) => void;
  /** Called for each answer that was served from what is kept and trusted, with what it rests on. */
  readonly rests?: (basis: Basis) => void;
  /** Called when the event log has taken in a write of it: whoever reads after that record, by its cursor, sees the write. */
  readonly told?: (cursor: string) => void;
}

export interface ServedStale {
  /** What was asked: the id, or the very object that was handed to the list. */
  readonly question: unknown;
  /** Milliseconds since it was known to be right. */
  readonly ageMs: number;
}
