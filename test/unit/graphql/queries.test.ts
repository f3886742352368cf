import { expect, test } from 'vitest';
import { z } from 'zod';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { TicketFieldType } from '../../../src/domain/ticket-field.ts';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf, optionOf, ticketOf, webhookOf } from './fake-session.ts';
import { createReadHarness } from './read-harness.ts';

const types: readonly TicketFieldType[] = [
  ...(['TEXT', 'TEXTAREA', 'REGEX', 'NUMBER', 'DECIMAL', 'CHECKBOX'] as const),
  ...(['DATE', 'DROPDOWN', 'MULTISELECT', 'TEXT', 'NUMBER', 'TEXT'] as const),
];
const valueOf = {
  TEXT: 'text',
  TEXTAREA: 'long text',
  REGEX: 'AB-1',
  NUMBER: 7,
  DECIMAL: 1.5,
  CHECKBOX: true,
  DATE: '2026-11-20',
  DROPDOWN: 'low',
  MULTISELECT: ['low'],
};
const twelveFields = types.map((type, index) =>
  fieldOf(`cf_${index}`, {
    type,
    options: type === 'DROPDOWN' || type === 'MULTISELECT' ? [optionOf(`cf_${index}`, 'opt_1')] : null,
  }),
);
const tickets = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    ticketOf(`tkt_${index}`, {
      createdAt: new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString(),
      customFields: types.map((type, field) => ({ fieldId: `cf_${field}`, value: valueOf[type] })),
    }),
  );

const withCustomFields = `
  query ($first: Int) {
    tickets(first: $first) {
      nodes {
        id
        customFields {
          __typename
          fieldId
          raw
          field { key title type }
          ... on TextCustomField { text }
          ... on DropdownCustomField { value option { label } }
          ... on MultiselectCustomField { values options { label } }
        }
        customField(key: "key_of_cf_3") { ... on NumberCustomField { number } }
      }
    }
  }`;

test('a hundred tickets with twelve custom fields and their definitions cost two requests, then one', async () => {
  const harness = createReadHarness({ tickets: tickets(100), fields: twelveFields });
  const { data, errors } = await harness.run(withCustomFields, { first: 100 });
  expect(errors).toEqual([]);
  expect(data).toHaveProperty('tickets.nodes.length', 100);
  expect(data).toHaveProperty('tickets.nodes[99].customFields.length', 12);
  expect(data).toHaveProperty('tickets.nodes[99].customField', { number: 7 });
  expect(harness.calls).toEqual(['tickets {} 100', 'fields 100']);
  expect(harness.meter.cacheHits).toBe(0);
  await harness.run(withCustomFields, { first: 100 });
  expect(harness.calls.slice(2)).toEqual(['tickets {} 100']);
  expect(harness.meter.cacheHits).toBe(1);
});

test('tickets without values cost nothing for definitions', async () => {
  const harness = createReadHarness({ tickets: [ticketOf('tkt_1')], fields: twelveFields });
  const { data } = await harness.run(
    '{ tickets { nodes { customFields { raw } customField(key: "a") { raw } } } }',
  );
  expect(data).toEqual({ tickets: { nodes: [{ customFields: [], customField: null }] } });
  expect(harness.calls).toEqual(['tickets {} 25']);
});

test('one ticket asked for in many places of an operation is read once', async () => {
  const harness = createReadHarness({ tickets: [ticketOf('tkt_1')] });
  const id = encodeNodeId('HELPDESK', 'Ticket', 'tkt_1');
  const { data, errors } = await harness.run(
    `query ($id: ID!) {
      a: ticket(id: "tkt_1") { id localId }
      b: ticket(id: $id) { id }
      c: node(id: $id) { id __typename }
      d: nodes(ids: [$id, $id]) { id ... on Ticket { subject } }
      e: node(id: $id) { ... on Ticket { subject } }
    }`,
    { id },
  );
  expect(errors).toEqual([]);
  expect(data).toEqual({
    a: { id, localId: 'tkt_1' },
    b: { id },
    c: { id, __typename: 'Ticket' },
    d: [
      { id, subject: 'Printer on fire' },
      { id, subject: 'Printer on fire' },
    ],
    e: { subject: 'Printer on fire' },
  });
  expect(harness.calls).toEqual(['ticket tkt_1']);
});

test('what does not exist is null without an error', async () => {
  const harness = createReadHarness();
  const id = encodeNodeId('HELPDESK', 'Webhook', 'whk_1');
  const { data, errors } = await harness.run(
    `query ($id: ID!) {
      ticket(id: "tkt_1") { id }
      webhook(id: "whk_1") { id }
      node(id: $id) { id }
      nodes(ids: [$id]) { id }
      byId: ticketField(by: { id: "cf_1" }) { id }
      byKey: ticketField(by: { key: "nobody" }) { id }
    }`,
    { id },
  );
  expect(errors).toEqual([]);
  expect(data).toEqual({ ticket: null, webhook: null, node: null, nodes: [null], byId: null, byKey: null });
  expect(harness.calls.toSorted()).toEqual(['field cf_1', 'fields 100', 'ticket tkt_1', 'webhook whk_1']);
});

test('a webhook tells whether this gateway hears of changes by it', async () => {
  const harness = createReadHarness({ webhooks: [webhookOf('whk_feeding'), webhookOf('whk_other')] });
  const { data, errors } = await harness.run('{ webhooks { nodes { localId feedsThisGateway } } }');
  expect(errors).toEqual([]);
  expect(data).toEqual({
    webhooks: {
      nodes: [
        { localId: 'whk_feeding', feedsThisGateway: true },
        { localId: 'whk_other', feedsThisGateway: false },
      ],
    },
  });
});

test('every kind of node is read by its global id', async () => {
  const harness = createReadHarness({
    tickets: [ticketOf('tkt_1')],
    fields: [fieldOf('cf_1', { type: 'DROPDOWN' })],
    options: [optionOf('cf_1', 'opt_1')],
    webhooks: [webhookOf('whk_1')],
  });
  const ids = [
    encodeNodeId('HELPDESK', 'Ticket', 'tkt_1'),
    encodeNodeId('HELPDESK', 'TicketField', 'cf_1'),
    encodeNodeId('HELPDESK', 'TicketFieldOption', 'cf_1/opt_1'),
    encodeNodeId('HELPDESK', 'Webhook', 'whk_1'),
  ];
  const { data, errors } = await harness.run('query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }', {
    ids,
  });
  expect(errors).toEqual([]);
  expect(data).toEqual({
    nodes: ['Ticket', 'TicketField', 'TicketFieldOption', 'Webhook'].map((__typename, index) => ({
      id: ids[index],
      __typename,
    })),
  });
  expect(harness.calls.toSorted()).toEqual([
    'field cf_1',
    'option cf_1 opt_1',
    'ticket tkt_1',
    'webhook whk_1',
  ]);
});

test('one node that fails leaves its neighbours alone', async () => {
  const harness = createReadHarness({ tickets: [ticketOf('tkt_1'), ticketOf('tkt_2')] });
  harness.failing = (call) =>
    call === 'ticket tkt_1' ? new GatewayError('RATE_BUDGET_EXHAUSTED', 'spent') : null;
  const ids = [...['tkt_1', 'tkt_2'].map((id) => encodeNodeId('HELPDESK', 'Ticket', id)), 'tkt_2'];
  const { data, errors } = await harness.run('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(data).toEqual({ nodes: [null, { id: ids[1] }, null] });
  expect(errors).toMatchObject([
    { path: ['nodes', 0], code: 'RATE_BUDGET_EXHAUSTED' },
    { path: ['nodes', 2], code: 'BAD_USER_INPUT', fields: [['ids', 2]] },
  ]);
});

test('a definition’s own options cost nothing; of one that carries none they are read', async () => {
  const options = [3, 1, 2].map((position) =>
    optionOf('cf_1', `opt_${position}`, { position, value: `v${position}` }),
  );
  const document = `query ($after: String) { ticketField(by: { id: "cf_1" }) {
    options(first: 2, after: $after) { nodes { localId } pageInfo { hasNextPage endCursor } }
  } }`;
  const embedded = createReadHarness({ fields: [fieldOf('cf_1', { type: 'DROPDOWN', options })] });
  const first = await embedded.run(document);
  expect(first.data).toMatchObject({
    ticketField: {
      options: { nodes: [{ localId: 'opt_1' }, { localId: 'opt_2' }], pageInfo: { hasNextPage: true } },
    },
  });
  const { endCursor } = endCursorIn.parse(first.data).ticketField.options.pageInfo;
  const second = await embedded.run(document, { after: endCursor });
  expect(second.data).toMatchObject({
    ticketField: { options: { nodes: [{ localId: 'opt_3' }], pageInfo: { hasNextPage: false } } },
  });
  expect(embedded.calls).toEqual(['field cf_1', 'field cf_1']);
  const apart = createReadHarness({ fields: [fieldOf('cf_1', { type: 'DROPDOWN', options: [] })], options });
  const read = await apart.run(document);
  expect(read.data).toMatchObject({
    ticketField: { options: { nodes: [{ localId: 'opt_3' }, { localId: 'opt_1' }] } },
  });
  expect(apart.calls).toEqual(['field cf_1', 'options of cf_1 2']);
});

const endCursorIn = z.object({
  ticketField: z.object({ options: z.object({ pageInfo: z.object({ endCursor: z.string() }) }) }),
});

test('a field shown by many tickets has its options read once for all of them', async () => {
  const customFields = [{ fieldId: 'cf_1', value: 'low' }];
  const harness = createReadHarness({
    tickets: Array.from({ length: 20 }, (_, index) => ticketOf(`tkt_${index}`, { customFields })),
    fields: [fieldOf('cf_1', { type: 'DROPDOWN', options: [] })],
    options: [optionOf('cf_1', 'opt_1')],
  });
  const { errors } = await harness.run(
    '{ tickets { nodes { customFields { field { options { nodes { label } } } } } } }',
  );
  expect(errors).toEqual([]);
  expect(harness.calls).toEqual(['tickets {} 25', 'fields 100', 'options of cf_1 100']);
});

test('fields that take no options have none to list', async () => {
  const harness = createReadHarness({ fields: [fieldOf('cf_1')] });
  const { data } = await harness.run('{ ticketFields { nodes { options { nodes { id } } } } }');
  expect(data).toEqual({ ticketFields: { nodes: [{ options: null }] } });
});

test('lists of fields and webhooks cost one request each', async () => {
  const harness = createReadHarness({
    fields: [fieldOf('cf_1'), fieldOf('cf_2', { active: false })],
    webhooks: [webhookOf('whk_1', { events: ['UNKNOWN'], eventsRaw: ['ticket.merged'] })],
  });
  const { data, errors } = await harness.run(
    '{ ticketFields(active: false) { nodes { key } } webhooks { edges { cursor node { events eventsRaw } } } }',
  );
  expect(errors).toEqual([]);
  expect(data).toMatchObject({
    ticketFields: { nodes: [{ key: 'key_of_cf_2' }] },
    webhooks: { edges: [{ node: { events: ['UNKNOWN'], eventsRaw: ['ticket.merged'] } }] },
  });
  expect(harness.calls.toSorted()).toEqual(['fields 100', 'webhooks 100']);
});

test('what needs no request sends none', async () => {
  const harness = createReadHarness();
  harness.budget = { limit: 400, remaining: 7, resetAt: 1_000, observedAt: 500, queued: 2 };
  const { data, errors } = await harness.run(`{
    rateLimit { limit remaining resetAt observedAt queued }
    backend { kind pushdownFilters orderFields writableStatuses maxFirst }
    errorCatalog { code category retryable httpStatus description }
  }`);
  expect(errors).toEqual([]);
  expect(data).toMatchObject({
    rateLimit: {
      limit: 400,
      remaining: 7,
      queued: 2,
      resetAt: '1970-01-01T00:00:01.000Z',
      observedAt: '1970-01-01T00:00:00.500Z',
    },
    backend: { kind: 'HELPDESK', pushdownFilters: ['status', 'priority', 'assigneeId'], maxFirst: 500 },
  });
  expect(harness.calls).toEqual([]);
});

test('the budget is null before the backend’s first answer', async () => {
  const { data } = await createReadHarness().run('{ rateLimit { limit } }');
  expect(data).toEqual({ rateLimit: null });
});

test('without a key only what is anonymous is answered', async () => {
  const harness = createReadHarness();
  harness.signedIn = false;
  const { data, errors } = await harness.run(
    '{ backend { kind } __typename rateLimit { limit } tickets { nodes { id } } ticket(id: "tkt_1") { id } }',
  );
  expect(data).toEqual({
    backend: { kind: 'HELPDESK' },
    __typename: 'Query',
    rateLimit: null,
    tickets: null,
    ticket: null,
  });
  expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'INVALID_API_KEY'));
  expect(harness.calls).toEqual([]);
});
