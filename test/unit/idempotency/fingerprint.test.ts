import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/idempotency/fingerprint.ts';

test('the order of members does not matter, nor do members that are absent', () => {
  const one = { subject: 'a', requester: { name: 'Ada', email: 'ada@example.com' }, tags: ['x', 'y'] };
  const other = {
    tags: ['x', 'y'],
    status: undefined,
    requester: { email: 'ada@example.com', name: 'Ada' },
    assigneeId: null,
    subject: 'a',
  };
  expect(fingerprintOf(one)).toBe(fingerprintOf(other));
  expect(fingerprintOf(Object.assign(Object.create(null), one))).toBe(fingerprintOf(one));
});

test.for([
  [{ a: 1 }, { a: '1' }],
  [{ a: 1 }, { b: 1 }],
  [{ a: ['x', 'y'] }, { a: ['y', 'x'] }],
  [{ a: [] }, {}],
  [{ a: [null] }, { a: [] }],
  [{ a: { b: 1 } }, { a: { b: 2 } }],
  [{ a: 'x","b":"y' }, { a: 'x', b: 'y' }],
  [{ a: true }, { a: 'true' }],
  [{ a: '' }, {}],
  [{ a: 'é' }, { a: 'e\u0301' }],
] as const)('different inputs differ: %j, %j', ([one, other]) => {
  expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
});

test('a value that went through JSON is the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(fingerprintOf(JSON.parse(JSON.stringify(value)))).toBe(fingerprintOf(value));
    }),
  );
});

test('it is short and holds nothing of the input', () => {
  expect(fingerprintOf({ email: 'ada@example.com' })).toMatch(/^[\w-]{43}$/);
});
