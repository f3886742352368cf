import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scenario, Simulation } from './simulation.ts';

test('once an event or a write is accepted, no later read shows anything older, however all of it interleaves', async () => {
  const totals = { reads: 0, hits: 0, shared: 0, encoded: 0 };
  const property = fc.asyncProperty(scenario, async (run) => {
    const { faults, ...figures } = await new Simulation(run).run();
    expect(faults).toEqual([]);
    totals.reads += figures.reads;
    totals.hits += figures.hits;
    totals.shared += figures.shared;
    totals.encoded += figures.encoded;
  });
  await fc.assert(property, { numRuns: 2_000 });
  // It would hold of a store that never serves anything, too.
  expect(totals.hits).toBeGreaterThan(totals.reads / 10);
  expect(totals.shared).toBeGreaterThan(1_000);
  expect(totals.encoded).toBeGreaterThan(200);
}, 60_000);
