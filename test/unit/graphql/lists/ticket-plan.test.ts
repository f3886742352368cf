import { describe, expect, test } from 'vitest';
import type { Ticket, TicketOrder } from '../../../../src/domain/ticket.ts';
import type { WantedTickets } from '../../../../src/graphql/lists/ticket-match.ts';
import { planTickets, type TicketPlan } from '../../../../src/graphql/lists/ticket-plan.ts';
import { anyTicket } from '../../../../src/graphql/types/ticket-filter.ts';
import { ticketOf } from '../fake-session.ts';

const helpdesk = {
  pushdownFilters: ['status', 'priority', 'assigneeId'],
  orderFields: ['CREATED_AT', 'UPDATED_AT', 'STATUS', 'PRIORITY'],
} as const;
const newest: TicketOrder = { field: 'CREATED_AT', direction: 'DESC' };

const plan = (
  wanted: Partial<WantedTickets>,
  maxRequests: number | null = null,
  order = newest,
  capabilities: Parameters<typeof planTickets>[1] = helpdesk,
): TicketPlan => planTickets({ wanted: { ...anyTicket, ...wanted }, order, maxRequests }, capabilities);

const matches = (wanted: Partial<WantedTickets>, ticket: Partial<Ticket>): boolean =>
  plan(wanted, 5).scan?.matches(ticketOf('tkt_1', ticket)) ?? false;

describe('a plan', () => {
  test('without a filter is one list', () => {
    expect(plan({})).toEqual({ filters: [{}], scan: null });
  });

  test('has a list for each combination of values', () => {
    const { filters } = plan({ status: ['NEW', 'OPEN'], priority: ['HIGH'], assigneeId: ['usr_1', 'usr_2'] });
    expect(filters).toEqual([
      { status: 'NEW', priority: 'HIGH', assigneeId: 'usr_1' },
      { status: 'NEW', priority: 'HIGH', assigneeId: 'usr_2' },
      { status: 'OPEN', priority: 'HIGH', assigneeId: 'usr_1' },
      { status: 'OPEN', priority: 'HIGH', assigneeId: 'usr_2' },
    ]);
  });

  test('asks a backend only for what it can do', () => {
    const plain = { pushdownFilters: ['status'], orderFields: ['CREATED_AT'] } as const;
    expect(() => plan({ status: ['OPEN'], priority: ['HIGH'] }, null, newest, plain)).toThrow(
      expect.objectContaining({
        code: 'FILTER_NOT_SUPPORTED',
        fields: [expect.objectContaining({ path: ['filter', 'priority'] })],
      }),
    );
    const { filters, scan } = plan({ status: ['OPEN'], priority: ['HIGH'] }, 5, newest, plain);
    expect(filters).toEqual([{ status: 'OPEN' }]);
    expect(scan?.matches(ticketOf('a', { priority: 'HIGH' }))).toBe(true);
    expect(scan?.matches(ticketOf('a', { priority: 'LOW' }))).toBe(false);
  });

  test('of ranked lists, or of too many, is a scan of one list', () => {
    const status = ['NEW', 'OPEN', 'PENDING', 'RESOLVED'] as const;
    const priority = ['HIGH', 'LOW'] as const;
    for (const given of [
      plan({ status, priority, assigneeId: ['usr_1'] }, 5),
      plan({ status: ['NEW', 'OPEN'], assigneeId: ['usr_1'] }, 5, { field: 'STATUS', direction: 'ASC' }),
    ]) {
      expect(given.filters).toEqual([{ assigneeId: 'usr_1' }]);
      expect(given.scan?.matches(ticketOf('a', { status: 'OPEN', priority: 'LOW' }))).toBe(true);
      expect(given.scan?.matches(ticketOf('a', { status: 'CLOSED', priority: 'LOW' }))).toBe(false);
    }
  });

  test('leaves to the scan nothing that the lists tell', () => {
    const { filters, scan } = plan({ status: ['NEW', 'OPEN'], unassigned: true }, 5);
    expect(filters).toEqual([{ status: 'NEW' }, { status: 'OPEN' }]);
    // What was read of these lists is theirs, whatever it looks like by now.
    expect(scan?.matches(ticketOf('a', { status: 'PENDING' }))).toBe(true);
    expect(scan?.matches(ticketOf('a', { assigneeId: 'usr_1' }))).toBe(false);
  });
});

describe('a scan matches', () => {
  test.for<[string, Partial<WantedTickets>, Partial<Ticket>, boolean]>([
    ['a type among several', { type: ['PROBLEM', 'TASK'] }, { type: 'TASK' }, true],
    ['no type that is not known', { type: ['TASK'] }, { type: 'UNKNOWN' }, false],
    ['no type where there is none', { type: ['TASK'] }, { type: null }, false],
    ['nobody’s', { unassigned: true }, { assigneeId: null }, true],
    ['somebody’s', { unassigned: false }, { assigneeId: null }, false],
    ['all tags, with others', { tagsAll: ['a', 'b'] }, { tags: ['b', 'c', 'a'] }, true],
    ['not one tag of two', { tagsAll: ['a', 'b'] }, { tags: ['b'] }, false],
    ['tags letter by letter', { tagsAll: ['vip'] }, { tags: ['VIP'] }, false],
    [
      'an address in any letters',
      { requesterEmail: 'ada@example.com' },
      { requesterEmail: 'Ada@Example.com' },
      true,
    ],
    ['no address', { requesterEmail: 'ada@example.com' }, { requesterEmail: null }, false],
    [
      'the first instant',
      { createdAt: { from: '2026-11-20T08:00:00+01:00', before: null } },
      { createdAt: '2026-11-20T07:00:00Z' },
      true,
    ],
    [
      'what is a microsecond too early',
      { createdAt: { from: '2026-11-20T07:00:00.0005Z', before: null } },
      { createdAt: '2026-11-20T07:00:00.000499Z' },
      false,
    ],
    [
      'not the instant after',
      { updatedAt: { from: null, before: '2026-11-20T07:00:00Z' } },
      { updatedAt: '2026-11-20T07:00:00.000Z' },
      false,
    ],
    [
      'no time that is none',
      { updatedAt: { from: null, before: '2026-11-20T07:00:00Z' } },
      { updatedAt: 'soon' },
      false,
    ],
  ])('%s', ([, wanted, ticket, expected]) => {
    expect(matches(wanted, ticket)).toBe(expected);
  });

  const value = (given: Ticket['customFields'][number]['value']) => [{ fieldId: 'cf_1', value: given }];
  test.for<[string, Ticket['customFields'][number]['value'], Ticket['customFields'], boolean]>([
    ['a text', 'x', value('x'), true],
    ['not another', 'x', value('X'), false],
    ['a number', 7, value(7), true],
    ['not a number in letters', 7, value('7'), false],
    ['false, not nothing', false, [], false],
    ['options in any order', ['a', 'b'], value(['b', 'a']), true],
    ['not some of the options', ['a'], value(['b', 'a']), false],
    ['nothing where there is no value', null, [], true],
    ['nothing where the value is null', null, value(null), true],
    ['nothing where no option is chosen', null, value([]), true],
    ['not nothing where there is one', null, value('x'), false],
    ['not the value of another field', 'x', [{ fieldId: 'cf_2', value: 'x' }], false],
  ])('a custom field: %s', ([, wanted, customFields, expected]) => {
    expect(matches({ customFields: value(wanted) }, { customFields })).toBe(expected);
  });
});

test.for<[TicketOrder, Partial<WantedTickets>, Partial<Ticket>, boolean]>([
  [
    newest,
    { createdAt: { from: '2026-11-20T08:00:00Z', before: null } },
    { createdAt: '2026-11-20T07:59:59Z' },
    true,
  ],
  [
    newest,
    { createdAt: { from: '2026-11-20T08:00:00Z', before: null } },
    { createdAt: '2026-11-20T08:00:00Z' },
    false,
  ],
  [
    newest,
    { updatedAt: { from: '2026-11-20T08:00:00Z', before: null } },
    { updatedAt: '2026-11-20T07:00:00Z' },
    false,
  ],
  [
    { field: 'UPDATED_AT', direction: 'ASC' },
    { updatedAt: { from: null, before: '2026-11-20T08:00:00Z' } },
    { updatedAt: '2026-11-20T08:00:00Z' },
    true,
  ],
  [
    { field: 'UPDATED_AT', direction: 'ASC' },
    { updatedAt: { from: null, before: '2026-11-20T08:00:00Z' } },
    { updatedAt: '2026-11-20T07:00:00Z' },
    false,
  ],
  [
    { field: 'STATUS', direction: 'ASC' },
    { createdAt: { from: '2026-11-20T08:00:00Z', before: null } },
    { createdAt: '2026-11-20T07:00:00Z' },
    false,
  ],
])('by %o, %o ends at %o: %s', ([order, wanted, ticket, expected]) => {
  expect(plan(wanted, 5, order).scan?.ends(ticketOf('a', ticket))).toBe(expected);
});
