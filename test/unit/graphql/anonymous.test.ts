import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { needsCaller } from '../../../src/graphql/anonymous.ts';
import { schema } from '../../../src/graphql/schema.ts';

test.each([
  '{ __schema { queryType { name } } }',
  '{ __type(name: "Ticket") { name } __typename }',
  '{ backend { kind } errorCatalog { code } }',
  'query A { backend { kind } ...F } fragment F on Query { errorCatalog { code } ... { __typename } }',
])('nobody need say who they are for %s', (document) => {
  expect(needsCaller(schema, parse(document))).toBe(false);
});

test.each([
  '{ tickets { nodes { id } } }',
  '{ rateLimit { limit } }',
  '{ backend { kind } nobody: ticket(id: "tkt_1") { id } }',
  'query { ...F } fragment F on Query { ...G } fragment G on Query { ... @skip(if: true) { node(id: "x") { id } } }',
  'mutation { ticketDelete(input: { id: "tkt_1" }) { deletedId } }',
  'subscription { ticketEvents { cursor } }',
  '{ ...Missing }',
  '{ nonsense }',
  'fragment F on Query { backend { kind } }',
])('a caller is needed for %s', (document) => {
  expect(needsCaller(schema, parse(document))).toBe(true);
});

test('of several operations the named one counts', () => {
  const document = parse('query A { backend { kind } } query B { tickets { nodes { id } } }');
  expect(needsCaller(schema, document, 'A')).toBe(false);
  expect(needsCaller(schema, document, 'B')).toBe(true);
  expect(needsCaller(schema, document, 'C')).toBe(true);
  expect(needsCaller(schema, document)).toBe(true);
});

test('fragments that spread each other are walked once', () => {
  const levels = Array.from(
    { length: 60 },
    (_, level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`,
  );
  const document = parse(`{ ...F0 } ${levels.join(' ')} fragment F60 on Query { backend { kind } ...F0 }`);
  expect(needsCaller(schema, document)).toBe(false);
});
