import { expect, test } from 'vitest';
import type { Page } from '../../../src/domain/page.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import { attributePath } from '../../../src/backends/helpdesk/field-faults.ts';
import { observe, retryAfter, silenceAfterRefusal } from '../../../src/backends/helpdesk/headers.ts';
import { nextCursor, pageQuery } from '../../../src/backends/helpdesk/pages.ts';
import { wireTypes } from '../../../src/backends/helpdesk/wire.codegen.ts';
import { readFile } from 'node:fs/promises';
import { failure, openBackend, startHelpdesk, ticket } from './support.ts';

const now = Date.UTC(2026, 10, 20, 12, 0, 0);

test('the committed wire types are those of the OpenAPI document', async () => {
  const committed = await readFile(
    new URL('../../../src/backends/helpdesk/wire.gen.ts', import.meta.url),
    'utf8',
  );
  expect(committed).toBe(await wireTypes());
});

async function readOne(changes: object): Promise<Ticket | null> {
  await using helpdesk = await startHelpdesk([{ status: 200, body: { ticket: ticket(changes), more: 1 } }]);
  await using opened = openBackend(helpdesk.url);
  return await opened.session.tickets.get('tkt_1');
}

test('a ticket comes in our words, with the time it came', async () => {
  const before = Date.now();
  const read = await readOne({ customFields: [{ id: 'cf_1', value: 3 }] });
  expect(read).toEqual({
    id: 'tkt_1',
    subject: 'No coffee',
    status: 'OPEN',
    statusRaw: 'open',
    priority: 'HIGH',
    type: 'INCIDENT',
    assigneeId: null,
    requesterEmail: 'ada@example.com',
    requesterName: 'Ada',
    tags: ['kitchen'],
    customFields: [{ fieldId: 'cf_1', value: 3 }],
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-02T00:00:00Z',
    fetchedAt: expect.any(String),
  });
  expect(Date.parse(read?.fetchedAt ?? '')).toBeGreaterThanOrEqual(before);
});

test('values and attributes that the contract does not know break nothing', async () => {
  expect(
    await readOne({
      status: 'on_hold',
      priority: 'cosmic',
      type: 'riddle',
      mood: { level: 3 },
      customFields: [{ id: 'cf_1', value: { a: [1] }, note: 'x' }, { id: 'cf_2' }],
    }),
  ).toMatchObject({
    status: 'UNKNOWN',
    statusRaw: 'on_hold',
    priority: 'UNKNOWN',
    type: 'UNKNOWN',
    customFields: [
      { fieldId: 'cf_1', value: { a: [1] } },
      { fieldId: 'cf_2', value: null },
    ],
  });
});

test('what may be missing may be missing, or null', async () => {
  const optional = [
    'priority',
    'type',
    'assigneeId',
    'requesterEmail',
    'requesterName',
    'tags',
    'customFields',
  ];
  for (const nothing of [undefined, null]) {
    expect(await readOne(Object.fromEntries(optional.map((name) => [name, nothing])))).toMatchObject({
      priority: null,
      type: null,
      requesterName: null,
      tags: [],
      customFields: [],
    });
  }
});

test.for(['id', 'subject', 'status', 'createdAt', 'updatedAt'])(
  'a ticket without %s breaks the contract',
  async (name) => {
    expect(await failure(readOne({ [name]: undefined }))).toMatchObject({
      code: 'BACKEND_CONTRACT_MISMATCH',
      details: { attribute: `ticket.${name}` },
    });
  },
);

const newestFirst = {
  filter: {},
  order: { field: 'UPDATED_AT', direction: 'DESC' },
  page: { size: 100, cursor: null },
} as const;

test('whoever wants to hear of rows that break the contract gets the others', async () => {
  const tickets = [ticket({}), ticket({ id: 'tkt_2', subject: null }), 7, ticket({ id: 'tkt_3' })];
  const body = { tickets, meta: { hasMore: true, afterCursor: 'next' } };
  await using helpdesk = await startHelpdesk([
    { status: 200, body },
    { status: 200, body },
  ]);
  await using opened = openBackend(helpdesk.url);
  const unreadable: string[] = [];
  const onUnreadable = (attribute: string) => unreadable.push(attribute);
  const page = await opened.session.tickets.list({ ...newestFirst, onUnreadable });
  expect(page).toMatchObject({ items: [{ id: 'tkt_1' }, { id: 'tkt_3' }], nextCursor: 'next' });
  expect(unreadable).toEqual(['tickets[1].subject', 'tickets[2]']);
  expect(await failure(opened.session.tickets.list(newestFirst))).toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
    details: { attribute: 'tickets[1].subject' },
  });
});

test('a page of nothing but rows that break the contract is refused all the same', async () => {
  const body = { tickets: [7], meta: { hasMore: false } };
  await using helpdesk = await startHelpdesk([{ status: 200, body }]);
  await using opened = openBackend(helpdesk.url);
  const onUnreadable = () => expect.unreachable();
  expect(await failure(opened.session.tickets.list({ ...newestFirst, onUnreadable }))).toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
    details: { attribute: 'tickets[0]' },
  });
});

test('a definition is read with little, and has options only where its type has', async () => {
  const few = { id: 'cf_1', fieldKey: 'size', title: 'Size', type: 'dropdown' };
  const options = [
    { id: 'o1', label: 'Small', value: 's' },
    { id: 'o2', label: 'Large', value: 'l', position: 7 },
  ];
  await using helpdesk = await startHelpdesk([
    { status: 200, body: { ticketField: { ...few, options } } },
    { status: 200, body: { ticketField: { ...few, options: null } } },
    { status: 200, body: { ticketField: { ...few, id: 'system_x', type: 'signature', options } } },
  ]);
  await using opened = openBackend(helpdesk.url);
  expect(await opened.session.ticketFields.get('cf_1')).toMatchObject({
    key: 'size',
    type: 'DROPDOWN',
    active: true,
    system: false,
    createdAt: null,
    options: [
      { id: 'o1', fieldId: 'cf_1', position: 0 },
      { id: 'o2', fieldId: 'cf_1', position: 7 },
    ],
  });
  expect(await opened.session.ticketFields.get('cf_1')).toMatchObject({ options: [] });
  expect(await opened.session.ticketFields.get('cf_1')).toMatchObject({
    type: 'UNKNOWN',
    system: true,
    options: null,
  });
});

const url = 'https://h.example/helpdesk/api/v1/tickets?page_size=25';

test.for<[string, Parameters<typeof nextCursor>[0], ReturnType<typeof nextCursor>]>([
  ['meta.afterCursor', { meta: { hasMore: true, afterCursor: 'c2' }, links: { next: null } }, 'c2'],
  [
    'links.next with after',
    { meta: { hasMore: true, pageSize: 25 }, links: { next: `${url}&after=c%2F2` } },
    'c/2',
  ],
  [
    'links.next with page[after]',
    { meta: { hasMore: true }, links: { next: `${url}&page%5Bafter%5D=c2` } },
    'page[after]=c2',
  ],
  [
    'a relative links.next',
    { meta: { hasMore: true }, links: { next: '/tickets?page[after]=c2' } },
    'page[after]=c2',
  ],
  [
    'meta.afterCursor before links.next',
    { meta: { hasMore: true, afterCursor: 'c2' }, links: { next: `${url}&after=c3` } },
    'c2',
  ],
  [
    'meta.afterCursor, spelled as in links.next',
    { meta: { hasMore: true, afterCursor: 'c2' }, links: { next: `${url}&page[after]=c2` } },
    'page[after]=c2',
  ],
  ['a cursor without hasMore', { meta: { afterCursor: 'c2' } }, 'c2'],
  [
    'hasMore false with a cursor',
    { meta: { hasMore: false, afterCursor: 'c2' }, links: { next: `${url}&after=c2` } },
    null,
  ],
  ['no cursor, and links.next null', { links: { next: null } }, null],
  ['no cursor, and afterCursor null', { meta: { afterCursor: null } }, null],
  [
    'hasMore without a cursor',
    { meta: { hasMore: true }, links: { next: null } },
    { attribute: 'meta.afterCursor' },
  ],
  [
    'hasMore with an empty cursor',
    { meta: { hasMore: true, afterCursor: '' }, links: {} },
    { attribute: 'meta.afterCursor' },
  ],
  [
    'a next page that is this page',
    { meta: { hasMore: true, afterCursor: 'c1' } },
    { attribute: 'meta.afterCursor' },
  ],
  ['a links.next that is this page', { links: { next: `${url}&after=c1` } }, { attribute: 'links.next' }],
  ['nothing at all', {}, { attribute: 'meta.hasMore' }],
  [
    'a links.next that is no URL',
    { meta: { hasMore: true }, links: { next: 'http://[' } },
    { attribute: 'meta.afterCursor' },
  ],
])('where a list goes on: %s', ([, paging, expected]) => {
  expect(nextCursor(paging, 'c1')).toEqual(expected);
});

test.for([
  [null, { page_size: '10' }],
  ['c2', { page_size: '10', after: 'c2' }],
  ['page[after]=c2', { 'page[size]': '10', 'page[after]': 'c2' }],
  ['pageAfter=c2=', { pageSize: '10', pageAfter: 'c2=' }],
] as const)('a page after %j is asked for in the spelling of the list', ([cursor, query]) => {
  expect(pageQuery({ size: 10, cursor })).toEqual(query);
});

test('a list that does not say where it goes on is refused instead of cut short', async () => {
  await using helpdesk = await startHelpdesk([
    { status: 200, body: { webhooks: [], meta: { hasMore: true } } },
  ]);
  await using opened = openBackend(helpdesk.url);
  const error = await failure(opened.session.webhooks.list({ size: 10, cursor: null }));
  expect(error).toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
    details: { attribute: 'meta.afterCursor' },
  });
  expect(opened.logs).toHaveLength(1);
});

test('a page is read in both dialects', async () => {
  const row = {
    id: 'whk_1',
    name: 'W',
    targetUrl: 'https://w.example',
    events: ['ticket.created', 'ticket.sung'],
    createdAt: 't',
    updatedAt: 't',
  };
  await using helpdesk = await startHelpdesk([
    { status: 200, body: { webhooks: [row], meta: { hasMore: true, afterCursor: 'c2' } } },
    {
      status: 200,
      body: { webhooks: [], meta: { hasMore: true, pageSize: 10 }, links: { next: '?after=c3' } },
    },
    { status: 200, body: { webhooks: [row], meta: { hasMore: false, afterCursor: null } } },
  ]);
  await using opened = openBackend(helpdesk.url);
  const pages: Page<unknown>[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await opened.session.webhooks.list({ size: 10, cursor });
    pages.push(page);
    cursor = page.nextCursor;
  }
  expect(pages.map(({ nextCursor: next }) => next)).toEqual(['c2', 'c3', null]);
  expect(pages[0]?.items).toMatchObject([
    { events: ['TICKET_CREATED', 'UNKNOWN'], eventsRaw: ['ticket.created', 'ticket.sung'] },
  ]);
  expect(helpdesk.requests.map(({ path }) => path)).toEqual([
    '/webhooks?page_size=10',
    '/webhooks?page_size=10&after=c2',
    '/webhooks?page_size=10&after=c3',
  ]);
});

test('headers of budget and time are read, and what is unreadable is left out', () => {
  const full = new Headers({
    'X-RateLimit-Limit': '400',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': '1795176000',
    Date: 'Fri, 20 Nov 2026 12:00:00 GMT',
  });
  expect(observe(full)).toEqual({ limit: 400, remaining: 0, resetAt: 1_795_176_000_000, serverTime: now });
  const odd = new Headers({
    'X-RateLimit-Limit': 'many',
    'X-RateLimit-Remaining': '-1',
    'X-RateLimit-Reset': '12.5',
    Date: '5',
  });
  expect(observe(odd)).toEqual({});
  expect(observe(new Headers())).toEqual({});
});

test('Retry-After is read as seconds and as a date, by the server’s clock', () => {
  expect(retryAfter(new Headers({ 'Retry-After': '7' }), now)).toBe(7_000);
  expect(retryAfter(new Headers({ 'Retry-After': 'Fri, 20 Nov 2026 12:00:09 GMT' }), now)).toBe(9_000);
  expect(retryAfter(new Headers({ 'Retry-After': 'Friday, 20-Nov-26 12:00:09 GMT' }), now)).toBe(9_000);
  expect(retryAfter(new Headers({ 'Retry-After': 'Fri, 20 Nov 2026 11:00:00 GMT' }), now)).toBe(0);
  const skewed = new Headers({
    'Retry-After': 'Fri, 20 Nov 2026 12:00:09 GMT',
    Date: 'Fri, 20 Nov 2026 12:00:04 GMT',
  });
  expect(retryAfter(skewed, now)).toBe(5_000);
  for (const odd of ['-1', '1e3', 'soon', ''])
    expect(retryAfter(new Headers({ 'Retry-After': odd }), now)).toBeNull();
});

test('a 429 without Retry-After asks for silence until the window resets', () => {
  const reset = new Headers({ 'X-RateLimit-Reset': String(now / 1_000 + 12) });
  expect(silenceAfterRefusal(reset, now)).toBe(12_000);
  expect(silenceAfterRefusal(new Headers(), now)).toBe(1_000);
});

test.for([
  ['subject', ['subject']],
  ['ticket.subject', ['subject']],
  ['requester_email', ['requesterEmail']],
  ['ticket[0].subject', null],
  ['customFields.cf_9', ['customFields', 'cf_9']],
  ['custom_fields.cf_my_size.value', ['customFields', 'cf_my_size', 'value']],
  ['customFields[1].value', ['customFields', 1, 'value']],
  ['customFields.12', ['customFields', '12']],
  ['tags[0]', ['tags', 0]],
  ['tags.0', ['tags', 0]],
  ['page_size', null],
  ['ticket', null],
  ['', null],
  ['[1]', null],
  ['__proto__', null],
] as const)('the detail %j of a ticket is about %j', ([key, path]) => {
  expect(attributePath(key, 'ticket')).toEqual(path);
});

test('details of other resources lose their wrappers and take our names', () => {
  expect(attributePath('ticket_field.field_key', 'ticketField')).toEqual(['key']);
  expect(attributePath('ticketField.options.3.value', 'ticketField')).toEqual(['options', 3, 'value']);
  expect(attributePath('option.value', 'option')).toEqual(['value']);
  expect(attributePath('webhook.target_url', 'webhook')).toEqual(['targetUrl']);
});
