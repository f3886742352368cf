import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TicketEventFilter } from '../../../src/domain/event.ts';
import type { EventMessage, LivePlace, LiveReader } from '../../../src/events/feed/feed.ts';
import type { EventLog } from '../../../src/events/log/log.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { eventIds, setUp, ws } from './feed-harness.ts';

/** A reader that keeps what it is given. */
function createReader() {
  const messages: EventMessage[] = [];
  const places: { readonly position: number; readonly cursor: string }[] = [];
  const gaps: string[] = [];
  const ends: unknown[] = [];
  const reader: LiveReader = {
    deliver: (place, message) => {
      places.push(place);
      if (message !== null) messages.push(message);
    },
    gap: ({ reason }) => gaps.push(reason),
    end: (error) => ends.push(error),
  };
  return { reader, messages, places, gaps, ends };
}

function follow(place: LivePlace | null) {
  if (place === null) throw new Error('there is something to tell first');
  const kept = createReader();
  return { ...kept, stop: place.follow(kept.reader) };
}

describe('handing over', () => {
  test('works in the breath in which READY is called handled, where nothing has happened since', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    expect(stream.handOver()).toBeNull();
    await next();
    expect(stream.handOver()).toBeNull();
    const pending = stream.next();
    const { messages, places, stop } = follow(stream.handOver());
    expect(await pending).toEqual({ value: undefined, done: true });
    const [mine, other] = [makeEvent(), makeEvent({ type: 'TICKET_RESOLVED' })];
    await it.append(mine, other);
    await turn();
    expect(eventIds(messages)).toEqual([mine.eventId]);
    expect(messages[0]).toMatchObject({ replayed: false, matchesFilter: true });
    expect(places.map(({ position }) => position)).toEqual([1, 2]);
    expect(places[1]?.cursor).toBe((await it.log.head(ws)).cursor);
    stop();
    expect(it.listening()).toBe(0);
    expect(it.clock.timers).toBe(1);
  });

  test('waits until a replay is over, and goes on where it ended', async () => {
    const it = setUp();
    const { cursor } = await it.log.head(ws);
    const [first, second, third] = [makeEvent(), makeEvent(), makeEvent()];
    await it.append(first, second);
    const { stream, next } = await it.subscribe({}, cursor);
    await next();
    const read = stream.next();
    expect(stream.handOver()).toBeNull();
    await read;
    expect(stream.handOver()).toBeNull();
    await next();
    void stream.next();
    const { messages, stop } = follow(stream.handOver());
    await it.append(third);
    await turn();
    expect(eventIds(messages)).toEqual([third.eventId]);
    stop();
  });

  test('is refused while a message waits, or a gap', async () => {
    const it = setUp({ queueLimit: 1 });
    const { stream, next } = await it.subscribe();
    await next();
    const first = next();
    await turn();
    await it.append(makeEvent());
    await first;
    await it.append(makeEvent({ ticketId: 'tkt_2' }), makeEvent({ ticketId: 'tkt_3' }));
    await turn();
    const second = stream.next();
    expect(stream.handOver()).toBeNull();
    expect(await second).toMatchObject({ value: { kind: 'EVENT' } });
    const gap = stream.next();
    expect(stream.handOver()).toBeNull();
    expect(await gap).toMatchObject({ value: { kind: 'GAP', reason: 'SLOW_CONSUMER' } });
    expect(stream.handOver()).toBeNull();
    void stream.next();
    follow(stream.handOver()).stop();
    expect(it.listening()).toBe(0);
  });

  test('a place that nobody follows at once lets the log go, and cannot be followed later', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    await next();
    void stream.next();
    const place = stream.handOver();
    expect(it.listening()).toBe(1);
    await turn();
    expect(it.listening()).toBe(0);
    expect(() => place?.follow(createReader().reader)).toThrow('in the breath');
  });

  test('a place is followed by one', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    await next();
    void stream.next();
    const place = stream.handOver();
    const { stop } = follow(place);
    expect(() => follow(place)).toThrow('once');
    stop();
    stop();
    expect(it.listening()).toBe(0);
  });

  test('outlives whoever it was handed over by', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    await next();
    void stream.next();
    const place = stream.handOver();
    const { messages, stop } = follow(place);
    it.gone.abort();
    await stream.return?.();
    await it.append(makeEvent());
    await turn();
    expect(messages).toHaveLength(1);
    stop();
  });

  test('works while events are given out, and gives no event twice', async () => {
    const it = setUp();
    const idle = await it.subscribe({ ticketIds: ['tkt_9'] });
    await idle.next();
    void idle.stream.next();
    await turn();
    const busy = await it.subscribe();
    await busy.next();
    void busy.stream.next();
    const late = createReader();
    const stops: ((() => void) | undefined)[] = [];
    const deliver = () => {
      if (stops.length === 1) stops.push(idle.stream.handOver()?.follow(late.reader));
    };
    stops.push(busy.stream.handOver()?.follow({ ...createReader().reader, deliver }));
    const event = makeEvent({ ticketId: 'tkt_9' });
    await it.append(makeEvent());
    await turn();
    expect(late.places).toEqual([]);
    await it.append(event);
    await turn();
    expect(late.places.map(({ position }) => position)).toEqual([2]);
    expect(eventIds(late.messages)).toEqual([event.eventId]);
    for (const stop of stops) stop?.();
    expect(it.listening()).toBe(0);
  });

  test('does not work for who has yet to be given what others were given already', async () => {
    const it = setUp();
    const busy = await it.subscribe();
    await busy.next();
    void busy.stream.next();
    const idle = await it.subscribe({ ticketIds: ['tkt_9'] });
    const places: (LivePlace | null)[] = [];
    const deliver = () => {
      places.push(idle.stream.handOver());
    };
    const stop = busy.stream.handOver()?.follow({ ...createReader().reader, deliver });
    await idle.next();
    const pending = idle.next();
    await turn();
    const event = makeEvent({ ticketId: 'tkt_9' });
    await it.append(event);
    expect(eventIds([await pending])).toEqual([event.eventId]);
    expect(places).toEqual([null]);
    stop?.();
    await idle.stream.return?.();
    expect(it.listening()).toBe(0);
  });
});

describe('the mark', () => {
  test('is null until READY was handled, then moves on with events that are not for the subscription', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe({ ticketIds: ['tkt_9'] });
    expect(stream.mark).toBeNull();
    const ready = await next();
    expect(stream.mark).toBeNull();
    const pending = stream.next();
    expect(stream.mark).toBe(ready.cursor);
    await turn();
    await it.append(makeEvent(), makeEvent());
    await turn();
    expect(stream.mark).toBe((await it.log.head(ws)).cursor);
    await stream.return?.();
    await pending;
  });

  test('stays before a message that waits or is being handled', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe({ ticketIds: ['tkt_9'] });
    await next();
    const pending = stream.next();
    await turn();
    await it.append(makeEvent());
    const before = (await it.log.head(ws)).cursor;
    await turn();
    await it.append(makeEvent({ ticketId: 'tkt_9' }), makeEvent());
    await turn();
    const event = await pending;
    expect(event.value).toMatchObject({ kind: 'EVENT' });
    expect(stream.mark).toBe(before);
    const later = stream.next();
    expect(stream.mark).toBe((await it.log.head(ws)).cursor);
    await stream.return?.();
    await later;
    expect(stream.mark).toBe((await it.log.head(ws)).cursor);
  });

  test('passes over what a replay skips, and never goes back', async () => {
    const it = setUp();
    const { cursor } = await it.log.head(ws);
    for (let count = 0; count < 300; count++) await it.append(makeEvent());
    const before = (await it.log.head(ws)).cursor;
    await it.append(makeEvent({ ticketId: 'tkt_9' }), makeEvent());
    const { stream, next } = await it.subscribe({ ticketIds: ['tkt_9'] }, cursor);
    await next();
    expect(await next()).toMatchObject({ kind: 'EVENT', replayed: true });
    expect(stream.mark).toBe(before);
    await stream.return?.();
  });

  test('stays null while the gap that a subscription opens with was not handled', async () => {
    const [other, it] = [setUp(), setUp()];
    await it.append(makeEvent());
    const { stream, next } = await it.subscribe({}, (await other.log.head(ws)).cursor);
    await next();
    const gap = await next();
    expect(gap).toMatchObject({ kind: 'GAP' });
    expect(stream.mark).toBeNull();
    const pending = stream.next();
    expect(stream.mark).toBe(gap.cursor);
    await stream.return?.();
    await pending;
  });

  test('does not move on when the stream ends with messages that wait', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    const { cursor } = await next();
    const pending = stream.next();
    await turn();
    await it.append(makeEvent(), makeEvent());
    await pending;
    await stream.return?.();
    expect(stream.mark).toBe(cursor);
  });
});

type Step = 'APPEND' | 'APPEND_OTHER' | 'NEXT' | 'HAND_OVER' | 'TURN';

const steps = fc.array(
  fc.constantFrom<Step>('APPEND', 'APPEND', 'APPEND_OTHER', 'NEXT', 'NEXT', 'HAND_OVER', 'TURN', 'TURN'),
  { minLength: 5, maxLength: 60 },
);

test('whoever reads, hands over and follows, in whatever order, sees each event once and in log order', async () => {
  const filters: Partial<TicketEventFilter>[] = [{ ticketIds: ['tkt_1'] }, {}, { ticketIds: ['tkt_none'] }];
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.record({
        filter: fc.constantFrom(...filters),
        from: fc.integer({ min: 0, max: 6 }),
        lag: fc.integer({ min: 0, max: 2 }),
      }),
      drive,
    ),
    { numRuns: 150 },
  );
});

/** Answers come `lag` turns late, and say what was so when it was asked. */
const lagging =
  (lag: number) =>
  (log: EventLog): EventLog => {
    const late = async <T>(answer: Promise<T>): Promise<T> => {
      for (let turns = 0; turns < lag; turns++) await turn();
      return answer;
    };
    return {
      ...log,
      head: (workspaceId) => late(log.head(workspaceId)),
      read: (...args) => late(log.read(...args)),
    };
  };

interface Drive {
  readonly filter: Partial<TicketEventFilter>;
  /** Records before the cursor that it resumes from. */
  readonly from: number;
  readonly lag: number;
}

async function drive(todo: readonly Step[], { filter, from, lag }: Drive) {
  const it = setUp({ wrap: lagging(lag) });
  const cursors = [(await it.log.head(ws)).cursor];
  /** Of each record by its position, from 1: the event, where it matches. */
  const matching: (string | null)[] = [];
  const between = (after: number, until?: number) => matching.slice(after, until).filter((id) => id !== null);
  const append = async (ticketId: string) => {
    const event = makeEvent({ ticketId });
    await it.append(event);
    cursors.push((await it.log.head(ws)).cursor);
    matching.push((filter.ticketIds?.includes(ticketId) ?? true) ? event.eventId : null);
  };
  for (let count = 0; count < 6; count++) await append(count % 2 === 0 ? 'tkt_1' : 'tkt_2');
  const { stream } = await it.subscribe(filter, cursors[from] ?? null);
  const seen: string[] = [];
  let handled = 0;
  let asking = false;
  const next = () => {
    if (asking) return;
    asking = true;
    handled = seen.length;
    void stream.next().then(({ value }) => {
      asking = false;
      expect(value?.kind).not.toBe('GAP');
      if (value?.kind === 'EVENT') seen.push(value.record.event.eventId);
    });
  };
  const kept = createReader();
  const following: (() => void)[] = [];
  const handOver = () => {
    const place = following.length === 0 ? stream.handOver() : null;
    if (place !== null) following.push(place.follow(kept.reader));
  };
  const step: Readonly<Record<Step, () => unknown>> = {
    APPEND: () => append('tkt_1'),
    APPEND_OTHER: () => append('tkt_2'),
    NEXT: next,
    HAND_OVER: handOver,
    TURN: turn,
  };
  let marked = from;
  const checkMark = () => {
    if (stream.mark === null) return;
    const mark = cursors.indexOf(stream.mark);
    expect(between(from, mark).length).toBeLessThanOrEqual(handled);
    expect(mark).toBeGreaterThanOrEqual(marked);
    marked = mark;
  };
  for (const name of todo) {
    await step[name]();
    checkMark();
  }
  for (let rounds = 0; rounds < 60; rounds++) {
    next();
    await turn();
    checkMark();
  }
  if (following.length === 0) expect(stream.mark).toBe(cursors.at(-1));
  handOver();
  await append('tkt_1');
  for (let turns = 0; turns < 10; turns++) await turn();
  expect([...seen, ...eventIds(kept.messages)]).toEqual(between(from));
  expect(kept.places.at(-1)?.cursor).toBe(cursors.at(-1));
  expect(kept.gaps).toEqual([]);
  for (const stop of following) stop();
  expect(following).toHaveLength(1);
  expect(it.listening()).toBe(0);
}
