import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamMessage } from '../../../src/domain/event.ts';
import { createFeed } from '../../../src/events/feed/event-feed.ts';
import type { MessageStream } from '../../../src/events/feed/feed.ts';
import { createNoonClock, makeEvent } from '../../contract/event-fixtures.ts';
import { byDefault, eventIds, readerOf, ws } from './feed-harness.ts';
import { createFlakyLog, someEvents } from './flaky-log.ts';

function setUp() {
  const clock = createNoonClock();
  const flaky = createFlakyLog();
  const said: string[] = [];
  const say = (_fields: object, message: string) => said.push(message);
  const feed = createFeed({ log: flaky.log, clock, diagnostics: { info: say, warn: say } });
  const gone = new AbortController();
  const ask = (after: string | null = null): Promise<MessageStream> =>
    feed.subscribe({
      workspaceId: ws,
      listener: { scope: 'key', probe: () => Promise.resolve(), signal: gone.signal },
      filter: byDefault,
      after,
      resumeFrom: null,
    });
  return {
    ...flaky,
    clock,
    said,
    gone,
    ask,
    append: (...events: ReturnType<typeof makeEvent>[]) => {
      flaky.add(...events);
      flaky.tell('APPENDED');
    },
    /** Its READY was handled, and it waits. */
    subscribe: async () => {
      const reader = readerOf(await ask());
      await reader.next();
      const pending = reader.next();
      await turn();
      return { ...reader, pending };
    },
  };
}

/** A reader at the live end. */
async function follow(it: ReturnType<typeof setUp>) {
  const { stream, next } = readerOf(await it.ask());
  await next();
  void stream.next();
  const seen: string[] = [];
  const stop = stream.handOver()?.follow({
    deliver: (_place, message) => {
      if (message !== null) seen.push(message.record.event.eventId);
    },
    gap: ({ reason, cursor }) => seen.push(reason, cursor),
    end: (error) => seen.push(String(error)),
  });
  return { seen, stop: () => stop?.() };
}

describe('while the log is out of reach', () => {
  test('a subscription waits, and misses nothing', async () => {
    const it = setUp();
    const { pending, next, stream } = await it.subscribe();
    it.be('DOWN');
    const [first, second] = [makeEvent(), makeEvent()];
    it.append(first);
    await it.clock.advance(10_000);
    it.append(second);
    it.be('UP');
    await it.clock.advance(2_000);
    expect(eventIds([await pending, await next()])).toEqual([first.eventId, second.eventId]);
    expect(it.said).toEqual([
      'The event log is out of reach. Subscriptions wait for it.',
      'The event log is in reach again.',
    ]);
    await stream.return?.();
    expect(it.clock.timers).toBe(0);
    expect(it.listening()).toBe(0);
  });

  test('it is asked again after 100 ms, then after twice as long, and every two seconds at last', async () => {
    const it = setUp();
    const { pending, stream } = await it.subscribe();
    it.be('DOWN');
    it.append(makeEvent());
    await turn();
    const times: number[] = [];
    const start = it.clock.now();
    for (let count = it.asked.length; times.length < 8;) {
      await it.clock.advance((it.clock.nextAt ?? 0) - it.clock.now());
      if (it.asked.length > count) times.push(it.clock.now() - start);
      count = it.asked.length;
    }
    const waits = times.map((time, at) => time - (times[at - 1] ?? 0));
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    await stream.return?.();
    await expect(pending).rejects.toThrow('ended');
    expect(it.clock.timers).toBe(0);
  });

  test('it is asked at once when it says that it is back', async () => {
    const it = setUp();
    const { pending, stream } = await it.subscribe();
    it.be('DOWN');
    const event = makeEvent();
    it.append(event);
    await it.clock.advance(3_000);
    it.be('UP');
    it.tell('RECONNECTED');
    expect(eventIds([await pending])).toEqual([event.eventId]);
    await stream.return?.();
  });

  test('a replay waits, and goes on where it was', async () => {
    const it = setUp();
    const { cursor } = it.head();
    const events = someEvents(600);
    it.add(...events);
    const { stream, next, take } = readerOf(await it.ask(cursor));
    expect(await next()).toMatchObject({ kind: 'READY', replayCount: 600 });
    await next();
    it.be('DOWN');
    await take(255);
    const pending = next();
    await it.clock.advance(5_000);
    it.be('UP');
    await it.clock.advance(2_000);
    const rest = [await pending, ...(await take(343))];
    expect(eventIds(rest)).toEqual(events.slice(256).map(({ eventId }) => eventId));
    await stream.return?.();
  });

  test('many subscriptions tell of it once', async () => {
    const it = setUp();
    const all = [await it.subscribe(), await it.subscribe(), await it.subscribe()];
    it.be('DOWN');
    it.append(makeEvent());
    await it.clock.advance(60_000);
    expect(it.said).toHaveLength(1);
    for (const { stream, pending } of all) {
      await stream.return?.();
      await expect(pending).rejects.toThrow('ended');
    }
  });

  test('a subscription cannot begin, says so after five seconds, and leaves nothing behind', async () => {
    for (const state of ['DOWN', 'SILENT'] as const) {
      const it = setUp();
      it.be(state);
      const refused = it.ask().catch((error: unknown) => error);
      let settled = false;
      void refused.then(() => {
        settled = true;
      });
      await it.clock.advance(4_999);
      expect(settled).toBe(false);
      await it.clock.advance(1);
      expect(await refused).toMatchObject({ code: 'EVENT_LOG_UNAVAILABLE', retryable: true });
      expect(it.clock.timers).toBe(0);
      expect(it.listening()).toBe(0);
    }
  });

  test('a subscription begins as soon as the log is back', async () => {
    const it = setUp();
    it.be('DOWN');
    const asked = it.ask();
    await it.clock.advance(1_000);
    it.be('UP');
    await it.clock.advance(1_000);
    const { stream, next } = readerOf(await asked);
    expect(await next()).toMatchObject({ kind: 'READY' });
    await stream.return?.();
    expect(it.clock.timers).toBe(0);
  });

  test('whoever leaves does not wait for it', async () => {
    const it = setUp();
    it.be('SILENT');
    const asked = it.ask();
    await turn();
    it.gone.abort(new Error('left'));
    await expect(asked).rejects.toThrow('left');
    expect(it.clock.timers).toBe(0);
    expect(it.listening()).toBe(0);
  });
});

describe('when the log is back', () => {
  test('and holds what it held, nobody hears of it', async () => {
    const it = setUp();
    it.add(makeEvent());
    const { pending, stream } = await it.subscribe();
    it.tell('RECONNECTED');
    await turn();
    const event = makeEvent();
    it.append(event);
    expect(eventIds([await pending])).toEqual([event.eventId]);
    await stream.return?.();
  });

  const faults = {
    SOURCE_RESTARTED: (it: ReturnType<typeof setUp>) => {
      it.restart();
      it.add(makeEvent());
    },
    EVENTS_LOST: (it: ReturnType<typeof setUp>) => it.loseTail(2),
    CURSOR_EXPIRED: (it: ReturnType<typeof setUp>) => {
      it.add(...someEvents(5));
      it.trim(9);
    },
  };

  test.for(Object.entries(faults))(
    'and is not what it was (%s), everybody is told',
    async ([reason, befall]) => {
      const it = setUp();
      it.add(...someEvents(5));
      const { pending, next, stream } = await it.subscribe();
      const follower = await follow(it);
      // It has not begun to read what it is to be given first.
      const late = readerOf(await it.ask());
      befall(it);
      it.tell('RECONNECTED');
      const gap = { kind: 'GAP', cursor: it.head().cursor, reason, since: null };
      expect(await pending).toEqual(gap);
      expect(follower.seen).toEqual([reason, it.head().cursor]);
      expect(await late.next()).toMatchObject({ kind: 'READY' });
      expect(await late.next()).toEqual(gap);
      const event = makeEvent();
      it.append(event);
      expect(eventIds([await next(), await late.next()])).toEqual([event.eventId, event.eventId]);
      expect(follower.seen.slice(2)).toEqual([event.eventId]);
      follower.stop();
      await stream.return?.();
      await late.stream.return?.();
      expect(it.clock.timers).toBe(0);
      expect(it.listening()).toBe(0);
    },
  );

  test('a log that lost its end and grew anew beyond it is found out, although nobody says that it was away', async () => {
    const it = setUp();
    it.add(...someEvents(5));
    const { pending, next, stream } = await it.subscribe();
    it.loseTail(2);
    it.append(...someEvents(4));
    expect(await pending).toMatchObject({ kind: 'GAP', reason: 'EVENTS_LOST', cursor: it.head().cursor });
    const event = makeEvent();
    it.append(event);
    expect(eventIds([await next()])).toEqual([event.eventId]);
    await stream.return?.();
  });

  test('a log that lost its end and is still shorter is found out with the next event', async () => {
    const it = setUp();
    it.add(...someEvents(5));
    const { pending, stream } = await it.subscribe();
    it.loseTail(3);
    it.append(makeEvent());
    expect(await pending).toMatchObject({ kind: 'GAP', reason: 'EVENTS_LOST' });
    await stream.return?.();
  });

  test.for<readonly [string, (it: ReturnType<typeof setUp>) => unknown]>([
    ['is gone', (it) => it.loseTail(2)],
    [
      'is gone, and others stand in its place',
      (it) => {
        it.loseTail(2);
        it.add(...someEvents(2));
      },
    ],
    [
      'is gone, and others stand in its place that the live tail has read',
      async (it) => {
        it.loseTail(2);
        it.append(...someEvents(2));
        await turn();
      },
    ],
  ])('a replay that was ahead of the live tail finds out that what it read %s', async ([, befall]) => {
    const it = setUp();
    const { cursor } = it.head();
    const keeper = await it.subscribe();
    it.append(makeEvent());
    await keeper.pending;
    // Nobody tells the tail of these.
    it.add(...someEvents(4));
    const { stream, take, next } = readerOf(await it.ask(cursor));
    expect(eventIds(await take(6)).at(-1)).toBe(it.last());
    await befall(it);
    expect(await next()).toEqual({
      kind: 'GAP',
      cursor: it.head().cursor,
      reason: 'EVENTS_LOST',
      since: null,
    });
    const pending = next();
    const event = makeEvent();
    it.append(event);
    expect(eventIds([await pending])).toEqual([event.eventId]);
    await stream.return?.();
    await keeper.stream.return?.();
    expect(it.listening()).toBe(0);
  });

  test('a replay of what the live tail has yet to read is one, and is not handed over', async () => {
    const it = setUp();
    const keeper = await it.subscribe();
    const { cursor } = it.head();
    // Nobody tells the tail of these.
    const events = someEvents(2);
    it.add(...events);
    const { stream, next } = readerOf(await it.ask(cursor));
    expect(await next()).toMatchObject({ kind: 'READY', replayCount: 2 });
    const pending = next();
    expect(stream.handOver()).toBeNull();
    it.tell('APPENDED');
    const messages = [await pending, await next()];
    expect(eventIds(messages)).toEqual(events.map(({ eventId }) => eventId));
    expect(messages).toMatchObject([{ replayed: true }, { replayed: true }]);
    await stream.return?.();
    await keeper.pending;
    await keeper.stream.return?.();
  });

  test('what a replay has asked for when everybody is told of a gap is not delivered behind it', async () => {
    const it = setUp();
    const { cursor } = it.head();
    it.add(...someEvents(5));
    const { stream, next } = readerOf(await it.ask(cursor));
    await next();
    const { read } = it.log;
    const gate = Promise.withResolvers<void>();
    it.log.read = async (...args) => {
      const page = await read(...args);
      await gate.promise;
      return page;
    };
    const pending = next();
    await turn();
    it.log.read = read;
    it.restart();
    it.tell('RECONNECTED');
    await turn();
    gate.resolve();
    expect(await pending).toMatchObject({
      kind: 'GAP',
      reason: 'SOURCE_RESTARTED',
      cursor: it.head().cursor,
    });
    await stream.return?.();
  });

  test('a log that does not know its own end is not asked for ever', async () => {
    const it = setUp();
    it.add(makeEvent());
    const { pending, stream } = await it.subscribe();
    const { locate, read } = it.log;
    it.log.read = () => Promise.resolve([]);
    it.log.locate = () => Promise.resolve({ kind: 'GAP', reason: 'EVENTS_LOST' });
    it.tell('RECONNECTED');
    await turn();
    const { length } = it.asked;
    await turn();
    expect(it.asked).toHaveLength(length);
    Object.assign(it.log, { locate, read });
    const event = makeEvent();
    it.append(event);
    expect(eventIds([await pending])).toEqual([event.eventId]);
    await stream.return?.();
  });
});

type Step = 'ADD' | 'TELL' | 'DOWN' | 'UP' | 'LOSE' | 'TRIM' | 'RESTART' | 'TURN' | 'WAIT' | 'SUBSCRIBE';

const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>('ADD') },
  { weight: 8, arbitrary: fc.constantFrom<Step>('TELL', 'TURN') },
  { weight: 4, arbitrary: fc.constantFrom<Step>('DOWN', 'UP', 'WAIT', 'SUBSCRIBE') },
  { weight: 2, arbitrary: fc.constantFrom<Step>('LOSE', 'TRIM', 'RESTART') },
);

test('whatever befalls the log, nothing is missing but behind a gap', async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 60 }), befallAll), {
    numRuns: 150,
  });
});

async function befallAll(todo: readonly Step[]) {
  const it = setUp();
  /** The event that was the log's last one when another was added. */
  const before = new Map<string, string | null>();
  const add = () => {
    const event = makeEvent();
    before.set(event.eventId, it.last());
    it.add(event);
  };
  const origin = it.head().cursor;
  const readers: { readonly stream: MessageStream; readonly seen: StreamMessage[] }[] = [];
  const subscribe = async (after: string | null) => {
    const stream = await it.ask(after);
    const seen: StreamMessage[] = [];
    readers.push({ stream, seen });
    for await (const message of stream) seen.push(message);
  };
  const started = [subscribe(origin)];
  await turn();
  let up = true;
  const step: Readonly<Record<Step, () => unknown>> = {
    ADD: add,
    TELL: () => it.tell('APPENDED'),
    TURN: turn,
    WAIT: () => it.clock.advance(1_000),
    DOWN: () => {
      up = false;
      it.be('DOWN');
    },
    UP: () => {
      up = true;
      it.be('UP');
    },
    LOSE: () => it.loseTail(2),
    TRIM: () => it.trim(2),
    RESTART: () => it.restart(),
    SUBSCRIBE: async () => {
      if (up && started.length < 4) started.push(subscribe(it.head().cursor));
      await turn();
    },
  };
  for (const name of todo) await step[name]();
  it.be('UP');
  await it.clock.advance(3_000);
  it.tell('RECONNECTED');
  for (let rounds = 0; rounds < 20; rounds++) await turn();
  expect(readers).toHaveLength(started.length);
  for (const { stream, seen } of readers) {
    for (const [at, message] of seen.entries()) {
      const last = seen[at - 1];
      if (message.kind !== 'EVENT' || last?.kind !== 'EVENT') continue;
      expect(before.get(message.record.event.eventId)).toBe(last.record.event.eventId);
    }
    const end = seen.at(-1);
    if (end?.kind === 'EVENT') expect(end.record.event.eventId).toBe(it.last());
    expect(stream.mark).toBe(it.head().cursor);
  }
  it.gone.abort();
  await Promise.all(started);
  expect(it.clock.timers).toBe(0);
  expect(it.listening()).toBe(0);
}
