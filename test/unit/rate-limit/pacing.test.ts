import { describe, expect, test } from 'vitest';
import type { CallPriority } from '../../../src/domain/operation.ts';
import { initialPace, type Pace, paced, readyAt, spent, turnOf } from '../../../src/rate-limit/pacing.ts';
import type { Outlook } from '../../../src/rate-limit/window.ts';

const WINDOW_MS = 60_000;

/** A window of 400 calls that runs from 0 to 60 s, known to the millisecond. */
function openWindow(overrides: Partial<Outlook> = {}) {
  let view: Outlook = {
    windowMs: WINDOW_MS,
    limit: 400,
    remaining: 400,
    sendable: 400,
    blockedUntil: 0,
    openedAt: 1,
    end: WINDOW_MS,
    turnover: WINDOW_MS,
    ...overrides,
  };
  let pace: Pace = paced(initialPace, view, 0);
  return {
    readyAt(priority: CallPriority, now: number): number {
      pace = paced(pace, view, now);
      return readyAt(pace, view, priority, now);
    },
    turnOf(priority: CallPriority, count: number, now: number): number {
      pace = paced(pace, view, now);
      return turnOf(pace, view, priority, count, now);
    },
    send(calls = 1): void {
      view = { ...view, remaining: view.remaining - calls, sendable: view.sendable - calls };
      for (let sent = 0; sent < calls; sent += 1) pace = spent(pace);
    },
    /** Sends all that may be sent until `until`, as if endlessly many waited; the moments of sending. */
    saturate(priority: CallPriority, from: number, until: number): number[] {
      const sentAt: number[] = [];
      let now = from;
      for (;;) {
        const at = Math.max(now, this.readyAt(priority, now));
        if (at > until || view.remaining < 1) return sentAt;
        now = at;
        pace = paced(pace, view, now);
        this.send();
        sentAt.push(now);
      }
    },
  };
}

describe('a key that is not saturated', () => {
  test('sends five calls at once, again and again', () => {
    const window = openWindow();
    for (let now = 0; now < 60_000; now += 2_000) {
      for (let call = 0; call < 5; call += 1) {
        expect(window.readyAt('QUERY', now)).toBeLessThanOrEqual(now);
        window.send();
      }
    }
  });

  test('may send a third of the limit at once late in the window, too', () => {
    const window = openWindow();
    window.send(10);
    expect(window.saturate('QUERY', 40_000, 40_000)).toHaveLength(133);
  });
});

describe('a saturated key', () => {
  test('sends a third at once, and the rest evenly until the window ends', () => {
    const sentAt = openWindow().saturate('QUERY', 0, WINDOW_MS);
    expect(sentAt.filter((at) => at === 0)).toHaveLength(133);
    expect(sentAt).toHaveLength(400);
    const gaps = sentAt.slice(133, 396).map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(240);
    expect(Math.min(...gaps.slice(1))).toBeGreaterThan(220);
    expect(sentAt.at(-4)).toBeGreaterThan(59_500);
  });

  test('keeps a few calls for the time in which the turnover may be', () => {
    const window = openWindow({ end: 57_000, turnover: 60_000 });
    const sentAt = window.saturate('QUERY', 0, WINDOW_MS);
    expect(sentAt).toHaveLength(400);
    const late = sentAt.filter((at) => at > 57_001);
    expect(late.map((at) => Math.round(at / 100) / 10)).toEqual([58, 59, 60]);
  });

  test('sends at once what was due when the end turns out to be earlier than it seemed', () => {
    const view: Outlook = {
      windowMs: WINDOW_MS,
      limit: 400,
      remaining: 20,
      sendable: 20,
      blockedUntil: 0,
      openedAt: 1,
      end: 50_000,
      turnover: WINDOW_MS,
    };
    const pace = paced({ tokens: 0, ahead: 0, at: 55_000, openedAt: 1, limit: 400 }, view, 55_001);
    expect(pace.tokens).toBeGreaterThanOrEqual(17);
    expect(pace.tokens).toBeLessThan(18);
  });

  test('is not silent after a change for the lower', () => {
    const window = openWindow();
    window.send(60);
    const rest: Outlook = {
      windowMs: WINDOW_MS,
      limit: 90,
      remaining: 30,
      sendable: 30,
      blockedUntil: 0,
      openedAt: 1,
      end: WINDOW_MS,
      turnover: WINDOW_MS,
    };
    const old = { tokens: 73, ahead: 0, at: 0, openedAt: 1, limit: 400 };
    const pace = paced(old, rest, 10);
    expect(pace.tokens).toBeLessThan(1);
    expect(readyAt(pace, rest, 'QUERY', 10)).toBeLessThan(2_500);
  });

  test('is paced by the limit where no window is known', () => {
    const window = openWindow({ end: null, turnover: 61_000 });
    const sentAt = window.saturate('QUERY', 0, 6_000);
    expect(sentAt).toHaveLength(133 + 40);
  });
});

describe('the reserve for mutations', () => {
  test('is refused to others until the last ten seconds, then released evenly', () => {
    const window = openWindow({ remaining: 40, sendable: 40 });
    expect(window.readyAt('MUTATION', 20_000)).toBeLessThanOrEqual(20_000);
    expect(window.readyAt('QUERY', 20_000)).toBeCloseTo(50_250);
    expect(window.readyAt('BACKGROUND', 20_000)).toBeCloseTo(50_250);
    const sentAt = window.saturate('QUERY', 20_000, WINDOW_MS);
    expect(sentAt).toHaveLength(40);
    expect(sentAt.filter((at) => at <= 55_000)).toHaveLength(20);
  });

  test('lets mutations run ahead of the pace by a tenth, and nobody waits until they are made up for', () => {
    const window = openWindow();
    window.saturate('QUERY', 0, 10_000);
    expect(window.saturate('MUTATION', 10_000, 10_000)).toHaveLength(40);
    expect(window.readyAt('MUTATION', 10_000)).toBeGreaterThan(10_000);
    expect(window.readyAt('QUERY', 10_000)).toBeLessThan(10_500);
    const sentAt = window.saturate('QUERY', 10_000, WINDOW_MS);
    const stretches = sentAt.slice(1).map((at, index) => at - (sentAt[index] ?? 0));
    expect(Math.max(...stretches)).toBeLessThan(1_000);
    expect(sentAt.at(-4)).toBeGreaterThan(59_000);
  });

  test('adds nothing to the burst with which a window opens', () => {
    expect(openWindow().saturate('MUTATION', 0, 0)).toHaveLength(133);
  });

  test('leaves no silence at the end, though nothing but mutations is sent', () => {
    const sentAt = openWindow().saturate('MUTATION', 0, WINDOW_MS);
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => sentAt.filter((at) => at >= tenth * 6_000 && at < (tenth + 1) * 6_000).length,
    );
    expect(sentAt).toHaveLength(400);
    expect(Math.min(...tenths)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...tenths.slice(2))).toBeLessThanOrEqual(31);
  });
});

describe('when a turn comes', () => {
  test('is told as it happens, within this window', () => {
    const foretold = openWindow();
    const turns = Array.from({ length: 396 }, (_, index) => foretold.turnOf('QUERY', index + 1, 0));
    const sentAt = openWindow().saturate('QUERY', 0, WINDOW_MS);
    for (const [index, turn] of turns.entries())
      expect(Math.abs(turn - (sentAt[index] ?? 0))).toBeLessThan(1);
  });

  test('is after the turnover for what this window does not hold', () => {
    const window = openWindow({ remaining: 10, sendable: 10 });
    expect(window.turnOf('QUERY', 11, 30_000)).toBe(60_000);
    expect(window.turnOf('QUERY', 10 + 133, 30_000)).toBe(60_000);
    expect(window.turnOf('QUERY', 10 + 400, 30_000)).toBe(120_000);
    expect(window.turnOf('QUERY', 10 + 401, 30_000)).toBe(120_000);
  });

  test('is earlier for a mutation, which may run ahead of the pace', () => {
    const window = openWindow();
    window.saturate('QUERY', 0, 10_000);
    expect(window.turnOf('MUTATION', 40, 10_000)).toBe(10_000);
    expect(window.turnOf('MUTATION', 41, 10_000)).toBeGreaterThan(10_000);
    expect(window.turnOf('QUERY', 2, 10_000)).toBeGreaterThan(10_000);
  });

  test('is not before Retry-After', () => {
    const window = openWindow({ sendable: 0, blockedUntil: 45_000 });
    expect(window.readyAt('MUTATION', 1_000)).toBe(45_000);
    expect(window.turnOf('QUERY', 1, 1_000)).toBe(45_000);
  });

  test('cannot be told where only an answer helps', () => {
    expect(openWindow({ sendable: 0 }).readyAt('MUTATION', 1_000)).toBe(Infinity);
  });
});
