import { expect, test } from 'vitest';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { clientHabits, schedule } from './schedule.ts';
import { percentile } from './figures.ts';
import { fairnessOf, type Turn } from './turns.ts';
import { fullWindows, longestStretch, windowsOf, type BackendCall } from './windows.ts';
import { createWitness } from './witness.ts';

const call = (at: number, status = 200): BackendCall => ({
  operation: 'GET /tickets',
  status,
  at: at - 1,
  answeredAt: at,
});

test('a window begins with the first request after the last one', () => {
  const calls = [call(1000), call(1500), call(60_999), call(61_000), call(130_000), call(130_001, 429)];
  expect(windowsOf(calls, 60_000)).toEqual([
    {
      startedAt: 1000,
      endedAt: 61_000,
      used: 3,
      refused: 0,
      atOnce: 2,
      tenths: [2, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    },
    {
      startedAt: 61_000,
      endedAt: 121_000,
      used: 1,
      refused: 0,
      atOnce: 1,
      tenths: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    },
    {
      startedAt: 130_000,
      endedAt: 190_000,
      used: 1,
      refused: 1,
      atOnce: 1,
      tenths: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    },
  ]);
});

test('a window counts as full only if load lasted from before its beginning to its end', () => {
  const windows = windowsOf([call(1000), call(61_000), call(121_000)], 60_000);
  expect(fullWindows(windows, 61_000, 181_000)).toHaveLength(2);
  expect(fullWindows(windows, 61_001, 180_999)).toHaveLength(0);
});

test('the longest stretch without a call reaches to both ends', () => {
  expect(longestStretch([call(1001), call(1101)], 0, 1200)).toBe(1000);
  expect(longestStretch([call(101), call(201)], 0, 1200)).toBe(1000);
  expect(longestStretch([], 0, 1200)).toBe(1200);
});

const turn = (client: string, asked: number, left: number, fate: Turn['fate'] = 'SENT'): Turn => ({
  client,
  priority: 'QUERY',
  asked,
  left,
  fate,
  askedAt: asked,
  leftAt: left,
});

test('whoever waits behind one call of each other client is served fairly', () => {
  const turns = [turn('a', 1, 5), turn('b', 2, 6), turn('a', 3, 8), turn('c', 4, 7)];
  expect(fairnessOf(turns, 0, 100)).toEqual({ waited: 3, mostBehindOneClient: 1, passedOver: 0 });
});

test('whoever waits behind two calls of another client was passed over', () => {
  const turns = [turn('a', 1, 5), turn('a', 2, 6), turn('c', 4, 7)];
  expect(fairnessOf(turns, 0, 100)).toMatchObject({ mostBehindOneClient: 2, passedOver: 1 });
});

test('a client’s own earlier calls each allow the others one more', () => {
  const turns = [turn('a', 1, 5), turn('c', 2, 6), turn('a', 3, 7), turn('c', 4, 8)];
  expect(fairnessOf(turns, 0, 100)).toMatchObject({ mostBehindOneClient: 1, passedOver: 0 });
});

test('calls of another class, refused calls and calls outside the time do not count', () => {
  const write: Turn = { ...turn('b', 1, 5), priority: 'MUTATION' };
  const turns = [
    write,
    { ...write, asked: 5.5, left: 6 },
    turn('a', 2, 4, 'DEADLINE'),
    turn('c', 3, 7),
    turn('d', 200, 201),
  ];
  expect(fairnessOf(turns, 0, 100)).toEqual({ waited: 0, mostBehindOneClient: 0, passedOver: 0 });
});

test('the witness writes down who asked and who was sent, and changes nothing', async () => {
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  const permit = { waitedMs: 0, settle: () => undefined };
  const witness = createWitness(
    {
      of: () => ({
        budget: () => null,
        take: ({ client }) => {
          if (client === 'gone') return Promise.reject(new Error('left'));
          return Promise.resolve(
            client === 'late'
              ? { allowed: false, reason: 'DEADLINE', retryAfterMs: 5 }
              : { allowed: true, permit },
          );
        },
      }),
    },
    clock,
  );
  const ask = (client: string) =>
    witness.limiters.of('key').take({ client, priority: 'QUERY', deadline: 0, signals: [signal] });
  expect(await ask('one')).toEqual({ allowed: true, permit });
  expect(await ask('late')).toEqual({ allowed: false, reason: 'DEADLINE', retryAfterMs: 5 });
  await expect(ask('gone')).rejects.toThrow('left');
  expect(witness.turns.map(({ client, asked, left, fate }) => [client, asked, left, fate])).toEqual([
    ['one', 1, 2, 'SENT'],
    ['late', 3, 4, 'DEADLINE'],
    ['gone', 5, 6, 'LEFT'],
  ]);
});

test('every client polls every 5 s and opens a ticket every 10 s, from moments that the seed decides', () => {
  const first = schedule(3, 1, clientHabits);
  const due = Array.from({ length: 18 }, () => first.next().value);
  expect(due.map(({ dueMs }) => dueMs)).toEqual(due.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b));
  expect(due.at(-1)?.dueMs).toBeLessThan(20_000);
  for (const client of [0, 1, 2]) {
    const own = due.filter((each) => each.client === client);
    const polls = own.filter(({ kind }) => kind === 'LIST').map(({ dueMs }) => dueMs);
    const writes = own.filter(({ kind }) => kind === 'CREATE').map(({ dueMs }) => dueMs);
    expect(polls.slice(1).map((dueMs, index) => dueMs - (polls[index] ?? 0))).toEqual([5000, 5000, 5000]);
    expect(writes.slice(1).map((dueMs, index) => dueMs - (writes[index] ?? 0))).toEqual([10_000]);
  }
  const take = (seed: number) => JSON.stringify(schedule(3, seed, clientHabits).take(9).toArray());
  expect(take(1)).toBe(take(1));
  expect(take(1)).not.toBe(take(2));
});

test('a percentile is one of the values', () => {
  expect(percentile([3, 1, 2], 50)).toBe(2);
  expect(percentile([3, 1, 2], 99)).toBe(3);
  expect(percentile([], 50)).toBeNull();
});
