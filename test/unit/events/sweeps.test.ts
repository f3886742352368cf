import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import { createReconcileStore } from '../../../src/events/sweep/reconcile-store.ts';
import { createSweeps } from '../../../src/events/sweep/sweeps.ts';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import { createNoonClock } from '../../contract/event-fixtures.ts';
import { createSweepHarness, workspaceId } from './sweep-harness.ts';

const second = 1_000;

/** The sweeps of one gateway; they end with the harness. */
function setUp(options: Parameters<typeof createSweepHarness>[0] = {}) {
  const harness = createSweepHarness(options);
  const sweeps = createSweeps({ ...harness.common, state: harness.state });
  /** A key: who asks with it is noted. */
  const asked: string[] = [];
  const key = (name: string) => (cursor: string | null) => {
    asked.push(name);
    return harness.stock.list(cursor);
  };
  return {
    ...harness,
    sweeps,
    asked,
    key,
    [Symbol.asyncDispose]: async () => {
      await sweeps.close();
      await harness[Symbol.asyncDispose]();
      expect(harness.clock.timers).toBe(0);
    },
  };
}

test('a workspace is swept with the gateway’s own key, and nobody else’s is taken', async () => {
  await using it = setUp();
  it.sweeps.lend(workspaceId, it.key('lent early'));
  it.sweeps.start(workspaceId, it.key('own'));
  const leave = it.sweeps.lend(workspaceId, it.key('lent late'));
  await it.clock.advance(20 * second);
  leave();
  await it.clock.advance(20 * second);
  expect(it.asked.length).toBeGreaterThan(5);
  expect(new Set(it.asked)).toEqual(new Set(['own']));
});

test('of two gateways on one store one sweeps, and the other takes over', async () => {
  await using one = setUp();
  await using other = setUp({ clock: one.clock, state: one.state });
  one.sweeps.start(workspaceId, one.key('one'));
  await one.clock.advance(0);
  other.sweeps.start(workspaceId, other.key('other'));
  await one.clock.advance(60 * second);
  expect(one.asked.length).toBeGreaterThan(5);
  expect(other.asked).toEqual([]);
  await one.sweeps.close();
  await one.clock.advance(60 * second);
  expect(other.asked.length).toBeGreaterThan(5);
});

test('a workspace is swept with a lent key while its owner listens, then with the next one’s, then not', async () => {
  await using it = setUp();
  const leaveFirst = it.sweeps.lend(workspaceId, it.key('first'));
  const leaveSecond = it.sweeps.lend(workspaceId, it.key('second'));
  await it.clock.advance(20 * second);
  expect(new Set(it.asked)).toEqual(new Set(['first']));
  leaveFirst();
  leaveFirst();
  it.asked.length = 0;
  await it.clock.advance(20 * second);
  expect(new Set(it.asked)).toEqual(new Set(['second']));
  leaveSecond();
  await it.clock.advance(0);
  it.asked.length = 0;
  await it.clock.advance(60 * second);
  expect(it.asked).toEqual([]);
  expect(it.clock.timers).toBe(0);
});

test('a workspace whose last listener left is swept again when another comes, from where it was', async () => {
  await using it = setUp();
  it.stock.put('tkt_old');
  const leave = it.sweeps.lend(workspaceId, it.key('first'));
  await it.clock.advance(5 * second);
  leave();
  await it.clock.advance(60 * second);
  it.stock.put('tkt_between');
  it.sweeps.lend(workspaceId, it.key('second'));
  await it.clock.advance(30 * second);
  expect(await it.events()).toMatchObject([{ ticketId: 'tkt_between', source: 'RECONCILE' }]);
});

test('a lent key that is refused is not used again', async () => {
  await using it = setUp();
  let refusals = 0;
  it.sweeps.lend(workspaceId, () => {
    refusals += 1;
    return Promise.reject(new GatewayError('INVALID_API_KEY', 'No.'));
  });
  it.sweeps.lend(workspaceId, it.key('good'));
  await it.clock.advance(60 * second);
  expect(refusals).toBe(1);
  expect(it.asked.length).toBeGreaterThan(5);
});

test('the gateway’s own key is tried again although it was refused', async () => {
  await using it = setUp();
  let refusals = 0;
  it.sweeps.start(workspaceId, () => {
    refusals += 1;
    return Promise.reject(new GatewayError('INVALID_API_KEY', 'No.'));
  });
  await it.clock.advance(5 * 60 * second);
  expect(refusals).toBeGreaterThan(3);
  expect(refusals).toBeLessThan(12);
});

test('after closing nothing begins', async () => {
  await using it = setUp();
  await it.sweeps.close();
  it.sweeps.start(workspaceId, it.key('own'));
  it.sweeps.lend('ws_b', it.key('lent'))();
  await it.clock.advance(60 * second);
  expect(it.asked).toEqual([]);
});

test('what a sweep has found is asked for once a second at most, and remembered while the store is down', async () => {
  const clock = createNoonClock();
  const memory = createMemoryState({ clock });
  let asked = 0;
  let down = false;
  const store = createReconcileStore({
    state: {
      ...memory,
      get: (name) => {
        asked += 1;
        return down ? Promise.reject(new Error('down')) : memory.get(name);
      },
    },
    clock,
  });
  const state = {
    at: '2026-03-04T12:00:00.000Z',
    watermark: null,
    watermarkAt: '2026-03-04T11:00:00.000Z',
    settled: false,
    clean: 3,
    unannouncedAt: null,
    floor: null,
    seenAtFirst: [],
  };
  expect(await store.last(workspaceId)).toBeNull();
  expect(await store.last(workspaceId)).toBeNull();
  expect(asked).toBe(1);
  await createReconcileStore({ state: memory, clock }).write(workspaceId, state);
  clock.advanceSync(second);
  expect(await store.last(workspaceId)).toEqual(state);
  down = true;
  clock.advanceSync(second);
  expect(await store.last(workspaceId)).toEqual(state);
  await expect(store.read(workspaceId)).rejects.toThrow('down');
  expect(asked).toBe(4);
});

test.for(['', 'not json', '{}', '{"at":1}'])('a state that reads %j counts as none', async (text) => {
  const clock = createNoonClock();
  const memory = createMemoryState({ clock });
  await memory.set(`reconcile:${workspaceId}`, text);
  expect(await createReconcileStore({ state: memory, clock }).read(workspaceId)).toBeNull();
});
