import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { costFault, estimateCost } from '../../../../src/graphql/cost/estimate.ts';
import { encodeCursor, listDigest } from '../../../../src/graphql/cursor.ts';
import { encodeNodeId } from '../../../../src/graphql/node-id.ts';
import { schema } from '../../../../src/graphql/schema.ts';

const facts = { kind: 'HELPDESK', maxPageSize: 100 } as const;

type Variables = Readonly<Record<string, unknown>>;

function operationOf(source: string, variableValues: Variables = {}, operationName?: string) {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  return { schema, document, variableValues, operationName };
}

const estimate = (source: string, variables?: Variables, operationName?: string): number =>
  estimateCost(operationOf(source, variables, operationName), facts);

const idOf = (id: string) => encodeNodeId('HELPDESK', 'Ticket', id);
const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('\n');

/** A cursor behind the row of this index of a page; -1: behind the last. */
const cursorBehind = (index: number): string =>
  encodeCursor(listDigest('any list'), { page: 'p', index, id: 'tkt_1', key: [1], tied: '' });

describe('a list', () => {
  test.for([
    ['{ tickets { nodes { id } } }', 1],
    ['{ tickets(first: 0) { pageInfo { hasNextPage } } }', 1],
    ['{ tickets(first: 100) { nodes { id } } }', 1],
    ['{ tickets(first: 101) { nodes { id } } }', 2],
    ['{ tickets(first: 500) { nodes { id } } }', 5],
    ['{ tickets(first: null) { nodes { id } } }', 1],
    ['{ ticketFields { nodes { id } } webhooks(first: 300) { nodes { id } } }', 4],
    ['{ a: tickets { nodes { id } } b: tickets { nodes { id } } }', 2],
  ] as const)('%s: %i', ([source, requests]) => {
    expect(estimate(source)).toBe(requests);
  });

  test('takes "first" from a variable, or from its default', () => {
    const source = 'query ($first: Int = 250) { tickets(first: $first) { nodes { id } } }';
    expect(estimate(source)).toBe(3);
    expect(estimate(source, { first: 401 })).toBe(5);
    expect(estimate(source, { first: null })).toBe(1);
  });

  test('that goes on amid a page reads that page again', () => {
    const source = 'query ($after: String) { tickets(first: 100, after: $after) { nodes { id } } }';
    expect(estimate(source, { after: cursorBehind(-1) })).toBe(1);
    expect(estimate(source, { after: cursorBehind(24) })).toBe(2);
    expect(estimate(source, { after: 'damaged' })).toBe(1);
  });

  test('buys no pages with an index that no page has', () => {
    const source = 'query ($after: String) { tickets(first: 100, after: $after) { nodes { id } } }';
    expect(estimate(source, { after: cursorBehind(100_000) })).toBe(2);
  });

  test('whose "first" is refused costs nothing', () => {
    expect(estimate('{ tickets(first: 501) { nodes { customFields { raw } } } }')).toBe(0);
    expect(estimate('{ tickets(first: -1) { nodes { id } } }')).toBe(0);
  });

  test('20 times, of 100 tickets with their fields and definitions, costs its 20 pages and the definitions', () => {
    const source = `{ ${many(20, (index) => `page${index}: tickets(first: 100) { nodes { ...Everything } }`)} }
      fragment Everything on Ticket { subject customFields { field { key title } } customField(key: "a") { raw } }`;
    expect(estimate(source)).toBe(21);
  });

  test('without rows has no definitions to read', () => {
    expect(estimate('{ tickets(first: 0) { nodes { customFields { raw } } } }')).toBe(1);
  });
});

describe('a lookup', () => {
  test('counts each id once, whichever field asks for it', () => {
    const source = `query ($node: ID!, $ids: [ID!]!) {
      a: ticket(id: "tkt_1") { subject }
      b: ticket(id: "tkt_1") { status }
      c: ticket(id: $node) { id }
      d: node(id: $node) { id }
      e: nodes(ids: $ids) { id }
    }`;
    expect(
      estimate(source, { node: idOf('tkt_1'), ids: [idOf('tkt_1'), idOf('tkt_2'), idOf('tkt_2')] }),
    ).toBe(2);
  });

  test('tells things of different types with the same id apart', () => {
    expect(
      estimate('{ ticket(id: "x1") { id } webhook(id: "x1") { id } ticketField(by: { id: "x1" }) { id } }'),
    ).toBe(3);
  });

  test.for([
    '{ ticket(id: "not an id") { id } }',
    '{ node(id: "tkt_1") { id } }',
    '{ nodes(ids: ["x"]) { id } }',
  ])('%s is refused, and costs nothing', (source) => {
    expect(estimate(source)).toBe(0);
  });

  test('of up to 100 nodes costs each, of more nothing: they are refused', () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => idOf(`tkt_${index}`));
    const source = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    expect(estimate(source, { ids: ids(100) })).toBe(100);
    expect(estimate(source, { ids: ids(101) })).toBe(0);
  });
});

describe('definitions of ticket fields', () => {
  test('cost one request, whoever asks for them', () => {
    const source = `{
      tickets(first: 100) { nodes { customFields { field { key } } other: customField(key: "a") { raw } } }
      ticket(id: "tkt_1") { customFields { raw } }
      a: ticketField(by: { key: "a" }) { title }
      b: ticketField(by: { key: "b" }) { title }
    }`;
    expect(estimate(source)).toBe(3);
  });

  test('are not asked for where no key is named', () => {
    expect(estimate('{ ticket(id: "tkt_1") { customFields(keys: []) { raw } } }')).toBe(1);
  });

  test('bring their options, or 20 requests fetch them, however many tickets show them', () => {
    expect(estimate('{ ticketField(by: { id: "cf_1" }) { options(first: 150) { nodes { id } } } }')).toBe(3);
    expect(estimate('{ ticketFields(first: 10) { nodes { options { nodes { id } } } } }')).toBe(11);
    expect(estimate('{ ticketFields(first: 100) { edges { node { options { nodes { id } } } } } }')).toBe(21);
    const shown = '{ tickets(first: 100) { nodes { customFields { field { options { nodes { id } } } } } } }';
    expect(estimate(shown)).toBe(22);
    expect(
      estimate('{ ticket(id: "tkt_1") { customField(key: "a") { field { options { nodes { id } } } } } }'),
    ).toBe(3);
  });
});

describe('a document', () => {
  test('is read as execution reads it: what has one name runs once', () => {
    const source = `query {
      ticket(id: "tkt_1") { id }
      ...More
      ... on Query { ticket(id: "tkt_1") { subject } tickets(first: 200) { nodes { id } } }
    }
    fragment More on Query { tickets(first: 200) { pageInfo { hasNextPage } } ...Most }
    fragment Most on Query { tickets(first: 200) { nodes { subject } } }`;
    expect(estimate(source)).toBe(3);
  });

  test('leaves out what @skip and @include leave out', () => {
    const source = `query ($yes: Boolean!, $no: Boolean = false) {
      a: tickets @skip(if: $yes) { nodes { id } }
      b: tickets @include(if: $no) { nodes { id } }
      ... @include(if: $no) { c: tickets { nodes { id } } }
      ...More @skip(if: $yes)
      d: tickets @include(if: $yes) @skip(if: $no) { nodes { id } }
    }
    fragment More on Query { e: tickets { nodes { id } } }`;
    expect(estimate(source, { yes: true })).toBe(1);
    expect(estimate(source, { yes: false, no: true })).toBe(4);
  });

  test('counts the operation that is to run', () => {
    const source = 'query A { tickets { nodes { id } } } query B { backend { kind } }';
    expect(estimate(source, {}, 'A')).toBe(1);
    expect(estimate(source, {}, 'B')).toBe(0);
  });

  test('that execution refuses as it stands costs nothing', () => {
    const source = 'query ($first: Int!) { tickets(first: $first) { nodes { id } } }';
    expect(estimate(source)).toBe(0);
    expect(estimate(source, { first: 'many' })).toBe(0);
    expect(estimateCost(operationOf('query A { __typename } query B { __typename }'), facts)).toBe(0);
  });

  test.for([
    '{ rateLimit { remaining } backend { kind } errorCatalog { code } }',
    '{ __typename __schema { types { name } } __type(name: "Ticket") { name } }',
  ])('%s costs nothing', (source) => {
    expect(estimate(source)).toBe(0);
  });

  test('of a node is as dear as the dearest thing it may be', () => {
    const source = `query ($id: ID!) { node(id: $id) {
      ... on Ticket { customFields { raw } }
      ... on TicketField { options { nodes { id } } }
    } }`;
    expect(estimate(source, { id: idOf('tkt_1') })).toBe(3);
  });

  test('whose fragments multiply beyond reason is refused before it is read to its end', () => {
    const source = `{ tickets { nodes { ${many(40, (index) => `c${index}: customFields { ...F }`)} } } }
      fragment F on CustomField { ${many(40, (index) => `f${index}: field { ...D }`)} }
      fragment D on TicketField { ${many(40, (index) => `o${index}: options { ...O }`)} }
      fragment O on TicketFieldOptionConnection { ${many(40, (index) => `n${index}: nodes { label }`)} }`;
    const fault = costFault(operationOf(source), facts, 50);
    expect(fault).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });
});

describe('a mutation', () => {
  const custom = 'customFields: [{ field: { key: "a" }, value: { text: "b" } }]';
  test.for([
    ['ticketCreate(input: { subject: "a" }) { ticket { id } }', 1],
    ['ticketCreate(input: { subject: "a" }) { ticket { customFields { raw } } }', 2],
    [`ticketCreate(input: { subject: "a", ${custom} }) { ticket { customFields { raw } } }`, 2],
    ['ticketCreate(input: { subject: "a", customFields: [] }) { ticket { id } }', 1],
    ['ticketUpdate(input: { id: "tkt_1", patch: { subject: "a" } }) { ticket { id } }', 1],
    [`ticketUpdate(input: { id: "tkt_1", patch: { ${custom} } }) { ticket { id } }`, 4],
    [
      'ticketUpdate(input: { id: "tkt_1", patch: { subject: "a" }, ifUpdatedAt: "2026-11-20T08:00:00Z" }) { ticket { id } }',
      2,
    ],
    ['ticketsUpdate(input: { ids: ["a", "b"], patch: { subject: "a" } }) { results { id } }', 2],
    [
      `ticketsUpdate(input: { ids: ["a", "b"], patch: { ${custom} } }) { results { ticket { customFields { raw } } } }`,
      7,
    ],
    ['ticketDelete(input: { id: "tkt_1" }) { deletedId }', 1],
    ['ticketFieldDelete(input: { id: "cf_1" }) { deletedId }', 1],
    ['webhookDelete(input: { id: "whk_1" }) { deletedId }', 1],
  ] as const)('%s: %i', ([source, requests]) => {
    expect(estimate(`mutation { ${source} }`)).toBe(requests);
  });

  test('reads definitions again after it has changed one', () => {
    const create = `ticketCreate(input: { subject: "a", ${custom} }) { ticket { id } }`;
    const define = 'ticketFieldDelete(input: { id: "cf_1" }) { deletedId }';
    expect(estimate(`mutation { a: ${create} b: ${create} }`)).toBe(3);
    expect(estimate(`mutation { a: ${create} c: ${define} b: ${create} }`)).toBe(5);
  });

  test('of more tickets than are taken at a time costs nothing: it is refused', () => {
    const ids = Array.from({ length: 51 }, (_, index) => `tkt_${index}`);
    const source =
      'mutation ($input: TicketsUpdateInput!) { ticketsUpdate(input: $input) { results { id } } }';
    expect(estimate(source, { input: { ids, patch: { subject: 'a' } } })).toBe(0);
    expect(estimate(source, { input: { ids: ids.slice(1), patch: { subject: 'a' } } })).toBe(50);
  });
});

test('a subscription costs the check of its key, and what an event may ask for', () => {
  expect(estimate('subscription { ticketEvents { cursor } }')).toBe(1);
  expect(
    estimate('subscription { ticketEvents { ... on TicketEvent { ticket { customFields { raw } } } } }'),
  ).toBe(2);
});

describe('the limit', () => {
  const lists = (count: number) => `{ ${many(count, (index) => `a${index}: tickets { nodes { id } }`)} }`;

  test('is what an operation may cost, not less', () => {
    expect(costFault(operationOf(lists(50)), facts, 50)).toBeNull();
    expect(costFault(operationOf(lists(51)), facts, 50)).toMatchObject({
      code: 'OPERATION_TOO_COSTLY',
      category: 'GATEWAY',
      retryable: false,
      outcome: null,
      details: { estimated: 51, max: 50 },
    });
  });

  test('refuses a mutation with the word that nothing was applied', () => {
    const writes = many(2, (index) => `a${index}: ticketDelete(input: { id: "tkt_${index}" }) { deletedId }`);
    expect(costFault(operationOf(`mutation { ${writes} }`), facts, 1)).toMatchObject({
      code: 'OPERATION_TOO_COSTLY',
      outcome: 'NOT_APPLIED',
    });
  });
});
