import { describe, expect, test } from 'vitest';
import { BackendError, GatewayError } from '../../../src/domain/errors.ts';
import type { Listener } from '../../../src/events/feed/feed.ts';
import { createListenerCheck } from '../../../src/events/feed/listener-check.ts';
import { createNoonClock } from '../../contract/event-fixtures.ts';

const call = (status: number) =>
  ({ kind: 'HELPDESK', status, operation: 'GET /tickets', attempts: 1 }) as const;
const refusal = new BackendError('INVALID_API_KEY', 'revoked', call(401));
const outage = new BackendError('BACKEND_UNAVAILABLE', 'down', call(503));
const minute = 60_000;

/** @param early how much of the spread a key is asked about too early, from 0 to 1 */
function setUp(early = 0) {
  const clock = createNoonClock();
  const check = createListenerCheck(clock, () => early);
  let asked = 0;
  let answer = (_scope: string): Promise<unknown> => Promise.resolve();
  const listener = (scope = 'key', signal = new AbortController().signal): Listener => ({
    scope,
    signal,
    probe: () => {
      asked += 1;
      return answer(scope);
    },
  });
  return {
    clock,
    listener,
    admit: (scope?: string, signal?: AbortSignal) => check.admit(listener(scope, signal)),
    asked: () => asked,
    check,
    /** Admits a listener, who then listens. */
    attend: async (scope = 'key', signal?: AbortSignal) => {
      const someone = listener(scope, signal);
      await check.admit(someone);
      const ended: unknown[] = [];
      return { leave: check.attend(someone, (error) => ended.push(error)), ended };
    },
    /** What the backend says from now on. */
    set answer(next: (scope: string) => Promise<unknown>) {
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

describe('who listens', () => {
  test('is asked about again every five minutes, once for each key', async () => {
    const it = setUp();
    const all = [await it.attend(), await it.attend(), await it.attend()];
    expect(it.asked()).toBe(1);
    await it.clock.advance(5 * minute - 1);
    expect(it.asked()).toBe(1);
    await it.clock.advance(1);
    expect(it.asked()).toBe(2);
    await it.clock.advance(20 * minute);
    expect(it.asked()).toBe(6);
    await it.admit();
    expect(it.asked()).toBe(6);
    for (const { leave, ended } of all) {
      leave();
      expect(ended).toEqual([]);
    }
    expect(it.clock.timers).toBe(0);
    await it.clock.advance(60 * minute);
    expect(it.asked()).toBe(6);
  });

  test('is asked about at times of its own, so that many keys do not ask at once', async () => {
    const clock = createNoonClock();
    const check = createListenerCheck(clock);
    const times: number[] = [];
    const leaving = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        let probes = 0;
        const listener: Listener = {
          scope: `key ${index}`,
          signal: new AbortController().signal,
          probe: async () => {
            probes += 1;
            if (probes === 2) times.push(clock.now());
          },
        };
        await check.admit(listener);
        return check.attend(listener, () => undefined);
      }),
    );
    const start = clock.now();
    await clock.advance(5 * minute);
    expect(times).toHaveLength(500);
    const seconds = Map.groupBy(times, (time) => Math.floor((time - start) / 1000));
    expect(Math.max(...[...seconds.values()].map(({ length }) => length))).toBeLessThan(50);
    for (const leave of leaving) leave();
    expect(clock.timers).toBe(0);
  });

  test('hears of a refusal of the key, and nobody with another does', async () => {
    const it = setUp();
    const [one, same, other] = [await it.attend(), await it.attend(), await it.attend('other')];
    it.answer = (scope) => (scope === 'key' ? Promise.reject(refusal) : Promise.resolve());
    await it.clock.advance(5 * minute);
    expect(one.ended).toEqual([refusal]);
    expect(same.ended).toEqual([refusal]);
    await expect(it.admit()).rejects.toBe(refusal);
    await it.clock.advance(60 * minute);
    expect(one.ended).toEqual([refusal]);
    expect(other.ended).toEqual([]);
    for (const { leave } of [one, same, other]) leave();
    expect(it.clock.timers).toBe(0);
  });

  test('hears of a refusal that somebody else with the key met', async () => {
    const it = setUp();
    const { ended } = await it.attend();
    it.clock.jump(5 * minute);
    it.answer = () => Promise.reject(refusal);
    await expect(it.admit()).rejects.toBe(refusal);
    expect(ended).toEqual([refusal]);
    expect(it.clock.timers).toBe(0);
  });

  test('stays for a quarter of an hour while the backend cannot be asked, then hears why', async () => {
    const it = setUp();
    const { ended } = await it.attend();
    it.answer = () => Promise.reject(outage);
    await it.clock.advance(15 * minute - 1);
    expect(ended).toEqual([]);
    expect(it.asked()).toBeGreaterThan(2);
    await it.clock.advance(1);
    expect(ended).toEqual([outage]);
    expect(it.clock.timers).toBe(0);
  });

  test('stays when the backend can be asked again in time', async () => {
    const it = setUp();
    const { ended, leave } = await it.attend();
    it.answer = () => Promise.reject(outage);
    await it.clock.advance(12 * minute);
    it.answer = () => Promise.resolve();
    await it.clock.advance(minute);
    it.answer = () => Promise.reject(outage);
    await it.clock.advance(14 * minute);
    expect(ended).toEqual([]);
    leave();
    expect(it.clock.timers).toBe(0);
  });

  test('stays no longer when the backend does not even answer', async () => {
    const it = setUp();
    const { ended } = await it.attend();
    it.answer = () => new Promise(() => {});
    await it.clock.advance(15 * minute + 31_000);
    expect(ended).toMatchObject([{ code: 'BACKEND_TIMEOUT' }]);
    expect(it.clock.timers).toBe(0);
  });

  test('is asked about in the name of somebody who is still there', async () => {
    const clock = createNoonClock();
    const check = createListenerCheck(clock, () => 0);
    const asked: string[] = [];
    const attend = async (name: string) => {
      const gone = new AbortController();
      const listener = {
        scope: 'key',
        signal: gone.signal,
        probe: async () => {
          asked.push(name);
        },
      };
      await check.admit(listener);
      return { gone, leave: check.attend(listener, () => undefined) };
    };
    const [first, second] = [await attend('first'), await attend('second')];
    first.gone.abort();
    await clock.advance(5 * minute);
    expect(asked).toEqual(['first', 'second']);
    // Whoever reads for others stays when the one in whose name it began has gone.
    second.gone.abort();
    await clock.advance(5 * minute);
    expect(asked).toHaveLength(3);
    first.leave();
    second.leave();
    expect(clock.timers).toBe(0);
  });

  test('is asked about in the name of another, where one got no answer', async () => {
    const clock = createNoonClock();
    const check = createListenerCheck(clock, () => 0);
    const ended: unknown[] = [];
    let fails = false;
    const listenerOf = (name: string): Listener => ({
      scope: 'key',
      signal: new AbortController().signal,
      probe: () => (fails && name !== 'third' ? Promise.reject(outage) : Promise.resolve()),
    });
    await check.admit(listenerOf('first'));
    const leaving = ['first', 'second', 'third'].map((name) =>
      check.attend(listenerOf(name), (error) => ended.push(error)),
    );
    fails = true;
    await clock.advance(60 * minute);
    expect(ended).toEqual([]);
    for (const leave of leaving) leave();
    expect(clock.timers).toBe(0);
  });

  test('leaves nothing behind who leaves while the question is under way', async () => {
    const it = setUp();
    const { leave, ended } = await it.attend();
    it.answer = () => new Promise(() => {});
    await it.clock.advance(5 * minute);
    leave();
    await it.clock.advance(0);
    expect(it.clock.timers).toBe(0);
    it.answer = () => Promise.resolve();
    await it.admit();
    expect(ended).toEqual([]);
  });
});
