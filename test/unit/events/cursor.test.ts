import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../src/events/log/cursor.ts';

const cursors = fc.record({
  epoch: fc.stringMatching(/^[\w-]{1,32}$/),
  position: fc.maxSafeNat(),
  digest: fc.stringMatching(/^[\w-]{8}$/),
});

test('a cursor says what was put into it, in characters that are safe in a header line', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      const text = encodeCursor(cursor);
      expect(text).toMatch(/^[\w-]+$/);
      expect(decodeCursor(text)).toEqual(cursor);
    }),
  );
});

test('nothing but a text that was given out is read', () => {
  const meddled = fc.tuple(cursors, fc.nat(), fc.string()).map(([cursor, at, insert]) => {
    const text = encodeCursor(cursor);
    const place = at % (text.length + 1);
    return text.slice(0, place) + insert + text.slice(place);
  });
  fc.assert(
    fc.property(fc.oneof(meddled, fc.string({ maxLength: 400 })), (text) => {
      const read = decodeCursor(text);
      expect(read === null ? text : encodeCursor(read)).toBe(text);
    }),
  );
});

test('positions that no log has are not read', () => {
  const text = (position: string) => Buffer.from(`1:e:${position}:AAAAAAAA`).toString('base64url');
  expect(decodeCursor(text('7'))).toEqual({ epoch: 'e', position: 7, digest: 'AAAAAAAA' });
  for (const position of ['-1', '01', '1e3', '1.5', '', '9007199254740992', '９']) {
    expect(decodeCursor(text(position))).toBeNull();
  }
});
