import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/domain/clock.ts';
import type { EventRecord, TicketEvent } from '../../src/domain/event.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import { decodeCursor, encodeCursor } from '../../src/events/cursor.ts';
import type { EventLog, Retention } from '../../src/events/log.ts';
import { createNoonClock, makeEvent, timeAt } from './event-fixtures.ts';

export interface LogSetup {
  readonly clock: Clock;
  readonly retention?: Partial<Retention>;
}

const a = 'ws_a';
const b = 'ws_b';
const hour = 3_600_000;

/** What every event log promises. @param create an empty log, another one each time */
export function eventLogContract(create: (setup: LogSetup) => EventLog | Promise<EventLog>): void {
  const open = async (retention?: Partial<Retention>) => {
    const clock = createNoonClock();
    const log = await create({ clock, ...(retention && { retention }) });
    const append = async (event: TicketEvent, workspaceId = a): Promise<EventRecord> => {
      const outcome = await log.append(workspaceId, event, new Date(clock.now()).toISOString());
      if (outcome.result !== 'APPENDED') throw new Error(`${event.eventId} is a repeat`);
      return outcome.record;
    };
    const records = async (workspaceId = a) =>
      (await log.read(workspaceId, 0, 1_000)).map(({ record }) => record);
    return { log, clock, append, records, [Symbol.asyncDispose]: () => log.close() };
  };

  describe('order and place', () => {
    test('what was appended is read in order, with positions that grow by one', async () => {
      await using it = await open();
      const events = [makeEvent(), makeEvent({ ticketId: 'tkt_2' }), makeEvent({ ticketId: 'tkt_3' })];
      for (const event of events) await it.append(event);
      const entries = await it.log.read(a, 0, 10);
      expect(entries.map(({ record }) => record.event)).toEqual(events);
      expect(entries.map(({ position }) => position)).toEqual([1, 2, 3]);
      expect(await it.log.read(a, 1, 1)).toEqual([entries[1]]);
      expect(await it.log.read(a, 3, 10)).toEqual([]);
    });

    test('a cursor is found where its record stands, and the head where the log ends', async () => {
      await using it = await open();
      const empty = await it.log.head(a);
      const first = await it.append(makeEvent());
      const second = await it.append(makeEvent());
      expect(await it.log.locate(a, empty.cursor)).toEqual({ kind: 'KNOWN', position: 0 });
      expect(await it.log.locate(a, first.cursor)).toEqual({ kind: 'KNOWN', position: 1 });
      expect(await it.log.head(a)).toEqual({ position: 2, cursor: second.cursor });
    });

    test('workspaces never mix', async () => {
      await using it = await open();
      const event = makeEvent();
      const mine = await it.append(event, a);
      await it.append(event, b);
      await it.append(makeEvent({ ticket: { updatedAt: timeAt(-5) } }), b);
      expect(await it.records(a)).toEqual([mine]);
      expect((await it.records(b)).map(({ stale }) => stale)).toEqual([false, true]);
      expect(await it.log.locate(b, mine.cursor)).toEqual({ kind: 'GAP', reason: 'EVENTS_LOST' });
      expect(await it.log.head('ws_nobody')).toMatchObject({ position: 0 });
    });

    test('an append is told to the listeners of its workspace until they stop', async () => {
      await using it = await open();
      const told: string[] = [];
      const stop = it.log.onAppend(a, () => told.push('first'));
      it.log.onAppend(a, () => told.push('second'));
      it.log.onAppend(b, () => told.push('other workspace'));
      await it.append(makeEvent());
      stop();
      stop();
      await it.append(makeEvent());
      expect(told).toEqual(['first', 'second', 'second']);
    });
  });

  describe('cursors', () => {
    test('what is no cursor is unreadable', async () => {
      await using it = await open();
      const { cursor } = await it.append(makeEvent());
      const garbage = [
        '',
        'x',
        `${cursor}A`,
        cursor.slice(1),
        `${cursor}=`,
        'a'.repeat(10_000),
        '\u0000',
        'MTo6Og',
      ];
      for (const text of garbage) expect(await it.log.locate(a, text)).toEqual({ kind: 'UNREADABLE' });
    });

    test('a cursor of another log is a gap', async () => {
      await using one = await open();
      await using other = await open();
      const { cursor } = await one.append(makeEvent());
      await other.append(makeEvent());
      expect(await other.log.locate(a, cursor)).toEqual({ kind: 'GAP', reason: 'SOURCE_RESTARTED' });
    });

    test('a cursor beyond the head, or of another record at its place, is a gap', async () => {
      await using it = await open();
      const { cursor } = await it.append(makeEvent());
      const parts = decodeCursor(cursor);
      if (parts === null) throw new Error('unreadable');
      for (const changed of [{ position: 2 }, { digest: 'AAAAAAAA' }]) {
        const forged = encodeCursor({ ...parts, ...changed });
        expect(await it.log.locate(a, forged)).toEqual({ kind: 'GAP', reason: 'EVENTS_LOST' });
      }
    });
  });

  describe('repeats', () => {
    test('an event id is taken once, even when both come at the same moment', async () => {
      await using it = await open();
      const event = makeEvent();
      const outcomes = await Promise.all([1, 2, 3].map(() => it.log.append(a, event, timeAt(0))));
      expect(outcomes.map(({ result }) => result).toSorted()).toEqual(['APPENDED', 'REPEATED', 'REPEATED']);
      expect(await it.records()).toHaveLength(1);
    });

    test('it is remembered for 72 hours, longer than its record', async () => {
      await using it = await open();
      const event = makeEvent();
      await it.append(event);
      it.clock.advanceSync(72 * hour - 1);
      expect(await it.log.append(a, event, timeAt(72 * hour - 1))).toEqual({ result: 'REPEATED' });
      expect(await it.records()).toEqual([]);
      it.clock.advanceSync(1);
      expect((await it.log.append(a, event, timeAt(72 * hour))).result).toBe('APPENDED');
    });

    test('so many are remembered and no more, the oldest goes first', async () => {
      await using it = await open({ memoryCount: 2 });
      const events = [makeEvent(), makeEvent(), makeEvent()];
      for (const event of events) await it.append(event);
      const [first, second, third] = events.map((event) => event);
      if (!first || !second || !third) throw new Error('three events');
      expect((await it.log.append(a, third, timeAt(0))).result).toBe('REPEATED');
      expect((await it.log.append(a, second, timeAt(0))).result).toBe('REPEATED');
      expect((await it.log.append(a, first, timeAt(0))).result).toBe('APPENDED');
    });
  });

  describe('retention', () => {
    test('records go after 24 hours, and with them their tickets', async () => {
      await using it = await open();
      await it.append(makeEvent());
      it.clock.advanceSync(hour);
      const second = await it.append(makeEvent());
      expect(await it.log.retainedSince(a)).toBe(timeAt(0));
      it.clock.advanceSync(23 * hour);
      expect(await it.records()).toEqual([second]);
      expect(await it.log.retainedSince(a)).toBe(timeAt(hour));
      it.clock.advanceSync(hour);
      expect(await it.records()).toEqual([]);
      expect(await it.log.retainedSince(a)).toBeNull();
      const next = await it.append(makeEvent({ ticket: { updatedAt: timeAt(1) } }));
      expect(next.before).toBeNull();
    });

    test('a stale event does not prolong the memory of what its ticket was like', async () => {
      await using it = await open();
      await it.append(makeEvent({ ticket: { updatedAt: timeAt(5) } }));
      it.clock.advanceSync(23 * hour);
      await it.append(makeEvent({ ticket: { updatedAt: timeAt(4) } }));
      it.clock.advanceSync(hour);
      const next = await it.append(makeEvent({ ticket: { updatedAt: timeAt(6) } }));
      expect(next).toMatchObject({ stale: false, before: null });
    });

    test('so many records are kept and no more', async () => {
      await using it = await open({ maxCount: 3 });
      for (let count = 0; count < 5; count++) await it.append(makeEvent());
      expect((await it.log.read(a, 0, 10)).map(({ position }) => position)).toEqual([3, 4, 5]);
      expect((await it.log.read(a, 0, 2)).map(({ position }) => position)).toEqual([3, 4]);
    });

    test('a cursor expires when a record after it is gone, not when its own is', async () => {
      await using it = await open({ maxCount: 2 });
      const first = await it.append(makeEvent());
      const second = await it.append(makeEvent());
      await it.append(makeEvent());
      expect(await it.log.locate(a, first.cursor)).toEqual({ kind: 'KNOWN', position: 1 });
      await it.append(makeEvent());
      expect(await it.log.locate(a, first.cursor)).toEqual({ kind: 'GAP', reason: 'CURSOR_EXPIRED' });
      expect(await it.log.locate(a, second.cursor)).toEqual({ kind: 'KNOWN', position: 2 });
    });

    test('the head outlives its record', async () => {
      await using it = await open();
      const { cursor } = await it.append(makeEvent());
      it.clock.advanceSync(48 * hour);
      expect(await it.log.head(a)).toEqual({ position: 1, cursor });
      expect(await it.log.locate(a, cursor)).toEqual({ kind: 'KNOWN', position: 1 });
      expect(await it.append(makeEvent())).toMatchObject({ stale: false });
      expect((await it.log.read(a, 1, 10)).map(({ position }) => position)).toEqual([2]);
    });

    test('when the last webhook came is known, repeats too, other sources not', async () => {
      await using it = await open();
      expect(await it.log.lastWebhookAt(a)).toBeNull();
      await it.append(makeEvent({ source: 'GATEWAY' }));
      expect(await it.log.lastWebhookAt(a)).toBeNull();
      const event = makeEvent();
      await it.append(event);
      await it.log.append(a, event, timeAt(hour));
      expect(await it.log.lastWebhookAt(a)).toBe(timeAt(hour));
      expect(await it.log.lastWebhookAt(b)).toBeNull();
    });
  });

  describe('staleness', () => {
    const updated = (at: number, ticket: Partial<Ticket> = {}) =>
      makeEvent({ ticket: { updatedAt: timeAt(at), ...ticket } });
    const deleted = (at: number) =>
      makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(at) });
    const attributes = (status: Ticket['status']) => ({ status, priority: 'NORMAL', assigneeId: null });

    test('an event older than what is known is stale and changes nothing', async () => {
      await using it = await open();
      expect(await it.append(updated(5, { status: 'PENDING' }))).toMatchObject({
        stale: false,
        before: null,
      });
      expect(await it.append(updated(4, { status: 'NEW' }))).toMatchObject({
        stale: true,
        before: attributes('PENDING'),
        after: attributes('PENDING'),
      });
      expect(await it.append(updated(6))).toMatchObject({
        stale: false,
        before: attributes('PENDING'),
        after: attributes('OPEN'),
      });
    });

    test('updatedAt is compared as a time, not as text', async () => {
      await using it = await open();
      await it.append(makeEvent({ ticket: { updatedAt: '2026-03-04T13:00:00+01:00' } }));
      expect(await it.append(makeEvent({ ticket: { updatedAt: '2026-03-04T12:00:01Z' } }))).toMatchObject({
        stale: false,
      });
      expect(
        await it.append(makeEvent({ ticket: { updatedAt: '2026-03-04T12:59:59+01:00' } })),
      ).toMatchObject({
        stale: true,
      });
    });

    test('events of one change have the same before and after, in either order', async () => {
      for (const types of [
        ['TICKET_UPDATED', 'TICKET_RESOLVED'],
        ['TICKET_RESOLVED', 'TICKET_UPDATED'],
      ] as const) {
        await using it = await open();
        await it.append(updated(0));
        for (const type of types) {
          const event = makeEvent({ type, ticket: { updatedAt: timeAt(1), status: 'RESOLVED' } });
          expect(await it.append(event)).toMatchObject({
            stale: false,
            before: attributes('OPEN'),
            after: attributes('RESOLVED'),
          });
        }
      }
    });

    test('an equal updatedAt with another state is not stale and comes after the one before', async () => {
      await using it = await open();
      await it.append(updated(0, { status: 'NEW' }));
      await it.append(updated(1, { status: 'OPEN' }));
      expect(await it.append(updated(1, { status: 'PENDING' }))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: attributes('PENDING'),
      });
    });

    test('after a deletion everything not newer is stale, a second deletion too', async () => {
      await using it = await open();
      await it.append(updated(0));
      expect(await it.append(deleted(5))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: null,
      });
      expect(await it.append(updated(4))).toMatchObject({ stale: true, before: null, after: null });
      expect(await it.append(updated(5))).toMatchObject({ stale: true });
      expect(await it.append(deleted(5))).toMatchObject({ stale: true });
      expect(await it.append(updated(6))).toMatchObject({
        stale: false,
        before: null,
        after: attributes('OPEN'),
      });
    });

    test('a tombstone is remembered longer than the deletion’s record', async () => {
      await using it = await open();
      await it.append(deleted(5));
      it.clock.advanceSync(71 * hour);
      expect(await it.append(updated(4))).toMatchObject({ stale: true });
    });

    test('a tombstone is remembered from when its ticket was last spoken of', async () => {
      await using it = await open({ memoryCount: 2 });
      await it.append(deleted(5));
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      await it.append(updated(4));
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      expect(await it.append(updated(4))).toMatchObject({ stale: true });
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      expect(await it.append(updated(4))).toMatchObject({ stale: false });
    });

    test('a deletion older than what is known is stale', async () => {
      await using it = await open();
      await it.append(updated(5_000));
      expect(await it.append(deleted(4_000))).toMatchObject({ stale: true, after: attributes('OPEN') });
    });

    test('a deletion stamped in whole seconds is not older than an update within that second', async () => {
      await using it = await open();
      await it.append(updated(700));
      const event = makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: '2026-03-04T12:00:00Z' });
      expect(await it.append(event)).toMatchObject({ stale: false, after: null });
    });

    test('after an event without a readable ticket its attributes are unknown', async () => {
      await using it = await open();
      await it.append(updated(0));
      expect(await it.append(makeEvent({ ticket: null }))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: null,
      });
      expect(await it.append(updated(1))).toMatchObject({ before: null });
    });
  });

  test('any mixture of repeats, disorder and deletions leaves what a plain model leaves', async () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 30 }),
      ticket: fc.integer({ min: 0, max: 2 }),
      at: fc.integer({ min: 0, max: 8 }),
      kind: fc.constantFrom('update', 'update', 'update', 'delete'),
      status: fc.constantFrom<Ticket['status']>('NEW', 'OPEN', 'RESOLVED'),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      await using it = await open({ maxCount: 20 });
      const model = new Model(20);
      for (const { id, ticket, at, kind, status } of steps) {
        const common = { eventId: `msg_${id}`, ticketId: `tkt_${ticket}` };
        const event =
          kind === 'delete'
            ? makeEvent({ ...common, type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(at) })
            : makeEvent({ ...common, ticket: { updatedAt: timeAt(at), status } });
        const outcome = await it.log.append(a, event, timeAt(0));
        expect(outcome.result === 'REPEATED' ? null : outcome.record.stale).toBe(model.append(event));
      }
      const kept = (await it.log.read(a, 0, 100)).map(({ position, record }) => [
        position,
        record.event.eventId,
      ]);
      expect(kept).toEqual(model.kept());
    });
    await fc.assert(property, { numRuns: 200 });
  });
}

/** The same rules, told by looking at everything that ever happened. */
class Model {
  readonly #all: { readonly event: TicketEvent; readonly stale: boolean }[] = [];
  readonly #maxCount: number;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** @returns whether it is stale; null for a repeat */
  append(event: TicketEvent): boolean | null {
    if (this.#all.some((past) => past.event.eventId === event.eventId)) return null;
    const past = this.#all.filter((known) => known.event.ticketId === event.ticketId && !known.stale);
    const stale = past.some((known) =>
      known.event.ticket === null
        ? event.occurredAt <= known.event.occurredAt
        : event.occurredAt < known.event.occurredAt,
    );
    this.#all.push({ event, stale });
    return stale;
  }

  kept(): [number, string][] {
    return this.#all
      .map(({ event }, index): [number, string] => [index + 1, event.eventId])
      .slice(-this.#maxCount);
  }
}
