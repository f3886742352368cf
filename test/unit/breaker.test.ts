import { beforeEach, expect, test } from 'vitest';
import {
  createBreaker,
  duringTrialMs,
  openingRule,
  trialWaitsMs,
  writesLagMs,
  type Breaker,
  type GuardedCall,
  type Verdict,
} from '../../src/backends/breaker.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let logs: { level: string; fields: object }[];
let breaker: Breaker;
/** Attempts that were made. */
let made: number;

beforeEach(() => {
  clock = createVirtualClock();
  logs = [];
  made = 0;
  const log = (level: string) => (fields: object) => void logs.push({ level, fields });
  breaker = createBreaker({
    clock,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    host: 'helpdesk.example:443',
  });
});

const call = (verdict: Verdict, kind: GuardedCall = 'READ') =>
  breaker.guard(kind, () => {
    made += 1;
    return Promise.resolve({ verdict, value: verdict });
  });
const calls = async (times: number, verdict: Verdict): Promise<void> => {
  for (let n = 0; n < times; n += 1) await call(verdict);
};
const state = () => breaker.status().circuit;
/** Opens it from new, and forgets what that took. */
const open = async (): Promise<void> => {
  await calls(openingRule.minimumNumberOfCalls, 'FAILED');
  made = 0;
};
/** A call under way, to be decided later. */
const begin = (kind: GuardedCall = 'READ') => {
  const decision = Promise.withResolvers<{ verdict: Verdict; value: null }>();
  const done = breaker.guard(kind, () => decision.promise);
  return {
    end: async (verdict: Verdict) => {
      decision.resolve({ verdict, value: null });
      await done;
    },
    fail: async (error: Error) => {
      decision.reject(error);
      await expect(done).rejects.toBe(error);
    },
  };
};

test('a host that answers is never left alone', async () => {
  await calls(100, 'ALIVE');
  expect(made).toBe(100);
  expect(breaker.holdsBack('WRITE')).toBeNull();
  expect(breaker.status()).toEqual({ circuit: 'CLOSED', since: clock.now(), nextTrialAt: null });
  expect(logs).toEqual([]);
});

test('a host that fails from the beginning is left alone after ten failures', async () => {
  await calls(9, 'FAILED');
  expect(state()).toBe('CLOSED');
  await call('FAILED');
  expect(state()).toBe('OPEN');
});

test('a host that has answered is left alone once more than half of the last twenty calls failed', async () => {
  await calls(1_000, 'ALIVE');
  await calls(10, 'FAILED');
  expect(state()).toBe('CLOSED');
  await call('FAILED');
  expect(state()).toBe('OPEN');
});

test('half of the calls failing for ever is no reason: the others work', async () => {
  for (let n = 0; n < 100; n += 1) {
    await call('ALIVE');
    await call('FAILED');
  }
  expect(made).toBe(200);
});

test('what was given up says nothing, however often', async () => {
  await calls(9, 'FAILED');
  await calls(100, 'UNDECIDED');
  expect(state()).toBe('CLOSED');
  await call('FAILED');
  expect(state()).toBe('OPEN');
});

test('an attempt that breaks is passed on, and says nothing of the host', async () => {
  for (let n = 0; n < 100; n += 1) await begin().fail(new Error('a defect'));
  expect(state()).toBe('CLOSED');
});

test('while it is left alone nothing is sent, and the time to the next trial is told', async () => {
  await open();
  expect(breaker.status()).toEqual({
    circuit: 'OPEN',
    since: clock.now(),
    nextTrialAt: clock.now() + 5_000,
  });
  await clock.advance(1_200);
  expect(await call('ALIVE')).toEqual({ sent: false, retryAfterMs: 3_800 });
  await clock.advance(3_799);
  expect(await call('ALIVE')).toEqual({ sent: false, retryAfterMs: 1 });
  expect(breaker.holdsBack('READ')).toBe(1);
  expect(made).toBe(0);
});

test('then a single call tries, and the others go on waiting until it is decided', async () => {
  await open();
  await clock.advance(5_000);
  expect(state()).toBe('OPEN');
  expect(breaker.holdsBack('READ')).toBeNull();
  const trial = begin();
  expect(breaker.status()).toEqual({ circuit: 'HALF_OPEN', since: clock.now(), nextTrialAt: null });
  expect(await call('ALIVE')).toEqual({ sent: false, retryAfterMs: duringTrialMs });
  expect(await call('ALIVE', 'WRITE')).toEqual({ sent: false, retryAfterMs: duringTrialMs });
  await clock.advance(60_000);
  expect(breaker.holdsBack('READ')).toBe(duringTrialMs);
  await trial.end('ALIVE');
  expect(state()).toBe('CLOSED');
  expect(await call('ALIVE')).toEqual({ sent: true, value: 'ALIVE' });
});

test('once it is back, the failures of before are forgotten', async () => {
  await open();
  await clock.advance(5_000);
  await call('ALIVE');
  // The trial was the first of the ten.
  await calls(8, 'FAILED');
  expect(state()).toBe('CLOSED');
  await call('FAILED');
  expect(state()).toBe('OPEN');
  expect(breaker.holdsBack('READ')).toBe(5_000);
});

test('trials that fail come ever more seldom, down to one in 30 s', async () => {
  await open();
  const waits: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    const wait = breaker.holdsBack('READ') ?? 0;
    waits.push(wait);
    await clock.advance(wait);
    await call('FAILED');
  }
  expect(waits).toEqual([...trialWaitsMs, 30_000, 30_000]);
  expect(waits).toEqual([5_000, 10_000, 20_000, 30_000, 30_000, 30_000]);
  expect(made).toBe(6);
});

test('for a second a trial is left to reads; where none comes, a write tries', async () => {
  await open();
  expect(breaker.holdsBack('WRITE')).toBe(5_000 + writesLagMs);
  await clock.advance(5_000);
  expect(await call('ALIVE', 'WRITE')).toEqual({ sent: false, retryAfterMs: writesLagMs });
  await clock.advance(999);
  expect(breaker.holdsBack('READ')).toBeNull();
  expect(await call('ALIVE', 'WRITE')).toEqual({ sent: false, retryAfterMs: 1 });
  await clock.advance(1);
  expect(await call('ALIVE', 'WRITE')).toMatchObject({ sent: true });
  expect(state()).toBe('CLOSED');
});

test('a trial that is given up decides nothing: the next call tries at once', async () => {
  await open();
  await clock.advance(5_000);
  await call('UNDECIDED');
  expect(breaker.holdsBack('READ')).toBeNull();
  await begin().fail(new Error('a defect'));
  expect(breaker.holdsBack('READ')).toBeNull();
  await call('FAILED');
  // It was the first trial that failed.
  expect(breaker.holdsBack('READ')).toBe(10_000);
});

test('what began before the host was left alone is old news afterwards', async () => {
  const stale = [begin(), begin(), begin()];
  await open();
  await stale[0]?.end('ALIVE');
  expect(state()).toBe('OPEN');
  await clock.advance(5_000);
  const trial = begin();
  await stale[1]?.end('FAILED');
  expect(state()).toBe('HALF_OPEN');
  await trial.end('ALIVE');
  await calls(8, 'FAILED');
  await stale[2]?.end('FAILED');
  expect(state()).toBe('CLOSED');
});

test('calls that fail together open it once', async () => {
  const together = Array.from({ length: 50 }, () => begin());
  await Promise.all(together.map((one) => one.end('FAILED')));
  expect(breaker.holdsBack('READ')).toBe(5_000);
  expect(logs).toHaveLength(1);
});

test('a clock that is set back does not shut a host out for ever', async () => {
  await open();
  clock.jump(-3_600_000);
  expect(breaker.holdsBack('READ')).toBeNull();
  expect(await call('ALIVE')).toMatchObject({ sent: true });
});

test('every change is logged, with the host and how long it was down', async () => {
  await open();
  await clock.advance(5_000);
  await call('FAILED');
  await clock.advance(10_000);
  await call('UNDECIDED');
  await call('ALIVE');
  const host = 'helpdesk.example:443';
  expect(logs).toEqual([
    { level: 'warn', fields: { host, nextTrialInMs: 5_000 } },
    { level: 'info', fields: { host } },
    { level: 'warn', fields: { host, nextTrialInMs: 10_000 } },
    { level: 'info', fields: { host } },
    { level: 'info', fields: { host } },
    { level: 'info', fields: { host } },
    { level: 'info', fields: { host, downMs: 15_000 } },
  ]);
});
