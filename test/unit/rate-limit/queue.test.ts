import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallPriority } from '../../../src/domain/operation.ts';
import { createQueue, type Queue } from '../../../src/rate-limit/queue.ts';

const DEADLINE = 10_000;

function fill(queue: Queue<string>, calls: readonly string[], priority: CallPriority = 'QUERY'): void {
  for (const call of calls) queue.add({ priority, client: call.charAt(0), deadline: DEADLINE }, call);
}

function drain(queue: Queue<string>): string[] {
  const order: string[] = [];
  for (;;) {
    const entitled = (['MUTATION', 'QUERY', 'BACKGROUND'] as const).find((priority) => queue.waits(priority));
    const next = entitled === undefined ? null : queue.shift(entitled);
    if (next === null) return order;
    order.push(next);
  }
}

describe('the order of calls', () => {
  test('is a mutation before a query before background work', () => {
    const queue = createQueue<string>();
    fill(queue, ['b1'], 'BACKGROUND');
    fill(queue, ['q1'], 'QUERY');
    fill(queue, ['m1'], 'MUTATION');
    expect(drain(queue)).toEqual(['m1', 'q1', 'b1']);
  });

  test('alternates between clients, and keeps the order of each', () => {
    const queue = createQueue<string>();
    fill(queue, ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']);
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  test('puts one call of each client that waits before the first of a newcomer', () => {
    const queue = createQueue<string>();
    fill(queue, ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    expect(queue.shift('QUERY')).toBe('a1');
    fill(queue, ['n1']);
    expect(drain(queue)).toEqual(['b1', 'a2', 'n1', 'b2', 'a3', 'b3']);
  });

  test('gives a client that comes again right after its turn no advantage', () => {
    const queue = createQueue<string>();
    fill(queue, ['a1', 'b1', 'b2']);
    expect(queue.shift('QUERY')).toBe('a1');
    fill(queue, ['a2']);
    expect(drain(queue)).toEqual(['b1', 'a2', 'b2']);
  });

  test('forgets calls that were taken back', () => {
    const queue = createQueue<string>();
    fill(queue, ['a1']);
    const place = queue.add({ priority: 'QUERY', client: 'b', deadline: DEADLINE }, 'b1');
    fill(queue, ['b2']);
    queue.remove(place);
    queue.remove(place);
    expect(queue.size()).toBe(2);
    expect(drain(queue)).toEqual(['a1', 'b2']);
  });

  test('does not starve background work: every twentieth call is its own', () => {
    const queue = createQueue<string>();
    fill(queue, ['x1', 'x2'], 'BACKGROUND');
    fill(
      queue,
      Array.from({ length: 60 }, (_, index) => `q${String(index)}`),
    );
    const order = drain(queue);
    expect(order.indexOf('x1')).toBe(19);
    expect(order.indexOf('x2')).toBe(39);
  });

  test('never passes a class over for long, whatever comes', () => {
    const arrivals = fc.array(fc.constantFrom('MUTATION', 'QUERY', 'BACKGROUND', 'shift', 'shift'), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(arrivals, (steps) => {
        const queue = createQueue<CallPriority>();
        const passedOver = { MUTATION: 0, QUERY: 0, BACKGROUND: 0 };
        for (const step of steps) {
          if (step !== 'shift') {
            queue.add({ priority: step, client: 'c', deadline: DEADLINE }, step);
            continue;
          }
          const waiting = (['MUTATION', 'QUERY', 'BACKGROUND'] as const).filter((priority) =>
            queue.waits(priority),
          );
          const [entitled] = waiting;
          if (entitled === undefined) continue;
          const served = queue.shift(entitled);
          for (const priority of waiting)
            passedOver[priority] = priority === served ? 0 : passedOver[priority] + 1;
          expect(Math.max(...Object.values(passedOver))).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});

describe('how many calls are ahead', () => {
  test('is told exactly where nobody comes afterwards', () => {
    const clients = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 });
    fc.assert(
      fc.property(clients, fc.nat(20), fc.constantFrom('a', 'e'), (calls, served, client) => {
        const queue = createQueue<string>();
        fill(queue, calls);
        for (let shifted = 0; shifted < served; shifted += 1) queue.shift('QUERY');
        const ahead = queue.ahead('QUERY', client);
        fill(queue, [`${client}!`]);
        const actual = drain(queue).indexOf(`${client}!`);
        // A client that waits already may have its place in the ring before others' last ones.
        expect(actual).toBeLessThanOrEqual(ahead);
        if (client === 'e') expect(actual).toBe(ahead);
      }),
    );
  });

  test('counts more urgent classes whole, but never more than would starve it', () => {
    const queue = createQueue<string>();
    fill(queue, ['a1', 'b1', 'b2'], 'MUTATION');
    expect(queue.ahead('QUERY', 'a')).toBe(3);
    fill(
      queue,
      Array.from({ length: 500 }, (_, index) => `c${String(index)}`),
      'MUTATION',
    );
    expect(queue.ahead('QUERY', 'a')).toBe(19);
  });

  test('stays right while a long line shrinks and grows', () => {
    const queue = createQueue<string>();
    const places = Array.from({ length: 1_000 }, (_, index) =>
      queue.add({ priority: 'QUERY', client: 'a', deadline: DEADLINE }, `a${String(index)}`),
    );
    fill(queue, ['b1', 'b2', 'b3']);
    expect(queue.ahead('QUERY', 'a')).toBe(1_003);
    expect(queue.ahead('QUERY', 'b')).toBe(7);
    for (const place of places.slice(1)) queue.remove(place);
    expect(queue.ahead('QUERY', 'b')).toBe(4);
    expect(queue.ahead('QUERY', 'n')).toBe(2);
  });
});

describe('calls whose deadline has passed', () => {
  test('are taken out, the earliest first, and nobody else', () => {
    const queue = createQueue<string>();
    for (const deadline of [500, 100, 900, 300]) {
      queue.add({ priority: 'QUERY', client: 'a', deadline }, String(deadline));
    }
    expect(queue.earliestDeadline('QUERY')).toBe(100);
    expect(queue.shiftExpired('QUERY', 301)).toBe('100');
    expect(queue.shiftExpired('QUERY', 301)).toBe('300');
    expect(queue.shiftExpired('QUERY', 301)).toBeNull();
    expect(drain(queue)).toEqual(['500', '900']);
    expect(queue.earliestDeadline('QUERY')).toBe(Infinity);
  });

  test('are found among many that left before theirs', () => {
    const queue = createQueue<string>();
    const places = Array.from({ length: 500 }, (_, index) =>
      queue.add({ priority: 'QUERY', client: 'a', deadline: index }, String(index)),
    );
    for (const place of places.slice(0, 499)) queue.remove(place);
    expect(queue.earliestDeadline('QUERY')).toBe(499);
    expect(queue.size()).toBe(1);
  });
});
