import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assess, manySpenders, soleSpender } from './scenarios.ts';
import { simulate } from './simulation.ts';

const MINUTES_EACH = 20;
const TIMEOUT_MS = 120_000;

describe('the budget, simulated', () => {
  test(
    'of a sole spender overdraws no window after the first turnover, and uses 98 % of each while demand lasts',
    { timeout: TIMEOUT_MS },
    () => {
      fc.assert(
        fc.property(soleSpender(MINUTES_EACH), (scenario) => {
          const { windows, overdrawn, underused, suspected } = assess(scenario);
          expect(windows.length).toBeGreaterThanOrEqual(MINUTES_EACH - 4);
          expect(overdrawn).toEqual([]);
          expect(underused).toEqual([]);
          expect(suspected).toBe(0);
        }),
        // The same schedules every time; `test/prove/limiter.ts` tries others.
        { numRuns: 2_000 / MINUTES_EACH, seed: 1 },
      );
    },
  );

  test('is silent after a refusal for as long as it was told to be', { timeout: TIMEOUT_MS }, () => {
    let refused = 0;
    fc.assert(
      fc.property(manySpenders(5), (scenario) => {
        const outcome = simulate(scenario);
        refused += outcome.refused;
        expect(outcome.sentDespiteRefusal).toBe(0);
      }),
      { numRuns: 40, seed: 1 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test(
    'lets others who spend the key cost one refusal for each window, not a salvo',
    { timeout: TIMEOUT_MS },
    () => {
      const { windows, refused, suspected } = simulate({
        seed: 7,
        minutes: 60,
        limit: 400,
        windows: 'BY_CLOCK',
        rounding: 'UP',
        headersOf: 'COUNTING',
        skewMs: -17_000,
        date: true,
        tripMs: 100,
        slowPart: 0,
        slowMs: 0,
        slowWay: 'BACK',
        barePart: 0,
        lostPart: 0,
        limitChanges: false,
        refusedCount: true,
        mutationPart: 0,
        foreignPerMinute: 120,
        spentBefore: 0,
        demand: 1_000,
      });
      expect(windows.length).toBeGreaterThanOrEqual(59);
      expect(suspected).toBeGreaterThan(0);
      expect(refused).toBeLessThan(windows.length / 3);
    },
  );
});
