import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Limiter, LimiterRegistry } from './limiter.ts';
import type { LimiterRegistryOptions } from './memory-limiter.ts';
import { createPresence } from './presence.ts';
import {
  createSharedKeyLimiter,
  type SharedKeyLimiter,
  type SharedLimiterReport,
} from './shared-key-limiter.ts';
import type { SharedStore } from './shared-store.ts';

export interface SharedLimiterRegistryOptions extends LimiterRegistryOptions {
  readonly store: SharedStore;
  /** Names this process among all that share the store. @default drawn at random */
  readonly instance?: string;
}

/** Limiters whose budgets all processes on one store spend together. */
export interface SharedLimiterRegistry extends LimiterRegistry {
  /** What this process's limiter of a key has done; null: there is none. */
  report(keyId: string): SharedLimiterReport | null;
  /** Whether the store answers. */
  readonly reachesStore: boolean;
  /** Takes this process out of the count and ends the store's connections. */
  close(): Promise<void>;
}

const silent = (): void => undefined;
const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };
/** Keys looked at when one too many is remembered. */
const LOOKED_AT = 4;

/** Makes the limiters of one backend. From then on this process counts as one of those that share the store. */
export function createSharedLimiterRegistry(options: SharedLimiterRegistryOptions): SharedLimiterRegistry {
  const { store, defaultLimit, windowMs = 60_000, maxQueued = 10_000, maxKeys = 10_000 } = options;
  const {
    clock = systemClock,
    log = noLog,
    instance = randomUUID(),
  }: { clock?: Clock; log?: Log; instance?: string } = options;
  /** The longest unused first. */
  const limiters = new Map<string, SharedKeyLimiter>();
  const onChange = (): void => {
    for (const limiter of limiters.values()) limiter.turned();
  };
  const presence = createPresence({ store, instance, clock, log, onChange });

  function used(keyId: string): SharedKeyLimiter {
    const known = limiters.get(keyId);
    const parts = { keyId, instance, defaultLimit, windowMs, maxQueued, store, presence, clock, log };
    const limiter = known ?? createSharedKeyLimiter(parts);
    if (known === undefined) forgetIdle();
    else limiters.delete(keyId);
    limiters.set(keyId, limiter);
    return limiter;
  }

  function forgetIdle(): void {
    for (const [keyId, limiter] of limiters.entries().take(LOOKED_AT)) {
      if (limiters.size < maxKeys) return;
      limiters.delete(keyId);
      if (!limiter.forgettable()) limiters.set(keyId, limiter);
    }
  }

  return {
    of: (keyId): Limiter => ({
      take: (request) => used(keyId).take(request),
      budget: () => used(keyId).budget(),
    }),
    report: (keyId) => limiters.get(keyId)?.report() ?? null,
    get reachesStore() {
      return presence.reach === 'REACHED';
    },
    close: () => presence.close(),
  };
}
