import { expect, test } from 'vitest';
import { createLanes } from '../../../src/http/sockets/lanes.ts';

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

/** A carrier that says how often it was left. */
const createCarrier = (mark: string) => {
  const carrier = { mark, left: 0, leave: () => (carrier.left += 1) };
  return carrier;
};

test('an operation that was adopted stays, though the protocol has ended it, until the client completes it', async () => {
  const { lanes, forwarded, endNext, taken } = setUp();
  const carrier = createCarrier('c1');
  lanes.subscribe('1', 'a');
  lanes.adopt('1', carrier, 'complete for the protocol');
  expect(forwarded).toEqual(['a', 'complete for the protocol']);
  lanes.finish('1');
  await endNext();
  expect(lanes.size).toBe(1);
  lanes.subscribe('1', 'b');
  expect(taken()).toBe(1);
  lanes.complete('1', 'complete');
  expect(carrier.left).toBe(1);
  expect(lanes.size).toBe(0);
  expect(forwarded).toHaveLength(2);
});

test('an id whose adopted operation was completed waits until the protocol has ended it', async () => {
  const { lanes, forwarded, endNext } = setUp();
  lanes.subscribe('1', 'a');
  lanes.adopt('1', createCarrier('c1'), 'complete for the protocol');
  lanes.complete('1', 'complete');
  lanes.subscribe('1', 'b');
  expect(forwarded).not.toContain('b');
  await endNext();
  expect(forwarded.at(-1)).toBe('b');
});

test('a carrier is left when it has said its last word, when the socket goes, and when it comes too late', () => {
  const { lanes } = setUp();
  const [released, closed, late] = [createCarrier('1'), createCarrier('2'), createCarrier('3')];
  lanes.subscribe('1', 'a');
  lanes.adopt('1', released, 'complete');
  lanes.release('1');
  lanes.release('1');
  lanes.subscribe('2', 'b');
  lanes.adopt('2', closed, 'complete');
  lanes.subscribe('3', 'c');
  lanes.complete('3', 'complete c');
  lanes.adopt('3', late, 'complete');
  lanes.close();
  expect([released.left, closed.left, late.left]).toEqual([1, 1, 1]);
});

test('marks are known once it is known of each operation where it is', () => {
  const { lanes } = setUp();
  expect(lanes.marks()).toBeNull();
  lanes.subscribe('1', 'a');
  lanes.subscribe('2', 'b');
  lanes.subscribe('query', 'c');
  lanes.locate('query', null);
  lanes.adopt('1', createCarrier('c1'), 'complete');
  expect(lanes.marks()).toBeNull();
  const stream: { mark: string | null } = { mark: null };
  lanes.locate('2', stream);
  expect(lanes.marks()).toBeNull();
  stream.mark = 'c2';
  expect(lanes.marks()).toEqual(['c1', 'c2']);
  lanes.complete('2', 'complete');
  expect(lanes.marks()).toEqual(['c1']);
});

test('it is idle when queries and mutations have said their last word, whatever subscriptions do', async () => {
  const { lanes, endNext } = setUp();
  let idle = false;
  lanes.subscribe('query', 'query');
  lanes.subscribe('subscription', 'subscription');
  void lanes.idle(10_000).then(() => (idle = true));
  lanes.locate('query', null);
  await new Promise(setImmediate);
  expect(idle).toBe(false);
  await endNext();
  // What is not yet known for a subscription may be a query.
  expect(idle).toBe(false);
  lanes.locate('subscription', { mark: null });
  await new Promise(setImmediate);
  expect(idle).toBe(true);
  expect(lanes.size).toBe(1);
});

test('without operations it is idle at once, and with one that does not end after its time', async () => {
  const { lanes } = setUp();
  await lanes.idle(10_000);
  lanes.subscribe('1', 'a');
  await lanes.idle(1);
  expect(lanes.size).toBe(1);
});
