import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TicketEvent } from '../../src/domain/event.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import { decodeCursor, encodeCursor } from '../../src/events/log/cursor.ts';
import type { Retention } from '../../src/events/log/log.ts';
import { until, within } from '../support/wait.ts';
import { makeEvent, timeAt } from './event-fixtures.ts';
import { channelContract } from './event-log-channels.ts';
import { retentionContract } from './event-log-retention.ts';
import { stalenessContract } from './event-log-staleness.ts';
import { a, b, hour, openLog, repeated, type CreateLog } from './open-log.ts';

/**
 * What every event log promises.
 * @param runs random histories that are tried @default 200
 */
export function eventLogContract(create: CreateLog, { runs = 200 }: { readonly runs?: number } = {}): void {
  const open = (retention?: Partial<Retention>) => openLog(create, retention);

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
      expect(await it.log.locate(b, mine.cursor)).toMatchObject({ kind: 'GAP' });
      expect(await it.log.head('ws_nobody')).toMatchObject({ position: 0 });
    });

    test('an append is told to the listeners of its workspace until they stop, a repeat to nobody', async () => {
      await using it = await open();
      const told: string[] = [];
      const stop = it.log.watch(a, (news) => told.push(`first ${news}`));
      it.log.watch(a, (news) => told.push(`second ${news}`));
      it.log.watch(b, (news) => told.push(`other workspace ${news}`));
      const event = makeEvent();
      await it.append(event);
      await until('both are told', () => told.length === 2);
      await it.tell(event);
      stop();
      stop();
      await it.append(makeEvent());
      await until('who is left is told', () => told.length === 3);
      await it.append(makeEvent(), b);
      await until('the other is told', () => told.length === 4);
      const expected = ['first', 'second', 'second', 'other workspace'];
      expect(told).toEqual(expected.map((name) => `${name} APPENDED`));
    });

    test('a listener who is told finds the event when it reads', async () => {
      await using it = await open();
      const found = Promise.withResolvers<number>();
      it.log.watch(a, () => void it.log.read(a, 0, 10).then(({ length }) => found.resolve(length)));
      await it.append(makeEvent());
      expect(await within('the news', found.promise)).toBe(1);
    });

    test('appends of one moment are taken in order, each with a place of its own', async () => {
      await using it = await open();
      const events = Array.from({ length: 30 }, (_, index) => makeEvent({ ticketId: `tkt_${index}` }));
      const cursors = await Promise.all(events.map(async (event) => (await it.append(event)).cursor));
      const entries = await it.log.read(a, 0, 100);
      expect(entries.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
      expect(entries.map(({ record }) => record.cursor).toSorted()).toEqual(cursors.toSorted());
      expect(entries.map(({ record }) => record.event)).toEqual(events);
    });

    test('whatever a ticket holds comes back as it was', async () => {
      await using it = await open();
      const event = makeEvent({
        typeRaw: 'ticket.\u0000 🖨',
        type: 'UNKNOWN',
        ticketId: 'tkt "\'\\%_\u0000',
        ticket: {
          subject: 'Größe “falsch”\n\u2028',
          status: 'UNKNOWN',
          priority: null,
          type: null,
          requesterEmail: null,
          tags: ['', '__proto__'],
          customFields: [
            {
              fieldId: 'constructor',
              value: { __proto__: null, a: [1.5, -0.1, 1e21, true, null, [{}], []] },
            },
            { fieldId: 'cf_2', value: null },
          ],
        },
      });
      await it.append(event);
      expect((await it.records()).map((record) => record.event)).toEqual([event]);
      expect(await it.log.known(a, event.ticketId)).toMatchObject({ attributes: { status: 'UNKNOWN' } });
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
      expect(await it.log.append(a, event, timeAt(72 * hour - 1))).toEqual(repeated);
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

  channelContract(create);
  retentionContract(create);
  stalenessContract(create);

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
    await fc.assert(property, { numRuns: runs });
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
    const newest =
      past
        .map((known) => known.event.occurredAt)
        .toSorted()
        .at(-1) ?? '';
    const isDeleted = past.at(-1)?.event.ticket === null;
    const stale = isDeleted ? event.occurredAt <= newest : event.ticket !== null && event.occurredAt < newest;
    this.#all.push({ event, stale });
    return stale;
  }

  kept(): [number, string][] {
    return this.#all
      .map(({ event }, index): [number, string] => [index + 1, event.eventId])
      .slice(-this.#maxCount);
  }
}
