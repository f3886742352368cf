import { expect, test } from 'vitest';
import { afterFirst } from '../../../src/http/sockets/after-first.ts';

function setUp(values: readonly number[]) {
  const calls: string[] = [];
  const left = [...values];
  const results = afterFirst(
    {
      next: async () => {
        calls.push('next');
        const value = left.shift();
        return value === undefined ? { value, done: true } : { value, done: false };
      },
      return: async () => {
        calls.push('return');
        return { value: undefined, done: true };
      },
    },
    () => calls.push('carried on'),
  );
  return { results, calls };
}

const done = { value: undefined, done: true };

test('it is carried on once the first result was handled, and then nobody else ends it', async () => {
  const { results, calls } = setUp([1, 2]);
  expect(await results.next()).toEqual({ value: 1, done: false });
  expect(calls).toEqual(['next']);
  expect(await results.next()).toEqual(done);
  expect(await results.return?.()).toEqual(done);
  expect(await results.next()).toEqual(done);
  expect(calls).toEqual(['next', 'carried on']);
});

test('what ends before its first result, or is left before it was handled, is not carried on', async () => {
  const empty = setUp([]);
  expect(await empty.results.next()).toEqual(done);
  expect(await empty.results.next()).toEqual(done);
  expect(empty.calls).toEqual(['next']);

  const left = setUp([1, 2]);
  await left.results.next();
  expect(await left.results.return?.()).toEqual(done);
  expect(await left.results.next()).toEqual(done);
  expect(left.calls).toEqual(['next', 'return']);
});
