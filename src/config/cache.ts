import type { Reader } from './reader.ts';
import { flag, wholeNumber } from './values.ts';

/** How answers of the backend are kept. */
export interface CacheConfig {
  /** Bytes of them that one process keeps; 0: none, and no request is shared. */
  readonly maxBytes: number;
  /** Milliseconds for which one is trusted while changes announce themselves. */
  readonly liveMs: number;
  /** And while they do not. */
  readonly otherwiseMs: number;
  /** Whether a query takes the last known answer where the budget or a failing backend leaves no way to ask. */
  readonly staleIfLimited: boolean;
}

export function readCache({ read }: Reader): CacheConfig {
  return {
    maxBytes: read('CACHE_MAX_BYTES', wholeNumber(0, 68_719_476_736), 67_108_864),
    liveMs: read('CACHE_TRUST_LIVE_MS', wholeNumber(0, 3_600_000), 300_000),
    otherwiseMs: read('CACHE_TRUST_MS', wholeNumber(0, 60_000), 2_000),
    staleIfLimited: read('STALE_IF_LIMITED', flag, true),
  };
}
