/** Rows that come while others are still being read. */

/** A list that grows at its end, for any number of readers, each from its beginning. */
export interface Growing<Item> extends AsyncIterable<Item> {
  map<Out>(change: (item: Item) => Out): Growing<Out>;
}

/** Whoever makes it grow. */
export interface Grower<Item> {
  readonly list: Growing<Item>;
  /** Resolves when it has grown for the first time. */
  readonly begun: Promise<void>;
  /** @param items all there are so far */
  grow(items: readonly Item[]): void;
  /** @param items all there are */
  end(items: readonly Item[]): void;
  /** Its readers meet the error after the items there are. */
  fail(error: Error): void;
}

export function createGrower<Item>(): Grower<Item> {
  const items: Item[] = [];
  let over = false;
  let failure: Error | null = null;
  let news = Promise.withResolvers<void>();
  const begun = news.promise;

  const tell = (): void => {
    news.resolve();
    news = Promise.withResolvers<void>();
  };
  const grow = (all: readonly Item[]): void => {
    items.push(...all.slice(items.length));
    tell();
  };

  /** Not a generator: its return() would wait behind a next() that waits for a row. */
  const read = <Out>(change: (item: Item) => Out): AsyncIterator<Out, undefined> => {
    let at = 0;
    let left = false;
    const isWaiting = (): boolean => at >= items.length && !over && !left;
    return {
      next: async () => {
        while (isWaiting()) await news.promise;
        if (left) return end;
        for (const item of items.slice(at, at + 1)) {
          at += 1;
          return { value: change(item), done: false };
        }
        if (failure !== null) throw failure;
        return end;
      },
      return: async () => {
        left = true;
        tell();
        return end;
      },
    };
  };
  const mapped = <Out>(change: (item: Item) => Out): Growing<Out> => ({
    map: (next) => mapped((item) => next(change(item))),
    [Symbol.asyncIterator]: () => read(change),
  });

  return {
    list: mapped((item) => item),
    begun,
    grow,
    end: (all) => {
      over = true;
      grow(all);
    },
    fail: (error) => {
      over = true;
      failure = error;
      tell();
    },
  };
}

const end: IteratorReturnResult<undefined> = { value: undefined, done: true };
