/** A binary heap: the least item first. `push` and `pop` cost O(log n). */
export interface Heap<T> {
  size(): number;
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
  /** Drops what `keep` refuses. O(n). */
  retain(keep: (item: T) => boolean): void;
}

/** @param before whether `a` comes out before `b`; a strict order */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  let items: T[] = [];

  /** Puts `item` in at `index`, or higher up where its parents come out after it. */
  function rise(item: T, index: number): void {
    let at = index;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt];
      if (parent === undefined || !before(item, parent)) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  /** Puts `item` in at `index`, or lower down where its children come out before it. */
  function sink(item: T, index: number): void {
    let at = index;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = items[childAt];
      if (child === undefined) break;
      const other = items[childAt + 1];
      if (other !== undefined && before(other, child)) {
        child = other;
        childAt += 1;
      }
      if (!before(child, item)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = item;
  }

  return {
    size: () => items.length,
    push(item) {
      rise(item, items.length);
    },
    peek: () => items[0],
    pop() {
      const least = items[0];
      const last = items.pop();
      if (last !== undefined && items.length > 0) sink(last, 0);
      return least;
    },
    retain(keep) {
      const kept = items.filter(keep);
      items = [];
      for (const item of kept) rise(item, items.length);
    },
  };
}
