import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SharedScenario, type SharedWindow, simulateShared } from './shared-simulation.ts';

const anything = fc.record({
  seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
  limit: fc.constantFrom(400, 150),
  processes: fc.integer({ min: 2, max: 4 }),
  windows: fc.constantFrom('BY_CLOCK', 'BY_FIRST_CALL'),
  skewMs: fc.integer({ min: -30_000, max: 30_000 }),
  apartMs: fc.constantFrom(0, 20_000),
  tripMs: fc.constantFrom(5, 50, 300),
  storeMs: fc.constantFrom(0, 2, 30),
});

const steady: fc.Arbitrary<SharedScenario> = anything.map((scenario) => ({
  ...scenario,
  minutes: 4,
  demand: scenario.limit,
  outage: null,
}));

const troubled: fc.Arbitrary<SharedScenario> = fc
  .record({
    scenario: anything,
    from: fc.double({ min: 1.5, max: 2.5, noNaN: true }),
    minutes: fc.constantFrom(0.005, 0.1, 0.5),
    empties: fc.boolean(),
  })
  .map(({ scenario, from, minutes, empties }) => ({
    ...scenario,
    minutes: 5,
    demand: scenario.limit,
    outage: { from, until: from + minutes, empties },
  }));

const refusedIn = (windows: readonly SharedWindow[]) =>
  windows.flatMap(({ refused }, index) => (refused > 0 ? [{ index, refused }] : []));

describe('a budget that several processes share', { timeout: 60_000 }, () => {
  test('is never overdrawn while all reach the store, and is used to 98 %', async () => {
    await fc.assert(
      fc.asyncProperty(steady, async (scenario) => {
        const { windows } = await simulateShared(scenario);
        expect(refusedIn(windows)).toEqual([]);
        for (const { used } of windows.slice(1, -1)) {
          expect(used).toBeGreaterThanOrEqual(Math.floor(scenario.limit * 0.98));
        }
      }),
      { numRuns: 4, seed: 1 },
    );
  });

  test('is not overdrawn either when all lose the store and it comes back, with or without what it held', async () => {
    await fc.assert(
      fc.asyncProperty(troubled, async (scenario) => {
        const { windows } = await simulateShared(scenario);
        expect(refusedIn(windows)).toEqual([]);
        const last = windows.at(-2);
        expect(last?.used).toBeGreaterThanOrEqual(Math.floor(scenario.limit * 0.98));
      }),
      { numRuns: 4, seed: 1 },
    );
  });

  test.for(['BY_CLOCK', 'BY_FIRST_CALL'] as const)(
    'is spent in equal shares for as long as nobody reaches the store, by windows %s',
    async (kind) => {
      const { windows, start } = await simulateShared({
        seed: 5,
        minutes: 6,
        limit: 150,
        processes: 3,
        windows: kind,
        skewMs: 7_000,
        apartMs: 10_000,
        tripMs: 50,
        storeMs: 2,
        demand: 150,
        outage: { from: 1.2, until: 5.5, empties: true },
      });
      expect(refusedIn(windows)).toEqual([]);
      const alone = windows.filter(
        ({ startedAt }) => startedAt > start + 2.2 * 60_000 && startedAt < start + 4.5 * 60_000,
      );
      expect(alone.length).toBeGreaterThan(0);
      for (const { by } of alone) {
        for (const spent of by) {
          expect(spent).toBeLessThanOrEqual(50);
          expect(spent).toBeGreaterThan(40);
        }
      }
    },
  );

  test('costs refusals at most while one process is cut off for long, which are counted; then none', async () => {
    const { windows, registries } = await simulateShared({
      seed: 3,
      minutes: 9,
      limit: 150,
      processes: 3,
      windows: 'BY_CLOCK',
      skewMs: 0,
      apartMs: 0,
      tripMs: 50,
      storeMs: 2,
      demand: 150,
      outage: { from: 1.5, until: 5.5, empties: false, cutsOff: 0 },
    });
    const refused = refusedIn(windows);
    // For two minutes the others leave it its share.
    for (const { index } of refused) expect([4, 5, 6]).toContain(index);
    const counted = registries.map((registry) => registry.report('key')?.refusedByBackend ?? 0);
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(
      refused.reduce((sum, { refused: count }) => sum + count, 0),
    );
    expect(windows.at(-2)?.used).toBeGreaterThanOrEqual(Math.floor(150 * 0.98));
  });
});
