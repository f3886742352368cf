import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import type { RequestCase } from '../case.ts';
import { trustedId } from '../target.ts';

/*
 * What settings refuse of documents: the strict gateway's limits, and the list of the one that runs trusted documents. To
 * add a setting, add what it must refuse and the most that it lets through.
 */

const at = 'strict';
const invalid = { status: 400, code: 'GRAPHQL_VALIDATION_FAILED' } as const;
const served = { status: 200, code: null } as const;
const tooCostly = { status: 400, code: 'OPERATION_TOO_COSTLY' } as const;
const notListed = { status: 400, code: 'PERSISTED_QUERY_NOT_IN_LIST' } as const;

const ofSize: readonly RequestCase[] = [
  {
    name: 'as deep as MAX_DEPTH lets',
    at,
    body: { query: '{ tickets(first: 1) { edges { node { localId } } } }' },
    expected: served,
  },
  {
    name: 'deeper than MAX_DEPTH',
    at,
    body: { query: '{ tickets(first: 1) { edges { node { requester { name } } } } }' },
    expected: { ...invalid, limit: 'DEPTH' },
  },
  {
    name: 'deeper than MAX_DEPTH, by fragments',
    at,
    body: {
      query:
        'query { ...A } fragment A on Query { tickets(first: 1) { ...B } } fragment B on QueryTicketsConnection { edges { node { requester { name } } } }',
    },
    expected: { ...invalid, limit: 'DEPTH' },
  },
  {
    name: 'deeper than MAX_DEPTH, in an operation that is not the one to run',
    at,
    body: {
      query: 'query A { __typename } query B { tickets(first: 1) { edges { node { requester { name } } } } }',
      operationName: 'A',
    },
    expected: { ...invalid, limit: 'DEPTH' },
  },
  {
    name: 'deeper than MAX_DEPTH, skipped',
    at,
    body: {
      query: '{ tickets(first: 1) @skip(if: true) { edges { node { requester { name } } } } }',
    },
    expected: { ...invalid, limit: 'DEPTH' },
  },
  {
    name: 'as many aliases as MAX_ALIASES',
    at,
    body: { query: '{ a: __typename b: __typename c: __typename }' },
    expected: served,
  },
  {
    name: 'more aliases than MAX_ALIASES',
    at,
    body: { query: '{ errorCatalog { a: code b: code c: code d: code } }' },
    expected: { ...invalid, limit: 'ALIASES' },
  },
  {
    name: 'more aliases than MAX_ALIASES, by a fragment that is spread twice',
    at,
    body: {
      query:
        'query { errorCatalog { ...F ...G } } fragment F on ErrorCode { a: code ...G } fragment G on ErrorCode { b: code c: code }',
    },
    expected: { ...invalid, limit: 'ALIASES' },
  },
  {
    name: 'more fields of the first level than MAX_ROOT_FIELDS',
    at,
    body: {
      query:
        '{ errorCatalog { code } __typename ticketFields(first: 1) { nodes { id } } rateLimit { limit } }',
    },
    expected: { ...invalid, limit: 'ROOT_FIELDS' },
  },
  {
    name: 'more fields of the first level than MAX_ROOT_FIELDS, in an inline fragment',
    at,
    body: { query: '{ ... on Query { ... { a: __typename b: __typename c: __typename __typename } } }' },
    expected: { ...invalid, limit: 'ROOT_FIELDS' },
  },
  {
    name: 'more directives than MAX_DIRECTIVES',
    at,
    body: {
      query:
        '{ errorCatalog { code @include(if: true) retryable @skip(if: true) category @include(if: true) } }',
    },
    expected: { ...invalid, limit: 'DIRECTIVES' },
  },
  {
    name: 'more fields to resolve than MAX_RESOLVED_FIELDS',
    at,
    body: { query: '{ tickets(first: 100) { edges { node { id localId subject status createdAt } } } }' },
    expected: tooCostly,
  },
  {
    name: 'more fields to resolve than MAX_RESOLVED_FIELDS, by a variable',
    at,
    body: {
      query:
        'query ($n: Int) { tickets(first: $n) { edges { node { id localId subject status createdAt } } } }',
      variables: { n: 100 },
    },
    expected: tooCostly,
  },
  {
    name: 'more requests than MAX_REST_CALLS_PER_OPERATION',
    at,
    body: {
      query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      variables: {
        ids: Array.from({ length: 20 }, (_, place) => encodeNodeId('HELPDESK', 'Ticket', `tkt_${place}`)),
      },
    },
    expected: tooCostly,
  },
];

const ofTheSchema: readonly RequestCase[] = [
  {
    name: 'the schema where INTROSPECTION=false',
    at,
    body: { query: '{ __schema { types { name } } }' },
    expected: { ...invalid, without: /TicketConnection|Webhook/ },
  },
  {
    name: 'a type where INTROSPECTION=false, by a fragment and another name',
    at,
    body: { query: 'query { ...F } fragment F on Query { t: __type(name: "Webhook") { fields { name } } }' },
    expected: { ...invalid, without: /targetUrl/ },
  },
  {
    name: 'a field that is nearly right where FIELD_SUGGESTIONS=false',
    at,
    body: { query: '{ webhoks { nodes { id } } }' },
    expected: { ...invalid, without: /Did you mean|webhooks/ },
  },
  {
    name: 'an argument that is nearly right where FIELD_SUGGESTIONS=false',
    at,
    body: { query: '{ tickets(frist: 1) { nodes { id } } }' },
    expected: { ...invalid, without: /Did you mean|"first"/ },
  },
  {
    name: 'a member of a variable that is nearly right where FIELD_SUGGESTIONS=false',
    at,
    body: {
      query: 'query ($f: TicketFilter) { tickets(first: 1, filter: $f) { nodes { id } } }',
      variables: { f: { statusIm: ['OPEN'] } },
    },
    expected: { status: 400, code: 'BAD_USER_INPUT', without: /Did you mean|statusIn/ },
  },
];

const ofTheList: readonly RequestCase[] = [
  {
    name: 'a document of the list, by its id',
    at: 'listed',
    body: { documentId: trustedId('TicketsPage'), variables: { first: 1 } },
    expected: served,
  },
  {
    name: 'a document where TRUSTED_DOCUMENTS=only',
    at: 'listed',
    body: { query: '{ __typename }' },
    expected: notListed,
  },
  {
    name: 'the schema where TRUSTED_DOCUMENTS=only',
    at: 'listed',
    body: { query: '{ __schema { types { name } } }' },
    expected: { ...notListed, without: /Webhook/ },
  },
  {
    name: 'a document with the hash of itself, as clients send it that register theirs',
    at: 'listed',
    body: {
      query: '{ __typename }',
      extensions: {
        persistedQuery: {
          version: 1,
          sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38',
        },
      },
    },
    expected: notListed,
  },
  {
    name: 'a document of the list, with a text of one’s own beside its id',
    at: 'listed',
    body: {
      documentId: trustedId('TicketsPage'),
      query: '{ webhooks(first: 1) { nodes { targetUrl } } }',
      variables: { first: 1 },
    },
    expected: { ...served, without: /targetUrl|webhooks/ },
  },
  ...['__proto__', 'constructor', 'toString', ''].map((documentId): RequestCase => ({
    name: `the id "${documentId}"`,
    at: 'listed',
    body: { documentId },
    expected: notListed,
  })),
];

export const limitCases: readonly RequestCase[] = [...ofSize, ...ofTheSchema, ...ofTheList];
