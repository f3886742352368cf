import { describe, expect, test } from 'vitest';
import type { Log } from '../../../src/domain/log.ts';
import type { Limiter, Permit } from '../../../src/rate-limit/limiter.ts';
import { createSharedLimiterRegistry } from '../../../src/rate-limit/shared-limiter.ts';
import type { SharedStore } from '../../../src/rate-limit/shared-store.ts';
import { limiterContract } from '../../contract/limiter.ts';
import { createModelStore } from '../../support/shared-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

limiterContract('the shared limiter', (setup) =>
  createSharedLimiterRegistry({ ...setup, store: createModelStore(setup.clock) }),
);

const { signal } = new AbortController();

async function take(limiter: Limiter): Promise<Permit | null> {
  const request = { priority: 'MUTATION', client: 'a', deadline: Infinity, signals: [signal] } as const;
  const result = await limiter.take(request);
  return result.allowed ? result.permit : null;
}

function setUp() {
  const clock = createVirtualClock();
  const start = clock.now();
  const model = createModelStore(clock);
  const lines: string[] = [];
  const note = (_fields: object, message: string): void => void lines.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const join = (instance: string, store: SharedStore = model) => {
    const registry = createSharedLimiterRegistry({ store, instance, defaultLimit: 90, clock, log });
    return { registry, limiter: registry.of('key') };
  };
  /** The first call of the window was answered: `remaining` are left. */
  const open = async (limiter: Limiter, remaining: number): Promise<void> => {
    const permit = await take(limiter);
    const observation = { limit: 90, remaining, resetAt: start + 60_000, serverTime: start };
    permit?.settle({ kind: 'ANSWERED', observation });
    await clock.advance(0);
  };
  /** How many of `count` calls go now. */
  const sendable = async (limiter: Limiter, count: number): Promise<number> => {
    let allowed = 0;
    for (let asked = 0; asked < count; asked += 1) void take(limiter).then(() => (allowed += 1));
    await clock.advance(0);
    return allowed;
  };
  return { clock, model, lines, join, open, sendable };
}

describe('limiters on one store', () => {
  test('spend one budget, and each knows what is left', async () => {
    const { clock, join, open, sendable } = setUp();
    const [a, b] = [join('a'), join('b')];
    await open(a.limiter, 10);
    expect(await sendable(b.limiter, 4)).toBe(4);
    expect(b.limiter.budget()?.remaining).toBe(6);
    await clock.advance(1_500);
    a.limiter.budget();
    await clock.advance(0);
    expect(a.limiter.budget()?.remaining).toBe(6);
    expect(await sendable(a.limiter, 20)).toBe(6);
  });

  test('give back what a step allowed whose answer never came', async () => {
    const { clock, model, join, open, sendable } = setUp();
    let deaf = false;
    const store: SharedStore = {
      ...model,
      async swap(keyId, swap) {
        const result = await model.swap(keyId, swap);
        if (deaf) throw new Error('the answer was lost');
        return result;
      },
    };
    const [a, b] = [join('a', store), join('b')];
    await open(a.limiter, 10);
    deaf = true;
    expect(await sendable(a.limiter, 3)).toBe(0);
    deaf = false;
    expect(a.registry.reachesStore).toBe(false);
    await clock.advance(1_000);
    expect(a.registry.reachesStore).toBe(true);
    b.limiter.budget();
    await clock.advance(0);
    expect(b.limiter.budget()?.remaining).toBe(7);
    expect(await sendable(b.limiter, 20)).toBe(7);
  });

  test('do not use what a step allowed whose answer comes after the store was lost', async () => {
    const { clock, model, join, open } = setUp();
    let slow = false;
    const store: SharedStore = {
      ...model,
      async swap(keyId, swap) {
        const result = await model.swap(keyId, swap);
        if (slow) await new Promise<void>((resolve) => void clock.after(1_500, resolve));
        return result;
      },
    };
    const { limiter, registry } = join('a', store);
    await open(limiter, 10);
    slow = true;
    let sent = 0;
    void take(limiter).then(() => (sent += 1));
    await clock.advance(0);
    model.fail();
    await clock.advance(1_800);
    expect(registry.reachesStore).toBe(false);
    expect(sent).toBe(0);
    slow = false;
    model.recover();
    await clock.advance(500);
    expect(sent).toBe(1);
    expect(limiter.budget()?.remaining).toBe(9);
  });

  test('say once that the store is lost, and once that it is back', async () => {
    const { clock, model, lines, join, open } = setUp();
    const { limiter, registry } = join('a');
    await open(limiter, 10);
    model.fail();
    await clock.advance(5_000);
    expect(registry.reachesStore).toBe(false);
    model.recover();
    await clock.advance(1_000);
    expect(lines).toEqual([expect.stringContaining('is lost'), expect.stringContaining('is back')]);
  });

  test('are silent until the window is over when the store has forgotten what it held', async () => {
    const { clock, model, join, open } = setUp();
    const [a, b] = [join('a'), join('b')];
    await open(a.limiter, 80);
    await open(b.limiter, 79);
    model.forget();
    let sent = 0;
    for (const { limiter } of [a, b, a, b]) void take(limiter).then(() => (sent += 1));
    await clock.advance(59_000);
    expect(sent).toBe(0);
    await clock.advance(4_000);
    expect(sent).toBe(4);
  });

  test('begin anew where something else stands in the place of the budget', async () => {
    const { clock, model, join, sendable } = setUp();
    const entry = { tag: 'x', state: '{"not":"ours"}' };
    await model.swap('key', { expected: null, at: clock.now(), entry, ttlMs: 60_000 });
    expect(await sendable(join('a').limiter, 1)).toBe(1);
  });

  test('go on without others that have left', async () => {
    const { clock, model, join, open, sendable } = setUp();
    const [a, b] = [join('a'), join('b')];
    await open(a.limiter, 89);
    await b.registry.close();
    await clock.advance(2_000);
    model.fail();
    await clock.advance(62_000);
    await open(a.limiter, 89);
    expect(await sendable(a.limiter, 20)).toBeGreaterThan(8);
  });

  test('keep silent for as long as Retry-After says, though the key is idle meanwhile', async () => {
    const { clock, join } = setUp();
    const a = join('a');
    const permit = await take(a.limiter);
    permit?.settle({ kind: 'ANSWERED', observation: { limit: 90, remaining: 0, retryAfterMs: 3_600_000 } });
    await clock.advance(20 * 60_000);
    a.limiter.budget();
    await clock.advance(2_000);
    const b = join('b');
    for (const { limiter } of [a, b]) {
      const asked = limiter.take({
        priority: 'QUERY',
        client: 'c',
        deadline: clock.now() + 10_000,
        signals: [signal],
      });
      await clock.advance(10_100);
      expect(await asked).toMatchObject({ allowed: false, reason: 'DEADLINE' });
    }
    await clock.advance(40 * 60_000);
    expect(await take(b.limiter)).not.toBeNull();
  });
});
