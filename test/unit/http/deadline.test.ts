import { expect, test } from 'vitest';
import { readDeadline } from '../../../src/http/deadline.ts';

test.for([
  ['nobody', null, undefined, null],
  ['the header', '2500', undefined, 2500],
  ['the header, with blanks around', ' 1 ', {}, 1],
  ['the extensions', null, { deadlineMs: 60_000 }, 60_000],
  ['the extensions with null', null, { deadlineMs: null }, null],
  ['both: the header is shorter', '100', { deadlineMs: 200 }, 100],
  ['both: the extensions are shorter', '200', { deadlineMs: 100 }, 100],
  ['other extensions', null, { persistedQuery: {} }, null],
] as const)('a deadline is said by %s', ([, header, extensions, expected]) => {
  expect(readDeadline(header, extensions)).toBe(expected);
});

test.for(['', '0', '-1', '1.5', '1e3', '0x10', '60001', '99999999999999999999', '5s', '1, 2', 'NaN'])(
  'the header may not say %j',
  (header) => {
    expect(readDeadline(header, { deadlineMs: 1 })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'X-Deadline-Ms must be a whole number of milliseconds from 1 to 60000. Nothing was sent.',
      fields: [{ path: null, code: 'INVALID', sourceKey: 'X-Deadline-Ms' }],
    });
  },
);

test.for([0, -1, 1.5, 60_001, Infinity, Number.NaN, '1000', true, {}, []])(
  'extensions may not say %j',
  (deadlineMs) => {
    expect(readDeadline('1', { deadlineMs })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^extensions\.deadlineMs must be/),
    });
  },
);
