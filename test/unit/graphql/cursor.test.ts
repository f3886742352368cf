import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeCursor,
  encodeCursor,
  isTied,
  listDigest,
  rowDigest,
  type Anchor,
} from '../../../src/graphql/cursor.ts';

const list = listDigest(['tickets', 'HELPDESK', 'ws_1']);
const anchors: fc.Arbitrary<Anchor> = fc.record({
  page: fc.option(fc.string({ minLength: 1 })),
  index: fc.integer({ min: -1, max: 100 }),
  id: fc.string({ minLength: 1 }),
  key: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 2 }),
  tied: fc.array(fc.string(), { maxLength: 100 }).map((ids) => ids.map(rowDigest).join('')),
});

test('a cursor gives back what was put into it', () => {
  fc.assert(
    fc.property(anchors, (anchor) => {
      const cursor = encodeCursor(list, anchor);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(decodeCursor(list, cursor)).toEqual(anchor);
    }),
  );
});

test('a cursor after a hundred rows of one time is still short', () => {
  const tied = Array.from({ length: 99 }, (_, index) => rowDigest(`tkt_${index}`)).join('');
  const page = 'c'.repeat(200);
  const cursor = encodeCursor(list, { page, index: 99, id: 'tkt_99', key: [Date.now()], tied });
  expect(cursor.length).toBeLessThan(1500);
  expect(isTied(tied, 'tkt_57')).toBe(true);
  expect(isTied(tied, 'tkt_100')).toBe(false);
});

const record = (...changes: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([1, list, null, 0, 'tkt_1', [7], '', ...changes])).toString('base64url');

test.each([
  ['nothing', ''],
  ['JSON of another shape', Buffer.from('{"page":null}').toString('base64url')],
  ['one member too many', record('x')],
  ['another version', Buffer.from(JSON.stringify([2, list, null, 0, 'a', [], ''])).toString('base64url')],
  ['padding', `${record()}=`],
  ['a line break', `${record()}\n`],
  ['plain base64', Buffer.from('[1,"??>"]').toString('base64')],
  ['a megabyte', 'A'.repeat(1_000_000)],
  ['deep nesting', Buffer.from('['.repeat(5000)).toString('base64url')],
])('%s is no cursor', (_what, cursor) => {
  expect(() => decodeCursor(list, cursor)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
});

test('the same record, untouched, is one', () => {
  expect(decodeCursor(list, record())).toMatchObject({ id: 'tkt_1' });
});

test('any text is a cursor or CURSOR_INVALID or CURSOR_MISMATCH', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(() => decodeCursor(list, text)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^CURSOR_(INVALID|MISMATCH)$/) }),
      );
    }),
    { numRuns: 2000 },
  );
});
