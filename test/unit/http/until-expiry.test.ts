import type { ExecutionResult } from 'graphql';
import { expect, test } from 'vitest';
import { atInstant } from '../../../src/domain/at-instant.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import { untilExpiry } from '../../../src/http/until-expiry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** Results that come when the test says so. */
function createSource() {
  const waiting: ((result: IteratorResult<ExecutionResult, undefined>) => void)[] = [];
  let returned = 0;
  const results: AsyncIterable<ExecutionResult, undefined> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => waiting.push(resolve)),
      return: () => {
        returned += 1;
        return Promise.resolve({ value: undefined, done: true });
      },
    }),
  };
  return {
    results,
    give: (value: ExecutionResult) => waiting.shift()?.({ value, done: false }),
    end: () => waiting.shift()?.({ value: undefined, done: true }),
    get returned() {
      return returned;
    },
  };
}

function open(lastsMs: number) {
  const clock = createVirtualClock();
  const source = createSource();
  return { clock, source, stream: untilExpiry(source.results, clock.now() + lastsMs, clock) };
}

const expired = {
  done: false,
  value: { errors: [{ originalError: expect.any(GatewayError) as Error }] },
};

test('results pass until the instant, then one says that the token has expired, and that is the end', async () => {
  const { clock, source, stream } = open(1000);
  const first = stream.next();
  source.give({ data: { n: 1 } });
  expect(await first).toEqual({ value: { data: { n: 1 } }, done: false });
  const second = stream.next();
  await clock.advance(1000);
  expect(await second).toMatchObject(expired);
  expect(await stream.next()).toEqual({ value: undefined, done: true });
  expect([source.returned, clock.timers]).toEqual([1, 0]);
});

test('what was not read in time is not told', async () => {
  const { clock, source, stream } = open(1000);
  await clock.advance(1000);
  const late = stream.next();
  source.give({ data: { n: 1 } });
  expect(await late).toMatchObject(expired);
});

test('a stream that ends before leaves no timer', async () => {
  const ended = open(1000);
  const last = ended.stream.next();
  ended.source.end();
  expect(await last).toEqual({ value: undefined, done: true });
  expect(ended.clock.timers).toBe(0);
  const left = open(1000);
  await left.stream.return?.();
  expect([left.source.returned, left.clock.timers]).toEqual([1, 0]);
  expect(await left.stream.next()).toEqual({ value: undefined, done: true });
});

test('an instant further away than a timer can count is waited for all the same', async () => {
  const clock = createVirtualClock();
  const year = 365 * 24 * 3_600_000;
  let rang = 0;
  atInstant(clock, clock.now() + year, () => (rang += 1));
  expect(clock.nextAt).toBe(clock.now() + 2 ** 31 - 1);
  await clock.advance(year - 1);
  expect(rang).toBe(0);
  await clock.advance(1);
  expect([rang, clock.timers]).toEqual([1, 0]);
});

test('a clock that was set back makes the wait longer, and a cancelled one never ends', async () => {
  const clock = createVirtualClock();
  let rang = 0;
  const cancel = atInstant(clock, clock.now() + 1000, () => (rang += 1));
  clock.jump(-500);
  await clock.advance(1000);
  expect(rang).toBe(0);
  await clock.advance(500);
  expect(rang).toBe(1);
  cancel();
  atInstant(clock, clock.now() + 1000, () => (rang += 1))();
  expect(clock.timers).toBe(0);
});
