import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { createGateway } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import type { Limiter, Permit } from '../../src/rate-limit/limiter.ts';
import { createRedisStore } from '../../src/rate-limit/redis-store.ts';
import { createSharedLimiterRegistry } from '../../src/rate-limit/shared-limiter.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { startGateway, withoutStore } from '../support/gateway.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { nobodysLog, searched } from '../support/log-sink.ts';
import { until } from '../support/wait.ts';

const WINDOW_MS = 3_000;
const LIMIT = 90;
const GATEWAYS = 3;
const SHARE = LIMIT / GATEWAYS;
/** Clients that ask one gateway without a pause. */
const CLIENTS = 12;
/** A bound for what takes a few windows. */
const LONG_MS = 8 * WINDOW_MS;

/** One of the gateways. Its calls bear its name, so that the sandbox can tell whose they are. */
async function startMember(sandbox: Sandbox, redisUrl: string, prefix: string, name: string) {
  const { backend, ...config } = parseConfig({
    PORT: '0',
    DATA_DIR: 'off',
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_API_KEY: sandbox.keys.read,
  });
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  const limiters = createSharedLimiterRegistry({
    store: createRedisStore({ url: redisUrl, prefix, timeoutMs: 500 }),
    defaultLimit: LIMIT,
    windowMs: WINDOW_MS,
  });
  const server = await startServer(
    createGateway({ ...config, backend }, { limiters, log: searched(nobodysLog) }),
    config,
  );
  let asked = 0;
  let loaded = false;
  let clients: Promise<void>[] = [];
  const work = async (): Promise<void> => {
    while (loaded) {
      const query = `{ ticket(id: "tkt_${name}${(asked += 1)}") { id } }`;
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      await response.text();
    }
  };
  const rest = async (): Promise<void> => {
    loaded = false;
    await Promise.all(clients);
  };
  return {
    name,
    limiters,
    load: () => {
      loaded = true;
      clients = Array.from({ length: CLIENTS }, work);
    },
    rest,
    [Symbol.asyncDispose]: async () => {
      loaded = false;
      const ended = Promise.allSettled(clients);
      await server.close();
      await ended;
      await limiters.close();
    },
  };
}

async function take(limiter: Limiter): Promise<Permit> {
  const { signal } = new AbortController();
  const deadline = Date.now() + 10_000;
  const taken = await limiter.take({ priority: 'QUERY', client: 'x', deadline, signals: [signal] });
  if (!taken.allowed) throw new Error(`refused: ${taken.reason}`);
  return taken.permit;
}

const windowOf = (at: number): number => Math.floor(at / WINDOW_MS);
const windowNow = (): number => windowOf(Date.now());

const isOf = (name: string) => (path: string) => path.startsWith(`/tickets/tkt_${name}`);

/** Calls of one gateway in one window. */
const callsOf = ({ requests }: Sandbox, name: string, window: number): number =>
  requests.filter(({ at, path }) => windowOf(at) === window && isOf(name)(path)).length;

const refused = ({ requests }: Sandbox): number => requests.filter(({ status }) => status === 429).length;

describe.skipIf(redisMissing)('three gateways on one key', () => {
  test(
    'share its budget, each keep to a third of it while Redis is gone, and share it again when it is back',
    { timeout: 90_000 },
    async () => {
      await using redis = await startRedis();
      await using sandbox = await startSandbox({
        tickets: 5,
        rateLimit: { limit: LIMIT, windowMs: WINDOW_MS, start: 'aligned' },
      });
      const prefix = randomUUID();
      await using a = await startMember(sandbox, redis.url, prefix, 'a');
      await using b = await startMember(sandbox, redis.url, prefix, 'b');
      await using c = await startMember(sandbox, redis.url, prefix, 'c');
      const members = [a, b, c];
      /** All gateways have called in a window after `window`, `windows` windows later. */
      const served = (window: number, windows: number) =>
        until(
          `calls of all gateways ${windows} windows later`,
          () =>
            members.every(({ name }) => callsOf(sandbox, name, windowNow()) > 0) &&
            windowNow() >= window + windows,
          LONG_MS,
        );
      const reached = () =>
        until('Redis', () => members.every(({ limiters }) => limiters.reachesStore), LONG_MS);

      await reached();
      for (const member of members) member.load();
      await served(windowNow(), 2);
      expect(refused(sandbox)).toBe(0);

      const killed = windowNow();
      await redis.kill();
      await until('the loss', () => members.every(({ limiters }) => !limiters.reachesStore));
      await served(killed, 3);
      const alone = [killed + 1, killed + 2];
      const most = Math.max(
        ...alone.flatMap((window) => members.map(({ name }) => callsOf(sandbox, name, window))),
      );
      expect(most).toBeLessThanOrEqual(SHARE);
      expect(most).toBeGreaterThan(1);
      expect(refused(sandbox)).toBe(0);

      const started = windowNow();
      await redis.start();
      await reached();
      await served(started, 2);
      await Promise.all([b.rest(), c.rest()]);
      await until(
        'one gateway to spend what the others leave',
        () => callsOf(sandbox, 'a', windowNow()) > SHARE,
        LONG_MS,
      );
      expect(refused(sandbox)).toBe(0);
      expect(members.map(({ limiters }) => limiters.reachesStore)).toEqual([true, true, true]);
    },
  );

  test('know the same budget, also the one that has not called yet', { timeout: 30_000 }, async () => {
    await using redis = await startRedis();
    await using sandbox = await startSandbox({ tickets: 5, rateLimit: { limit: LIMIT } });
    const prefix = randomUUID();
    await using a = await startMember(sandbox, redis.url, prefix, 'a');
    await using b = await startMember(sandbox, redis.url, prefix, 'b');
    await until('Redis', () => a.limiters.reachesStore && b.limiters.reachesStore);
    const permit = await take(a.limiters.of('key'));
    const resetAt = Math.ceil(Date.now() / 1_000) * 1_000 + 60_000;
    permit.settle({ kind: 'ANSWERED', observation: { limit: LIMIT, remaining: 17, resetAt } });
    await until('the budget as the first knows it', () => b.limiters.of('key').budget()?.remaining === 17);
    expect(b.limiters.of('key').budget()).toMatchObject({ limit: LIMIT, remaining: 17, queued: 0 });
  });

  test('share it in the Redis that REDIS_URL names, where no key can be read', async () => {
    await using redis = await startRedis({ durable: true });
    await using gateway = await startGateway({ env: { ...withoutStore, REDIS_URL: redis.url } });
    const { errors, extensions } = await gateway.query('{ ticket(id: "tkt_1") { id } }');
    expect(errors).toBeUndefined();
    expect(extensions).toMatchObject({ rateLimit: { limit: 100_000, remaining: 99_999 } });
    const client = new Redis(redis.url);
    const names = await client.keys('*');
    const buckets = names.filter((name) => name.endsWith(':budget'));
    expect(buckets).toHaveLength(1);
    expect(names).toHaveLength(2);
    const held = await client.hgetall(buckets[0] ?? '');
    expect(Object.keys(held).toSorted()).toEqual(['state', 'tag']);
    for (const key of Object.values(gateway.sandbox.keys)) {
      expect(JSON.stringify([names, held])).not.toContain(key.replace('aclou_', ''));
    }
    client.disconnect();
    expect(gateway.logs.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  test('are all silent after one of them was refused', async () => {
    await using redis = await startRedis();
    await using sandbox = await startSandbox({ tickets: 5 });
    const prefix = randomUUID();
    await using a = await startMember(sandbox, redis.url, prefix, 'a');
    await using b = await startMember(sandbox, redis.url, prefix, 'b');
    await until('Redis', () => a.limiters.reachesStore && b.limiters.reachesStore);
    const permit = await take(a.limiters.of('key'));
    const silentMs = 1_500;
    const refusedAt = Date.now();
    permit.settle({ kind: 'ANSWERED', observation: { retryAfterMs: silentMs } });
    const witness = createRedisStore({ url: redis.url, prefix });
    await until('the refusal in Redis', async () => {
      const { entry } = await witness.read('key');
      return entry?.state.includes('REFUSED') === true;
    });
    await witness.close();
    await take(b.limiters.of('key'));
    // Clocks are read in whole milliseconds.
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(silentMs - 1);
  });
});
