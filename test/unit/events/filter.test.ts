import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventRecord, FilterableAttributes, TicketEventFilter } from '../../../src/domain/event.ts';
import { eventSources, ticketEventTypes } from '../../../src/domain/event.ts';
import { ticketPriorities, ticketStatuses } from '../../../src/domain/ticket.ts';
import { createMatcher } from '../../../src/events/feed/filter.ts';
import { makeEvent, timeAt } from '../../contract/event-fixtures.ts';

const attributes = (changes: Partial<FilterableAttributes> = {}): FilterableAttributes => ({
  status: 'OPEN',
  priority: 'NORMAL',
  assigneeId: 'usr_1',
  ...changes,
});

const record = (parts: Partial<EventRecord> = {}): EventRecord => ({
  cursor: 'c',
  event: makeEvent(),
  receivedAt: timeAt(0),
  stale: false,
  before: attributes(),
  after: attributes(),
  ...parts,
});

const judge = (filter: Partial<TicketEventFilter>, parts: Partial<EventRecord> = {}) =>
  createMatcher({ types: [...ticketEventTypes], includeStale: false, ...filter })(record(parts));

const yes = { deliver: true, matchesFilter: true };
const left = { deliver: true, matchesFilter: false };
const no = { deliver: false, matchesFilter: false };

describe('a filter', () => {
  test('delivers what matches, and what it does not restrict', () => {
    expect(judge({})).toEqual(yes);
    expect(judge({ status: ['OPEN', 'NEW'], priority: ['NORMAL'], assigneeIds: ['usr_1'] })).toEqual(yes);
    expect(judge({ ticketIds: ['tkt_1'] })).toEqual(yes);
  });

  test('withholds other tickets, types and states', () => {
    expect(judge({ ticketIds: ['tkt_2'] })).toEqual(no);
    expect(judge({ types: ['TICKET_CREATED'] })).toEqual(no);
    expect(judge({ status: ['NEW'] })).toEqual(no);
    expect(judge({ status: ['OPEN'], assigneeIds: ['usr_2'] })).toEqual(no);
    expect(judge({ types: [] })).toEqual(no);
    expect(judge({ status: [] })).toEqual(no);
  });

  test('tells of a ticket that matches no longer, once', () => {
    const resolved = attributes({ status: 'RESOLVED' });
    expect(judge({ status: ['OPEN'] }, { after: resolved })).toEqual(left);
    expect(judge({ status: ['OPEN'] }, { before: resolved, after: resolved })).toEqual(no);
  });

  test('takes an unknown past for a match, but not that of a new ticket', () => {
    expect(judge({ status: ['NEW'] }, { before: null })).toEqual(left);
    const created = makeEvent({ type: 'TICKET_CREATED' });
    expect(judge({ status: ['NEW'] }, { before: null, event: created })).toEqual(no);
    expect(judge({ status: ['OPEN'] }, { before: null, event: created })).toEqual(yes);
  });

  test('takes an unknown present for a match', () => {
    expect(judge({ status: ['NEW'] }, { after: null })).toEqual(yes);
  });

  test('a deleted ticket matches nothing any more', () => {
    const event = makeEvent({ type: 'TICKET_DELETED', ticket: null });
    expect(judge({}, { event, after: null })).toEqual(left);
    expect(judge({ status: ['OPEN'] }, { event, after: null })).toEqual(left);
    expect(judge({ status: ['NEW'] }, { event, after: null })).toEqual(no);
    expect(judge({ status: ['NEW'] }, { event, before: null, after: null })).toEqual(left);
  });

  test('withholds what is stale unless it is asked for', () => {
    expect(judge({}, { stale: true })).toEqual(no);
    expect(judge({ includeStale: true }, { stale: true })).toEqual(yes);
  });

  test('withholds events of an unknown type unless they are asked for', () => {
    const event = makeEvent({ type: 'UNKNOWN' });
    expect(judge({}, { event })).toEqual(no);
    expect(judge({ types: ['UNKNOWN'] }, { event })).toEqual(yes);
  });

  test('does not match a ticket without priority or assignee when one is wanted', () => {
    const bare = attributes({ priority: null, assigneeId: null });
    expect(judge({ priority: ['NORMAL'] }, { before: bare, after: bare })).toEqual(no);
    expect(judge({ assigneeIds: ['usr_1'] }, { before: bare, after: bare })).toEqual(no);
  });

  test('an unrestricted filter delivers everything that a restricted one does', () => {
    const some = fc.record({
      status: fc.constantFrom(...ticketStatuses),
      priority: fc.option(fc.constantFrom(...ticketPriorities)),
      assigneeId: fc.option(fc.constantFrom('usr_1', 'usr_2')),
    });
    const parts = fc.record({
      before: fc.option(some),
      after: fc.option(some),
      stale: fc.boolean(),
      event: fc
        .record({ type: fc.constantFrom(...ticketEventTypes), source: fc.constantFrom(...eventSources) })
        .map((event) => makeEvent(event)),
    });
    const restriction = fc.record(
      {
        status: fc.subarray([...ticketStatuses]),
        priority: fc.subarray([...ticketPriorities]),
        assigneeIds: fc.subarray(['usr_1', 'usr_2']),
        ticketIds: fc.subarray(['tkt_1', 'tkt_2']),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(parts, restriction, (ofRecord, filter) => {
        const verdict = judge(filter, ofRecord);
        if (verdict.deliver) expect(judge({}, ofRecord).deliver).toBe(true);
        if (verdict.matchesFilter) expect(verdict.deliver).toBe(true);
      }),
    );
  });
});
