import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisState } from '../../../src/state/redis-state.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { redisMissing, startRedis, type RedisServer } from '../../support/redis.ts';
import { until } from '../../support/wait.ts';

describe.skipIf(redisMissing)('shared state in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  const open = (prefix: string) => createRedisState({ redisUrl: redis.url, prefix });

  stateStoreContract(() => {
    const prefix = randomUUID();
    return [open(prefix), open(prefix)];
  });

  test('deployments with another prefix have facts and leases of their own', async () => {
    const [one, other] = [open(randomUUID()), open(randomUUID())];
    await one.set('watermark', '1');
    await one.lease('sweep', 'one', 60_000);
    expect(await other.get('watermark')).toBeNull();
    expect(await other.lease('sweep', 'other', 60_000)).toBe(true);
    await Promise.all([one.close(), other.close()]);
  });

  test('while Redis is away or silent everything rejects, and works again when it is back', async () => {
    const warned: object[] = [];
    const log = { warn: (fields: object) => void warned.push(fields) };
    const store = createRedisState({ redisUrl: redis.url, prefix: randomUUID(), log });
    const works = (): Promise<boolean> =>
      store.set('fact', '1').then(
        () => true,
        () => false,
      );
    await store.set('fact', '1');
    redis.freeze();
    const begun = performance.now();
    await expect(store.lease('sweep', 'one', 1_000)).rejects.toThrow(Error);
    expect(performance.now() - begun).toBeLessThan(1_500);
    redis.thaw();
    await until('an answer', works);
    await redis.kill();
    await until('the end of the connection', async () => !(await works()));
    for (const step of [
      store.get('fact'),
      store.delete('fact'),
      store.lease('sweep', 'one', 1_000),
      store.release('sweep', 'one'),
    ])
      await expect(step).rejects.toThrow(Error);
    await redis.start();
    await until('an answer', works);
    expect(await store.lease('sweep', 'one', 1_000)).toBe(true);
    expect(warned.length).toBeGreaterThan(0);
    await store.close();
  });
});
