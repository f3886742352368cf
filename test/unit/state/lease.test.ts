import { expect, test } from 'vitest';
import { keepLease } from '../../../src/state/lease.ts';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

const ttlMs = 12_000;
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** A store whose connection can be cut: its calls then hang, or fail. */
function createCuttable(store: StateStore) {
  let reach: 'OK' | 'FAILS' | 'HANGS' = 'OK';
  const asked: string[] = [];
  const ask = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    asked.push(what);
    if (reach === 'FAILS') throw new Error('cut off');
    return reach === 'HANGS' ? new Promise<T>(() => undefined) : call();
  };
  return {
    asked,
    turn: (next: typeof reach) => {
      reach = next;
    },
    lease: (name: string, holder: string, ms: number) => ask('lease', () => store.lease(name, holder, ms)),
    release: (name: string, holder: string) => ask('release', () => store.release(name, holder)),
  };
}

/** Somebody who wants the lease. `log` is shared, so that who worked when can be read from it. */
function createHolder(
  who: string,
  parts: {
    clock: VirtualClock;
    store: StateStore;
    log: string[];
    work?: (signal: AbortSignal) => Promise<void>;
  },
) {
  const { clock, log, work = untilAborted } = parts;
  const store = createCuttable(parts.store);
  const said: string[] = [];
  const say = (_fields: object, message: string): void => {
    said.push(message);
  };
  const lease = keepLease({
    store,
    name: 'sweep',
    clock,
    ttlMs,
    log: { info: say, warn: say, error: say },
    random: () => 0.5,
    work: async (signal) => {
      log.push(`${who} begins`);
      try {
        await work(signal);
      } finally {
        log.push(`${who} ends`);
      }
    },
  });
  return { lease, store, said };
}

function setUp() {
  const clock = createVirtualClock();
  return { clock, store: createMemoryState({ clock }), log: [] as string[] };
}

test('one of two works, for as long as it lives', async () => {
  const parts = setUp();
  const [a, b] = [createHolder('a', parts), createHolder('b', parts)];
  await parts.clock.advance(10 * ttlMs);
  expect(parts.log).toEqual(['a begins']);
  expect([a.lease.held, b.lease.held]).toEqual([true, false]);
  await Promise.all([a.lease.stop(), b.lease.stop()]);
});

test('who stops gives the lease back, and the other soon works', async () => {
  const parts = setUp();
  const [a, b] = [createHolder('a', parts), createHolder('b', parts)];
  await parts.clock.advance(ttlMs);
  await a.lease.stop();
  expect(a.lease.held).toBe(false);
  await parts.clock.advance(ttlMs / 2);
  expect(parts.log).toEqual(['a begins', 'a ends', 'b begins']);
  await b.lease.stop();
});

test.for(['FAILS', 'HANGS'] as const)(
  'who is cut off stops working before another may begin: the store %s',
  async (reach) => {
    const parts = setUp();
    const [a, b] = [createHolder('a', parts), createHolder('b', parts)];
    await parts.clock.advance(3 * ttlMs);
    a.store.turn(reach);
    await parts.clock.advance(2 * ttlMs);
    expect(parts.log).toEqual(['a begins', 'a ends', 'b begins']);
    expect([a.lease.held, b.lease.held]).toEqual([false, true]);
    expect(a.said).toEqual(['lease: the store does not answer', 'lease: lost, or not prolonged in time']);
    a.store.turn('OK');
    await parts.clock.advance(ttlMs);
    expect(a.said.at(-1)).toBe('lease: the store answers again');
    await Promise.all([a.lease.stop(), b.lease.stop()]);
  },
);

test('a store that is away for a moment costs nobody the lease', async () => {
  const parts = setUp();
  const a = createHolder('a', parts);
  for (let round = 0; round < 5; round += 1) {
    await parts.clock.advance(ttlMs / 3 - 1);
    a.store.turn('FAILS');
    await parts.clock.advance(ttlMs / 4);
    a.store.turn('OK');
    await parts.clock.advance(ttlMs);
  }
  expect(parts.log).toEqual(['a begins']);
  await a.lease.stop();
});

test('a lease that another has taken ends the work at the next attempt', async () => {
  const parts = setUp();
  const a = createHolder('a', parts);
  await parts.clock.advance(1);
  parts.clock.jump(2 * ttlMs);
  await parts.store.lease('sweep', 'somebody', 10 * ttlMs);
  await parts.clock.advance(ttlMs / 3);
  expect(parts.log).toEqual(['a begins', 'a ends']);
  await a.lease.stop();
});

test.for([
  ['ends', () => Promise.resolve()],
  ['throws', () => Promise.reject(new Error('no'))],
] as const)(
  'work that %s by itself gives the lease back and is not begun again before a lease’s time is over',
  async ([how, work]) => {
    const parts = setUp();
    const a = createHolder('a', { ...parts, work });
    await parts.clock.advance(0);
    expect(parts.log).toEqual(['a begins', 'a ends']);
    expect(await parts.store.lease('sweep', 'somebody', 1)).toBe(true);
    await parts.clock.advance(ttlMs - 1);
    expect(parts.log).toHaveLength(2);
    await parts.clock.advance(1);
    expect(parts.log).toHaveLength(4);
    expect(a.said).toEqual(how === 'throws' ? ['lease: the work failed', 'lease: the work failed'] : []);
    await a.lease.stop();
  },
);

test('stopping waits for the work, and only then gives the lease back', async () => {
  const parts = setUp();
  const finish = Promise.withResolvers<void>();
  const a = createHolder('a', { ...parts, work: () => finish.promise });
  await parts.clock.advance(1);
  let stopped = false;
  const stopping = a.lease.stop().then(() => {
    stopped = true;
  });
  await parts.clock.advance(1);
  expect(a.lease.held).toBe(false);
  expect(stopped).toBe(false);
  expect(a.store.asked).toEqual(['lease']);
  finish.resolve();
  await stopping;
  expect(a.store.asked).toEqual(['lease', 'release']);
});

test('after the stop nothing waits any more', async () => {
  const parts = setUp();
  const [a, b] = [createHolder('a', parts), createHolder('b', parts)];
  await parts.clock.advance(ttlMs);
  await Promise.all([a.lease.stop(), b.lease.stop(), a.lease.stop()]);
  expect(parts.clock.timers).toBe(0);
  const asked = a.store.asked.length + b.store.asked.length;
  await parts.clock.advance(10 * ttlMs);
  expect(a.store.asked.length + b.store.asked.length).toBe(asked);
});

test.for(['at work', 'prolonging it', 'seeking it'] as const)(
  'a store that hangs keeps a stop waiting for a second in all: %s',
  async (when) => {
    const parts = setUp();
    if (when === 'seeking it') await parts.store.lease('sweep', 'somebody', 10 * ttlMs);
    const a = createHolder('a', parts);
    await parts.clock.advance(ttlMs - 1);
    a.store.turn('HANGS');
    await parts.clock.advance(when === 'at work' ? 0 : 2);
    let stopped = false;
    const stopping = a.lease.stop().then(() => {
      stopped = true;
    });
    await parts.clock.advance(1_000);
    expect(stopped).toBe(true);
    await stopping;
    expect(parts.clock.timers).toBe(0);
  },
);
