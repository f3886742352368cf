import { describe, expect, test } from 'vitest';
import type { Observation, PermitOutcome } from '../../../src/rate-limit/limiter.ts';
import {
  nominalReset,
  type Outlook,
  outlook,
  rolled,
  withSent,
  withSettled,
} from '../../../src/rate-limit/window.ts';
import { initialWindow, type WindowState } from '../../../src/rate-limit/window-state.ts';

const START = 1_700_000_000_000;
const RESET = START + 60_000;

/** One key's window; moments are seconds since the start. */
function follow(limit = 400) {
  let state: WindowState = initialWindow(limit, 60_000);
  const at = (seconds: number): number => START + Math.round(seconds * 1000);

  function look(seconds: number): Outlook {
    state = rolled(state, at(seconds));
    return outlook(state, at(seconds));
  }

  function send(seconds: number, calls = 1): number {
    for (let sent = 0; sent < calls; sent += 1) state = withSent(state, at(seconds));
    return seconds;
  }

  function settle(sentAt: number, seconds: number, outcome: PermitOutcome): void {
    state = withSettled(state, at(sentAt), outcome, at(seconds));
    // A store may keep it as JSON.
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  }

  return {
    look,
    send,
    settle,
    answer(sentAt: number, seconds: number, observation: Observation): void {
      settle(sentAt, seconds, { kind: 'ANSWERED', observation });
    },
    /** A call at that moment, answered a tenth of a second later. */
    call(seconds: number, observation: Observation): void {
      this.answer(send(seconds), seconds + 0.1, observation);
    },
    nominalReset: (seconds: number): number => (nominalReset(state, at(seconds)) - START) / 1000,
    turnover: (seconds: number): number => (look(seconds).turnover - START) / 1000,
  };
}

/** What an answer at that moment says; the backend's clock is ours. */
const says = (remaining: number, seconds: number, more: Observation = {}): Observation => ({
  limit: 400,
  remaining,
  resetAt: RESET,
  serverTime: START + Math.floor(seconds) * 1000,
  ...more,
});

describe('before anything is known', () => {
  test('one call goes at a time', () => {
    const window = follow();
    expect(window.look(0)).toMatchObject({ limit: 400, remaining: 400, sendable: 1 });
    window.send(0);
    expect(window.look(5)).toMatchObject({ sendable: 0 });
  });

  test('a call that is lost lets the next one try', () => {
    const window = follow();
    window.send(0);
    window.settle(0, 10, { kind: 'LOST' });
    expect(window.look(10)).toMatchObject({ sendable: 1, remaining: 399 });
  });

  test('the first answer with headers opens the window', () => {
    const window = follow();
    window.call(1, says(250, 1, { limit: 300 }));
    expect(window.look(2)).toMatchObject({ limit: 300, remaining: 250, sendable: 250 });
  });

  test('answers without headers let more and more calls go, up to a tenth of the limit', () => {
    const window = follow();
    window.call(0, {});
    expect(window.look(1)).toMatchObject({ limit: 400, remaining: 399, sendable: 2 });
    for (let second = 1; second <= 100; second += 1) window.call(second / 10, {});
    expect(window.look(11).sendable).toBe(40);
  });

  test('without any headers no stretch of a minute counts more than the limit', () => {
    const window = follow(30);
    for (let call = 0; call < 30; call += 1) window.call(call, {});
    expect(window.look(35)).toMatchObject({ remaining: 0, sendable: 0 });
    expect(window.turnover(35)).toBeGreaterThan(60);
    expect(window.look(61).remaining).toBe(1);
    expect(window.look(70).remaining).toBe(10);
  });
});

describe('within a window', () => {
  test('calls in flight count', () => {
    const window = follow();
    window.call(1, says(100, 1));
    window.send(2, 30);
    expect(window.look(2).remaining).toBe(70);
  });

  test('answers that come out of order do not bring anything back', () => {
    const window = follow();
    window.call(1, says(100, 1));
    window.send(2, 3);
    window.answer(2, 2.5, says(97, 2));
    window.answer(2, 2.6, says(99, 2));
    window.answer(2, 2.7, says(98, 2));
    expect(window.look(3).remaining).toBe(97);
  });

  test('an answer without headers leaves the last known limit standing, and counts', () => {
    const window = follow();
    window.call(1, says(100, 1, { limit: 300 }));
    window.call(2, {});
    expect(window.look(3)).toMatchObject({ limit: 300, remaining: 99 });
    window.call(4, says(98, 4, { limit: 300 }));
    expect(window.look(5).remaining).toBe(98);
  });

  test('a call that never left gives its place back, a lost one does not', () => {
    const window = follow();
    window.call(1, says(100, 1));
    window.send(2, 2);
    window.settle(2, 2.1, { kind: 'NOT_SENT' });
    expect(window.look(3).remaining).toBe(99);
    window.settle(2, 12, { kind: 'LOST' });
    expect(window.look(12).remaining).toBe(99);
  });

  test('a lost call that was never counted comes back with the next answer', () => {
    const window = follow();
    window.call(1, says(100, 1));
    window.settle(window.send(2), 12, { kind: 'LOST' });
    window.call(20, says(99, 20));
    expect(window.look(21).remaining).toBe(99);
  });

  test.for([
    ['raised', 600, 580],
    ['lowered', 100, 80],
  ] as const)('a limit that is %s takes hold at once', ([, limit, remaining]) => {
    const window = follow();
    window.call(1, says(381, 1));
    window.call(2, says(remaining, 2, { limit }));
    expect(window.look(3)).toMatchObject({ limit, remaining });
  });

  test('an older answer does not bring an older limit back', () => {
    const window = follow();
    window.call(1, says(381, 1));
    window.send(2, 2);
    window.answer(2, 2.2, says(79, 2, { limit: 100 }));
    window.answer(2, 2.3, says(380, 2));
    window.call(3, says(78, 3, { limit: 100 }));
    expect(window.look(4)).toMatchObject({ limit: 100, remaining: 78 });
  });

  test('a backend that lowers its count is believed once a later call says so', () => {
    const window = follow();
    window.call(1, says(100, 1));
    window.call(2, says(300, 2));
    expect(window.look(3).remaining).toBe(300);
  });

  test('numbers that make no sense are ignored', () => {
    const window = follow();
    window.call(1, says(100, 1));
    window.call(2, says(Number.NaN, 2));
    window.call(3, says(-5, 3));
    window.call(4, says(90, 4, { limit: 0, resetAt: Number.POSITIVE_INFINITY }));
    expect(window.look(5)).toMatchObject({ limit: 400, remaining: 97 });
  });
});

describe('other programs that spend the key', () => {
  test('are noticed, and then left a hundredth of the limit', () => {
    const window = follow();
    window.call(1, says(399, 1));
    window.call(61.2, says(399, 61, { resetAt: RESET + 60_000 }));
    window.call(63, says(348, 63, { resetAt: RESET + 60_000 }));
    expect(window.look(63.5).remaining).toBe(344);
  });

  test('make old knowledge need confirmation', () => {
    const window = follow();
    window.call(1, says(399, 1));
    window.call(61.2, says(399, 61, { resetAt: RESET + 60_000 }));
    window.call(63, says(300, 63, { resetAt: RESET + 60_000 }));
    expect(window.look(63.5).sendable).toBe(296);
    expect(window.look(70).sendable).toBe(40);
    window.call(70, says(250, 70, { resetAt: RESET + 60_000 }));
    expect(window.look(70.5).sendable).toBe(246);
  });

  test('are not suspected of our own calls, though their answers come late or without headers', () => {
    const window = follow();
    const next = { resetAt: RESET + 60_000 };
    window.call(1, says(399, 1));
    window.call(60, says(399, 60, next));
    window.send(60.2, 3);
    for (const seconds of [60.25, 60.26, 60.27]) window.answer(60.2, seconds, {});
    window.call(62, says(395, 62, next));
    window.answer(window.send(119.8), 120.9, {});
    window.answer(window.send(119.9), 121.1, says(393, 120, next));
    window.call(121.5, says(399, 121, { resetAt: RESET + 120_000 }));
    window.call(122, says(398, 122, { resetAt: RESET + 120_000 }));
    expect(window.look(122.2).remaining).toBe(398);
  });

  test('are forgotten two windows after they were seen last', () => {
    const window = follow();
    window.call(1, says(399, 1));
    window.call(61.2, says(300, 61, { resetAt: RESET + 60_000 }));
    window.call(121.2, says(399, 121, { resetAt: RESET + 120_000 }));
    expect(window.look(121.5).remaining).toBe(395);
    window.call(181.2, says(399, 181, { resetAt: RESET + 180_000 }));
    expect(window.look(181.5).remaining).toBe(399);
  });

  test('are not suspected of what was spent before the first answer', () => {
    const window = follow();
    window.call(1, says(150, 1));
    window.call(2, says(149, 2));
    expect(window.look(3).remaining).toBe(149);
  });
});

describe('at a turnover', () => {
  test('the old window stands until its latest possible end, then a tenth of the limit may be in flight', () => {
    const window = follow();
    window.call(1, says(3, 1));
    expect(window.turnover(2)).toBeCloseTo(61.15);
    expect(window.look(61.1)).toMatchObject({ remaining: 3 });
    expect(window.look(61.15)).toMatchObject({ remaining: 400, sendable: 40 });
    window.send(61.15, 40);
    expect(window.look(61.2)).toMatchObject({ remaining: 360, sendable: 0 });
    window.answer(61.15, 61.3, says(360, 61, { resetAt: RESET + 60_000 }));
    expect(window.look(61.4)).toMatchObject({ remaining: 360, sendable: 360 });
  });

  test('a call that opens the new window early opens it for all', () => {
    const window = follow();
    window.call(1, says(3, 1));
    window.call(60, says(399, 60, { resetAt: RESET + 60_000 }));
    expect(window.look(60.2)).toMatchObject({ remaining: 399, sendable: 399, openedAt: START + 60_100 });
  });

  test('calls in flight count against both windows until they are answered', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.send(59.5, 20);
    expect(window.look(60).remaining).toBe(180);
    expect(window.look(61.15).remaining).toBe(380);
    window.answer(59.5, 61.2, says(190, 61));
    expect(window.look(61.2).remaining).toBe(381);
    window.answer(59.5, 61.3, says(399, 61, { resetAt: RESET + 60_000 }));
    expect(window.look(61.3).remaining).toBe(381);
  });

  test('calls without account may have been counted in the new window', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.answer(window.send(30), 30.2, {});
    window.answer(window.send(59.5), 59.8, {});
    expect(window.look(61.15).remaining).toBe(399);
  });

  test('a late answer of the old window changes nothing in the new one', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.send(59);
    window.call(61.2, says(399, 61, { resetAt: RESET + 60_000 }));
    window.answer(59, 65, says(199, 65));
    expect(window.look(66)).toMatchObject({ remaining: 399 });
  });

  test('an answer that comes two windows late changes nothing either', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.send(59);
    window.call(61.2, says(399, 61, { resetAt: RESET + 60_000 }));
    window.call(121.2, says(399, 121, { resetAt: RESET + 120_000 }));
    window.answer(59, 125, says(199, 125));
    expect(window.look(126)).toMatchObject({ remaining: 399 });
    expect(window.turnover(126)).toBeGreaterThan(180);
  });

  test('a call that was given up may still be counted in the new window', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.settle(window.send(47), 57, { kind: 'LOST' });
    expect(window.look(61.15).remaining).toBe(399);
  });

  test('a call without account that was under way with the first of the new window counts', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.send(61.15, 2);
    window.answer(61.15, 61.2, {});
    window.answer(61.15, 61.25, says(399, 61, { resetAt: RESET + 60_000 }));
    expect(window.look(61.3).remaining).toBe(398);
  });

  test('a backend that begins its windows anew is followed', () => {
    const window = follow();
    window.call(1, says(200, 1));
    window.send(3, 2);
    window.answer(3, 3.05, {});
    window.answer(3, 3.1, says(399, 3, { resetAt: RESET + 5_000 }));
    expect(window.look(3.2).remaining).toBe(398);
  });

  test('little is sent in the time in which it may be, nothing at the last moment', () => {
    const window = follow();
    window.call(1, says(200, 1));
    // A round trip of 100 ms, deviating by 50 ms, before the earliest moment: Reset and Date are of whole seconds.
    expect(window.look(2).end).toBe(RESET - 2_000 - 300);
  });

  test('a window that turns out to run on takes its count back', () => {
    const window = follow();
    window.call(1, says(3, 1));
    window.call(2, {});
    window.call(61.2, says(1, 61));
    expect(window.look(61.3)).toMatchObject({ remaining: 1 });
    expect(window.turnover(61.3)).toBeGreaterThan(61.3);
  });

  test('windows longer than expected are found out', () => {
    const window = follow();
    const hourly = (remaining: number, seconds: number): Observation =>
      says(remaining, seconds, { resetAt: START + 3_600_000 });
    window.call(1, hourly(5, 1));
    window.call(100, hourly(4, 100));
    expect(window.look(101).remaining).toBe(4);
    expect(window.turnover(101)).toBeCloseTo(3601.05, 0);
  });

  test('windows longer than expected are found out without Date, too', () => {
    const window = follow();
    const hourly = (remaining: number): Observation => ({
      limit: 400,
      remaining,
      resetAt: START + 3_600_000,
    });
    window.call(1, hourly(5));
    window.call(70, hourly(4));
    expect(window.look(71).remaining).toBe(4);
    window.call(140, hourly(3));
    expect(window.look(141).remaining).toBe(3);
  });

  test('without Date it is learned from the first one seen', () => {
    const window = follow();
    const skewed = (remaining: number, resetAt: number): Observation => ({ limit: 400, remaining, resetAt });
    const ahead = 25_000;
    window.call(1, skewed(399, RESET + ahead));
    // Nothing but the length of a window is known.
    expect(window.look(2)).toMatchObject({ end: START + 62_100, turnover: START + 62_150 });
    window.call(59.8, skewed(398, RESET + ahead));
    // The later it gets the less there is to guess, but that is no reason to hurry.
    expect(window.look(59.95).end).toBe(START + 62_100);
    window.call(60.1, skewed(399, RESET + ahead + 60_000));
    expect(window.turnover(62)).toBeCloseTo(121.25);
  });

  test.for([-30, 0, 30])('clocks %i s apart make no difference where answers bear a Date', (skewSeconds) => {
    const window = follow();
    const skewed = (remaining: number, seconds: number): Observation => ({
      limit: 400,
      remaining,
      resetAt: RESET + skewSeconds * 1000,
      serverTime: START + (Math.floor(seconds) + skewSeconds) * 1000,
    });
    window.call(1, skewed(399, 1));
    expect(window.turnover(2)).toBeCloseTo(61.15);
    expect(Math.abs(window.nominalReset(2) - 60)).toBeLessThan(1);
  });

  test('a clock of ours that is set back asks anew, one call at a time', () => {
    const window = follow();
    window.call(1000, says(0, 1000, { resetAt: RESET + 1_000_000 }));
    expect(window.look(1001).sendable).toBe(0);
    expect(window.look(10).sendable).toBe(1);
  });

  test('a silence that was asked for is kept though our clock is set back', () => {
    const window = follow();
    window.call(1000, says(0, 1000, { retryAfterMs: 50_000, resetAt: RESET + 1_000_000 }));
    expect(window.look(1001).sendable).toBe(0);
    expect(window.look(10)).toMatchObject({ sendable: 0, blockedUntil: START + 10_000 + 50_000 });
    expect(window.look(61).sendable).toBe(1);
  });
});

describe('after a refusal', () => {
  test('nothing is sent until Retry-After, then one call at a time', () => {
    const window = follow();
    window.call(1, says(10, 1));
    window.call(2, says(0, 2, { retryAfterMs: 70_000 }));
    expect(window.look(72)).toMatchObject({ sendable: 0, blockedUntil: START + 72_100 });
    expect(window.look(72.2)).toMatchObject({ remaining: 400, sendable: 1 });
    window.send(72.2);
    expect(window.look(73).sendable).toBe(0);
    window.answer(72.2, 73, says(399, 72, { resetAt: RESET + 60_000 }));
    expect(window.look(73).sendable).toBe(399);
  });

  test('a shorter Retry-After does not shorten the silence', () => {
    const window = follow();
    window.call(1, says(10, 1));
    window.send(2, 2);
    window.answer(2, 3, says(0, 2, { retryAfterMs: 30_000 }));
    window.answer(2, 4, says(0, 3, { retryAfterMs: 1_000 }));
    expect(window.look(5).blockedUntil).toBe(START + 33_000);
  });

  test('answers to calls sent before it do not end the caution', () => {
    const window = follow();
    window.call(1, says(300, 1));
    window.send(2, 2);
    window.answer(2, 3, says(299, 2, { retryAfterMs: 2_000 }));
    window.answer(2, 4, says(298, 3));
    expect(window.look(6).sendable).toBe(1);
  });

  test('a refusal that names no time still silences for a second', () => {
    const window = follow();
    window.call(1, { retryAfterMs: 0 });
    expect(window.look(1.5).sendable).toBe(0);
    expect(window.look(2.2).sendable).toBe(1);
  });
});
