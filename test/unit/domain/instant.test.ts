import { expect, test } from 'vitest';
import { compareInstants, sameInstant } from '../../../src/domain/instant.ts';

test.for([
  ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00Z'],
  ['2026-11-20T08:00:00Z', '2026-11-20T09:00:00+01:00'],
  ['2026-11-20T08:00:00Z', '2026-11-19T22:30:00-09:30'],
  ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00.000Z'],
  ['2026-11-20T08:00:00.120Z', '2026-11-20T09:00:00.12+0100'],
  ['2026-11-20T08:00:00.123456Z', '2026-11-20T08:00:00.123456000+00:00'],
  ['2026-11-20T08:00:00z', '2026-11-20T08:00:00Z'],
  ['not a time', 'not a time'],
] as const)('%s is %s', ([one, other]) => {
  expect(sameInstant(one, other)).toBe(true);
  expect(sameInstant(other, one)).toBe(true);
});

test.for([
  ['2026-11-20T08:00:00Z', '2026-11-20T08:00:01Z'],
  ['2026-11-20T08:00:00.001Z', '2026-11-20T08:00:00Z'],
  ['2026-11-20T08:00:00.123456Z', '2026-11-20T08:00:00.123457Z'],
  ['2026-11-20T08:00:00.123456Z', '2026-11-20T08:00:00.123Z'],
  ['2026-11-20T08:00:00+01:00', '2026-11-20T08:00:00Z'],
  ['not a time', 'nor this'],
  ['2026-11-20T08:00:00Z', 'not a time'],
  ['2026-11-20T08:00:00', '2026-11-20T08:00:00Z'],
] as const)('%s is not %s', ([one, other]) => {
  expect(sameInstant(one, other)).toBe(false);
  expect(sameInstant(other, one)).toBe(false);
});

test('times are sorted to the last digit, whatever their offsets', () => {
  const sorted = [
    '2026-11-20T09:59:59.999999+02:00',
    '2026-11-20T08:00:00Z',
    '2026-11-20T08:00:00.0005Z',
    '2026-11-20T07:00:00.00051-01:00',
    '2026-11-20T08:00:00.1Z',
    '2026-11-20T08:00:00.12Z',
    '2026-11-20T09:00:00Z',
  ];
  for (const [at, one] of sorted.entries()) {
    for (const [place, other] of sorted.entries()) {
      expect(Math.sign(compareInstants(one, other) ?? Number.NaN)).toBe(Math.sign(at - place));
    }
  }
  expect(compareInstants('2026-11-20T08:00:00Z', 'soon')).toBeNull();
});
