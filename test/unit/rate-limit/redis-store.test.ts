import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test as base } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { createRedisStore } from '../../../src/rate-limit/redis-store.ts';
import type { SharedStore, Swap } from '../../../src/rate-limit/shared-store.ts';
import { freePort } from '../../support/free-port.ts';
import { redisMissing, startRedis } from '../../support/redis.ts';
import { createModelStore } from '../../support/shared-store.ts';
import { until } from '../../support/wait.ts';

const test = base.extend('redis', { scope: 'file' }, async ({}, { onCleanup }) => {
  const redis = await startRedis();
  onCleanup(() => redis[Symbol.asyncDispose]());
  return redis;
});

const beat = { instance: 'a', freshMs: 3_000, goneMs: 60_000 };

/** Whether it answers yet: it connects by itself. */
const connected = (store: SharedStore): Promise<void> =>
  until('a connection', () =>
    store.read('none').then(
      () => true,
      () => false,
    ),
  );

const entry = (tag: string) => ({ tag, state: `state of ${tag}` });

/** What one of a few processes does to one of a few buckets. */
const operation = fc.record({
  kind: fc.constantFrom('read', 'swap', 'swap', 'beat', 'leave'),
  key: fc.constantFrom('one', 'two'),
  expected: fc.constantFrom(null, 'x:1', 'x:2', 'y:1'),
  next: fc.constantFrom('x:1', 'x:2', 'y:1'),
  ahead: fc.constantFrom(-60_000, -1_000, 0, 60_000),
  instance: fc.constantFrom('a', 'b', 'c'),
});

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function apply(store: SharedStore, scope: string, { kind, key, ...how }: Operation): Promise<unknown> {
  const id = `${scope}-${key}`;
  switch (kind) {
    case 'read':
      return (await store.read(id)).entry;
    case 'swap': {
      const swap: Swap = {
        expected: how.expected,
        at: Date.now() + how.ahead,
        entry: entry(how.next),
        ttlMs: 60_000,
      };
      const { time: _, ...result } = await store.swap(id, swap);
      return result;
    }
    case 'beat': {
      const { fresh, total } = await store.beat({ ...beat, instance: how.instance });
      return { fresh, total };
    }
    case 'leave':
      return store.leave(how.instance);
  }
}

describe.skipIf(redisMissing)('budgets in Redis', () => {
  test('the scripts do what their model does, whatever comes', async ({ redis }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async (operations) => {
        const scope = randomUUID();
        const store = createRedisStore({ url: redis.url, prefix: scope });
        const model = createModelStore(systemClock);
        await connected(store);
        try {
          for (const one of operations)
            expect(await apply(store, scope, one)).toEqual(await apply(model, scope, one));
        } finally {
          await store.close();
        }
      }),
      { numRuns: 30 },
    );
  });

  test('of two processes that change one version, one succeeds and the other is told what it found', async ({
    redis,
  }) => {
    const prefix = randomUUID();
    const [one, other] = [
      createRedisStore({ url: redis.url, prefix }),
      createRedisStore({ url: redis.url, prefix }),
    ];
    await Promise.all([connected(one), connected(other)]);
    const swap = (tag: string): Swap => ({
      expected: null,
      at: Date.now(),
      entry: entry(tag),
      ttlMs: 60_000,
    });
    const results = await Promise.all([one.swap('key', swap('a:1')), other.swap('key', swap('b:1'))]);
    const winner = results.findIndex(({ swapped }) => swapped);
    expect(results.filter(({ swapped }) => swapped)).toHaveLength(1);
    expect(results[1 - winner]).toMatchObject({ entry: entry(winner === 0 ? 'a:1' : 'b:1') });
    await Promise.all([one.close(), other.close()]);
  });

  test('keys of Redis bear the prefix, and those of one bucket its hash tag', async ({ redis }) => {
    const prefix = randomUUID();
    const store = createRedisStore({ url: redis.url, prefix });
    await connected(store);
    await store.swap('hash', { expected: null, at: Date.now(), entry: entry('a:1'), ttlMs: 60_000 });
    await store.beat(beat);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    expect((await client.keys(`${prefix}*`)).toSorted()).toEqual([
      `${prefix}:{hash}:budget`,
      `${prefix}:{instances}`,
    ]);
    expect(await client.pttl(`${prefix}:{hash}:budget`)).toBeGreaterThan(50_000);
    client.disconnect();
    await store.close();
  });

  test('what is asked first waits for the connection', async ({ redis }) => {
    const store = createRedisStore({ url: redis.url, prefix: randomUUID() });
    expect(await store.beat(beat)).toMatchObject({ fresh: 1, total: 1 });
    await store.close();
  });

  test('where there is no server, what is asked first fails, and says why', async () => {
    const seen: string[] = [];
    const onConnectionError = ({ message }: Error) => void seen.push(message);
    const url = `redis://127.0.0.1:${await freePort()}`;
    const store = createRedisStore({ url, prefix: randomUUID(), onConnectionError });
    await expect(store.beat(beat)).rejects.toThrow(Error);
    expect(seen.join()).toContain('ECONNREFUSED');
    await store.close();
  });

  test('a server that does not answer counts as lost after a bounded time', async ({ redis }) => {
    const store = createRedisStore({ url: redis.url, prefix: randomUUID(), timeoutMs: 100 });
    await connected(store);
    redis.freeze();
    await expect(store.read('key')).rejects.toThrow(/timed out/i);
    redis.thaw();
    await connected(store);
    await store.close();
  });

  test('scripts are loaded again by a server that was started again', async ({ redis }) => {
    const store = createRedisStore({ url: redis.url, prefix: randomUUID() });
    await connected(store);
    await redis.kill();
    await expect(store.beat(beat)).rejects.toThrow(Error);
    await redis.start();
    await connected(store);
    expect(await store.beat(beat)).toMatchObject({ fresh: 1, total: 1 });
    await store.close();
  });
});
