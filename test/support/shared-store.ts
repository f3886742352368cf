import type { Clock } from '../../src/domain/clock.ts';
import { AHEAD_MS, BEHIND_MS, type Entry, type SharedStore } from '../../src/rate-limit/shared-store.ts';

export interface ModelStore extends SharedStore {
  /** Every question is refused until `recover`. */
  fail(): void;
  recover(): void;
  /** All is forgotten, as by a server that is started again. */
  forget(): void;
}

/** What the scripts do in Redis, in a few lines: for tests on a virtual clock, and to hold the scripts against. */
export function createModelStore(clock: Clock): ModelStore {
  const entries = new Map<string, Entry & { readonly goneAt: number }>();
  const instances = new Map<string, number>();
  let failing = false;

  /** A promise's turn later, as any answer from elsewhere comes. */
  async function answer<T>(question: () => T): Promise<T> {
    await Promise.resolve();
    if (failing) throw new Error('the store is down');
    return question();
  }

  function entry(keyId: string): Entry | null {
    const found = entries.get(keyId);
    return found === undefined || clock.now() >= found.goneAt ? null : { tag: found.tag, state: found.state };
  }

  return {
    read: (keyId) => answer(() => ({ time: clock.now(), entry: entry(keyId) })),
    swap: (keyId, { expected, at, entry: next, ttlMs }) =>
      answer(() => {
        const time = clock.now();
        const found = entry(keyId);
        if ((found?.tag ?? null) !== expected || at > time + AHEAD_MS || at < time - BEHIND_MS)
          return { swapped: false, time, entry: found };
        entries.set(keyId, { ...next, goneAt: time + Math.ceil(ttlMs) });
        return { swapped: true, time };
      }),
    beat: ({ instance, freshMs, goneMs }) =>
      answer(() => {
        const time = clock.now();
        instances.set(instance, time);
        for (const [name, at] of instances) if (at < time - goneMs) instances.delete(name);
        const fresh = [...instances.values()].filter((at) => at >= time - freshMs).length;
        return { time, fresh, total: instances.size };
      }),
    leave: (instance) => answer(() => void instances.delete(instance)),
    close: () => Promise.resolve(),
    fail: () => {
      failing = true;
    },
    recover: () => {
      failing = false;
    },
    forget: () => {
      entries.clear();
      instances.clear();
    },
  };
}
