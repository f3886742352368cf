import { createHeap } from './heap.ts';

/** What waits until a moment, or is gone before. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Whether it still waits. */
  readonly waiting: boolean;
}

/** Finds what expires first. Members that stopped waiting are dropped as they are met, or when they are many. */
export interface Deadlines<T extends Expiring> {
  add(member: T): void;
  /** The member that expires first; undefined: nobody waits. */
  first(): T | undefined;
  /** Some stopped waiting; `waiting` still do. */
  left(waiting: number): void;
}

export function createDeadlines<T extends Expiring>(): Deadlines<T> {
  const heap = createHeap<T>((a, b) => a.deadline < b.deadline);
  return {
    add(member) {
      if (member.deadline !== Infinity) heap.push(member);
    },
    first() {
      for (;;) {
        const member = heap.peek();
        if (member === undefined || member.waiting) return member;
        heap.pop();
      }
    },
    left(waiting) {
      if (heap.size() > 2 * waiting + 64) heap.retain((member) => member.waiting);
    },
  };
}
