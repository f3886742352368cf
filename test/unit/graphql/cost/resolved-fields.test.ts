import { getIntrospectionQuery, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createCostLimits } from '../../../../src/graphql/cost/limits.ts';
import { estimateResolvedFields } from '../../../../src/graphql/cost/resolved-fields.ts';
import { schema } from '../../../../src/graphql/schema.ts';

const facts = { kind: 'HELPDESK', maxPageSize: 100 } as const;

type Variables = Readonly<Record<string, unknown>>;

function operationOf(source: string, variableValues: Variables = {}) {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  return { schema, document, variableValues };
}

const estimate = (source: string, variables?: Variables, most = Infinity): number =>
  estimateResolvedFields(operationOf(source, variables), facts, most);

describe('the fields of an operation', () => {
  test.for([
    ['{ __typename }', 1],
    ['{ tickets(first: 100) { nodes { id subject } } }', 2 + 100 * 2],
    ['{ tickets(first: 100) { edges { cursor node { id } } pageInfo { endCursor } } }', 2 + 100 * 3 + 2],
    ['{ tickets(first: 0) { nodes { id } } }', 2],
    ['{ a: tickets(first: 2) { nodes { id } } b: tickets(first: 3) { nodes { id } } }', 4 + 5],
    ['{ tickets(first: 10) { nodes { id id ... { id } ...F } } } fragment F on Ticket { id }', 2 + 10],
    ['{ tickets(first: 10) { nodes { customFields { field { key } } } } }', 2 + 10 * (1 + 10 * 2)],
    ['{ tickets(first: 10) { nodes { customFields(keys: ["a"]) { field { key } } } } }', 2 + 10 * (1 + 2)],
    ['{ tickets(first: 501) { nodes { id } } }', 1],
    ['{ nodes(ids: ["a", "b"]) { id ... on Ticket { subject } ... on Webhook { name active } } }', 1 + 2 * 3],
  ] as const)('%s: %i', ([source, fields]) => {
    expect(estimate(source)).toBe(fields);
  });

  test('are those of each event, where it is a subscription', () => {
    expect(estimate('subscription { ticketEvents { cursor ... on TicketEvent { ticket { id } } } }')).toBe(4);
  });

  test('depend on variables', () => {
    const source =
      'query ($n: Int = 5, $yes: Boolean!) { tickets(first: $n) { nodes { id subject @include(if: $yes) } } }';
    expect(estimate(source, { yes: true })).toBe(2 + 10);
    expect(estimate(source, { yes: false, n: 100 })).toBe(2 + 100);
    expect(estimate(source, {})).toBe(0);
  });

  test('are looked at no further than the most', () => {
    const fields = Array.from({ length: 50 }, (_, at) => `a${at}: __typename`).join(' ');
    expect(estimate(`{ ${fields} }`, {}, 10)).toBeGreaterThan(10);
    expect(estimate(`{ ${fields} }`, {}, 10)).toBeLessThan(50);
  });
});

describe('introspection', () => {
  test('counts as what the schema holds, so that it is not asked for a hundred times at once', () => {
    const whole = estimate(getIntrospectionQuery());
    expect(whole).toBeGreaterThan(5000);
    expect(whole).toBeLessThan(30_000);
    const twenty = Array.from({ length: 20 }, (_, at) => `a${at}: __schema { ...All }`).join(' ');
    const types = 'types { fields { name args { name type { name } } type { name ofType { name } } } }';
    const once = estimate(`{ __schema { ${types} } }`);
    const all = estimate(`{ ${twenty} } fragment All on __Schema { ${types} }`);
    // What is an average is rounded once.
    expect(all / once).toBeCloseTo(20, 1);
  });
});

describe('the limit', () => {
  const source =
    'query ($n: Int, $keys: [String!]) { tickets(first: $n) { nodes { id customFields(keys: $keys) { raw } } } }';

  test('holds whatever variables an operation came with before', () => {
    const limit = createCostLimits(facts, { maxRequests: Infinity, maxFields: 1000 });
    const operation = operationOf(source);
    const refused = (variableValues: Variables) => limit({ ...operation, variableValues });
    expect(refused({ n: 1 })).toBeNull();
    expect(refused({ n: 500 })).toMatchObject({
      code: 'OPERATION_TOO_COSTLY',
      details: { estimated: 2 + 500 * 12, max: 1000, unit: 'RESOLVED_FIELDS' },
    });
    expect(refused({ n: 50, keys: [] })).toBeNull();
    expect(refused({ n: 1, keys: Array.from({ length: 2000 }, () => 'a') })).not.toBeNull();
    expect(refused({ n: 1 })).toBeNull();
  });

  test('bounds requests, too, whatever variables came before', () => {
    const limit = createCostLimits(facts, { maxRequests: 3, maxFields: Infinity });
    const operation = operationOf(
      'query ($n: Int, $all: Boolean!) { tickets(first: $n) { nodes { id } } webhooks @include(if: $all) { nodes { id } } }',
      { all: true },
    );
    const refused = (variableValues: Variables) => limit({ ...operation, variableValues });
    for (let round = 0; round < 2; round += 1) {
      expect(refused({ n: 200, all: true })).toBeNull();
      expect(refused({ n: 300, all: false })).toBeNull();
      expect(refused({ n: 300, all: true })).toMatchObject({ details: { estimated: 4, max: 3 } });
    }
  });

  test('says of a mutation that nothing of it was done', () => {
    const mutation = operationOf(
      'mutation ($input: TicketUpdateInput!) { ticketUpdate(input: $input) { ticket { id subject } } }',
      { input: { id: 'tkt_1', patch: { subject: 'a' } } },
    );
    expect(createCostLimits(facts, { maxRequests: Infinity, maxFields: 3 })(mutation)).toMatchObject({
      outcome: 'NOT_APPLIED',
    });
    expect(createCostLimits(facts, { maxRequests: Infinity, maxFields: 4 })(mutation)).toBeNull();
  });
});
