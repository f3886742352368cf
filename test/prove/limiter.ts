/**
 * Proves by simulation what `src/rate-limit/window.ts` promises, on far more schedules than the test suite has time
 * for, and prints the figures. Ends with status 1 where a promise is broken, naming the scenario.
 *
 *     node test/prove/limiter.ts [simulated minutes, 100000] [seed]
 */
import fc from 'fast-check';
import { assess, soleSpender } from '../unit/rate-limit/scenarios.ts';

const MINUTES_EACH = 25;
const minutes = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);

const totals = {
  windows: 0,
  overdrawn: 0,
  underused: 0,
  calls: 0,
  refusedBefore: 0,
  suspected: 0,
  usedParts: 0,
};
/** By whole calls, 98 % of a small limit is less than 98 %; of 400 it is 392. */
const least = { ofAny: 1, of400: 1 };
let longestStretchMs = 0;
const started = performance.now();

for (const scenario of fc.sample(soleSpender(MINUTES_EACH), {
  numRuns: Math.ceil(minutes / MINUTES_EACH),
  seed,
})) {
  const outcome = assess(scenario);
  totals.windows += outcome.windows.length;
  totals.overdrawn += outcome.overdrawn.length;
  totals.underused += outcome.underused.length;
  totals.calls += outcome.sent;
  totals.suspected += outcome.suspected;
  totals.refusedBefore += outcome.refusedBefore;
  totals.usedParts += outcome.windows.reduce((sum, { used, limit }) => sum + used / limit, 0);
  if (scenario.slowWay === 'BACK') least.ofAny = Math.min(least.ofAny, outcome.leastUsedPart);
  if (scenario.limit === 400 && scenario.slowWay === 'BACK' && !scenario.limitChanges) {
    least.of400 = Math.min(least.of400, outcome.leastUsedPart);
    longestStretchMs = Math.max(longestStretchMs, outcome.longestStretchMs);
  }
  if (outcome.overdrawn.length + outcome.underused.length + outcome.suspected > 0) {
    console.error('broken by', JSON.stringify(scenario), outcome.overdrawn, outcome.underused);
  }
}

const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;
console.log(`simulated minutes        ${minutes} (seed ${seed})`);
console.log(`full windows assessed    ${totals.windows}`);
console.log(`calls sent               ${totals.calls}`);
console.log(`windows overdrawn        ${totals.overdrawn}`);
console.log(`windows used below 98 %  ${totals.underused} (rounded down to whole calls; lost ones count)`);
console.log(`used on average          ${percent(totals.usedParts / totals.windows)}`);
console.log(`used at least            ${percent(least.ofAny)}, of windows of 400: ${percent(least.of400)}`);
console.log(`refused before the first turnover was seen  ${totals.refusedBefore}`);
console.log(`took itself for somebody else               ${totals.suspected}`);
console.log(`longest stretch without a call, at 400      ${(longestStretchMs / 1000).toFixed(1)} s`);
console.log(`took ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exitCode = totals.overdrawn + totals.underused + totals.suspected > 0 ? 1 : 0;
