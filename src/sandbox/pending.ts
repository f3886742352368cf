/** Counts what is on its way, and tells when nothing is. */
export interface Pending {
  readonly count: number;
  begin(): void;
  end(): void;
  /** Resolves as soon as the count is zero. */
  settled(): Promise<void>;
}

export function createPending(): Pending {
  let count = 0;
  const waiters: (() => void)[] = [];
  return {
    get count() {
      return count;
    },
    begin: () => {
      count += 1;
    },
    end: () => {
      count -= 1;
      if (count === 0) for (const wake of waiters.splice(0)) wake();
    },
    settled: () =>
      count === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiters.push(resolve);
          }),
  };
}
