import { describe, expect, test } from 'vitest';
import { createWindow, defaultRateLimit, type RateLimitBehaviour } from '../../../src/sandbox/window.ts';
import { startSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';
import { ask, errorOf, type Answer } from './support.ts';

/** 17.25 s after a full minute. */
const start = Date.UTC(2026, 0, 1, 12, 0, 17, 250);

/** A sandbox on a clock that stands still. */
async function withClock(
  rateLimit: Partial<RateLimitBehaviour>,
  use: (sandbox: Sandbox, clock: VirtualClock) => Promise<void>,
): Promise<void> {
  const clock = createVirtualClock(start);
  await using sandbox = await startSandbox({ tickets: 3, clock, rateLimit });
  await use(sandbox, clock);
}

const limits = ({ headers }: Answer) =>
  ['limit', 'remaining', 'reset'].map((name) => {
    const value = headers.get(`x-ratelimit-${name}`);
    return value === null ? null : Number(value);
  });

const seconds = (ms: number) => ms / 1000;
const list = (sandbox: Sandbox, key = sandbox.keys.read) =>
  ask(sandbox, 'GET /tickets?page_size=1', { headers: { authorization: `Bearer ${key}` } });

describe('the headers', () => {
  test('tell limit, remaining and the end of a window that the first request began', () =>
    withClock({}, async (sandbox, clock) => {
      expect(limits(await list(sandbox))).toEqual([400, 399, Math.ceil(seconds(start + 60_000))]);
      await clock.advance(30_000);
      expect(limits(await list(sandbox))).toEqual([400, 398, Math.ceil(seconds(start + 60_000))]);
      await clock.advance(30_000);
      expect(limits(await list(sandbox))).toEqual([400, 399, Math.ceil(seconds(start + 120_000))]);
    }));

  test('are on every answer, errors too', () =>
    withClock({}, async (sandbox) => {
      const answers = [
        await ask(sandbox, 'GET /nothing'),
        await ask(sandbox, 'GET /tickets/tkt_none'),
        await ask(sandbox, 'POST /tickets', { body: 'x' }),
        await ask(sandbox, 'DELETE /webhooks/x', { level: 'admin' }),
        await ask(sandbox, 'GET /tickets', { headers: { 'x-workspace-id': '' } }),
      ];
      expect(answers.map(limits).map(([, remaining]) => remaining)).toEqual([399, 398, 397, 396, 395]);
      expect(limits(await ask(sandbox, 'GET /tickets', { headers: { authorization: '' } }))).toEqual([
        400,
        400,
        Math.ceil(seconds(start + 60_000)),
      ]);
    }));

  test('have whole seconds, rounded as chosen', () =>
    withClock({}, async (sandbox) => {
      const resets: (number | null | undefined)[] = [];
      for (const resetRounding of ['up', 'down', 'nearest'] as const) {
        sandbox.rateLimit.configure({ resetRounding });
        resets.push(limits(await list(sandbox))[2]);
      }
      const end = seconds(start + 60_000);
      expect(resets).toEqual([Math.ceil(end), Math.floor(end), Math.round(end)]);
    }));

  test('can be missing, each of them', () =>
    withClock({ headers: ['remaining'] }, async (sandbox) => {
      const answer = await list(sandbox);
      expect(limits(answer)).toEqual([null, 399, null]);
      expect(answer.headers.get('date')).toBeNull();
      sandbox.rateLimit.configure({ headers: [] });
      expect(limits(await list(sandbox))).toEqual([null, null, null]);
    }));

  test('follow a clock that is wrong', () =>
    withClock({ clockSkewMs: -30_000 }, async (sandbox) => {
      const answer = await list(sandbox);
      expect(limits(answer)[2]).toBe(Math.ceil(seconds(start + 60_000 - 30_000)));
      expect(answer.headers.get('date')).toBe(new Date(start - 30_000).toUTCString());
      const { body } = await ask(sandbox, 'POST /tickets', { body: { ticket: { subject: 'When?' } } });
      expect(Date.parse(body.ticket.createdAt)).toBe(start - 30_000);
    }));
});

describe('a window', () => {
  test('is each key’s own', () =>
    withClock({ limit: 1 }, async (sandbox) => {
      const another = sandbox.createKey('read');
      expect((await list(sandbox)).status).toBe(200);
      expect((await list(sandbox)).status).toBe(429);
      expect((await list(sandbox, another)).status).toBe(200);
    }));

  test('that is spent refuses with Retry-After until its end, and nothing is carried out', () =>
    withClock({ limit: 2 }, async (sandbox, clock) => {
      await list(sandbox, sandbox.keys.write);
      await clock.advance(20_500);
      await list(sandbox, sandbox.keys.write);
      const refused = await ask(sandbox, 'POST /tickets', {
        level: 'write',
        body: { ticket: { subject: 'Late' } },
      });
      expect(errorOf(refused)).toBe('429 RATE_LIMIT_EXCEEDED');
      expect(refused.headers.get('retry-after')).toBe('40');
      expect(limits(refused)).toEqual([2, 0, Math.ceil(seconds(start + 60_000))]);
      expect(sandbox.tickets.count).toBe(3);
      expect(sandbox.rateLimit.state(sandbox.keys.write)).toEqual({
        limit: 2,
        remaining: 0,
        resetsAt: start + 60_000,
        refused: 1,
      });
      await clock.advance(39_500);
      expect((await list(sandbox, sandbox.keys.write)).status).toBe(200);
    }));

  test('may be aligned to the server’s clock', () =>
    withClock({ start: 'aligned', limit: 5 }, async (sandbox, clock) => {
      const minute = seconds(Math.ceil(start / 60_000) * 60_000);
      expect(limits(await list(sandbox))).toEqual([5, 4, minute]);
      await clock.advance(42_749);
      expect(limits(await list(sandbox))).toEqual([5, 3, minute]);
      await clock.advance(1);
      expect(limits(await list(sandbox))).toEqual([5, 4, minute + 60]);
    }));

  test('aligned to a clock that is wrong turns over when that clock says so', () =>
    withClock({ start: 'aligned', clockSkewMs: 30_000, limit: 5 }, async (sandbox, clock) => {
      await list(sandbox);
      await clock.advance(12_749);
      expect(limits(await list(sandbox))[1]).toBe(3);
      await clock.advance(1);
      expect(limits(await list(sandbox))[1]).toBe(4);
    }));

  test('is spent by other programs too', () =>
    withClock({ limit: 10 }, async (sandbox, clock) => {
      const key = sandbox.keys.read;
      sandbox.rateLimit.spend(key, 3);
      expect(limits(await list(sandbox))[1]).toBe(6);
      const stop = sandbox.rateLimit.spendEvery(key, 1_000, 2);
      await clock.advance(2_000);
      expect(sandbox.rateLimit.state(key).remaining).toBe(2);
      stop();
      await clock.advance(2_000);
      expect(sandbox.rateLimit.state(key).remaining).toBe(2);
      sandbox.rateLimit.spend(key);
      expect((await list(sandbox)).status).toBe(429);
      sandbox.rateLimit.reset();
      expect((await list(sandbox)).status).toBe(200);
    }));

  test('goes on with another limit when that changes', () =>
    withClock({ limit: 4 }, async (sandbox) => {
      await list(sandbox);
      sandbox.rateLimit.configure({ limit: 2 });
      expect(limits(await list(sandbox)).slice(0, 2)).toEqual([2, 0]);
      expect((await list(sandbox)).status).toBe(429);
      sandbox.rateLimit.configure({ limit: 3 });
      expect(limits(await list(sandbox)).slice(0, 2)).toEqual([3, 0]);
    }));

  test.for([
    [false, 200],
    [true, 429],
  ] as const)('counts refused requests: %s', ([countRefused, status]) =>
    withClock({ limit: 1, countRefused }, async (sandbox) => {
      await list(sandbox);
      await list(sandbox);
      sandbox.rateLimit.configure({ limit: 2 });
      expect((await list(sandbox)).status).toBe(status);
    }),
  );

  test.for([
    [true, 398],
    [false, 399],
  ] as const)('counts failed requests: %s', ([countFailed, remaining]) =>
    withClock({ countFailed }, async (sandbox) => {
      const failed = await ask(sandbox, 'GET /tickets/tkt_none');
      expect(limits(failed)[1]).toBe(remaining + 1);
      expect(limits(await ask(sandbox, 'GET /tickets'))[1]).toBe(remaining);
    }),
  );
});

describe('the window alone', () => {
  test('never lets more than its limit through, and all of it', () => {
    const window = createWindow(() => defaultRateLimit);
    let allowed = 0;
    for (let at = 0; at < 60_000; at += 100) if (window.take(start + at)) allowed += 1;
    expect(allowed).toBe(400);
    expect(window.take(start + 59_999)).toBe(false);
    expect(window.take(start + 60_000)).toBe(true);
  });

  test('does not begin by being looked at', () => {
    const window = createWindow(() => defaultRateLimit);
    expect(window.state(start).resetsAt).toBe(start + 60_000);
    window.take(start + 5_000);
    expect(window.state(start + 6_000).resetsAt).toBe(start + 65_000);
  });
});
