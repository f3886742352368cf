import { describe, expect, test } from 'vitest';
import { BackendError, GatewayError } from '../../../src/domain/errors.ts';
import type { Listener } from '../../../src/events/feed.ts';
import { createListenerCheck } from '../../../src/events/listener-check.ts';
import { createNoonClock } from '../../contract/event-fixtures.ts';

const call = (status: number) =>
  ({ kind: 'HELPDESK', status, operation: 'GET /tickets', attempts: 1 }) as const;
const refusal = new BackendError('INVALID_API_KEY', 'revoked', call(401));
const outage = new BackendError('BACKEND_UNAVAILABLE', 'down', call(503));
const minute = 60_000;

function setUp() {
  const clock = createNoonClock();
  const check = createListenerCheck(clock);
  let asked = 0;
  let answer = (): Promise<unknown> => Promise.resolve();
  const listener = (scope = 'key', signal = new AbortController().signal): Listener => ({
    scope,
    signal,
    probe: () => {
      asked += 1;
      return answer();
    },
  });
  return {
    clock,
    listener,
    admit: (scope?: string, signal?: AbortSignal) => check.admit(listener(scope, signal)),
    asked: () => asked,
    /** What the backend says from now on. */
    set answer(next: () => Promise<unknown>) {
      answer = next;
    },
  };
}

describe('who may listen', () => {
  test('a key is asked about once in five minutes, however often it listens', async () => {
    const it = setUp();
    await it.admit();
    it.clock.advanceSync(5 * minute - 1);
    await it.admit();
    expect(it.asked()).toBe(1);
    it.clock.advanceSync(1);
    await it.admit();
    expect(it.asked()).toBe(2);
  });

  test('listeners that come at once share one question', async () => {
    const it = setUp();
    await Promise.all([it.admit(), it.admit(), it.admit()]);
    expect(it.asked()).toBe(1);
  });

  test('no key answers for another', async () => {
    const it = setUp();
    await it.admit('one');
    it.answer = () => Promise.reject(refusal);
    await expect(it.admit('other')).rejects.toBe(refusal);
    await it.admit('one');
    expect(it.asked()).toBe(2);
  });

  test('a refusal refuses, and is asked again after half a minute', async () => {
    const it = setUp();
    it.answer = () => Promise.reject(refusal);
    await expect(it.admit()).rejects.toBe(refusal);
    it.answer = () => Promise.resolve();
    await expect(it.admit()).rejects.toBe(refusal);
    it.clock.advanceSync(minute / 2);
    await it.admit();
    expect(it.asked()).toBe(2);
  });

  test('a refusal takes back an earlier permission', async () => {
    const it = setUp();
    await it.admit();
    it.clock.advanceSync(5 * minute);
    it.answer = () => Promise.reject(refusal);
    await expect(it.admit()).rejects.toBe(refusal);
  });

  test('any other failure leaves the last verdict standing for a quarter of an hour', async () => {
    const it = setUp();
    await it.admit();
    it.answer = () => Promise.reject(outage);
    it.clock.advanceSync(15 * minute - 1);
    await it.admit();
    expect(it.asked()).toBe(2);
    it.clock.advanceSync(1);
    await expect(it.admit()).rejects.toBe(outage);
  });

  test('without a verdict the failure is the answer', async () => {
    const it = setUp();
    it.answer = () => Promise.reject(outage);
    await expect(it.admit()).rejects.toBe(outage);
    it.answer = () => Promise.resolve();
    await it.admit();
  });

  test('a refusal that is no matter of the key refuses nothing for others', async () => {
    const it = setUp();
    const closed = new GatewayError('RATE_BUDGET_EXHAUSTED', 'later');
    it.answer = () => Promise.reject(closed);
    await expect(it.admit()).rejects.toBe(closed);
    it.answer = () => Promise.resolve();
    await it.admit();
  });

  test('one that leaves while the question is under way does not take the answer from the others', async () => {
    const it = setUp();
    const leaving = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    it.answer = () => promise;
    const first = it.admit('key', leaving.signal);
    const second = it.admit('key');
    it.answer = () => Promise.resolve();
    leaving.abort();
    reject(leaving.signal.reason);
    await expect(first).rejects.toBe(leaving.signal.reason);
    await second;
    expect(it.asked()).toBe(2);
  });
});
