/**
 * Proves with real processes that no event is lost or repeated: gateways, and the Redis that two of them share, are
 * killed in a storm of webhooks, begun again, and every subscriber is held against the log. Prints the figures, and ends
 * with status 1 where a promise is broken.
 *
 *     node test/prove/live.ts [deliveries, 5000] [subscribers, 200] [seed]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScenario, type Outcome } from '../fault/scenario.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

const deliveries = Number(process.argv[2] ?? 5000);
const subscribers = Number(process.argv[3] ?? 200);
const seed = Number(process.argv[4] ?? Date.now() % 1_000_000);
const common = { subscribers, deliveries, perSecond: 200, patienceMs: 60_000, seed };

async function oneGateway(): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-prove-'));
  try {
    return await runScenario({
      ...common,
      gateways: 1,
      env: { DATA_DIR: folder },
      kills: Array.from({ length: 4 }, () => 'gateway 1'),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const inTurn = ['gateway 1', 'gateway 2', 'Redis'];

async function twoGateways(): Promise<Outcome> {
  await using redis = await startRedis({ durable: true });
  const stores = [{ name: 'Redis', kill: redis.kill, start: redis.start }];
  return await runScenario({
    ...common,
    gateways: 2,
    env: { REDIS_URL: redis.url },
    stores,
    kills: [...inTurn, ...inTurn],
  });
}

function tell(title: string, { figures, faults, logs }: Outcome): void {
  const { errors, ...counts } = figures;
  console.log(`\n${title}`);
  for (const [name, value] of Object.entries(counts)) console.log(`  ${name.padEnd(18)} ${value}`);
  console.log(`  ${'errors got over'.padEnd(18)} ${JSON.stringify(errors)}`);
  console.log(`  ${'broken promises'.padEnd(18)} ${faults.length}`);
  for (const fault of faults.slice(0, 20)) console.error(`    ${fault}`);
  if (faults.length === 0) return;
  console.error(logs.split('\n').slice(-20).join('\n'));
  process.exitCode = 1;
}

console.log(`seed ${seed}`);
tell('One gateway on its own disk, killed and begun again', await oneGateway());
if (redisMissing) console.error('No redis-server: two gateways on one Redis were not tried.');
else tell('Two gateways on one Redis, each of the three killed in turn', await twoGateways());
