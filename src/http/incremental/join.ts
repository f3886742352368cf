import type { Increment } from './part.ts';

/** Items of one list that follow each other. */
interface Run {
  readonly items: unknown[];
  /** The index of the item that would come next. */
  next: number;
}

/**
 * Brings items of one list that follow each other together: the executor has one increment for each, which names the
 * list again and again. Nothing comes later than it would have, so what is added to an item still comes after it.
 */
export function joined(increments: readonly Increment[]): readonly Increment[] {
  if (increments.length < 2) return increments;
  const runs = new Map<string, Run>();
  const all: Increment[] = [];
  for (const increment of increments) {
    const { items, path = [], label, errors } = increment;
    const index = path.at(-1);
    if (!items || errors?.length || typeof index !== 'number') {
      all.push(increment);
      continue;
    }
    const list = JSON.stringify([label ?? null, ...path.slice(0, -1)]);
    const run = runs.get(list);
    if (run?.next === index) {
      run.items.push(...items);
      run.next += items.length;
      continue;
    }
    const begun = { items: [...items], next: index + items.length };
    runs.set(list, begun);
    all.push({ ...increment, items: begun.items });
  }
  return all;
}
