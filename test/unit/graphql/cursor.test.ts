import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cursorIndexes,
  decodeCursor,
  decodeMergedCursor,
  digestsOf,
  encodeCursor,
  encodeMergedCursor,
  isTied,
  listDigest,
  rowDigest,
  type Anchor,
  type MergedAnchor,
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

const mergedAnchors: fc.Arbitrary<MergedAnchor> = fc
  .record({
    places: fc.array(
      fc.record({ page: fc.option(fc.string({ minLength: 1 })), index: fc.integer({ min: -1, max: 100 }) }),
      { minLength: 2, maxLength: 6 },
    ),
    lane: fc.nat(5),
    anchor: anchors,
    seen: fc.array(fc.string(), { maxLength: 100 }).map((ids) => ids.map(rowDigest).join('')),
  })
  .map(({ places, lane, anchor: { id, key, tied }, seen }) => ({
    places,
    lane: lane % places.length,
    id,
    key,
    tied,
    seen,
  }));

test('a cursor of several lists gives back what was put into it, and how far each was used up', () => {
  fc.assert(
    fc.property(mergedAnchors, (anchor) => {
      const cursor = encodeMergedCursor(list, anchor);
      expect(decodeMergedCursor(list, anchor.places.length, cursor)).toEqual(anchor);
      expect(cursorIndexes(cursor)).toEqual(anchor.places.map(({ index }) => index));
      expect(digestsOf(anchor.seen).join('')).toBe(anchor.seen);
    }),
  );
});

test('a cursor of one list is none of several, nor of another number of them, nor the other way round', () => {
  const single = record();
  const merged = encodeMergedCursor(list, {
    places: [
      { page: null, index: 0 },
      { page: 'p', index: -1 },
    ],
    lane: 1,
    id: 'tkt_1',
    key: [7],
    tied: '',
    seen: '',
  });
  expect(decodeMergedCursor(list, 2, merged)).toMatchObject({ lane: 1 });
  const invalid = expect.objectContaining({ code: 'CURSOR_INVALID' });
  expect(() => decodeMergedCursor(list, 2, single)).toThrow(invalid);
  expect(() => decodeCursor(list, merged)).toThrow(invalid);
  expect(() => decodeMergedCursor(list, 3, merged)).toThrow(invalid);
  const other = listDigest(['webhooks']);
  expect(() => decodeMergedCursor(other, 2, merged)).toThrow(
    expect.objectContaining({ code: 'CURSOR_MISMATCH' }),
  );
});

const mergedRecord = (change: (parts: unknown[]) => unknown): string =>
  Buffer.from(
    JSON.stringify(
      change([
        2,
        list,
        [
          [null, 0],
          ['p', -1],
        ],
        0,
        'tkt_1',
        [7],
        '',
        '',
      ]),
    ),
  ).toString('base64url');

test.for<[string, (parts: unknown[]) => unknown]>([
  ['of a list that is not there', (parts) => parts.with(3, 2)],
  ['of one list only', (parts) => parts.with(2, [[null, 0]])],
  [
    'of seven lists',
    (parts) =>
      parts.with(
        2,
        Array.from({ length: 7 }, () => [null, 0]),
      ),
  ],
  ['that remembers more rows than a hundred', (parts) => parts.with(7, 'abcdefgh'.repeat(101))],
  [
    'with a page that no backend names',
    (parts) =>
      parts.with(2, [
        ['x'.repeat(3001), 0],
        [null, 0],
      ]),
  ],
])('a cursor %s is CURSOR_INVALID', ([, change]) => {
  expect(
    decodeMergedCursor(
      list,
      2,
      mergedRecord((parts) => parts),
    ),
  ).toMatchObject({ id: 'tkt_1' });
  expect(() => decodeMergedCursor(list, 2, mergedRecord(change))).toThrow(
    expect.objectContaining({ code: 'CURSOR_INVALID' }),
  );
});
