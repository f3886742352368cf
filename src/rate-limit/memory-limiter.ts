import { type Clock, systemClock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { createKeyLimiter, type KeyLimiter } from './key-limiter.ts';
import { createKeyedLimiters } from './keyed-limiters.ts';
import { usesOf, type Limiter, type LimiterRegistry, type TakeRequest, type TakeResult } from './limiter.ts';
import { onAnyAbort, reasonOf } from './on-abort.ts';
import type { LimiterReport } from './tally.ts';

export interface LimiterRegistryOptions {
  /** Requests in a window, until the backend has told. */
  readonly defaultLimit: number;
  /** The same for a key of which more is known; null: no more is. @default it is of none */
  readonly limitOf?: (keyId: string) => number | null;
  /** How long the backend's windows last; milliseconds. @default 60000 */
  readonly windowMs?: number;
  /** Calls of one key that may wait; further ones are refused with QUEUE_FULL. @default 10000 */
  readonly maxQueued?: number;
  /** Keys beyond which idle ones are forgotten, the longest unused first; keys in use are never. @default 10000 */
  readonly maxKeys?: number;
  readonly clock?: Clock;
  /** @default nothing is logged */
  readonly log?: Log;
}

/** Limiters in the memory of this process: it takes other processes on the same key for strangers, and makes room for them. */
export interface MemoryLimiterRegistry extends LimiterRegistry {
  /** What the limiter of a key has done; null: there is none. */
  report(keyId: string): LimiterReport | null;
  /** Keys that are remembered. */
  readonly size: number;
}

const silent = (): void => undefined;
const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** Makes the limiters of one backend, one for each key. */
export function createLimiterRegistry(options: LimiterRegistryOptions): MemoryLimiterRegistry {
  const { defaultLimit, windowMs = 60_000, maxQueued = 10_000, maxKeys = 10_000 } = options;
  const { clock = systemClock, log = noLog, limitOf = () => null } = options;
  const limiters = createKeyedLimiters((keyId) => {
    const limit = limitOf(keyId) ?? defaultLimit;
    return createKeyLimiter({ keyId, defaultLimit: limit, windowMs, maxQueued, clock, log });
  }, maxKeys);

  return {
    // Looks its key up at every use: whoever keeps it never holds a second budget beside the registry's.
    of: (keyId): Limiter => ({
      take: (request) => take(limiters.used(keyId), request),
      budget: () => limiters.get(keyId)?.budget() ?? null,
    }),
    uses: (most) => usesOf(limiters, most),
    report: (keyId) => limiters.get(keyId)?.report() ?? null,
    get size() {
      return limiters.size;
    },
  };
}

function take(limiter: KeyLimiter, request: TakeRequest): Promise<TakeResult> {
  const { signals } = request;
  return new Promise((resolve, reject) => {
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) {
      reject(reasonOf(aborted));
      return;
    }
    let stopListening: (() => void) | null = null;
    const waiting = limiter.request(request, (result) => {
      stopListening?.();
      resolve(result);
    });
    if (waiting === null) return;
    stopListening = onAnyAbort(signals, (signal) => {
      stopListening?.();
      limiter.leave(waiting);
      reject(reasonOf(signal));
    });
  });
}
