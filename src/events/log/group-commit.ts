/** Makes one commit of what is asked for at about the same time. */
export interface GroupCommit<Item, Result> {
  /** Resolves once the item's commit is done; rejects with what its commit failed of. */
  add(item: Item): Promise<Result>;
  /** Commits at once whatever waits. */
  flush(): void;
}

export interface GroupCommitOptions<Item, Result> {
  /** Commits all of them or none; the results in the same order. Throws when it could not. */
  readonly commit: (items: readonly Item[]) => readonly Result[];
  /** Told after each commit, when its promises are settled. */
  readonly committed: (items: readonly Item[], results: readonly Result[]) => void;
  /** Items in one commit at most: nothing else runs meanwhile. */
  readonly limit: number;
}

/**
 * A commit waits for the disk, however little it writes. So whatever is added before the event loop comes round to it
 * goes into the same one: items of one tick, and those that arrived while the commit before kept everybody waiting.
 */
export function createGroupCommit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
): GroupCommit<Item, Result> {
  const { commit, committed, limit } = options;
  type Waiting = { readonly item: Item } & Pick<PromiseWithResolvers<Result>, 'resolve' | 'reject'>;
  let waiting: Waiting[] = [];

  function commitSome(): void {
    const group = waiting.slice(0, limit);
    waiting = waiting.slice(limit);
    if (waiting.length > 0) setImmediate(commitSome);
    if (group.length === 0) return;
    const items = group.map(({ item }) => item);
    let results: readonly Result[];
    try {
      results = commit(items);
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const result = results[index];
      if (result === undefined) reject(new Error('a commit without result'));
      else resolve(result);
    }
    committed(items, results);
  }

  return {
    add: (item) => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      if (waiting.length === 0) setImmediate(commitSome);
      waiting.push({ item, resolve, reject });
      return promise;
    },
    flush: () => {
      while (waiting.length > 0) commitSome();
    },
  };
}
