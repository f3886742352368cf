/** Milliseconds until it is tried again, where nothing came in between; each time twice as long. */
const againMs = { first: 20, longest: 2000 };

/**
 * A subscription's own results, until they are taken over. That is tried whenever the results before were handled, in the
 * same breath, and now and then while nothing comes: it may be catching up with what is not for it.
 * @param takeOver false: not yet; true: these results end
 */
export function handingOver<T>(
  results: AsyncIterator<T, unknown>,
  takeOver: () => boolean,
): AsyncIterableIterator<T, undefined> {
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const attempt = (delay: number): void => {
    if (over || takeOver()) {
      over = true;
      return;
    }
    timer = setTimeout(attempt, delay, Math.min(delay * 2, againMs.longest));
    timer.unref();
  };
  const settle = (): void => {
    over = true;
    clearTimeout(timer);
  };

  return {
    next: async () => {
      const next = results.next();
      attempt(againMs.first);
      const { done, value } = await next;
      clearTimeout(timer);
      if (done !== true) return { value, done: false };
      settle();
      return end;
    },
    return: async () => {
      settle();
      await results.return?.();
      return end;
    },
    throw: async (error) => {
      settle();
      await results.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const end: IteratorReturnResult<undefined> = { value: undefined, done: true };
