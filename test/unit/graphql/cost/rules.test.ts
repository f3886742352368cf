import { readdir, readFile } from 'node:fs/promises';
import { getDirective } from '@graphql-tools/utils';
import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  parse,
  type GraphQLField,
  type GraphQLNamedType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../../../src/config/config.ts';
import { estimateCost } from '../../../../src/graphql/cost/estimate.ts';
import type { Arguments } from '../../../../src/graphql/cost/rule.ts';
import { encodeCursor, encodeMergedCursor, listDigest } from '../../../../src/graphql/cursor.ts';
import { encodeNodeId } from '../../../../src/graphql/node-id.ts';
import { schema } from '../../../../src/graphql/schema.ts';

const facts = { kind: 'HELPDESK', maxPageSize: 100 } as const;

interface Place {
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
  /** `@backendCost`; null: none. */
  readonly ceiling: number | null;
}

const places: readonly Place[] = Object.values(schema.getTypeMap()).flatMap((type) => {
  if (!(isObjectType(type) || isInterfaceType(type)) || isIntrospectionType(type)) return [];
  return Object.values(type.getFields()).map((field) => {
    const [directive] = getDirective(schema, field, 'backendCost') ?? [];
    const ceiling = directive ? z.object({ requests: z.int() }).parse(directive).requests : null;
    return { name: `${type.name}.${field.name}`, field, ceiling };
  });
});

const spending = places.filter(({ field }) => field.extensions.cost !== undefined);

test('every field with @backendCost has a rule, and no other has one', () => {
  expect(places.filter(({ ceiling }) => ceiling !== null).map(({ name }) => name)).toEqual(
    spending.map(({ name }) => name),
  );
  expect(spending.length).toBeGreaterThan(20);
});

test('every mutation and every subscription has a rule', () => {
  const roots = [schema.getMutationType(), schema.getSubscriptionType()];
  for (const field of roots.flatMap((type) => Object.values(type?.getFields() ?? {}))) {
    expect(field.extensions.cost, field.name).toBeDefined();
  }
});

const ids = (count: number) => Array.from({ length: count }, (_, index) => `tkt_${index}`);
const customFields = [{ field: { key: 'a' }, value: { text: 'b' } }];
const amid = encodeCursor(listDigest('any list'), { page: 'p', index: 98, id: 'x', key: [], tied: '' });

/** For each field, arguments that cost the most, as far as one can think. */
const dearest: Readonly<Record<string, Arguments>> = {
  'Query.nodes': { ids: ids(100).map((id) => encodeNodeId('HELPDESK', 'Ticket', id)) },
  'Query.node': { id: encodeNodeId('HELPDESK', 'Ticket', 'tkt_1') },
  'Query.ticket': { id: 'tkt_1' },
  'Query.webhook': { id: 'whk_1' },
  'Query.ticketField': { by: { key: 'a' } },
  'TicketConnection.countUpTo': { max: 500 },
  'Mutation.ticketCreate': { input: { subject: 'a', customFields } },
  'Mutation.ticketUpdate': {
    input: { id: 'tkt_1', patch: { customFields }, ifUpdatedAt: '2026-11-20T08:00:00Z' },
  },
  'Mutation.ticketsUpdate': { input: { ids: ids(50), patch: { customFields } } },
};
const anyList: Arguments = { first: 500, after: amid };
const amidSix = encodeMergedCursor(listDigest('any list'), {
  places: Array.from({ length: 6 }, () => ({ page: 'p', index: 98 })),
  lane: 0,
  id: 'x',
  key: [],
  tied: '',
  seen: '',
});
const sixLists: Arguments = {
  first: 500,
  after: amidSix,
  filter: { status: ['NEW', 'OPEN', 'PENDING'], priority: ['HIGH', 'URGENT'], assigneeId: null },
};

const toldOf = ({ name, field }: Place) => field.extensions.cost?.(dearest[name] ?? anyList, facts) ?? {};

test.for(['Query.tickets', 'Agent.tickets'])(
  'six lists at once, or a scan, cost no more than %s says',
  (name) => {
    const place = spending.find((one) => one.name === name);
    const told = [sixLists, { scan: { maxRequests: 25 } }, { first: 500, scan: { maxRequests: 26 } }].map(
      (args) => {
        const { each, pooled } = place?.field.extensions.cost?.(args, facts) ?? {};
        return each ?? pooled?.requests;
      },
    );
    // Six pages, six more as soon as a row of each is used up, four for the rest; a scan of more is refused.
    expect(told).toEqual([16, 25, undefined]);
    expect(place?.ceiling).toBeGreaterThanOrEqual(25);
  },
);

test.for(spending)('$name never tells more than its @backendCost', (place) => {
  const { each = 0, once = [], pooled } = toldOf(place);
  const requests = each + once.length + Math.min(pooled?.requests ?? 0, pooled?.ceiling ?? 0);
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThanOrEqual(place.ceiling ?? 0);
});

/** Fields of a type, and of all that its fields lead to. */
function reachableFrom(type: GraphQLNamedType, seen = new Set<string>()): readonly Place[] {
  if (seen.has(type.name)) return [];
  seen.add(type.name);
  const types = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
  const found = types.flatMap(({ name }) => places.filter((place) => place.name.startsWith(`${name}.`)));
  return [...found, ...found.flatMap(({ field }) => reachableFrom(getNamedType(field.type), seen))];
}

test('what is spent for each item lies below no list of unknown length', () => {
  const tellsRows = places.filter((place) => toldOf(place).rows !== undefined);
  const known = new Set(tellsRows.map(({ field }) => getNamedType(field.type).name));
  const unknown = places.filter(
    (place) =>
      isListType(getNullableType(place.field.type)) &&
      toldOf(place).rows === undefined &&
      !known.has(place.name.split('.')[0] ?? ''),
  );
  expect(unknown.map(({ name }) => name)).toContain('Ticket.customFields');
  expect(unknown.map(({ name }) => name)).not.toContain('TicketConnection.nodes');
  for (const { name, field } of unknown) {
    const each = reachableFrom(getNamedType(field.type)).filter((place) => (toldOf(place).each ?? 0) > 0);
    expect(each, name).toEqual([]);
  }
});

const operation = (name: string, variables: Readonly<Record<string, unknown>>) => [name, variables] as const;
/** For variables without a default. */
const given = new Map([
  operation('NodeById', { id: encodeNodeId('HELPDESK', 'Ticket', 'tkt_1') }),
  operation('NodesById', { ids: ids(20).map((id) => encodeNodeId('HELPDESK', 'Ticket', id)) }),
  operation('TicketFieldBy', { by: { key: 'a' } }),
  operation('WebhookById', { id: 'whk_1' }),
  operation('TicketDelete', { input: { id: 'tkt_1' } }),
  operation('TicketFieldUpdate', { input: { id: 'cf_1', patch: { title: 'a' } } }),
  operation('TicketFieldDelete', { input: { id: 'cf_1' } }),
  operation('TicketFieldOptionCreate', { input: { fieldId: 'cf_1', option: { label: 'a', value: 'b' } } }),
  operation('TicketFieldOptionUpdate', { input: { id: 'x', patch: { label: 'a' } } }),
  operation('TicketFieldOptionDelete', { input: { id: 'x' } }),
  operation('WebhookCreate', { input: { name: 'a', targetUrl: 'https://example.com', events: [] } }),
  operation('WebhookUpdate', { input: { id: 'whk_1', patch: { active: false } } }),
  operation('WebhookDelete', { input: { id: 'whk_1' } }),
]);
const free = new Set(['Budget', 'ErrorCatalog']);

describe('the operations that come with the project', async () => {
  const folder = new URL('../../../../schema/operations/', import.meta.url);
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => parse(await readFile(new URL(name, folder), 'utf8'))),
  );
  const operations = files.flatMap((document) =>
    document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map(({ name }) => ({ name: name?.value ?? '', document })),
  );
  const { maxRestCallsPerOperation } = parseConfig({});

  test.for(operations)('$name is within the limit', ({ name, document }) => {
    const estimated = estimateCost(
      { schema, document, operationName: name, variableValues: given.get(name) },
      facts,
    );
    expect(estimated).toBeGreaterThanOrEqual(free.has(name) ? 0 : 1);
    expect(estimated).toBeLessThanOrEqual(maxRestCallsPerOperation);
  });
});
