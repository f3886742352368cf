import { describe, expect, test } from 'vitest';
import type { Log } from '../../../src/domain/log.ts';
import { createLimiterRegistry } from '../../../src/rate-limit/memory-limiter.ts';
import type { Limiter, Observation, Permit } from '../../../src/rate-limit/limiter.ts';
import { limiterContract } from '../../contract/limiter.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

limiterContract('the limiter in memory', (setup) => createLimiterRegistry(setup));

const signal = new AbortController().signal;

async function take(limiter: Limiter): Promise<Permit> {
  const result = await limiter.take({
    priority: 'QUERY',
    client: 'a',
    deadline: Infinity,
    signals: [signal],
  });
  if (!result.allowed) throw new Error(result.reason);
  return result.permit;
}

async function call(limiter: Limiter, observation: Observation): Promise<void> {
  (await take(limiter)).settle({ kind: 'ANSWERED', observation });
}

describe('the limiters of many keys', () => {
  test('are forgotten, the longest unused first, once their windows are over', async () => {
    const clock = createVirtualClock();
    const registry = createLimiterRegistry({ defaultLimit: 400, clock, maxKeys: 3 });
    const resetAt = clock.now() + 60_000;
    for (const key of ['a', 'b', 'c']) {
      await call(registry.of(key), { limit: 10, remaining: 4, resetAt, serverTime: clock.now() });
    }
    await clock.advance(62_000);
    await take(registry.of('a'));
    await take(registry.of('d'));
    expect(registry.size).toBe(3);
    expect(registry.report('b')).toBeNull();
    expect(registry.report('a')).not.toBeNull();
  });

  test('are never forgotten while their windows run, calls wait or are under way', async () => {
    const clock = createVirtualClock();
    const registry = createLimiterRegistry({ defaultLimit: 400, clock, maxKeys: 2 });
    const resetAt = clock.now() + 60_000;
    await call(registry.of('spent'), { limit: 10, remaining: 0, resetAt, serverTime: clock.now() });
    await take(registry.of('under way'));
    await call(registry.of('refused'), { retryAfterMs: 100_000 });
    for (const key of ['d', 'e', 'f']) await take(registry.of(key));
    expect(registry.size).toBe(6);
    expect(registry.of('spent').budget()).toMatchObject({ remaining: 0 });
    await clock.advance(62_000);
    for (const key of ['g', 'h']) await take(registry.of(key));
    expect(registry.report('spent')).toBeNull();
    expect(registry.report('under way')).not.toBeNull();
    expect(registry.report('refused')).not.toBeNull();
  });

  test('have one budget, whoever kept hold of a limiter that was forgotten meanwhile', async () => {
    const clock = createVirtualClock();
    const registry = createLimiterRegistry({ defaultLimit: 400, clock, maxKeys: 1 });
    const kept = registry.of('a');
    await call(kept, {});
    await clock.advance(100_000);
    await take(registry.of('b'));
    expect(registry.report('a')).toBeNull();
    await call(kept, { limit: 10, remaining: 4, resetAt: clock.now() + 60_000 });
    expect(registry.of('a').budget()).toMatchObject({ remaining: 4 });
  });
});

describe('what a limiter tells of itself', () => {
  test('is what it sent, what was refused, and how long it was silent while calls waited', async () => {
    const clock = createVirtualClock();
    const registry = createLimiterRegistry({ defaultLimit: 400, clock });
    const limiter = registry.of('key');
    const first = await take(limiter);
    const waiting = take(limiter);
    await clock.advance(3_000);
    first.settle({ kind: 'ANSWERED', observation: {} });
    (await waiting).settle({ kind: 'ANSWERED', observation: { retryAfterMs: 5_000 } });
    await limiter.take({ priority: 'QUERY', client: 'a', deadline: clock.now(), signals: [signal] });
    await clock.advance(30_000);
    await take(limiter);
    expect(registry.report('key')).toEqual({
      sent: 3,
      refusedByBackend: 1,
      refusedHere: 1,
      longestStretchMs: 3_000,
    });
    expect(registry.report('other')).toBeNull();
  });

  test('counts a silence that ended because whoever waited was refused', async () => {
    const clock = createVirtualClock();
    const registry = createLimiterRegistry({ defaultLimit: 400, clock });
    const limiter = registry.of('key');
    const first = await take(limiter);
    const waiting = limiter.take({
      priority: 'QUERY',
      client: 'a',
      deadline: clock.now() + 9_000,
      signals: [signal],
    });
    await clock.advance(20_000);
    expect(await waiting).toMatchObject({ allowed: false, reason: 'DEADLINE' });
    first.settle({ kind: 'NOT_SENT' });
    const { longestStretchMs } = registry.report('key') ?? {};
    expect(longestStretchMs).toBeGreaterThanOrEqual(9_000);
    expect(longestStretchMs).toBeLessThan(9_100);
  });

  test('does not call it silence when whoever waited has gone', async () => {
    const clock = createVirtualClock();
    const registry = createLimiterRegistry({ defaultLimit: 400, clock });
    const limiter = registry.of('key');
    const first = await take(limiter);
    const gone = new AbortController();
    const waiting = limiter.take({
      priority: 'QUERY',
      client: 'a',
      deadline: Infinity,
      signals: [gone.signal],
    });
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await clock.advance(30_000);
    first.settle({ kind: 'NOT_SENT' });
    await take(limiter);
    expect(registry.report('key')).toMatchObject({ longestStretchMs: 0 });
  });

  test('goes to the log when the backend refuses, and when its limit changes', async () => {
    const lines: string[] = [];
    const note = (_fields: object, message: string): void => {
      lines.push(message);
    };
    const log: Log = { debug: note, info: note, warn: note, error: note };
    const clock = createVirtualClock();
    const limiter = createLimiterRegistry({ defaultLimit: 400, clock, log }).of('key');
    await call(limiter, { limit: 100, remaining: 99, resetAt: clock.now() + 60_000 });
    await call(limiter, { retryAfterMs: 1_000 });
    expect(lines).toEqual(['the backend’s limit changed', 'refused by the backend: budget spent']);
  });

  test('leaves no timer behind when nobody waits', async () => {
    const clock = createVirtualClock();
    const limiter = createLimiterRegistry({ defaultLimit: 400, clock }).of('key');
    await call(limiter, {});
    expect(clock.timers).toBe(0);
  });

  test('many calls may wait on one signal without a warning', async () => {
    const clock = createVirtualClock();
    const limiter = createLimiterRegistry({ defaultLimit: 400, clock }).of('key');
    const warnings: string[] = [];
    const heed = (warning: Error): void => {
      warnings.push(warning.name);
    };
    process.on('warning', heed);
    const gone = new AbortController();
    const takes = Array.from({ length: 50 }, () =>
      limiter.take({ priority: 'QUERY', client: 'a', deadline: Infinity, signals: [gone.signal] }),
    );
    await clock.advance(0);
    gone.abort(new Error('gone'));
    const results = await Promise.allSettled(takes);
    await clock.advance(0);
    process.off('warning', heed);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(49);
    expect(warnings).toEqual([]);
  });
});
