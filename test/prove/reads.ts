/**
 * Proves by simulation what `src/reads/reads.ts` promises, on more interleavings of reads, writes, webhooks and outages
 * than the test suite has time for. Prints the figures, and ends with status 1 where a promise is broken, naming the
 * scenario.
 *
 *     node test/prove/reads.ts [interleavings, 10000] [seed]
 */
import fc from 'fast-check';
import { scenario, Simulation } from '../unit/reads/simulation.ts';

const runs = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const totals = { reads: 0, requests: 0, hits: 0, shared: 0, stale: 0, encoded: 0, broken: 0 };
const started = performance.now();

for (const run of fc.sample(scenario, { numRuns: runs, seed })) {
  const { faults, ...figures } = await new Simulation(run).run();
  totals.reads += figures.reads;
  totals.requests += figures.requests;
  totals.hits += figures.hits;
  totals.shared += figures.shared;
  totals.stale += figures.stale;
  totals.encoded += figures.encoded;
  if (faults.length === 0) continue;
  totals.broken += 1;
  if (totals.broken <= 5) console.error('broken by', JSON.stringify(run), faults);
}

console.log(`interleavings                    ${runs} (seed ${seed})`);
console.log(`reads                            ${totals.reads}`);
console.log(`REST requests, writes included   ${totals.requests}`);
console.log(`answered from the store          ${totals.hits}`);
console.log(`by a request that was shared     ${totals.shared}`);
console.log(`with the last known answer       ${totals.stale}`);
console.log(`by an answer that went out        ${totals.encoded}`);
console.log(`broken promises                  ${totals.broken}`);
console.log(`took ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exitCode = totals.broken > 0 ? 1 : 0;
