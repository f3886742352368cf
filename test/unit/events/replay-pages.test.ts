import { expect, test } from 'vitest';
import {
  createReplayPages,
  limitAfter,
  pageSize,
  type ReplayPages,
} from '../../../src/events/feed/replay-pages.ts';
import { createReplayTurns } from '../../../src/events/feed/replay-turns.ts';
import type { LogEntry } from '../../../src/events/log/log.ts';

function setUp() {
  const asked: { readonly question: string; readonly answer: PromiseWithResolvers<readonly LogEntry[]> }[] =
    [];
  const log: ReplayPages = {
    read: (...question) => {
      const answer = Promise.withResolvers<readonly LogEntry[]>();
      asked.push({ question: question.join(' '), answer });
      return answer.promise;
    },
    locate: async () => ({ kind: 'UNREADABLE' }),
  };
  const pages = createReplayPages(log, createReplayTurns());
  const questions = async () => {
    for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
    return asked.map(({ question }) => question);
  };
  return { pages, asked, questions };
}

test('replays that ask for the same page while one of them waits are given the same', async () => {
  const { pages, asked, questions } = setUp();
  const first = pages.read('ws', 255, 257);
  const second = pages.read('ws', 255, 257);
  expect(await questions()).toEqual(['ws 255 257']);
  const third = pages.read('ws', 255, 257);
  const answer: LogEntry[] = [];
  asked[0]?.answer.resolve(answer);
  for (const page of [first, second, third]) expect(await page).toBe(answer);
  void pages.read('ws', 255, 257);
  expect(await questions()).toEqual(['ws 255 257', 'ws 255 257']);
});

test('another page, another length and another workspace are asked for by themselves', async () => {
  const { pages, questions } = setUp();
  void pages.read('ws', 1, 2);
  void pages.read('ws', 1, 3);
  void pages.read('ws', 2, 2);
  void pages.read('2 ws', 1, 2);
  expect(await questions()).toHaveLength(4);
});

test('a page that could not be read is asked for again', async () => {
  const { pages, asked, questions } = setUp();
  const both = [pages.read('ws', 0, 1), pages.read('ws', 0, 1)];
  await questions();
  asked[0]?.answer.reject(new Error('away'));
  for (const page of both) await expect(page).rejects.toThrow('away');
  const again = pages.read('ws', 0, 1);
  await questions();
  asked[1]?.answer.resolve([]);
  expect(await again).toEqual([]);
});

test('wherever replays begin, their pages end at the same places', () => {
  expect([0, 1, 255, 256, 300].map((at) => at + limitAfter(at))).toEqual(
    [1, 1, 1, 2, 2].map((pagesRead) => pagesRead * pageSize),
  );
});
