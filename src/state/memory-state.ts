import { systemClock, type Clock } from '../domain/clock.ts';
import type { StateStore } from './state-store.ts';

interface Lease {
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface MemoryStateOptions {
  /** @default the machine's */
  readonly clock?: Pick<Clock, 'now'>;
}

/** For tests, and where nothing needs to outlive the process. Those who share it share the object. */
export function createMemoryState({ clock = systemClock }: MemoryStateOptions = {}): StateStore {
  const values = new Map<string, string>();
  const leases = new Map<string, Lease>();
  return {
    get: async (name) => values.get(name) ?? null,
    set: async (name, value) => {
      values.set(name, value);
    },
    swap: async (name, expected, value) => {
      if ((values.get(name) ?? null) !== expected) return false;
      values.set(name, value);
      return true;
    },
    delete: async (name) => {
      values.delete(name);
    },
    lease: async (name, holder, ttlMs) => {
      const now = clock.now();
      const lease = leases.get(name);
      if (lease !== undefined && lease.holder !== holder && now < lease.until) return false;
      leases.set(name, { holder, until: now + ttlMs });
      return true;
    },
    release: async (name, holder) => {
      if (leases.get(name)?.holder === holder) leases.delete(name);
    },
    close: async () => undefined,
  };
}
