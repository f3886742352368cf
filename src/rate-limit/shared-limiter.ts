import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { createKeyedLimiters } from './keyed-limiters.ts';
import { usesOf, type Limiter, type LimiterRegistry } from './limiter.ts';
import type { LimiterRegistryOptions } from './memory-limiter.ts';
import { createPresence } from './presence.ts';
import { createSharedKeyLimiter, type SharedLimiterReport } from './shared-key-limiter.ts';
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

/** Makes the limiters of one backend. From then on this process counts as one of those that share the store. */
export function createSharedLimiterRegistry(options: SharedLimiterRegistryOptions): SharedLimiterRegistry {
  const { store, defaultLimit, windowMs = 60_000, maxQueued = 10_000, maxKeys = 10_000 } = options;
  const {
    clock = systemClock,
    log = noLog,
    instance = randomUUID(),
  }: { clock?: Clock; log?: Log; instance?: string } = options;
  const onChange = (): void => {
    for (const limiter of limiters.values()) limiter.turned();
  };
  const presence = createPresence({ store, instance, clock, log, onChange });
  const parts = { instance, windowMs, maxQueued, store, presence, clock, log };
  const limiters = createKeyedLimiters(
    (keyId) =>
      createSharedKeyLimiter({ ...parts, keyId, defaultLimit: options.limitOf?.(keyId) ?? defaultLimit }),
    maxKeys,
  );

  return {
    of: (keyId): Limiter => ({
      take: (request) => limiters.used(keyId).take(request),
      budget: () => limiters.used(keyId).budget(),
    }),
    uses: (most) => usesOf(limiters, most),
    report: (keyId) => limiters.get(keyId)?.report() ?? null,
    get reachesStore() {
      return presence.reach === 'REACHED';
    },
    close: () => presence.close(),
  };
}
