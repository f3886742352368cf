/**
 * How many lines are how long, kept so that the sum over all lines of min(length, cap) is known in O(log n): a
 * Fenwick tree over "lines at least so long", which grows with the longest line.
 */
export interface LengthCounts {
  /** A line grew to `length`. */
  grew(length: number): void;
  /** A line shrank from `length` by one. */
  shrank(length: number): void;
  /** The sum over all lines of min(length, cap). */
  sumUpTo(cap: number): number;
}

export function createLengthCounts(): LengthCounts {
  let tree = new Int32Array(16);
  let total = 0;

  function add(length: number, change: number): void {
    while (length >= tree.length) grow();
    total += change;
    for (let index = length; index < tree.length; index += index & -index) {
      tree[index] = (tree[index] ?? 0) + change;
    }
  }

  /** Doubles the tree. In a tree of a power of two all that is missing is the new root: the sum of all below. */
  function grow(): void {
    const larger = new Int32Array(tree.length * 2);
    larger.set(tree);
    larger[tree.length] = total;
    tree = larger;
  }

  return {
    grew: (length) => {
      add(length, 1);
    },
    shrank: (length) => {
      add(length, -1);
    },
    sumUpTo(cap) {
      let sum = 0;
      for (let index = Math.min(cap, tree.length - 1); index > 0; index -= index & -index)
        sum += tree[index] ?? 0;
      return sum;
    },
  };
}
