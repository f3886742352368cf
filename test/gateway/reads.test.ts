import { expect, test } from 'vitest';
import { createHelpdeskBackend } from '../../src/backends/helpdesk/index.ts';
import type { Backend } from '../../src/domain/backend.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { createMeter, type Operation } from '../../src/domain/operation.ts';
import { announceWrites } from '../../src/events/intake/announce.ts';
import { createIntake } from '../../src/events/intake/intake.ts';
import type { EventLog } from '../../src/events/log/log.ts';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import { createCaller } from '../../src/http/caller.ts';
import { createLimiterRegistry } from '../../src/rate-limit/memory-limiter.ts';
import { createReads } from '../../src/reads/reads.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { startGateway } from '../support/gateway.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** The helpdesk as a gateway has it, with a store of its answers, in front of a sandbox whose requests are counted. */
async function startStore() {
  const clock = systemClock;
  const sandbox = await startSandbox({ tickets: 60, latencyMs: 5 });
  const rateLimit = createLimiterRegistry({ defaultLimit: 400, clock, log });
  const helpdesk: Backend = createHelpdeskBackend({ url: sandbox.url, rateLimit, log });
  const kept = createMemoryLog();
  const telling: EventLog = {
    ...kept,
    append: async (workspaceId, ...given) => {
      const outcome = await kept.append(workspaceId, ...given);
      if (outcome.result === 'APPENDED') reads.accepted(workspaceId, outcome.record);
      return outcome;
    },
  };
  const intake = createIntake({ log: telling });
  const reads = createReads({
    backend: announceWrites({ backend: helpdesk, intake, log: telling, clock }),
    log: kept,
    clock,
    logger: log,
    maxBytes: 10_000_000,
    trustMs: () => 60_000,
  });
  const { workspaceId, keys } = sandbox;
  const caller = createCaller('HELPDESK', { apiKey: keys.write, workspaceId }, 'REQUEST');
  return {
    sandbox,
    intake,
    tickets: (more: Partial<Operation> = {}) =>
      reads.backend.session(caller, {
        priority: 'QUERY',
        client: 'test',
        signal: new AbortController().signal,
        deadline: clock.now() + 10_000,
        traceId: '0'.repeat(32),
        meter: createMeter(),
        ...more,
      }).tickets,
    /** A ticket that was changed behind the gateway, as its webhook would tell. */
    hook: async (id: string) => {
      const ticket = await helpdeskTicket(helpdesk, caller, id);
      sandbox.forgetRequests();
      if (ticket === null) throw new Error('no such ticket');
      await intake.accept(workspaceId, {
        eventId: crypto.randomUUID(),
        type: 'TICKET_UPDATED',
        typeRaw: 'ticket.updated',
        ticketId: id,
        ticket,
        occurredAt: ticket.updatedAt,
        source: 'WEBHOOK',
        channel: 'one',
      });
    },
    [Symbol.asyncDispose]: async () => {
      await intake.close();
      await reads.close();
      await helpdesk.close();
      await kept.close();
      await sandbox.close();
    },
  };
}

const helpdeskTicket = (backend: Backend, caller: ReturnType<typeof createCaller>, id: string) =>
  backend
    .session(caller, {
      priority: 'QUERY',
      client: 'hook',
      signal: new AbortController().signal,
      deadline: Date.now() + 10_000,
      traceId: '1'.repeat(32),
      meter: createMeter(),
    })
    .tickets.get(id);

test('a hundred who open one ticket cost one request, now and later; a webhook shows them the new state for none', async () => {
  await using store = await startStore();
  const { sandbox, tickets } = store;
  const id = sandbox.tickets.all()[0]?.id ?? '';
  const open = () => Promise.all(Array.from({ length: 100 }, () => tickets().get(id)));
  await open();
  await open();
  expect(sandbox.requests).toHaveLength(1);
  sandbox.tickets.update(id, { subject: 'Changed behind the gateway' }, { webhook: false });
  await store.hook(id);
  expect((await open()).map((ticket) => ticket?.subject)).toEqual(
    Array.from({ length: 100 }, () => 'Changed behind the gateway'),
  );
  expect(sandbox.requests).toHaveLength(0);
});

test('a list and its tickets cost one request, and a write shows in both', async () => {
  await using store = await startStore();
  const { sandbox, tickets } = store;
  const query = {
    filter: {},
    order: { field: 'CREATED_AT', direction: 'DESC' },
    page: { size: 25, cursor: null },
  } as const;
  const { items } = await tickets().list(query);
  await Promise.all(items.map(({ id }) => tickets().get(id)));
  expect(sandbox.requests).toHaveLength(1);
  const id = items[3]?.id ?? '';
  await tickets({ priority: 'MUTATION' }).update(id, { subject: 'Mine' });
  expect((await tickets().list(query)).items[3]).toMatchObject({ id, subject: 'Mine' });
  expect(await tickets().get(id)).toMatchObject({ subject: 'Mine' });
  expect(sandbox.requests).toHaveLength(2);
  await tickets({ priority: 'MUTATION' }).delete(id);
  expect((await tickets().list(query)).items).toHaveLength(25);
  expect(await tickets().get(id)).toBeNull();
});

test('a request tells when it leaves, each time', async () => {
  await using store = await startStore();
  const { sandbox, tickets } = store;
  const id = sandbox.tickets.all()[0]?.id ?? '';
  sandbox.faults.set({ kind: 'reset', when: 'after-reading' });
  let sent = 0;
  await tickets({
    sent: () => {
      sent += 1;
    },
  }).get(id);
  expect([sent, sandbox.requests.length]).toEqual([2, 2]);
});

test('a gateway that keeps answers asks once for what a hundred agents open, and shows what a webhook told', async () => {
  await using gateway = await startGateway({
    env: { CACHE_MAX_BYTES: '10000000' },
    parts: { registered: () => true },
  });
  const [row] = gateway.sandbox.tickets.all();
  const id = row?.id ?? '';
  const open = () => gateway.query('query ($id: ID!) { ticket(id: $id) { localId subject } }', { id });
  await open();
  gateway.forgetCalls();
  await Promise.all(Array.from({ length: 100 }, open));
  expect(gateway.calls.length).toBeLessThanOrEqual(1);
  gateway.sandbox.tickets.update(id, { subject: 'Changed behind its back' });
  await gateway.sandbox.deliveries.settled();
  gateway.forgetCalls();
  expect((await open()).data).toMatchObject({ ticket: { subject: 'Changed behind its back' } });
  expect(gateway.calls).toEqual([]);
});

test.skipIf(redisMissing)(
  'a gateway that has lost the Redis of the events serves nothing that it kept, until it is back',
  async () => {
    await using redis = await startRedis({ durable: true });
    await using gateway = await startGateway({
      env: { REDIS_URL: redis.url },
      // The budget is not in Redis here: without it, it would be the budget that keeps the gateway from asking.
      parts: {
        registered: () => true,
        limiters: createLimiterRegistry({ defaultLimit: 100_000, clock: systemClock, log }),
      },
    });
    const id = gateway.sandbox.tickets.all()[0]?.id ?? '';
    const open = () => gateway.query('query ($id: ID!) { ticket(id: $id) { subject } }', { id });
    const callsOf = async (step: () => Promise<unknown>): Promise<readonly string[]> => {
      gateway.forgetCalls();
      await step();
      return gateway.calls;
    };
    await open();
    expect(await callsOf(open)).toEqual([]);
    await redis.kill();
    await until('distrust', async () => (await callsOf(open)).length === 1);
    gateway.sandbox.tickets.update(id, { subject: 'Changed meanwhile' }, { webhook: false });
    expect((await open()).data).toMatchObject({ ticket: { subject: 'Changed meanwhile' } });
    await redis.start();
    await until('trust', async () => (await callsOf(open)).length === 0, 15_000);
    expect((await open()).data).toMatchObject({ ticket: { subject: 'Changed meanwhile' } });
  },
  30_000,
);
