/**
 * Two gateways on one Redis: how long, after a write through the first was answered, the second shows what it had kept
 * before, asked without `readAfter`. The second is asked again and again, one read after the other.
 *
 *     node test/bench/instances.ts [writes, 500]
 */
import { besideOn, startGateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import { percentile } from './figures.ts';

const writes = Number(process.argv[2] ?? 500);
const parts = { registered: () => true };
await using redis = await startRedis({ durable: true });
await using one = await startGateway({ env: { REDIS_URL: redis.url }, parts });
const { sandbox } = one;
await using other = await startGateway({
  env: { REDIS_URL: redis.url, ...besideOn(sandbox) },
  parts,
});

const id = sandbox.tickets.all()[0]?.id ?? '';
const read = 'query ($id: ID!) { ticket(id: $id) { subject } }';
const write =
  'mutation ($id: ID!, $patch: TicketPatch!) { ticketUpdate(input: { id: $id, patch: $patch }) { ticket { localId } } }';
const shown = async (): Promise<unknown> =>
  (await other.query<{ ticket: { subject: string } }>(read, { id })).data?.ticket.subject;

const delays: number[] = [];
let late = 0;
for (let round = 1; round <= writes; round++) {
  await shown();
  const subject = `Round ${round}`;
  await one.query(write, { id, patch: { subject } });
  const answered = performance.now();
  if ((await shown()) === subject) {
    delays.push(0);
    continue;
  }
  late += 1;
  while ((await shown()) !== subject);
  delays.push(performance.now() - answered);
}

console.log(`writes                              ${writes}`);
console.log(`the next read showed the old state  ${late}`);
for (const percent of [50, 99, 100]) {
  console.log(`${`delay, p${percent}`.padEnd(35)} ${(percentile(delays, percent) ?? 0).toFixed(1)} ms`);
}
