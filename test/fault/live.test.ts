import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { redisMissing, startRedis } from '../support/redis.ts';
import { runScenario } from './scenario.ts';

// Starting a program takes seconds where others keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

/** A small edition of `npm run prove:live`. */
const small = { subscribers: 30, deliveries: 240, perSecond: 250, patienceMs: 30_000, seed: 4 };

test('a gateway that is killed in a storm of webhooks loses and repeats nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-fault-'));
  try {
    const { figures, faults } = await runScenario({
      ...small,
      gateways: 1,
      env: { DATA_DIR: folder },
      kills: ['gateway 1'],
    });
    expect(faults).toEqual([]);
    expect(figures).toMatchObject({
      kills: 1,
      gaps: 0,
      coalesced: 0,
      taken: small.deliveries,
      events: small.deliveries,
    });
    expect(figures.retries).toBeGreaterThan(0);
    expect(figures.replayed).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe.skipIf(redisMissing)('two gateways on one Redis', () => {
  test('lose and repeat nothing when one of them is killed, and then Redis', async () => {
    await using redis = await startRedis({ durable: true });
    const stores = [{ name: 'Redis', kill: redis.kill, start: redis.start }];
    const env = { REDIS_URL: redis.url };
    const { figures, faults } = await runScenario({
      ...small,
      gateways: 2,
      env,
      stores,
      kills: ['gateway 1', 'Redis'],
    });
    expect(faults).toEqual([]);
    expect(figures).toMatchObject({
      kills: 2,
      gaps: 0,
      coalesced: 0,
      taken: small.deliveries,
      events: small.deliveries,
    });
  });
});
