import { expect, test } from 'vitest';
import { createReplayTurns } from '../../../src/events/feed/replay-turns.ts';

/** Pieces that take so long each, and the order in which they are done. */
function setUp(pieceMs: number) {
  let now = 0;
  const done: string[] = [];
  const turns = createReplayTurns(() => now);
  const piece = (name: string) => () => {
    now += pieceMs;
    done.push(name);
    return name;
  };
  return { turns, piece, done };
}

const macrotask = () => new Promise(setImmediate);

test('replays take turns: whoever asked first is first, and each is given its own answer', async () => {
  const { turns, piece, done } = setUp(0);
  const replay = async (name: string) => {
    for (let page = 1; page <= 3; page += 1)
      expect(await turns.take(piece(`${name}${page}`))).toBe(name + page);
  };
  await Promise.all([replay('a'), replay('b'), replay('c')]);
  expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3']);
});

test('all together work for one slice of time, then others have their turn', async () => {
  const { turns, piece, done } = setUp(3);
  const all = Array.from({ length: 7 }, (_, index) => turns.take(piece(String(index))));
  expect(done).toEqual([]);
  const counts: number[] = [];
  while (done.length < all.length) {
    await macrotask();
    counts.push(done.length);
  }
  expect(counts).toEqual([3, 6, 7]);
  await Promise.all(all);
});

test('one that waits for an answer keeps no other waiting, and four at most wait for one', async () => {
  const { turns, piece, done } = setUp(0);
  const answers = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  let asked = 0;
  const asking = answers.map(({ promise }) =>
    turns.take(() => {
      asked += 1;
      return promise;
    }),
  );
  await macrotask();
  await macrotask();
  expect(asked).toBe(4);
  answers[2]?.resolve();
  await asking[2];
  await macrotask();
  expect(asked).toBe(5);
  answers[0]?.resolve();
  await turns.take(piece('another'));
  expect(done).toEqual(['another']);
  for (const { resolve } of answers) resolve();
  await Promise.all(asking);
});

test.for([
  [
    'throws',
    () => {
      throw new Error('torn');
    },
  ],
  ['rejects', () => Promise.reject(new Error('torn'))],
] as const)('a piece that %s fails alone', async ([, piece]) => {
  const { turns, piece: whole } = setUp(0);
  for (let times = 0; times < 6; times += 1) await expect(turns.take(piece)).rejects.toThrow('torn');
  expect(await turns.take(whole('whole'))).toBe('whole');
});
