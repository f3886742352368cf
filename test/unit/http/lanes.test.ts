import { expect, test } from 'vitest';
import { createLanes } from '../../../src/http/lanes.ts';

/** Lanes whose operations end when the test says so. */
function setUp() {
  const forwarded: string[] = [];
  const ends: (() => void)[] = [];
  let taken = 0;
  const lanes = createLanes({
    forward: (message) => {
      forwarded.push(message);
      return message.startsWith('complete')
        ? Promise.resolve()
        : new Promise((resolve) => ends.push(resolve));
    },
    onTaken: () => (taken += 1),
  });
  const endNext = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { lanes, forwarded, endNext, taken: () => taken };
}

test('an id that is in use is refused', () => {
  const { lanes, taken } = setUp();
  lanes.subscribe('1', 'a');
  lanes.subscribe('1', 'b');
  expect(taken()).toBe(1);
});

test('an id that was completed is used again only once its operation has ended', async () => {
  const { lanes, forwarded, endNext, taken } = setUp();
  lanes.subscribe('1', 'a');
  lanes.complete('1', 'complete a');
  lanes.subscribe('1', 'b');
  expect(forwarded).toEqual(['a', 'complete a']);
  await endNext();
  expect(forwarded).toEqual(['a', 'complete a', 'b']);
  expect(taken()).toBe(0);
});

test('5,000 pairs in quick succession leave one operation, not 5,000', async () => {
  const { lanes, forwarded, endNext } = setUp();
  lanes.subscribe('1', 'first');
  for (let count = 0; count < 5000; count += 1) {
    lanes.complete('1', 'complete');
    lanes.subscribe('1', `next ${count}`);
  }
  expect(lanes.size).toBe(1);
  await endNext();
  expect(lanes.size).toBe(1);
  expect(forwarded).toEqual(['first', 'complete', 'next 4999']);
});

test('one that waits can be taken back', async () => {
  const { lanes, forwarded, endNext } = setUp();
  lanes.subscribe('1', 'a');
  lanes.complete('1', 'complete a');
  lanes.subscribe('1', 'b');
  lanes.complete('1', 'complete b');
  await endNext();
  expect(forwarded).toEqual(['a', 'complete a']);
  expect(lanes.size).toBe(0);
});

test('two cannot wait for one id', () => {
  const { lanes, taken } = setUp();
  lanes.subscribe('1', 'a');
  lanes.complete('1', 'complete a');
  lanes.subscribe('1', 'b');
  lanes.subscribe('1', 'c');
  expect(taken()).toBe(1);
});

test('after the server’s last word an id is free, though the operation has not quite ended', async () => {
  const { lanes, forwarded, endNext, taken } = setUp();
  lanes.subscribe('1', 'a');
  lanes.finish('1');
  lanes.subscribe('1', 'b');
  await endNext();
  expect(forwarded).toEqual(['a', 'b']);
  expect(taken()).toBe(0);
});

test('an operation is aborted when the client completes it, when it ends, and when the socket goes', async () => {
  const { lanes, endNext } = setUp();
  lanes.subscribe('1', 'a');
  lanes.subscribe('2', 'b');
  lanes.subscribe('3', 'c');
  const [one, two, three] = ['1', '2', '3'].map((id) => lanes.signalOf(id));
  expect(one?.aborted).toBe(false);
  await endNext();
  expect(one?.aborted).toBe(true);
  lanes.complete('2', 'complete b');
  expect(two?.aborted).toBe(true);
  expect(three?.aborted).toBe(false);
  lanes.close();
  expect(three?.aborted).toBe(true);
});

test('nothing begins on a socket that has gone', async () => {
  const { lanes, forwarded, endNext } = setUp();
  lanes.subscribe('1', 'a');
  lanes.complete('1', 'complete a');
  lanes.subscribe('1', 'b');
  lanes.close();
  await endNext();
  expect(forwarded).not.toContain('b');
});
