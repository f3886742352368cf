import { expect, test } from 'vitest';
import { createRounds } from '../../../src/http/sockets/rounds.ts';

function setUp(stepMs: number) {
  let now = 0;
  const done: string[] = [];
  const rests: { readonly ms: number; readonly over: () => void }[] = [];
  const rounds = createRounds({
    now: () => now,
    after: (ms, over) => {
      rests.push({ ms, over });
      return () => undefined;
    },
  });
  const task = (name: string, steps: number) => {
    let left = steps;
    return {
      step: () => {
        now += stepMs;
        done.push(name);
        left -= 1;
        return left > 0;
      },
    };
  };
  const endRest = async () => {
    rests.shift()?.over();
    await macrotask();
  };
  return { rounds, task, done, rests, endRest };
}

const macrotask = () => new Promise(setImmediate);

test('where there is little to do nothing waits', async () => {
  const { rounds, task, done, rests } = setUp(0);
  rounds.add(task('a', 2));
  rounds.add(task('b', 1));
  expect(done).toEqual([]);
  for (let count = 0; count < 3; count += 1) await macrotask();
  expect(done.join('')).toBe('aba');
  rounds.add(task('c', 1));
  await macrotask();
  expect(done.join('')).toBe('abac');
  expect(rests).toEqual([]);
});

test('after a round there is as much rest as there was work, and what comes meanwhile waits', async () => {
  const { rounds, task, done, rests, endRest } = setUp(3);
  const again = task('a', 3);
  rounds.add(again);
  for (const name of 'bcd') rounds.add(task(name, 1));
  await macrotask();
  expect(done.join('')).toBe('abc');
  rounds.add(again);
  await macrotask();
  expect(done.join('')).toBe('abcd');
  expect(rests).toMatchObject([{ ms: 12 }]);
  rounds.add(again);
  await macrotask();
  expect(done.join('')).toBe('abcd');
  await endRest();
  expect(done.join('')).toBe('abcda');
  expect(rests).toMatchObject([{ ms: 3 }]);
});

test('the rest has a bound', async () => {
  const { rounds, task, rests } = setUp(1000);
  rounds.add(task('a', 1));
  await macrotask();
  expect(rests).toMatchObject([{ ms: 50 }]);
});
