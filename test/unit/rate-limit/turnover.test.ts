import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ignorance, turnoverOf, withDate, withTurnover } from '../../../src/rate-limit/turnover.ts';

const RESET = 1_700_000_060_000;

describe('the moment of a turnover', () => {
  test('is unknown before any answer', () => {
    expect(turnoverOf(ignorance, RESET)).toBeNull();
  });

  test('is known to the grain of Reset and Date after one answer', () => {
    const knowledge = withDate(ignorance, RESET - 30_100, RESET - 30_000, RESET - 50_000);
    // The backend is 20 s behind, give or take a second of Date, a second of Reset and the round trip.
    expect(turnoverOf(knowledge, RESET)).toEqual({
      from: RESET + 19_000 - 1_100,
      to: RESET + 20_000 + 1_000,
    });
  });

  test('always lies between the bounds, whatever the clocks and the rounding', () => {
    const trips = fc.array(fc.record({ there: fc.nat(3_000), back: fc.nat(3_000), at: fc.nat(59_000) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(
        trips,
        fc.integer({ min: -30_000, max: 30_000 }),
        fc.constantFrom(Math.ceil, Math.floor, Math.round),
        fc.nat(999),
        (calls, skew, round, phase) => {
          const resetsAt = RESET + phase;
          const announced = round((resetsAt + skew) / 1000) * 1000;
          let knowledge = ignorance;
          for (const { there, back, at } of calls) {
            const answeredAt = resetsAt - 60_000 + at;
            const date = Math.floor((answeredAt + skew) / 1000) * 1000;
            knowledge = withDate(knowledge, answeredAt - there, answeredAt + back, date);
          }
          const turnover = turnoverOf(knowledge, announced);
          expect(turnover?.from).toBeLessThanOrEqual(resetsAt);
          expect(turnover?.to).toBeGreaterThanOrEqual(resetsAt);
        },
      ),
    );
  });

  test('is learned without Date from a turnover that was seen', () => {
    const knowledge = withTurnover(ignorance, RESET, RESET + 12_000, RESET + 12_300);
    expect(turnoverOf(knowledge, RESET + 60_000)).toEqual({ from: RESET + 71_000, to: RESET + 73_300 });
  });

  test('gets narrower with each turnover seen', () => {
    const once = withTurnover(ignorance, RESET, RESET + 12_000, RESET + 12_900);
    const twice = withTurnover(once, RESET + 60_000, RESET + 71_800, RESET + 72_100);
    expect(turnoverOf(twice, RESET + 120_000)).toEqual({ from: RESET + 131_000, to: RESET + 133_100 });
  });

  test('is what was seen where Date contradicts it', () => {
    const dated = withDate(ignorance, RESET - 100, RESET, RESET + 25_000);
    const knowledge = withTurnover(dated, RESET, RESET + 3_000, RESET + 3_200);
    expect(turnoverOf(knowledge, RESET)).toEqual({ from: RESET + 2_000, to: RESET + 4_200 });
  });

  test('is learned anew when a clock was set', () => {
    const before = withDate(ignorance, RESET - 40_100, RESET - 40_000, RESET - 40_000);
    const after = withDate(before, RESET - 30_100, RESET - 30_000, RESET - 25_000);
    expect(turnoverOf(after, RESET)).toEqual({ from: RESET - 5_000 - 2_100, to: RESET - 5_000 + 1_000 });
  });
});
