/**
 * Whether the gateway holds on to anything: a mixed load with faults against a process of its own, whose heap after a
 * collection must be the same at the end as after the warm-up, within 5 %, and of which nothing may be left when it is closed.
 *
 *     npm run soak -- [--minutes 10] [--store redis|sqlite]
 *
 * Between two rounds of load all clients go, so that heaps are compared in the same state. Ends with exit code 1 where
 * something is wrong.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { startChild } from '../bench/child.ts';
import { newSecret } from '../support/delivery.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { befall } from './faults.ts';
import type { SoakAnswers } from './gateway-process.ts';
import { acquaint, load } from './load.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, store: { type: 'string' } },
});
const minutes = z.coerce.number().min(0.5).max(1440).parse(values.minutes);
const store = z.enum(['redis', 'sqlite']).parse(values.store ?? (redisMissing ? 'sqlite' : 'redis'));

/** Heap at the end over heap after the warm-up, at most. */
const mostGrowth = 1.05;
/** Rounds of load; the first is the warm-up. */
const rounds = 5;
/** Milliseconds in which what was under way ends: an operation may take 10 s, and a call that hangs is waited for as long. */
const quietMs = 15_000;
/** Milliseconds of one round. */
const roundMs = (minutes * 60_000) / rounds - quietMs;
if (roundMs < 5000) throw new Error(`that is too short for ${rounds} rounds: at least 2 minutes`);

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .toSorted((one, other) => one.localeCompare(other))
    .join(', ') || 'nothing';

await using redis = store === 'redis' ? await startRedis() : null;
const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
await using sandbox = await startSandbox({
  tickets: 200,
  rateLimit: { limit: 1_000_000 },
  maxRecordedRequests: 100,
});
const ids = Array.from(
  { length: 100 },
  (_, index) => sandbox.tickets.create({ subject: `To be changed ${index}` }, { webhook: false }).id,
);
const secret = newSecret();
const environment = {
  NODE_ENV: 'production',
  PORT: '0',
  HELPDESK_URL: sandbox.url,
  HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
  HELPDESK_API_KEY: sandbox.keys.admin,
  HELPDESK_WEBHOOK_SECRET: secret,
  EVENT_RETENTION_COUNT: '1000',
  // Small enough to be full after the warm-up.
  CACHE_MAX_BYTES: String(2 ** 20),
  ...(redis === null ? { DATA_DIR: folder } : { REDIS_URL: redis.url }),
};
const gateway = await startChild<SoakAnswers>('../soak/gateway-process.ts', [], environment, {
  patienceMs: 60_000,
});
const origin = await gateway.ask('origin');
sandbox.webhooks.register({
  targetUrl: `${origin}/webhooks/helpdesk/${sandbox.workspaceId}`,
  secrets: [secret],
});
console.log(`${minutes} minutes in ${rounds} rounds on ${store}, Node ${process.versions.node}`);

const outcomes = new Map<string, number>();
const heaps: number[] = [];
const { heap: atRest } = await gateway.ask('memory');
console.log(`at rest: heap ${mebibytes(atRest)}`);
const shared = { origin, sandbox, secret, ids, outcomes };
await acquaint({ ...shared, signal: new AbortController().signal });
for (let round = 1; round <= rounds; round += 1) {
  const ending = AbortSignal.timeout(roundMs);
  await Promise.all([load({ ...shared, signal: ending }), befall(sandbox, redis, ending)]);
  await sleep(quietMs);
  const { heap, external, rss } = await gateway.ask('memory');
  heaps.push(heap);
  const resources = listed(await gateway.ask('resources'));
  console.log(
    `round ${round}: heap ${mebibytes(heap)}, buffers ${mebibytes(external)}, process ${mebibytes(rss)}; held: ${resources}`,
  );
}

console.log(`outcomes: ${listed(Object.fromEntries(outcomes))}`);
const errors = await gateway.ask('errors');
console.log(`errors in the log: ${listed(errors)}`);
const warnings = await gateway.ask('warnings');
const left = await gateway.ask('closed');
const begin = Date.now();
await gateway[Symbol.asyncDispose]();
await rm(folder, { recursive: true, force: true });
console.log(`closed: held ${listed(left)}; the process ended by itself after ${Date.now() - begin} ms`);

const growth = (heaps.at(-1) ?? 0) / (heaps[0] ?? 1);
console.log(`heap at the end: ${((growth - 1) * 100).toFixed(1)} % over that after the warm-up`);
// The pipe is the channel by which these questions are asked.
const { PipeWrap: channel = 0, ...strays } = left;
const defects = [...outcomes.keys()].filter((name) => name.endsWith('INTERNAL_SERVER_ERROR'));
const faults = [
  ...(growth > mostGrowth ? ['the heap has grown'] : []),
  ...(Object.keys(strays).length > 0 || channel > 1 ? [`left when closed: ${listed(strays)}`] : []),
  ...warnings.map((warning) => `warned: ${warning}`),
  ...defects,
];
for (const fault of faults) console.error(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
