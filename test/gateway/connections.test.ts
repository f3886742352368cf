import { Client, fetchExchange } from '@urql/core';
import { expect } from 'vitest';
import { startGateway, testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { walk } from '../support/walk.ts';
import {
  TicketFieldsPageDocument,
  TicketsPageDocument,
  type TicketFilter,
  type TicketOrder,
} from '../support/generated/graphql.ts';

const test = testWithGateway({ sandbox: { tickets: 130 } });

const clientOf = ({ url }: RunningGateway) =>
  new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });

interface Walk {
  readonly first: number;
  readonly filter?: TicketFilter;
  readonly orderBy?: TicketOrder;
}

/** The local ids of all tickets, in the order their pages came. */
const idsOf = async (gateway: RunningGateway, variables: Walk): Promise<string[]> => {
  const client = clientOf(gateway);
  const nodes = await walk(async (after) => {
    const { data, error } = await client.query(TicketsPageDocument, { ...variables, after }).toPromise();
    expect(error).toBeUndefined();
    return data?.tickets;
  });
  return nodes.map(({ localId }) => localId);
};

test('urql pages through all tickets, newest first, none twice', async ({ gateway }) => {
  const seen = await idsOf(gateway, { first: 17 });
  expect(seen).toEqual(gateway.sandbox.tickets.all().map(({ id }) => id));
});

test('the other direction is the same list backwards', async ({ gateway }) => {
  const seen = await idsOf(gateway, { first: 40, orderBy: { field: 'CREATED_AT', direction: 'ASC' } });
  expect(seen.toReversed()).toEqual(gateway.sandbox.tickets.all().map(({ id }) => id));
});

test.for(['UPDATED_AT', 'STATUS', 'PRIORITY'] as const)(
  'while nothing changes, a walk by %s is complete too',
  async (field, { gateway }) => {
    const seen = await idsOf(gateway, { first: 23, orderBy: { field } });
    expect(seen.toSorted()).toEqual(
      gateway.sandbox.tickets
        .all()
        .map(({ id }) => id)
        .toSorted(),
    );
  },
);

test('a filter is applied by the backend, over all pages', async ({ gateway }) => {
  const open = gateway.sandbox.tickets.all().filter(({ status }) => status === 'open');
  expect(open.length).toBeGreaterThan(5);
  expect(await idsOf(gateway, { first: 5, filter: { status: ['OPEN'] } })).toEqual(open.map(({ id }) => id));
});

test('the cursor of any edge resumes right after it', async ({ gateway }) => {
  const client = clientOf(gateway);
  const all = gateway.sandbox.tickets.all().map(({ id }) => id);
  const page = await client.query(TicketsPageDocument, { first: 100 }).toPromise();
  for (const index of [0, 1, 24, 25, 50, 98, 99]) {
    const after = page.data?.tickets?.edges[index]?.cursor ?? '';
    const next = await client.query(TicketsPageDocument, { first: 7, after }).toPromise();
    expect(next.data?.tickets?.edges.map(({ node }) => node.localId)).toEqual(
      all.slice(index + 1, index + 8),
    );
  }
});

test('under CREATED_AT, what is created and deleted between pages disturbs no other ticket', async ({
  gateway,
}) => {
  const { tickets } = gateway.sandbox;
  const before = tickets.all().map(({ id }) => id);
  const client = clientOf(gateway);
  const seen: string[] = [];
  const gone: string[] = [];
  await walk(async (after) => {
    const { data, error } = await client.query(TicketsPageDocument, { first: 9, after }).toPromise();
    expect(error).toBeUndefined();
    seen.push(...(data?.tickets?.edges ?? []).map(({ node }) => node.localId));
    tickets.create();
    // The very ticket that the cursor stands on, one behind it, and one ahead.
    const leaving = [seen.at(-1), seen[gone.length], before.findLast((id) => !gone.includes(id))];
    for (const id of new Set(leaving)) {
      if (id === undefined || tickets.get(id) === undefined) continue;
      gone.push(id);
      tickets.delete(id);
    }
    return data?.tickets;
  });
  expect(new Set(seen).size).toBe(seen.length);
  const stayed = before.filter((id) => !gone.includes(id));
  expect(seen.filter((id) => stayed.includes(id))).toEqual(stayed);
});

test('no rows at all make an empty page without cursors', async ({ gateway }) => {
  const { data, errors } = await gateway.query(
    '{ tickets(filter: { assigneeId: ["usr_nobody"] }) { edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    tickets: {
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    },
  });
});

test('definitions are paged too, system fields first', async ({ gateway }) => {
  const fields = await walk(async (after) => {
    const { data, errors } = await gateway.query(TicketFieldsPageDocument, { first: 4, after });
    expect(errors).toBeUndefined();
    return data?.ticketFields;
  });
  expect(fields.map(({ localId }) => localId)).toEqual(
    gateway.sandbox.ticketFields.all().map(({ id }) => id),
  );
});

test.for([
  { listDialect: 'resource', listParameters: 'own' },
  { listDialect: 'pagination', listParameters: 'own' },
  { listDialect: 'pagination', listParameters: 'both', systemFields: 'extra' },
] as const)('both ways in which backends page are understood: %o', async (sandbox) => {
  await using gateway = await startGateway({ sandbox: { ...sandbox, tickets: 120 } });
  expect(await idsOf(gateway, { first: 50 })).toEqual(gateway.sandbox.tickets.all().map(({ id }) => id));
  const { data } = await gateway.query(TicketFieldsPageDocument, { first: 500 });
  expect(data?.ticketFields?.edges.map(({ node }) => node.localId)).toEqual(
    gateway.sandbox.ticketFields.all().map(({ id }) => id),
  );
});
