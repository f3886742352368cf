import fc from 'fast-check';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { estimateCost } from '../../../../src/graphql/cost/estimate.ts';
import { createCostLimits } from '../../../../src/graphql/cost/limits.ts';
import { estimateResolvedFields } from '../../../../src/graphql/cost/resolved-fields.ts';
import { encodeNodeId } from '../../../../src/graphql/node-id.ts';
import { schema } from '../../../../src/graphql/schema.ts';
import { fieldOf, optionOf, ticketOf, webhookOf, type Call } from '../fake-session.ts';
import { createReadHarness } from '../read-harness.ts';
import { createHarness } from '../run.ts';
import { randomDocuments, type Pools, type RandomDocument } from './random-documents.ts';

/** Small pages, so that few rows make many. */
const maxPageSize = 10;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

const fields = range(40).map((index) =>
  fieldOf(`cf_${index}`, {
    type: index % 4 === 0 ? 'TEXT' : 'DROPDOWN',
    active: index % 3 > 0,
    position: index,
    options: index % 4 === 0 ? null : index % 4 === 1 ? [optionOf(`cf_${index}`, 'opt_1')] : [],
  }),
);
const stock = {
  tickets: range(27).map((index) =>
    ticketOf(`tkt_${index}`, {
      status: index % 2 === 0 ? 'OPEN' : 'NEW',
      priority: index % 3 === 0 ? 'HIGH' : 'LOW',
      assigneeId: index % 5 === 0 ? null : `usr_${index % 5}`,
      tags: index % 4 === 0 ? ['vip'] : [],
      createdAt: new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString(),
      customFields: range(3).map((field) => ({ fieldId: `cf_${index + field}`, value: 'low' })),
    }),
  ),
  fields,
  options: fields.flatMap(({ id, options }) =>
    options === null || options.length > 0
      ? []
      : range(13).map((at) => optionOf(id, `opt_${at}`, { value: `v${at}` })),
  ),
  webhooks: range(25).map((index) => webhookOf(`whk_${index}`)),
};

function harnessOf() {
  const harness = createReadHarness(stock);
  harness.capabilities = { ...harness.capabilities, maxPageSize };
  return harness;
}

const page = z.object({ edges: z.array(z.object({ cursor: z.string() })) });

/** Cursors as a client gets them, by the list that they are of. */
const cursors = new Map<string, readonly string[]>();
beforeAll(async () => {
  for (const [list, first] of [
    ['tickets', 24],
    ['ticketFields', 13],
    ['webhooks', 16],
  ] as const) {
    const { data } = await harnessOf().run(`{ ${list}(first: ${first}) { edges { cursor } } }`);
    cursors.set(
      list,
      page.parse(data?.[list]).edges.map(({ cursor }) => cursor),
    );
  }
  const merged = await harnessOf().run(
    '{ tickets(first: 24, filter: { status: [OPEN, NEW] }) { edges { cursor } } }',
  );
  cursors.set('tickets', [
    ...(cursors.get('tickets') ?? []),
    ...z
      .object({ tickets: page })
      .parse(merged.data)
      .tickets.edges.map(({ cursor }) => cursor),
  ]);
  const options = await harnessOf().run(
    '{ ticketField(by: { id: "cf_2" }) { options(first: 8) { edges { cursor } } } }',
  );
  const found = z.object({ ticketField: z.object({ options: page }) }).parse(options.data);
  cursors.set(
    'options',
    found.ticketField.options.edges.map(({ cursor }) => cursor),
  );
});

const cursorOf = (list: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constant(undefined),
    fc.nat().map((at) => cursors.get(list)?.[at % (cursors.get(list)?.length ?? 1)]),
    fc.constantFrom(null, 'damaged'),
  );

const plainIds = ['tkt_1', 'tkt_2', 'tkt_99', 'cf_1', 'cf_2', 'whk_1', 'no id at all'];
const globalIds = [
  ...['tkt_1', 'tkt_2', 'tkt_99'].map((id) => encodeNodeId('HELPDESK', 'Ticket', id)),
  ...['cf_1', 'cf_2'].map((id) => encodeNodeId('HELPDESK', 'TicketField', id)),
  encodeNodeId('HELPDESK', 'TicketFieldOption', 'cf_1/opt_1'),
  encodeNodeId('HELPDESK', 'Webhook', 'whk_1'),
  encodeNodeId('HELPDESK', 'Agent', 'usr_1'),
  encodeNodeId('ZENDESK', 'Ticket', 'tkt_1'),
];
const anyId = fc.constantFrom(...plainIds, ...globalIds);
const key = fc.constantFrom('key_of_cf_1', 'key_of_cf_2', 'nobody');
const absent = fc.constant(undefined);

const readPools: Pools = {
  first: fc.oneof(absent, fc.constantFrom(null, 0, 1, 10, 500, 501, -1), fc.integer({ min: 0, max: 45 })),
  ...Object.fromEntries(
    ['tickets', 'ticketFields', 'webhooks', 'options'].map((list) => [`${list}.after`, cursorOf(list)]),
  ),
  filter: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    { status: ['OPEN'] },
    { status: ['OPEN', 'NEW'] },
    { status: ['OPEN', 'NEW'], priority: ['LOW', 'HIGH', 'URGENT'] },
    { assigneeId: ['usr_1', 'usr_2', encodeNodeId('HELPDESK', 'Agent', 'usr_1')] },
    { status: ['OPEN', 'NEW', 'PENDING', 'RESOLVED'], priority: ['LOW', 'HIGH'] },
    { unassigned: true },
    {
      status: ['OPEN'],
      tagsAll: ['vip'],
      customFields: [{ field: { key: 'key_of_cf_1' }, value: { option: 'low' } }],
    },
    { customFields: [{ field: { key: 'nobody' }, value: { clear: true } }] },
  ),
  scan: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(undefined, null) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 26 }).map((maxRequests) => ({ maxRequests })) },
  ),
  max: fc.constantFrom(0, 1, 5, 10, 20, 500, 501),
  orderBy: absent,
  active: fc.constantFrom(undefined, undefined, true),
  id: anyId,
  ids: fc.array(anyId, { maxLength: 12 }),
  by: fc.oneof(
    anyId.map((id) => ({ id })),
    key.map((name) => ({ key: name })),
  ),
  keys: fc.constantFrom(undefined, undefined, [], ['key_of_cf_1']),
  key,
};

function estimate({ source, variables }: RandomDocument, pageSize: number): number {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  return estimateCost(
    { schema, document, variableValues: variables },
    { kind: 'HELPDESK', maxPageSize: pageSize },
  );
}

/** Members of all objects of an answer. */
function membersOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + membersOf(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, member) => sum + 1 + membersOf(member), 0);
}

let counted = 0;

/** What was answered is no more than was estimated, and a limit below the estimate refuses, whatever it keeps. */
function judgeFields({ source, variables, fields: named }: RandomDocument, data: unknown): void {
  // How long the catalog is, nothing tells.
  if (named.has('Query.errorCatalog')) return;
  const operation = { schema, document: parse(source), variableValues: variables };
  const facts = { kind: 'HELPDESK', maxPageSize } as const;
  const estimated = estimateResolvedFields(operation, facts, Infinity);
  const answered = membersOf(data);
  expect(estimated).toBeGreaterThanOrEqual(answered);
  if (answered > 1) counted += 1;
  expect(createCostLimits(facts, { maxRequests: Infinity, maxFields: estimated })(operation)).toBeNull();
  expect(
    createCostLimits(facts, { maxRequests: Infinity, maxFields: estimated - 1 })(operation),
  ).toMatchObject({
    code: 'OPERATION_TOO_COSTLY',
    details: { max: estimated - 1, unit: 'RESOLVED_FIELDS' },
  });
}

/** Fields that were in some document; what the generator never makes is not proved. */
const covered = new Set<string>();
/** The limit refuses exactly what is estimated to be more, whatever it found of a document or remembers of it. */
function judgeLimit({ source, variables }: RandomDocument, pageSize: number): void {
  const operation = { schema, document: parse(source), variableValues: variables };
  const facts = { kind: 'HELPDESK', maxPageSize: pageSize } as const;
  const estimated = estimateCost(operation, facts);
  const limit = createCostLimits(facts, { maxRequests: estimated, maxFields: Infinity });
  expect([limit(operation), limit(operation)]).toEqual([null, null]);
  if (estimated === 0) return;
  const tight = createCostLimits(facts, { maxRequests: estimated - 1, maxFields: Infinity });
  expect(tight(operation)).toMatchObject({ details: { estimated, unit: 'REST_REQUESTS' } });
}

let spent = 0;
let exact = 0;

const judge = (document: RandomDocument, estimated: number, requests: number): void => {
  for (const name of document.fields) covered.add(name);
  judgeLimit(document, maxPageSize);
  judgeLimit(document, 100);
  expect(estimated).toBeGreaterThanOrEqual(requests);
  if (requests > 0) spent += 1;
  if (requests > 0 && estimated === requests) exact += 1;
};

// One field alone, where nothing makes up for what is not counted, and many together, where things are shared.
test.for([
  { width: 1, depth: 3, numRuns: 600 },
  { width: 3, depth: 6, numRuns: 120 },
])('no query of width $width spends more than it was estimated to', { timeout: 60_000 }, async (size) => {
  await fc.assert(
    fc.asyncProperty(randomDocuments('query', readPools, size), async (document) => {
      const estimated = estimate(document, maxPageSize);
      const harness = harnessOf();
      const { data, errors } = await harness.run(document.source, document.variables);
      expect(errors.filter(({ path }) => path === undefined)).toEqual([]);
      judge(document, estimated, harness.calls.length);
      judgeFields(document, data);
    }),
    { numRuns: size.numRuns },
  );
});

const values = fc.constantFrom(
  undefined,
  [],
  [{ field: { key: 'key_of_cf_0' }, value: { text: 'a' } }],
  [
    { field: { id: 'cf_0' }, value: { text: 'a' } },
    { field: { key: 'nobody' }, value: { text: 'a' } },
  ],
);
const patch = fc.record({ subject: fc.constant('a'), customFields: values }, { requiredKeys: ['subject'] });
const id = fc.constantFrom('tkt_1', 'tkt_2', 'tkt_3');
const optionId = fc.constantFrom(encodeNodeId('HELPDESK', 'TicketFieldOption', 'cf_1/opt_1'), 'opt_1');
const byName = (name: string, input: fc.Arbitrary<unknown>) => [`${name}.input`, input] as const;

const writePools: Pools = {
  ...readPools,
  ...Object.fromEntries([
    byName('ticketCreate', patch),
    byName(
      'ticketUpdate',
      fc.record({ id, patch, ifUpdatedAt: fc.constantFrom(undefined, null, '2026-11-20T08:00:00Z') }),
    ),
    byName('ticketsUpdate', fc.record({ ids: fc.uniqueArray(id), patch })),
    byName('ticketDelete', fc.record({ id })),
    byName('ticketFieldCreate', fc.constant({ title: 'a', key: 'b', type: 'DROPDOWN', options: [] })),
    byName('ticketFieldUpdate', fc.record({ id, patch: fc.constant({ title: 'a' }) })),
    byName('ticketFieldDelete', fc.record({ id })),
    byName('ticketFieldOptionCreate', fc.constant({ fieldId: 'cf_1', option: { label: 'a', value: 'b' } })),
    byName('ticketFieldOptionUpdate', fc.record({ id: optionId, patch: fc.constant({ label: 'a' }) })),
    byName('ticketFieldOptionDelete', fc.record({ id: optionId })),
    byName(
      'webhookCreate',
      fc.constant({ name: 'a', targetUrl: 'https://a.example', events: ['TICKET_CREATED'] }),
    ),
    byName('webhookUpdate', fc.constant({ id: 'whk_1', patch: { active: false } })),
    byName('webhookDelete', fc.constant({ id: 'whk_1' })),
  ]),
};

const written = z.object({ customFields: z.array(z.unknown()).optional() });

/** The backend reads a ticket before it changes custom fields, or on a condition, and may have to put fields back. */
function requestsOf([method, _id, change, condition]: Call): number {
  if (method !== 'tickets.update') return 1;
  if ((written.parse(change).customFields ?? []).length > 0) return 3;
  return condition === undefined ? 1 : 2;
}

test.for([
  { width: 6, depth: 1, numRuns: 600 },
  { width: 3, depth: 5, numRuns: 120 },
])('no mutation of width $width spends more than it was estimated to', { timeout: 60_000 }, async (size) => {
  await fc.assert(
    fc.asyncProperty(randomDocuments('mutation', writePools, size), async (document) => {
      const estimated = estimate(document, 100);
      const { session, run } = createHarness();
      session.fields = fields;
      const { errors } = await run(document.source, document.variables);
      expect(errors.filter(({ path }) => path === undefined)).toEqual([]);
      judge(
        document,
        estimated,
        session.calls.reduce((sum, call) => sum + requestsOf(call), 0),
      );
    }),
    { numRuns: size.numRuns },
  );
});

afterAll(() => {
  const spending = Object.values(schema.getTypeMap()).flatMap((type) =>
    'getFields' in type
      ? Object.values(type.getFields())
          .filter(({ extensions }) => 'cost' in extensions)
          .map(({ name }) => `${type.name}.${name}`)
      : [],
  );
  expect(spending.filter((name) => !covered.has(name) && !name.startsWith('Subscription.'))).toEqual([]);
  // An estimate that is always too high would pass all of this, and be of no use.
  expect(spent).toBeGreaterThan(150);
  expect(exact).toBeGreaterThan(spent / 4);
  expect(counted).toBeGreaterThan(150);
});
