import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHeap } from '../../../src/rate-limit/heap.ts';
import { createLengthCounts } from '../../../src/rate-limit/length-counts.ts';
import {
  countSince,
  oldestSince,
  type Unattributed,
  withCall,
} from '../../../src/rate-limit/unattributed.ts';

describe('a heap', () => {
  test('gives the least item first, whatever was put in, taken out and dropped in between', () => {
    const steps = fc.array(fc.oneof(fc.integer(), fc.constant('pop'), fc.constant('retain')));
    fc.assert(
      fc.property(steps, (taken) => {
        const heap = createHeap<number>((a, b) => a < b);
        let model: number[] = [];
        for (const step of taken) {
          if (typeof step === 'number') {
            heap.push(step);
            model = [...model, step].toSorted((a, b) => a - b);
          } else if (step === 'pop') {
            expect(heap.pop()).toBe(model.shift());
          } else {
            heap.retain((item) => item % 3 !== 0);
            model = model.filter((item) => item % 3 !== 0);
          }
          expect(heap.size()).toBe(model.length);
          expect(heap.peek()).toBe(model[0]);
        }
      }),
    );
  });
});

describe('the lengths of lines', () => {
  test('are summed up to a cap, while lines grow and shrink', () => {
    const steps = fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.nat(60), (taken, cap) => {
        const lines = [0, 0, 0, 0, 0];
        const counts = createLengthCounts();
        for (const [line, grows] of taken) {
          const length = lines[line] ?? 0;
          if (grows) counts.grew(length + 1);
          else if (length > 0) counts.shrank(length);
          lines[line] = Math.max(0, length + (grows ? 1 : -1));
        }
        expect(counts.sumUpTo(cap)).toBe(lines.reduce((sum, length) => sum + Math.min(length, cap), 0));
      }),
    );
  });
});

describe('calls without account', () => {
  test('are never forgotten early, and a quarter of a second late at most', () => {
    const moments = fc.array(fc.nat(60_000), { maxLength: 100 });
    fc.assert(
      fc.property(moments, fc.nat(60_000), (calls, from) => {
        let slots: Unattributed = [];
        for (const at of calls) slots = withCall(slots, at, 0);
        const counted = countSince(slots, from);
        expect(counted).toBeGreaterThanOrEqual(calls.filter((at) => at >= from).length);
        expect(counted).toBeLessThanOrEqual(calls.filter((at) => at > from - 250).length);
        expect(oldestSince(slots, from) === null).toBe(counted === 0);
      }),
    );
  });

  test('that cannot matter any more are dropped', () => {
    const slots = withCall(withCall([], 1_000, 0), 90_000, 30_000);
    expect(slots).toEqual([{ at: 90_000, count: 1 }]);
  });
});
