import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventRecord, TicketEventType } from '../../../src/domain/event.ts';
import type { EventMessage } from '../../../src/events/feed/feed.ts';
import { MessageQueue } from '../../../src/events/feed/message-queue.ts';
import { makeEvent, timeAt } from '../../contract/event-fixtures.ts';

interface Parts {
  readonly type?: TicketEventType | 'UNKNOWN';
  readonly ticketId?: string;
  readonly matchesFilter?: boolean;
  readonly stale?: boolean;
  readonly bare?: boolean;
}

let made = 0;

function makeMessage(parts: Parts = {}): EventMessage {
  const { type = 'TICKET_UPDATED', ticketId = 'tkt_1', matchesFilter = true, stale = false } = parts;
  made += 1;
  const event = makeEvent({ type, ticketId, ticket: parts.bare ? null : { subject: `Version ${made}` } });
  const cursor = String(made).padStart(9, '0');
  const record: EventRecord = { cursor, event, receivedAt: timeAt(made), stale, before: null, after: null };
  return { kind: 'EVENT', cursor, record, matchesFilter, replayed: false };
}

const createQueue = (limit: number) => new MessageQueue<EventMessage>(limit, (message) => message);

function drain(queue: MessageQueue<EventMessage>): EventMessage[] {
  const all: EventMessage[] = [];
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) all.push(message);
  return all;
}

/** What is left of messages in a queue that takes all but one of them without more ado. */
function squeeze(...messages: EventMessage[]) {
  const queue = createQueue(messages.length - 1);
  const taken = messages.map((message) => queue.push(message));
  expect(taken.slice(0, -1)).not.toContain(false);
  return { left: drain(queue), taken: taken.at(-1) };
}

describe('a queue of messages', () => {
  test('gives back everything in order while it is not full', () => {
    const queue = createQueue(3);
    const messages = [makeMessage(), makeMessage(), makeMessage()];
    expect(messages.map((message) => queue.push(message))).toEqual([true, true, true]);
    expect(queue.size).toBe(3);
    expect(drain(queue)).toEqual(messages);
    expect(queue.size).toBe(0);
  });

  test('drops an update for a later one of its ticket once it is full, and the later one stays in its place', () => {
    const [first, other, second, last] = [
      makeMessage(),
      makeMessage({ ticketId: 'tkt_2' }),
      makeMessage(),
      makeMessage({ ticketId: 'tkt_3' }),
    ];
    expect(squeeze(first, other, second, last)).toEqual({ left: [other, second, last], taken: true });
  });

  test('what comes may itself be the later one', () => {
    const [first, other, second] = [makeMessage(), makeMessage({ ticketId: 'tkt_2' }), makeMessage()];
    expect(squeeze(first, other, second)).toEqual({ left: [other, second], taken: true });
  });

  test('does not take what nothing gives way to', () => {
    const [first, second, third] = ['tkt_1', 'tkt_2', 'tkt_3'].map((ticketId) => makeMessage({ ticketId }));
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('three were made');
    expect(squeeze(first, second, third)).toEqual({ left: [first, second], taken: false });
  });

  test('what was not taken takes the place of nothing later', () => {
    const queue = createQueue(2);
    const [one, two, refused, later] = [
      makeMessage({ ticketId: 'tkt_1' }),
      makeMessage({ ticketId: 'tkt_2' }),
      makeMessage({ ticketId: 'tkt_3' }),
      makeMessage({ ticketId: 'tkt_3' }),
    ];
    expect([one, two, refused].map((message) => queue.push(message))).toEqual([true, true, false]);
    expect(queue.shift()).toBe(one);
    expect(queue.push(later)).toBe(true);
    expect(drain(queue)).toEqual([two, later]);
  });

  test.for<readonly [string, Parts]>([
    ['a creation', { type: 'TICKET_CREATED' }],
    ['a deletion', { type: 'TICKET_DELETED', matchesFilter: false }],
    ['a stale creation', { type: 'TICKET_CREATED', stale: true }],
    ['an update that leaves the filter', { matchesFilter: false }],
    ['another event that leaves the filter', { type: 'TICKET_RESOLVED', matchesFilter: false }],
  ])('passes over %s of the ticket in no case', ([, parts]) => {
    const messages = [makeMessage(), makeMessage(parts), makeMessage()];
    expect(squeeze(...messages)).toEqual({ left: messages.slice(0, 2), taken: false });
  });

  test.for<readonly [string, Parts]>([
    ['what happens to another ticket', { type: 'TICKET_DELETED', ticketId: 'tkt_2', matchesFilter: false }],
    ['a stale update', { stale: true }],
    ['an event of another type', { type: 'TICKET_ASSIGNMENT_CHANGED' }],
  ])('passes over %s', ([, parts]) => {
    const [first, between, last] = [makeMessage(), makeMessage(parts), makeMessage()];
    expect(squeeze(first, between, last)).toEqual({ left: [between, last], taken: true });
  });

  test('drops no stale event, and nothing in favour of one', () => {
    const stale = { stale: true };
    const messages = [makeMessage(stale), makeMessage(), makeMessage(stale)];
    expect(squeeze(...messages).taken).toBe(false);
  });

  test('drops no ticket in favour of the mere news that it changed', () => {
    expect(squeeze(makeMessage(), makeMessage({ bare: true })).taken).toBe(false);
    expect(squeeze(makeMessage({ bare: true }), makeMessage({ bare: true })).taken).toBe(true);
    expect(squeeze(makeMessage({ bare: true }), makeMessage()).taken).toBe(true);
  });

  test('forgets everything when it is cleared', () => {
    const queue = createQueue(2);
    for (let count = 0; count < 4; count++) queue.push(makeMessage());
    queue.clear();
    expect(queue.size).toBe(0);
    const messages = [makeMessage(), makeMessage({ ticketId: 'tkt_2' })];
    expect(messages.map((message) => queue.push(message))).toEqual([true, true]);
    expect(drain(queue)).toEqual(messages);
  });

  test.for([
    ['that all find something to replace', (at: number) => `tkt_${at % 512}`],
    ['that find nothing to replace', (at: number) => `tkt_${at}`],
  ] as const)('a full queue does not go through itself at each of many messages %s', ([, ticketIdOf]) => {
    let looks = 0;
    const queue = new MessageQueue<EventMessage>(512, (message) => ({
      ...message,
      get record() {
        looks += 1;
        return message.record;
      },
    }));
    const pushes = 5_000;
    for (let at = 0; at < pushes; at++) queue.push(makeMessage({ ticketId: ticketIdOf(at) }));
    expect(looks).toBeLessThan(10 * pushes);
    expect(queue.size).toBe(512);
  });
});

/** What somebody sees who applies messages in order: tickets with their version, and whether it must be read again. */
function screenOf(messages: readonly EventMessage[]) {
  const screen = new Map<string, { readonly subject: string | null; readonly readAgain: boolean }>();
  for (const { record, matchesFilter } of messages) {
    const { type, ticketId, ticket } = record.event;
    if (record.stale) continue;
    if (type === 'TICKET_DELETED' || !matchesFilter) screen.delete(ticketId);
    else if (ticket !== null) screen.set(ticketId, { subject: ticket.subject, readAgain: false });
    else screen.set(ticketId, { subject: screen.get(ticketId)?.subject ?? null, readAgain: true });
  }
  return screen;
}

/** Whether `earlier` may go in favour of `later`, both in `all`. */
function mayGo(earlier: EventMessage, later: EventMessage, all: readonly EventMessage[]): boolean {
  const updates = [earlier, later];
  if (updates.some(({ record }) => record.stale || record.event.type !== 'TICKET_UPDATED')) return false;
  const { ticketId } = earlier.record.event;
  return all
    .slice(all.indexOf(earlier), all.indexOf(later) + 1)
    .filter(({ record }) => record.event.ticketId === ticketId)
    .every(
      ({ record, matchesFilter }) =>
        !['TICKET_CREATED', 'TICKET_DELETED'].includes(record.event.type) &&
        (record.stale || matchesFilter === earlier.matchesFilter),
    );
}

const anyMessage = fc.record({
  type: fc.constantFrom<TicketEventType[]>(
    'TICKET_UPDATED',
    'TICKET_UPDATED',
    'TICKET_UPDATED',
    'TICKET_UPDATED',
    'TICKET_RESOLVED',
    'TICKET_CREATED',
    'TICKET_DELETED',
  ),
  ticketId: fc.constantFrom('tkt_1', 'tkt_2', 'tkt_3'),
  matchesFilter: fc.integer({ min: 0, max: 4 }).map((value) => value > 0),
  stale: fc.integer({ min: 0, max: 6 }).map((value) => value === 0),
  bare: fc.integer({ min: 0, max: 6 }).map((value) => value === 0),
});

test('whoever reads the queue ends with what the whole sequence would have left', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: anyMessage }, { weight: 1, arbitrary: fc.constant(null) }), {
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 8 }),
      (steps, limit) => {
        const queue = createQueue(limit);
        const all: EventMessage[] = [];
        const read: EventMessage[] = [];
        for (const step of steps) {
          if (step === null) {
            const message = queue.shift();
            if (message !== undefined) read.push(message);
            continue;
          }
          const message = makeMessage(step);
          const before = queue.size;
          const taken = queue.push(message);
          if (before < limit) expect([taken, queue.size]).toEqual([true, before + 1]);
          if (!taken) {
            const waiting = [...drain(queue), message];
            read.push(...waiting.slice(0, -1));
            for (const [at, later] of waiting.entries()) {
              const carries = later.record.event.ticket !== null;
              for (const earlier of waiting.slice(0, at)) {
                const same = earlier.record.event.ticketId === later.record.event.ticketId;
                if (same && carries) expect(mayGo(earlier, later, all.concat(message))).toBe(false);
              }
            }
            break;
          }
          all.push(message);
          expect(queue.size).toBeLessThanOrEqual(limit);
        }
        read.push(...drain(queue));
        const cursors = read.map(({ cursor }) => cursor);
        expect(cursors).toEqual(cursors.toSorted());
        expect(new Set(cursors).size).toBe(cursors.length);
        expect(screenOf(read)).toEqual(screenOf(all));
        for (const gone of all.filter((message) => !read.includes(message))) {
          const { ticketId } = gone.record.event;
          const later = read.filter(
            ({ cursor, record }) => record.event.ticketId === ticketId && cursor > gone.cursor,
          );
          expect(later.some((message) => mayGo(gone, message, all))).toBe(true);
        }
      },
    ),
    { numRuns: 800 },
  );
});
