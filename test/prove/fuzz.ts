/**
 * Throws random documents, variables, deliveries and messages of sockets at a gateway, more of them than the test suite has
 * time for, and holds each answer against its documented form. Prints the figures, and ends with status 1 where an answer
 * was unmasked, in another form or none, naming the input.
 *
 *     node test/prove/fuzz.ts [inputs, 100000] [seed]
 */
import { fuzz } from '../fuzz/run.ts';

const runs = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const started = performance.now();
const { documents, deliveries, messages, answers, faults } = await fuzz({ runs, seed });

for (const fault of faults.slice(0, 10)) console.error('wrong:', fault);
console.log(`inputs                           ${documents + deliveries + messages} (seed ${seed})`);
console.log(`documents with their variables   ${documents}`);
console.log(`deliveries of webhooks           ${deliveries}`);
console.log(`messages on sockets              ${messages}`);
for (const [answer, count] of Object.entries(answers).toSorted(([a], [b]) => a.localeCompare(b))) {
  console.log(`  ${answer.padEnd(30)} ${count}`);
}
console.log(`unmasked, odd or none            ${faults.length}`);
console.log(`took ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exitCode = faults.length > 0 ? 1 : 0;
