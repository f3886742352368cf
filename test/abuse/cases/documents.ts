import type { RequestCase } from '../case.ts';

/*
 * What is refused of documents and of the requests that carry them: to add a limit, add its row. Each runs on every path.
 */

const repeated = (text: string, times: number): string => text.repeat(times);
const nested = (open: string, close: string, levels: number): string =>
  `${open.repeat(levels)}${close.repeat(levels)}`;

const parseFailed = { status: 400, code: 'GRAPHQL_PARSE_FAILED' } as const;
const invalid = { status: 400, code: 'GRAPHQL_VALIDATION_FAILED' } as const;
const badRequest = { status: 400, code: 'INVALID_REQUEST' } as const;
const tooCostly = { status: 400, code: 'OPERATION_TOO_COSTLY' } as const;

const ofDocuments: readonly RequestCase[] = [
  { name: 'a document that is none', body: { query: '{' }, expected: parseFailed },
  { name: 'an empty document', body: { query: '' }, expected: badRequest },
  { name: '2,001 tokens', body: { query: `{ ${repeated('a ', 1999)} }` }, expected: parseFailed },
  { name: '100,000 levels of fields', body: { query: repeated('{ a ', 100_000) }, expected: parseFailed },
  {
    name: '100,000 levels of lists',
    body: { query: `{ errorCatalog(x: ${repeated('[', 100_000)}) }` },
    expected: parseFailed,
  },
  {
    name: '600 levels of fields',
    body: { query: nested('{ a ', '}', 600) },
    expected: { ...invalid },
  },
  {
    name: '400 levels of objects in an argument',
    body: { query: `{ tickets(filter: ${nested('{ a: ', '}', 400).replace('}', '1}')}) { nodes { id } } }` },
    expected: invalid,
  },
  {
    name: 'fragments that spread each other',
    body: {
      query: 'query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    },
    expected: invalid,
  },
  {
    name: 'fragments that double thirty times',
    body: {
      query: `{ ...F0 } ${Array.from({ length: 30 }, (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`).join(' ')} fragment F30 on Query { nothing }`,
    },
    expected: invalid,
  },
  {
    name: 'introspection that multiplies itself',
    body: {
      query: `{ __schema { types { ${nested('fields { type { ', '} }', 12).replace('type { }', 'type { name }')} } } }`,
    },
    expected: { ...invalid, maxBytes: 20_000 },
  },
  {
    name: '60 tickets by 60 names',
    body: {
      query: `{ ${Array.from({ length: 60 }, (_, at) => `t${at}: ticket(id: "tkt_${at}") { id }`).join(' ')} }`,
    },
    expected: tooCostly,
  },
  {
    name: 'a page of a million',
    body: { query: '{ tickets(first: 1000000) { nodes { id } } }' },
    expected: { status: 200, code: 'BAD_USER_INPUT' },
  },
  {
    name: 'a directive 200 times on one field',
    body: { query: `{ __typename ${repeated('@include(if: true) ', 200)} }` },
    expected: { ...invalid, maxBytes: 60_000 },
  },
  {
    name: 'a name of 900 kB, which must not come back',
    body: { query: `{ ${repeated('x', 900_000)} }` },
    expected: invalid,
  },
  { name: 'NUL in a document', body: { query: '{ \0 }' }, expected: parseFailed },
  { name: 'half of a character', body: { query: '{ \ud800 }' }, expected: parseFailed },
  {
    name: 'an operation that is not there',
    body: { query: 'query A { __typename }', operationName: 'B' },
    expected: { status: 400, code: 'OPERATION_RESOLUTION_FAILURE' },
  },
  {
    name: 'a mutation by GET',
    as: 'write',
    method: 'GET',
    body: { query: 'mutation { ticketDelete(input: { id: "tkt_1" }) { deletedId } }' },
    expected: { status: 405, code: 'INVALID_REQUEST' },
  },
  {
    name: 'a subscription where nothing can stream',
    only: 'HTTP',
    body: { query: 'subscription { ticketEvents { __typename } }' },
    expected: { status: 400, code: 'INVALID_REQUEST' },
  },
];

const ofBodies: readonly RequestCase[] = [
  { name: 'no JSON', body: '{"query":', expected: badRequest },
  {
    name: 'a hundred operations in a list',
    body: JSON.stringify(Array.from({ length: 100 }, () => ({ query: '{ __typename }' }))),
    expected: badRequest,
  },
  { name: '100,000 lists in a body', body: nested('[', ']', 100_000), expected: badRequest },
  {
    name: 'variables 5,000 levels deep',
    body: `{"query":"{ __typename }","variables":{"a":${nested('[', ']', 5000)}}}`,
    expected: badRequest,
  },
  {
    name: 'extensions 5,000 levels deep',
    body: `{"query":"{ __typename }","extensions":{"a":${nested('[', ']', 5000)}}}`,
    expected: badRequest,
  },
  {
    name: '__proto__ beside the query',
    body: '{"query":"{ __typename }","__proto__":{"admin":true}}',
    expected: badRequest,
  },
  {
    name: '__proto__ among the variables, which does nothing',
    body: '{"query":"{ __typename }","variables":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}}',
    expected: { status: 200, code: null, without: /admin/ },
  },
  {
    name: '__proto__ in an input',
    body: '{"query":"query ($f: TicketFilter) { tickets(filter: $f) { nodes { id } } }","variables":{"f":{"__proto__":{"status":["OPEN"]}}}}',
    expected: { status: 400, code: 'BAD_USER_INPUT' },
  },
  {
    name: 'an id that climbs out of its path',
    body: { query: '{ ticket(id: "../webhooks?x=#") { id } }' },
    expected: { status: 200, code: 'BAD_USER_INPUT' },
  },
  {
    name: 'a deadline that is none',
    body: { query: '{ __typename }', extensions: { deadlineMs: 1e300 } },
    expected: { status: 400, code: 'BAD_USER_INPUT' },
  },
];

export const documentCases: readonly RequestCase[] = [...ofDocuments, ...ofBodies];
