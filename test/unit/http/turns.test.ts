import { expect, test } from 'vitest';
import { createTurns } from '../../../src/http/sockets/turns.ts';

/** A task of so many steps, each of which takes so long. */
function createTask(name: string, steps: number, done: string[], spend: () => void) {
  let left = steps;
  return {
    step: () => {
      spend();
      done.push(name);
      left -= 1;
      return left > 0;
    },
  };
}

function setUp(stepMs: number) {
  let now = 0;
  const done: string[] = [];
  const turns = createTurns(() => now);
  const task = (name: string, steps: number) =>
    createTask(name, steps, done, () => {
      now += stepMs;
    });
  return { turns, task, done };
}

const macrotask = () => new Promise(setImmediate);

test('tasks take turns, a step at a time', async () => {
  const { turns, task, done } = setUp(0);
  turns.add(task('a', 3));
  turns.add(task('b', 1));
  turns.add(task('c', 2));
  expect(done).toEqual([]);
  await macrotask();
  expect(done.join('')).toBe('abcaca');
});

test('a task that is added while it waits has one turn', async () => {
  const { turns, task, done } = setUp(0);
  const once = task('a', 1);
  turns.add(once);
  turns.add(once);
  await macrotask();
  expect(done).toEqual(['a']);
});

test('after 8 ms everything else has its turn, then it goes on where it was', async () => {
  const { turns, task, done } = setUp(3);
  for (const name of 'abcdef') turns.add(task(name, 1));
  await macrotask();
  expect(done.join('')).toBe('abc');
  done.push('|');
  await macrotask();
  expect(done.join('')).toBe('abc|def');
});
