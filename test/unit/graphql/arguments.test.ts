import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { ticketOf } from './fake-session.ts';
import { createReadHarness } from './read-harness.ts';

const tickets = Array.from({ length: 30 }, (_, index) =>
  ticketOf(`tkt_${index}`, { createdAt: new Date(Date.UTC(2026, 0, 1) - index * 1000).toISOString() }),
);

const crookedIds = [
  '../webhooks/whk_1',
  'tkt_1/../../webhooks',
  'tkt_1?x=1',
  'tkt_1#',
  'tkt 1',
  '.',
  '..',
  '',
  '%2e%2e',
  'tkt_1\n',
  'tkt_ä',
  '-tkt',
  `tkt_${'1'.repeat(200)}`,
  encodeNodeId('HELPDESK', 'Webhook', 'whk_1'),
  encodeNodeId('ZENDESK', 'Ticket', '17'),
  encodeNodeId('HELPDESK', 'Ticket', '../webhooks/whk_1'),
  encodeNodeId('HELPDESK', 'Ticket', 'tkt_1').slice(0, -2),
  `${encodeNodeId('HELPDESK', 'Ticket', 'tkt_1')}A`,
];

test.each(crookedIds)('as a ticket’s id, %j is BAD_USER_INPUT and nothing is sent', async (id) => {
  const harness = createReadHarness({ tickets });
  const document =
    'query ($id: ID!) { ticket(id: $id) { id } node(id: $id) { id } nodes(ids: ["x"]) { id } }';
  const { errors } = await harness.run(document, { id });
  // The id of a webhook is a good one for `node`.
  const expected = id === encodeNodeId('HELPDESK', 'Webhook', 'whk_1') ? ['webhook whk_1'] : [];
  const paths = errors.filter(({ code }) => code === 'BAD_USER_INPUT').flatMap(({ fields }) => fields);
  expect(paths).toContainEqual(['id']);
  expect(paths).toContainEqual(['ids', 0]);
  expect(harness.calls).toEqual(expected);
});

test('a plain id, whatever it looks like, is one path segment or nothing', async () => {
  const harness = createReadHarness();
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), async (id) => {
      const { errors } = await harness.run('query ($id: ID!) { ticket(id: $id) { id } }', { id });
      const [call] = harness.calls.splice(0);
      if (call === undefined) expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', fields: [['id']] }]);
      else expect(call).toMatch(/^ticket [A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);
    }),
    { numRuns: 100 },
  );
});

test('an agent’s global id filters by the backend’s own', async () => {
  const harness = createReadHarness({ tickets });
  const agent = encodeNodeId('HELPDESK', 'Agent', 'usr_1');
  for (const id of [agent, 'usr_1']) {
    const { errors } = await harness.run(
      'query ($id: ID!) { tickets(filter: { assigneeId: [$id], status: [OPEN, OPEN], priority: null }) { nodes { id } } }',
      { id },
    );
    expect(errors).toEqual([]);
  }
  expect(new Set(harness.calls)).toEqual(new Set(['tickets {"status":"OPEN","assigneeId":"usr_1"} 25']));
  const { errors } = await harness.run('query ($id: ID!) { node(id: $id) { id } }', { id: agent });
  expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', fields: [['id']] }]);
});

test('what an assignee is filtered by is held to the pattern of ids', async () => {
  const harness = createReadHarness({ tickets });
  const { errors } = await harness.run('{ tickets(filter: { assigneeId: ["../x"] }) { nodes { id } } }');
  expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', fields: [['filter', 'assigneeId', 0]] }]);
  expect(harness.calls).toEqual([]);
});

test.each([501, 1_000_000, -1])('first: %i is BAD_USER_INPUT and nothing is sent', async (first) => {
  const harness = createReadHarness({ tickets });
  const { data, errors } = await harness.run(
    'query ($first: Int) { tickets(first: $first) { nodes { id } } webhooks(first: $first) { nodes { id } } }',
    { first },
  );
  expect(data).toEqual({ tickets: null, webhooks: null });
  expect(errors).toMatchObject([
    { path: ['tickets'], code: 'BAD_USER_INPUT', fields: [['first']] },
    { path: ['webhooks'], code: 'BAD_USER_INPUT', fields: [['first']] },
  ]);
  expect(harness.calls).toEqual([]);
});

test('an argument that is null counts as left out', async () => {
  const harness = createReadHarness({ tickets });
  const { errors } = await harness.run(
    '{ tickets(first: null, after: null, filter: null, orderBy: null) { nodes { id } } }',
  );
  expect(errors).toEqual([]);
  expect(harness.calls).toEqual(['tickets {} 25']);
});

test('more ids than a hundred are refused', async () => {
  const harness = createReadHarness();
  const ids = Array.from({ length: 101 }, (_, index) => encodeNodeId('HELPDESK', 'Ticket', `tkt_${index}`));
  const { errors } = await harness.run('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', fields: [['ids']] }]);
  expect(harness.calls).toEqual([]);
});

test('filters that the backend cannot apply are refused all at once, with what it can', async () => {
  const harness = createReadHarness({ tickets });
  const { errors } = await harness.run(`{ tickets(filter: {
    status: [OPEN, PENDING], unassigned: true, tagsAll: ["vip"], type: [TASK], requesterEmail: "a@example.com",
    createdAt: { from: "2026-01-01T00:00:00+02:00" }, customFields: [{ field: { key: "k" }, value: { clear: true } }]
  }) { nodes { id } } }`);
  expect(errors).toMatchObject([
    {
      path: ['tickets'],
      code: 'FILTER_NOT_SUPPORTED',
      error: { details: { supported: ['status', 'priority', 'assigneeId'], hint: 'scan' } },
    },
  ]);
  expect(errors[0]?.fields.map((path) => path?.join('.'))).toEqual([
    'filter.unassigned',
    'filter.type',
    'filter.tagsAll',
    'filter.requesterEmail',
    'filter.createdAt',
    'filter.customFields',
  ]);
  expect(harness.calls).toEqual([]);
});

test.each([
  ['status: []', 'status'],
  ['status: [UNKNOWN]', 'status'],
  ['priority: [UNKNOWN]', 'priority'],
])('a filter { %s } is BAD_USER_INPUT', async (filter, member) => {
  const harness = createReadHarness({ tickets });
  const { errors } = await harness.run(`{ tickets(filter: { ${filter} }) { nodes { id } } }`);
  expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
  expect(errors[0]?.fields[0]?.slice(0, 2)).toEqual(['filter', member]);
  expect(harness.calls).toEqual([]);
});

test('an order that the backend does not have is ORDER_NOT_SUPPORTED, with those it has', async () => {
  const harness = createReadHarness({ tickets });
  harness.capabilities = { ...harness.capabilities, orderFields: ['CREATED_AT'] };
  const { errors } = await harness.run('{ tickets(orderBy: { field: STATUS }) { nodes { id } } }');
  expect(errors).toMatchObject([
    {
      code: 'ORDER_NOT_SUPPORTED',
      fields: [['orderBy', 'field']],
      error: { details: { supported: ['CREATED_AT'] } },
    },
  ]);
});

const pageIn = z.object({ tickets: z.object({ edges: z.array(z.object({ cursor: z.string() })) }) });

test('a cursor is good for its own filter and order only', async () => {
  const harness = createReadHarness({ tickets });
  const list = (rest: string) =>
    `query ($after: String) { tickets(first: 3, after: $after ${rest}) { edges { cursor } } }`;
  const { data } = await harness.run(list(''));
  const after = pageIn.parse(data).tickets.edges[1]?.cursor;
  harness.calls.length = 0;
  for (const rest of ['orderBy: { field: CREATED_AT, direction: ASC }', 'filter: { status: [OPEN] }']) {
    const { errors } = await harness.run(list(rest), { after });
    expect(errors).toMatchObject([{ code: 'CURSOR_MISMATCH', fields: [['after']] }]);
  }
  const webhooks = await harness.run('query ($after: String) { webhooks(after: $after) { nodes { id } } }', {
    after,
  });
  expect(webhooks.errors).toMatchObject([{ code: 'CURSOR_MISMATCH', fields: [['after']] }]);
  expect(harness.calls).toEqual([]);
  const again = await harness.run(list('orderBy: { field: CREATED_AT }, filter: {}'), { after });
  expect(again.errors).toEqual([]);
});

test('a cursor that was damaged, or never was one, is CURSOR_INVALID, and nothing is sent', async () => {
  const harness = createReadHarness({ tickets });
  const document = 'query ($after: String) { tickets(first: 3, after: $after) { edges { cursor } } }';
  const { data } = await harness.run(document);
  const cursor = pageIn.parse(data).tickets.edges[1]?.cursor ?? '';
  harness.calls.length = 0;
  const damaged = fc.nat(cursor.length - 1).map((at) => cursor.slice(0, at) + cursor.slice(at + 1));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.string(), fc.base64String(), fc.json()), async (after) => {
      const { errors } = await harness.run(document, { after });
      expect(errors).toMatchObject([{ path: ['tickets'], fields: [['after']] }]);
      expect(['CURSOR_INVALID', 'CURSOR_MISMATCH']).toContain(errors[0]?.code);
      expect(harness.calls).toEqual([]);
    }),
    { numRuns: 100 },
  );
  const long = await harness.run(document, { after: 'A'.repeat(100_000) });
  expect(long.errors).toMatchObject([{ code: 'CURSOR_INVALID' }]);
});
