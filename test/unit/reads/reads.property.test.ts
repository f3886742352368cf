import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scenario, Simulation } from './simulation.ts';

test('once an event or a write is accepted, no later read shows anything older, however all of it interleaves', async () => {
  const totals = { reads: 0, hits: 0, shared: 0 };
  const property = fc.asyncProperty(scenario, async (run) => {
    const { faults, ...figures } = await new Simulation(run).run();
    expect(faults).toEqual([]);
    totals.reads += figures.reads;
    totals.hits += figures.hits;
    totals.shared += figures.shared;
  });
  await fc.assert(property, { numRuns: 2_000 });
  // It would hold of a store that never serves anything, too.
  expect(totals.hits).toBeGreaterThan(totals.reads / 10);
  expect(totals.shared).toBeGreaterThan(1_000);
}, 60_000);
