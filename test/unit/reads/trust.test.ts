import { expect, test } from 'vitest';
import { createTrust } from '../../../src/reads/trust.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const setUp = () => {
  const clock = createVirtualClock();
  const asked: string[] = [];
  const answers: PromiseWithResolvers<boolean>[] = [];
  const trust = createTrust({
    clock,
    liveMs: 300_000,
    otherwiseMs: 2_000,
    isLive: (workspaceId) => {
      asked.push(workspaceId);
      const answer = Promise.withResolvers<boolean>();
      answers.push(answer);
      return answer.promise;
    },
  });
  return {
    clock,
    asked,
    trust,
    answer: (live: boolean) => answers.shift()?.resolve(live),
    fail: () => answers.shift()?.reject(new Error('away')),
  };
};

test('until it is known that changes announce themselves, answers are trusted for the shorter time', async () => {
  const it = setUp();
  expect(it.trust('a')).toBe(2_000);
  it.answer(true);
  await it.clock.advance(0);
  expect(it.trust('a')).toBe(300_000);
  expect(it.trust('b')).toBe(2_000);
});

test('it is asked once a second at most, and what cannot be had counts as not live', async () => {
  const it = setUp();
  for (let read = 0; read < 100; read += 1) it.trust('a');
  expect(it.asked).toEqual(['a']);
  it.answer(true);
  await it.clock.advance(1_000);
  expect(it.trust('a')).toBe(300_000);
  expect(it.asked).toHaveLength(2);
  it.fail();
  await it.clock.advance(0);
  expect(it.trust('a')).toBe(2_000);
});
