/**
 * What the bucket and its queue cost: microseconds of processor time for one `take` and its `settle`, with so many
 * calls waiting all the time.
 *
 *     node test/bench/limiter.ts
 */
import type { Clock } from '../../src/domain/clock.ts';
import type { Permit } from '../../src/rate-limit/limiter.ts';
import { createLimiterRegistry } from '../../src/rate-limit/memory-limiter.ts';

const WINDOW_MS = 60_000;
const CALLS = 200_000;
const CLIENTS = 50;

/** Time moves only where everybody waits for it: from alarm to alarm. */
function createLeapingClock(): Clock & { leap(): void } {
  let now = 1_700_000_000_000;
  let alarm: { at: number; callback: () => void } | null = null;
  return {
    now: () => now,
    after(ms, callback) {
      const mine = { at: now + ms, callback };
      alarm = mine;
      return () => {
        if (alarm === mine) alarm = null;
      };
    },
    leap() {
      if (alarm === null) throw new Error('nobody waits for anything');
      const { at, callback } = alarm;
      alarm = null;
      now = at;
      callback();
    },
  };
}

async function measure(waiting: number, limit: number): Promise<number> {
  const clock = createLeapingClock();
  const limiter = createLimiterRegistry({ defaultLimit: limit, maxQueued: waiting + 1, clock }).of('key');
  const { signal } = new AbortController();
  const granted: Permit[] = [];
  let window = { resetAt: 0, used: 0 };
  let asked = 0;

  function ask(): void {
    asked += 1;
    const request = {
      priority: 'QUERY',
      client: `client ${String(asked % CLIENTS)}`,
      deadline: Infinity,
      signals: [signal],
    } as const;
    void limiter.take(request).then((result) => {
      if (!result.allowed) throw new Error(result.reason);
      granted.push(result.permit);
    });
  }

  function answer(permit: Permit): void {
    const resetAt = Math.ceil((clock.now() + 1) / WINDOW_MS) * WINDOW_MS;
    window = { resetAt, used: window.resetAt === resetAt ? window.used + 1 : 1 };
    const serverTime = Math.floor(clock.now() / 1000) * 1000;
    permit.settle({
      kind: 'ANSWERED',
      observation: { limit, remaining: limit - window.used, resetAt, serverTime },
    });
  }

  async function run(calls: number): Promise<void> {
    for (let answered = 0; answered < calls;) {
      await Promise.resolve();
      const permit = granted.pop();
      if (permit === undefined) {
        clock.leap();
        continue;
      }
      answer(permit);
      answered += 1;
      ask();
    }
  }

  for (let index = 0; index <= waiting; index += 1) ask();
  await run(CALLS / 10);
  const before = process.cpuUsage();
  await run(CALLS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

console.log('calls waiting   µs for take + settle');
for (const [waiting, limit] of [
  [0, 1_000_000_000],
  [100, 400],
  [10_000, 400],
] as const) {
  const microseconds = await measure(waiting, limit);
  console.log(`${String(waiting).padStart(13)}   ${microseconds.toFixed(2)}`);
}
