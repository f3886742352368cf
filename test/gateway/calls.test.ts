import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { getIntrospectionQuery } from 'graphql';
import { expect } from 'vitest';
import { testWithGateway, type AskOptions, type RunningGateway, withoutStore } from '../support/gateway.ts';
import { walk, type ConnectionPage } from '../support/walk.ts';
import {
  BudgetDocument,
  ErrorCatalogDocument,
  NodeByIdDocument,
  NodesByIdDocument,
  TicketByIdDocument,
  TicketCreateDocument,
  TicketDeleteDocument,
  TicketFieldByDocument,
  TicketFieldsPageDocument,
  TicketsPageDocument,
  TicketsUpdateDocument,
  TicketUpdateDocument,
  WebhookByIdDocument,
  WebhooksPageDocument,
} from '../support/generated/graphql.ts';

const test = testWithGateway({ env: withoutStore, sandbox: { tickets: 250 } });

/** Someone whom the gateway has never seen: nothing of what it reads is kept yet. */
const stranger = ({ sandbox }: RunningGateway): AskOptions => ({
  key: sandbox.createKey('admin'),
  workspaceId: sandbox.workspaceId,
});

async function callsOf<Variables>(
  gateway: RunningGateway,
  document: TypedDocumentNode<unknown, Variables> | string,
  variables?: Variables,
  caller = stranger(gateway),
): Promise<readonly string[]> {
  gateway.forgetCalls();
  const { errors, data } = await gateway.query(document, variables, caller);
  expect(errors).toBeUndefined();
  expect(data).toBeDefined();
  return gateway.calls;
}

const ticketIds = ({ sandbox }: RunningGateway) => sandbox.tickets.all().map(({ id }) => id);
const nodeId = async (gateway: RunningGateway, localId: string): Promise<string> => {
  const { data } = await gateway.query(TicketByIdDocument, { id: localId });
  return data?.ticket?.id ?? '';
};

test('a page of tickets costs one call', async ({ gateway }) => {
  const calls = await callsOf(gateway, '{ tickets(first: 100) { nodes { id subject assignee { id } } } }');
  expect(calls).toEqual(['GET /tickets']);
});

test('100 tickets with 12 custom fields each and their definitions cost two calls', async ({ gateway }) => {
  const caller = stranger(gateway);
  gateway.forgetCalls();
  const { data } = await gateway.query(TicketsPageDocument, { first: 100 }, caller);
  expect(data?.tickets?.edges).toHaveLength(100);
  for (const { node } of data?.tickets?.edges ?? []) expect(node.customFields).toHaveLength(12);
  expect(gateway.calls.toSorted()).toEqual(['GET /ticket_fields', 'GET /tickets']);
  expect(await callsOf(gateway, TicketsPageDocument, { first: 100 }, caller)).toEqual(['GET /tickets']);
});

test('a list longer than a REST page costs a call for each page', async ({ gateway }) => {
  const calls = await callsOf(gateway, '{ tickets(first: 250) { nodes { id } } }');
  expect(calls).toEqual(['GET /tickets', 'GET /tickets', 'GET /tickets']);
});

test.for([10, 25, 50, 100])(
  'walking all pages of %i costs as many calls as there are pages',
  async (first, { gateway }) => {
    const caller = stranger(gateway);
    gateway.forgetCalls();
    const nodes = await walk(async (after) => {
      const { data, errors } = await gateway.query<{ tickets: ConnectionPage<{ localId: string }> }>(
        `query ($first: Int!, $after: String) {
          tickets(first: $first, after: $after) { edges { node { localId } } pageInfo { hasNextPage endCursor } }
        }`,
        { first, after },
        caller,
      );
      expect(errors).toBeUndefined();
      return data?.tickets;
    });
    expect(nodes.map(({ localId }) => localId)).toEqual(ticketIds(gateway));
    expect(gateway.calls).toHaveLength(Math.ceil(250 / first));
  },
);

test('one ticket costs one call, with custom fields two', async ({ gateway }) => {
  const [id = ''] = ticketIds(gateway);
  expect(await callsOf(gateway, `{ ticket(id: "${id}") { subject } }`)).toEqual([`GET /tickets/${id}`]);
  const calls = await callsOf(gateway, TicketByIdDocument, { id });
  expect(calls.toSorted()).toEqual(['GET /ticket_fields', `GET /tickets/${id}`]);
});

test('the same ticket asked for several ways in one operation costs one call', async ({ gateway }) => {
  const [id = ''] = ticketIds(gateway);
  const calls = await callsOf(
    gateway,
    `query ($node: ID!) {
      a: ticket(id: "${id}") { subject }
      b: ticket(id: "${id}") { status }
      c: node(id: $node) { id }
      d: nodes(ids: [$node, $node]) { id }
    }`,
    { node: await nodeId(gateway, id) },
  );
  expect(calls).toEqual([`GET /tickets/${id}`]);
});

test('several tickets by id cost a call for each different id', async ({ gateway }) => {
  const [a = '', b = '', c = ''] = ticketIds(gateway);
  const ids = await Promise.all([a, b, a, c, b].map((id) => nodeId(gateway, id)));
  const calls = await callsOf(gateway, NodesByIdDocument, { ids });
  expect(calls.toSorted()).toEqual([a, b, c].map((id) => `GET /tickets/${id}`).toSorted());
  expect(await callsOf(gateway, NodeByIdDocument, { id: ids[0] ?? '' })).toEqual([`GET /tickets/${a}`]);
});

test('definitions with all their options cost one call', async ({ gateway }) => {
  expect(await callsOf(gateway, TicketFieldsPageDocument)).toEqual(['GET /ticket_fields']);
});

test('one definition costs one call, by its key as well', async ({ gateway }) => {
  const field = gateway.sandbox.ticketFields.all().find(({ type }) => type === 'dropdown');
  expect(await callsOf(gateway, TicketFieldByDocument, { by: { id: field?.id ?? '' } })).toHaveLength(1);
  expect(await callsOf(gateway, TicketFieldByDocument, { by: { key: field?.fieldKey ?? '' } })).toHaveLength(
    1,
  );
});

test('webhooks cost one call, and so does one of them', async ({ gateway }) => {
  const id = gateway.sandbox.webhooks.all()[0]?.id ?? '';
  expect(await callsOf(gateway, WebhooksPageDocument)).toEqual(['GET /webhooks']);
  expect(await callsOf(gateway, WebhookByIdDocument, { id })).toEqual([`GET /webhooks/${id}`]);
});

test.for([
  ['the budget', '{ rateLimit { remaining } backend { kind } }'],
  ['the error catalogue', ErrorCatalogDocument],
  ['introspection', getIntrospectionQuery()],
  ['a type name', '{ __typename }'],
] as const)('%s costs no call', async ([, document], { gateway }) => {
  expect(await callsOf(gateway, document)).toEqual([]);
});

test('the state of the event stream costs a call where the caller’s key was not checked lately', async ({
  gateway,
}) => {
  const newcomer = { key: gateway.sandbox.createKey('read'), workspaceId: gateway.sandbox.workspaceId };
  gateway.forgetCalls();
  await gateway.query(BudgetDocument, {}, newcomer);
  expect(gateway.calls).toEqual(['GET /tickets']);
  await gateway.query(BudgetDocument, {}, newcomer);
  expect(gateway.calls).toHaveLength(1);
});

test('a write costs one call, and one more where keys of custom fields must be looked up', async ({
  gateway,
}) => {
  const input = { subject: 'Counted' };
  expect(
    await callsOf(gateway, `mutation { ticketCreate(input: { subject: "Counted" }) { ticket { id } } }`),
  ).toEqual(['POST /tickets']);
  const field = gateway.sandbox.ticketFields
    .all()
    .find(({ id, type }) => type === 'text' && !id.startsWith('system_'));
  const customFields = [{ field: { key: field?.fieldKey ?? '' }, value: { text: 'counted' } }];
  const caller = stranger(gateway);
  expect(await callsOf(gateway, TicketCreateDocument, { input: { ...input, customFields } }, caller)).toEqual(
    ['GET /ticket_fields', 'POST /tickets'],
  );
  expect(await callsOf(gateway, TicketCreateDocument, { input: { ...input, customFields } }, caller)).toEqual(
    ['POST /tickets'],
  );
});

test('each write to a ticket costs one call', async ({ gateway }) => {
  const [a, b] = [gateway.sandbox.tickets.create(), gateway.sandbox.tickets.create()];
  const patch = { priority: 'HIGH' } as const;
  const update = `mutation ($id: ID!) { ticketUpdate(input: { id: $id, patch: { status: OPEN } }) { ticket { status } } }`;
  expect(await callsOf(gateway, update, { id: a.id })).toEqual([`PUT /tickets/${a.id}`]);
  const both = await callsOf(gateway, TicketsUpdateDocument, { input: { ids: [a.id, b.id], patch } });
  expect(both.toSorted()).toEqual([`PUT /tickets/${a.id}`, `PUT /tickets/${b.id}`].toSorted());
  expect(await callsOf(gateway, TicketDeleteDocument, { input: { id: a.id } })).toEqual([
    `DELETE /tickets/${a.id}`,
  ]);
  expect(await callsOf(gateway, TicketUpdateDocument, { input: { id: b.id, patch } })).toContain(
    `PUT /tickets/${b.id}`,
  );
});

test('the bill in the extensions is what the backend counted', async ({ gateway }) => {
  const caller = stranger(gateway);
  gateway.forgetCalls();
  const { extensions } = await gateway.query(TicketsPageDocument, { first: 100 }, caller);
  expect(extensions).toHaveProperty('rateLimit.spent', gateway.calls.length);
});
