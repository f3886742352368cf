import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/domain/clock.ts';
import type {
  Limiter,
  LimiterRegistry,
  Observation,
  Permit,
  TakeRequest,
  TakeResult,
} from '../../src/rate-limit/limiter.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

/** What a registry under test is made with. */
export interface LimiterSetup {
  readonly clock: Clock;
  readonly defaultLimit: number;
  readonly maxQueued: number;
}

export type CreateRegistry = (setup: LimiterSetup) => LimiterRegistry;

/** The windows of the backend in these tests last a minute, and its clock is ours. */
const WINDOW_MS = 60_000;

interface Bench {
  readonly clock: VirtualClock;
  readonly limiter: Limiter;
  readonly registry: LimiterRegistry;
  take(overrides?: Partial<TakeRequest>): Promise<TakeResult>;
  /** What an answer says now. */
  says(remaining: number, more?: Observation): Observation;
  /** Takes, and answers at once: the window is known from then on. */
  open(remaining: number, more?: Observation): Promise<void>;
}

function setUp(create: CreateRegistry, maxQueued = 1_000): Bench {
  const clock = createVirtualClock();
  const start = clock.now();
  const registry = create({ clock, defaultLimit: 400, maxQueued });
  const limiter = registry.of('key');
  const never = new AbortController().signal;
  const bench: Bench = {
    clock,
    limiter,
    registry,
    take: (overrides) =>
      limiter.take({
        priority: 'QUERY',
        client: 'a',
        deadline: clock.now() + 10_000,
        signals: [never],
        ...overrides,
      }),
    says: (remaining, more) => ({
      limit: 400,
      remaining,
      resetAt: start + WINDOW_MS * (1 + Math.floor((clock.now() - start) / WINDOW_MS)),
      serverTime: Math.floor(clock.now() / 1000) * 1000,
      ...more,
    }),
    async open(remaining, more) {
      const permit = allowed(await bench.take());
      permit.settle({ kind: 'ANSWERED', observation: bench.says(remaining, more) });
    },
  };
  return bench;
}

function allowed(result: TakeResult | undefined): Permit {
  if (result?.allowed !== true) throw new Error(`expected a permit, got ${JSON.stringify(result)}`);
  return result.permit;
}

/** What became of promises so far, in the order in which it did. */
function watch(takes: readonly Promise<TakeResult>[]): TakeResult[] {
  const results: TakeResult[] = [];
  for (const taken of takes) {
    void taken.then(
      (result) => results.push(result),
      () => undefined,
    );
  }
  return results;
}

const many = (count: number, take: (index: number) => Promise<TakeResult>): Promise<TakeResult>[] =>
  Array.from({ length: count }, (_, index) => take(index));

/** What every limiter does, wherever it keeps its state. */
export function limiterContract(name: string, create: CreateRegistry): void {
  describe(`${name}: sending`, () => {
    test('a call on an idle key goes at once', async () => {
      const { take } = setUp(create);
      expect(allowed(await take()).waitedMs).toBe(0);
    });

    test('before the first answer one call goes at a time', async () => {
      const { take, clock, says } = setUp(create);
      const results = watch(many(3, () => take()));
      await clock.advance(5_000);
      expect(results).toHaveLength(1);
      allowed(results[0]).settle({ kind: 'ANSWERED', observation: says(399) });
      await clock.advance(0);
      expect(results).toHaveLength(3);
      expect(allowed(results[2]).waitedMs).toBe(5_000);
    });

    test('a page of five calls goes at once', async () => {
      const { take, open, clock } = setUp(create);
      await open(399);
      const results = watch(many(5, () => take()));
      await clock.advance(0);
      expect(results.map((result) => allowed(result).waitedMs)).toEqual([0, 0, 0, 0, 0]);
    });

    test('a page of five calls goes at once in a window that nothing is known of yet', async () => {
      const { take, open, clock } = setUp(create);
      await open(399);
      await clock.advance(90_000);
      const results = watch(many(5, () => take()));
      await clock.advance(0);
      expect(results.map((result) => allowed(result).waitedMs)).toEqual([0, 0, 0, 0, 0]);
    });

    test('under saturation a third of the limit goes at once, and the rest is spread over the window', async () => {
      const { take, open, clock } = setUp(create);
      await open(399);
      const results = watch(many(600, () => take({ deadline: Infinity })));
      await clock.advance(0);
      expect(results).toHaveLength(132);
      await clock.advance(28_000);
      expect(results.length).toBeGreaterThan(255);
      expect(results.length).toBeLessThan(270);
    });

    test('a window is never overdrawn, and the next one opens by itself', async () => {
      const { take, open, clock } = setUp(create);
      await open(3);
      const results = watch(many(5, () => take({ deadline: Infinity, priority: 'MUTATION' })));
      await clock.advance(59_000);
      expect(results).toHaveLength(3);
      await clock.advance(2_500);
      expect(results).toHaveLength(5);
    });

    test('a permit that was not used lets another call go', async () => {
      const { take, open, clock } = setUp(create);
      await open(1);
      const permit = allowed(await take({ priority: 'MUTATION' }));
      const results = watch([take({ priority: 'MUTATION', deadline: Infinity })]);
      await clock.advance(1_000);
      expect(results).toHaveLength(0);
      permit.settle({ kind: 'NOT_SENT' });
      await clock.advance(0);
      expect(results).toHaveLength(1);
    });

    test('permits that were not used give back what may go at once', async () => {
      const { take, open, clock } = setUp(create);
      await open(399);
      const first = watch(many(132, () => take()));
      await clock.advance(0);
      for (const result of first) allowed(result).settle({ kind: 'NOT_SENT' });
      const second = watch(many(132, () => take()));
      await clock.advance(0);
      expect(second.filter((result) => result.allowed)).toHaveLength(132);
    });

    test('settling twice counts once', async () => {
      const { take, open, limiter, says } = setUp(create);
      await open(100);
      const [first, second] = await Promise.all([take(), take()]);
      allowed(first).settle({ kind: 'ANSWERED', observation: says(99) });
      allowed(first).settle({ kind: 'NOT_SENT' });
      expect(limiter.budget()?.remaining).toBe(98);
      allowed(second).settle({ kind: 'ANSWERED', observation: says(98) });
      expect(limiter.budget()?.remaining).toBe(98);
    });

    test('keys have budgets of their own', async () => {
      const { take, open, registry } = setUp(create);
      await open(0);
      const other = registry.of('other');
      expect(other.budget()).toBeNull();
      expect((await take()).allowed).toBe(false);
      const request = { priority: 'QUERY', client: 'a', deadline: Infinity } as const;
      expect((await other.take({ ...request, signals: [new AbortController().signal] })).allowed).toBe(true);
    });

    test('one key has one budget, however often its limiter is asked for', async () => {
      const { open, registry } = setUp(create);
      await open(7);
      expect(registry.of('key').budget()?.remaining).toBe(7);
    });
  });

  describe(`${name}: the queue`, () => {
    test('lets mutations before queries before background work, and clients take turns', async () => {
      const { take, clock, says } = setUp(create);
      const order: string[] = [];
      const first = allowed(await take());
      const enter = (label: string, priority: TakeRequest['priority'], client: string): void => {
        void take({ priority, client, deadline: Infinity }).then((result) => {
          order.push(label);
          allowed(result).settle({ kind: 'NOT_SENT' });
        });
      };
      enter('background', 'BACKGROUND', 'sweep');
      enter('query a1', 'QUERY', 'a');
      enter('query a2', 'QUERY', 'a');
      enter('query b1', 'QUERY', 'b');
      enter('mutation', 'MUTATION', 'a');
      await clock.advance(0);
      first.settle({ kind: 'ANSWERED', observation: says(100) });
      await clock.advance(0);
      expect(order).toEqual(['mutation', 'query a1', 'query b1', 'query a2', 'background']);
    });

    test('refuses at once what cannot be sent in time, and says when to come again', async () => {
      const { take, open, clock } = setUp(create);
      await open(0);
      await clock.advance(20_000);
      const result = await take();
      expect(result).toMatchObject({ allowed: false, reason: 'DEADLINE' });
      if (result.allowed) return;
      expect(result.retryAfterMs).toBeGreaterThan(39_000);
      expect(result.retryAfterMs).toBeLessThan(42_000);
      await clock.advance(result.retryAfterMs);
      expect((await take()).allowed).toBe(true);
    });

    test('refuses at once those of a crowd whose turn comes too late, and sends all others in time', async () => {
      const { take, open, clock } = setUp(create);
      await open(399);
      const results = watch(many(600, (index) => take({ client: String(index % 7) })));
      await clock.advance(0);
      const refused = results.filter((result) => !result.allowed);
      expect(refused.length).toBeGreaterThan(400);
      await clock.advance(10_000);
      expect(results).toHaveLength(600);
      expect(results.filter((result) => !result.allowed)).toHaveLength(refused.length);
    });

    test('refuses a call whose deadline passes while the backend is silent', async () => {
      const { take, clock } = setUp(create);
      await take();
      const results = watch([take()]);
      await clock.advance(10_000);
      expect(results).toEqual([]);
      await clock.advance(2);
      expect(results).toMatchObject([{ allowed: false, reason: 'DEADLINE' }]);
    });

    test('refuses a call that comes after its deadline', async () => {
      const { take, clock } = setUp(create);
      expect(await take({ deadline: clock.now() - 1 })).toMatchObject({ allowed: false, reason: 'DEADLINE' });
    });

    test('is bounded, and says so', async () => {
      const { take, clock } = setUp(create, 10);
      const results = watch(many(12, () => take({ deadline: Infinity })));
      await clock.advance(0);
      expect(results).toMatchObject([{ allowed: true }, { allowed: false, reason: 'QUEUE_FULL' }]);
    });

    test.for([0, 1])(
      'forgets a call of which signal %i is aborted, and gives its place to the next',
      async (which) => {
        const { take, clock, limiter, says } = setUp(create);
        const first = allowed(await take());
        const reasons = [new AbortController(), new AbortController()];
        const reason = new Error('the client went away');
        const aborted = take({ signals: reasons.map(({ signal }) => signal) });
        const results = watch([take()]);
        reasons[which]?.abort(reason);
        await expect(aborted).rejects.toBe(reason);
        expect(limiter.budget()).toBeNull();
        first.settle({ kind: 'ANSWERED', observation: says(399) });
        await clock.advance(0);
        expect(results).toHaveLength(1);
        expect(limiter.budget()).toMatchObject({ queued: 0, remaining: 398 });
      },
    );

    test('does not even queue a call that is aborted already', async () => {
      const { take, limiter, open } = setUp(create);
      await open(399);
      const reason = new Error('gone');
      await expect(take({ signals: [new AbortController().signal, AbortSignal.abort(reason)] })).rejects.toBe(
        reason,
      );
      expect(limiter.budget()?.remaining).toBe(399);
    });
  });

  describe(`${name}: refusals by the backend`, () => {
    test('nothing is sent until Retry-After, and what cannot wait so long is refused at once', async () => {
      const { take, open, clock, says } = setUp(create);
      await open(300);
      const permit = allowed(await take());
      permit.settle({ kind: 'ANSWERED', observation: says(299, { retryAfterMs: 30_000 }) });
      const impatient = watch([take()]);
      const patient = watch(many(3, () => take({ deadline: Infinity })));
      await clock.advance(29_999);
      expect(impatient).toMatchObject([{ allowed: false, reason: 'DEADLINE', retryAfterMs: 30_000 }]);
      expect(patient).toEqual([]);
      await clock.advance(1);
      // Then carefully: one call, until it is answered.
      expect(patient).toHaveLength(1);
      allowed(patient[0]).settle({ kind: 'ANSWERED', observation: says(298) });
      await clock.advance(0);
      expect(patient).toHaveLength(3);
    });

    test('calls that wait already are refused as soon as they cannot be sent in time', async () => {
      const { take, clock, says } = setUp(create);
      const first = allowed(await take());
      const results = watch([take(), take({ deadline: Infinity })]);
      await clock.advance(1_000);
      first.settle({ kind: 'ANSWERED', observation: says(0, { retryAfterMs: 20_000 }) });
      await clock.advance(0);
      expect(results).toMatchObject([{ allowed: false, reason: 'DEADLINE' }]);
    });
  });

  describe(`${name}: the budget`, () => {
    test('is unknown until the backend has told of it', async () => {
      const { take, limiter } = setUp(create);
      expect(limiter.budget()).toBeNull();
      allowed(await take()).settle({ kind: 'ANSWERED', observation: {} });
      expect(limiter.budget()).toBeNull();
    });

    test('is what the backend said, minus what is under way; its reset is by our clock', async () => {
      const { take, open, clock, limiter } = setUp(create);
      const start = clock.now();
      await open(250, { limit: 300, serverTime: start - 20_000, resetAt: start + 40_000 });
      await clock.advance(1_000);
      await take();
      const budget = limiter.budget();
      expect(budget).toMatchObject({ limit: 300, remaining: 249, observedAt: start, queued: 0 });
      expect(Math.abs((budget?.resetAt ?? 0) - (start + 60_000))).toBeLessThan(1_000);
    });

    test('is whole again after the reset, though nothing was sent', async () => {
      const { open, clock, limiter } = setUp(create);
      await open(0);
      await clock.advance(62_000);
      expect(limiter.budget()).toMatchObject({ limit: 400, remaining: 400 });
      expect(limiter.budget()?.resetAt).toBeGreaterThan(clock.now());
    });

    test('counts the calls that wait', async () => {
      const { take, open, clock, limiter } = setUp(create);
      await open(0);
      const results = watch(many(4, () => take({ deadline: Infinity })));
      await clock.advance(0);
      expect(results).toEqual([]);
      expect(limiter.budget()?.queued).toBe(4);
    });
  });
}
