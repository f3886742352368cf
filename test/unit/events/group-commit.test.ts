import { expect, test } from 'vitest';
import { createGroupCommit } from '../../../src/events/log/group-commit.ts';

function setUp(limit = 10) {
  const commits: (readonly number[])[] = [];
  const told: (readonly number[])[] = [];
  const group = createGroupCommit<number, string>({
    commit: (items) => {
      commits.push(items);
      if (items.includes(13)) throw new Error('disk full');
      return items.map((item) => `done ${item}`);
    },
    committed: (items) => told.push(items),
    limit,
  });
  return { commits, told, group };
}

test('what is added at about the same time is one commit, in order, and each has its own result', async () => {
  const { commits, told, group } = setUp();
  const first = group.add(1);
  const second = Promise.resolve().then(() => group.add(2));
  expect(commits).toEqual([]);
  expect(await Promise.all([first, second, group.add(3)])).toEqual(['done 1', 'done 2', 'done 3']);
  expect(commits).toEqual([[1, 3, 2]]);
  expect(told).toEqual(commits);
  expect(await group.add(4)).toBe('done 4');
  expect(commits).toHaveLength(2);
});

test('a commit takes no more than its limit, the others come right after it', async () => {
  const { commits, group } = setUp(2);
  await Promise.all([1, 2, 3, 4, 5].map((item) => group.add(item)));
  expect(commits).toEqual([[1, 2], [3, 4], [5]]);
});

test('a commit that fails fails for all of it and nobody is told; the next one is another', async () => {
  const { told, group } = setUp(2);
  const outcomes = await Promise.allSettled([1, 13, 2].map((item) => group.add(item)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(told).toEqual([[2]]);
});

test('what waits can be committed at once, and is not committed again', async () => {
  const { commits, group } = setUp(2);
  const added = Promise.all([1, 2, 3].map((item) => group.add(item)));
  group.flush();
  expect(commits).toEqual([[1, 2], [3]]);
  await added;
  expect(await group.add(4)).toBe('done 4');
  expect(commits).toEqual([[1, 2], [3], [4]]);
});
