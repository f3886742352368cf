import { expect, test } from 'vitest';
import type { StreamMessage } from '../../../src/domain/event.ts';
import type { SharedResult } from '../../../src/http/sockets/fan-out-member.ts';
import { Replay } from '../../../src/http/sockets/replay.ts';
import { until } from '../../support/wait.ts';

const gap = (cursor: string): StreamMessage => ({ kind: 'GAP', cursor, reason: 'EVENTS_LOST', since: null });
const resultOf = (text: string): SharedResult => ({ payload: Buffer.from(text), fault: null });

interface Options {
  readonly execute?: (message: StreamMessage) => SharedResult | Promise<SharedResult>;
  /** Whether the live end is reached once nothing waits. */
  readonly isLive?: () => boolean;
}

/** A replay of a stream that a test fills. */
function setUp({ execute = ({ cursor }) => resultOf(cursor), isLive = () => false }: Options = {}) {
  const waiting: StreamMessage[] = [];
  const happened: string[] = [];
  let asked: PromiseWithResolvers<IteratorResult<StreamMessage, undefined>> | null = null;
  let over = false;
  const end = () => {
    over = true;
    asked?.resolve({ value: undefined, done: true });
  };
  const stream = {
    mark: 'before',
    handOver: () => null,
    next: () => {
      asked = Promise.withResolvers();
      const value = waiting.shift();
      if (over) asked.resolve({ value: undefined, done: true });
      else if (value !== undefined) asked.resolve({ value, done: false });
      return asked.promise;
    },
    more: () => waiting.shift() ?? null,
    return: async () => {
      happened.push('returned');
      end();
      return { value: undefined, done: true } as const;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  let wakes = 0;
  const replay = new Replay({
    id: 'one',
    outlet: { wake: () => (wakes += 1) },
    stream,
    execute,
    present: (error) => resultOf(String(error)),
    takeOver: () => {
      if (waiting.length > 0 || !isLive()) return false;
      end();
      happened.push('taken over');
      return true;
    },
    ended: () => happened.push('ended'),
    left: () => happened.push('left'),
  });
  return {
    replay,
    stream,
    waiting,
    happened,
    wakes: () => wakes,
    end,
    fail: () => asked?.reject(new Error('refused')),
    /** What it has to tell now. */
    told: (count = Infinity) => {
      const texts: string[] = [];
      while (texts.length < count) {
        const next = replay.take();
        if (next === null) break;
        texts.push(next.payload.toString());
      }
      return texts;
    },
  };
}

const cursors = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);

test('tells all in order, in batches that end when the socket has taken them, and then is taken over', async () => {
  let live = false;
  const it = setUp({ isLive: () => live });
  const all = cursors(150);
  it.waiting.push(...all.map(gap));
  it.replay.start();
  const told: string[] = [];
  const sizes: number[] = [];
  while (told.length < all.length) {
    const before = it.wakes();
    await until('a batch', () => it.wakes() > before || it.waiting.length === 0);
    live = true;
    const batch = it.told();
    if (batch.length > 0) sizes.push(batch.length);
    told.push(...batch);
  }
  expect(told).toEqual(all);
  expect(Math.max(...sizes)).toBe(64);
  await until('the live end', () => it.happened.length > 0);
  expect(it.happened).toEqual(['taken over']);
});

test('its mark is the last message that was taken, whatever waits behind it', async () => {
  const it = setUp();
  it.waiting.push(gap('c1'), gap('c2'));
  it.replay.start();
  await until('two messages', () => it.wakes() === 2);
  it.stream.mark = 'handled';
  expect(it.replay.mark).toBe('before');
  expect(it.told(1)).toEqual(['c1']);
  expect(it.replay.mark).toBe('c1');
  expect(it.told()).toEqual(['c2']);
  // Then it is for the stream to say, which passes over what is not for it.
  await until('the stream to be asked', () => it.replay.mark === 'handled');
});

test('an execution that takes long keeps the order', async () => {
  const slow = Promise.withResolvers<SharedResult>();
  const it = setUp({ execute: ({ cursor }) => (cursor === 'c0' ? slow.promise : resultOf(cursor)) });
  it.waiting.push(gap('c0'), gap('c1'));
  it.replay.start();
  for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  expect(it.told()).toEqual([]);
  slow.resolve(resultOf('c0'));
  await until('the first', () => it.wakes() === 1);
  expect(it.told()).toEqual(['c0']);
  await until('the second', () => it.wakes() === 2);
  expect(it.told()).toEqual(['c1']);
});

test('a stream that fails is told as the last', async () => {
  const it = setUp();
  it.replay.start();
  it.fail();
  await until('the failure', () => it.wakes() === 1);
  expect(it.replay.over).toBe(false);
  expect(it.told(1)).toEqual(['Error: refused']);
  expect(it.replay.over).toBe(true);
  expect(it.told()).toEqual([]);
});

test('a stream that ends and nobody takes over is over', async () => {
  const it = setUp();
  it.replay.start();
  it.end();
  await until('the end', () => it.happened.length > 0);
  expect(it.happened).toEqual(['ended']);
});

test('whoever leaves is told nothing more, and ends the stream', async () => {
  const it = setUp();
  it.waiting.push(gap('c1'), gap('c2'));
  it.replay.start();
  await until('two messages', () => it.wakes() === 2);
  it.replay.leave();
  it.replay.leave();
  expect(it.told()).toEqual([]);
  for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  expect(it.happened).toEqual(['returned', 'left']);
});
