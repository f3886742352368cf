import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { openingVariable, sharingKey } from '../../../src/http/sockets/fan-out-key.ts';

const variableIn = (query: string, operationName: string | null = null) =>
  openingVariable(parse(query), operationName);

test.for([
  ['used to begin and nowhere else', 'subscription ($a: String) { ticketEvents(after: $a) { cursor } }', 'a'],
  ['of another argument', 'subscription ($a: String) { ticketEvents(filter: $a) { cursor } }', null],
  ['absent', 'subscription { ticketEvents { cursor } }', null],
  ['a literal', 'subscription { ticketEvents(after: "x") { cursor } }', null],
  [
    'used again below',
    'subscription ($a: String) { ticketEvents(after: $a) { cursor @include(if: $a) } }',
    null,
  ],
  [
    'used again in a fragment',
    'subscription ($a: String) { ticketEvents(after: $a) { ...f } } fragment f on E { x(after: $a) }',
    null,
  ],
  [
    'behind a fragment',
    'subscription ($a: String) { ...f } fragment f on Subscription { ticketEvents(after: $a) { cursor } }',
    null,
  ],
  [
    'used again beside',
    'subscription ($a: String) { ticketEvents(after: $a) { cursor } b: ticketEvents(after: $a) { cursor } }',
    null,
  ],
] as const)('a variable that only says where to begin does not count: %s', ([, query, expected]) => {
  expect(variableIn(query)).toBe(expected);
});

test('each operation of a document has its own', () => {
  const query =
    'subscription A ($a: String) { ticketEvents(after: $a) { cursor } } subscription B ($b: String) { ticketEvents(after: $b) { cursor } }';
  const document = parse(query);
  expect(openingVariable(document, 'A')).toBe('a');
  expect(openingVariable(document, 'B')).toBe('b');
});

const query = 'subscription ($a: String, $f: F) { ticketEvents(after: $a, filter: $f) { cursor } }';
const keyOf = (
  variables: Record<string, unknown>,
  { scope = 'one', deadlineMs = null }: { scope?: string; deadlineMs?: number | null } = {},
) =>
  sharingKey(
    { scope, level: null },
    deadlineMs,
    { query, variables },
    { document: parse(query), operationName: null },
  );

test('subscriptions are the same whatever they resumed from, and only then', () => {
  const same = keyOf({ f: { x: 1 } });
  expect(keyOf({ a: 'c1', f: { x: 1 } })).toBe(same);
  expect(keyOf({ f: { x: 1 }, a: null })).toBe(same);
  expect(keyOf({ f: { x: 2 } })).not.toBe(same);
  expect(keyOf({ f: { x: 1 }, other: 1 })).not.toBe(same);
  expect(keyOf({ f: { x: 1 } }, { scope: 'two' })).not.toBe(same);
  expect(keyOf({ f: { x: 1 } }, { deadlineMs: 5 })).not.toBe(same);
});
