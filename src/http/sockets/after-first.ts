/**
 * A subscription's results, of which somebody else carries on all but the first.
 * @param carryOn called once, when the first was handled; these results end
 */
export function afterFirst<T>(
  results: AsyncIterator<T, unknown>,
  carryOn: () => void,
): AsyncIterableIterator<T, undefined> {
  let begun = false;
  let over = false;

  return {
    next: async () => {
      if (over) return end;
      if (begun) {
        over = true;
        carryOn();
        return end;
      }
      begun = true;
      const { done, value } = await results.next();
      if (done !== true) return { value, done: false };
      over = true;
      return end;
    },
    return: async () => {
      if (!over) await results.return?.();
      over = true;
      return end;
    },
    throw: async (error) => {
      if (!over) await results.return?.();
      over = true;
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const end: IteratorReturnResult<undefined> = { value: undefined, done: true };
