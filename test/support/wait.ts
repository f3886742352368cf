/**
 * Waits for a promise, but not for ever.
 * @param ms a bound for what should never take that long; milliseconds
 * @throws when the bound is reached, naming what was waited for
 */
export async function within<T>(what: string, promise: Promise<T>, ms = 5_000): Promise<T> {
  const bound = Promise.withResolvers<never>();
  const timer = setTimeout(() => bound.reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, bound.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that one turn of waiting counts at most: in one that took longer, the process mostly stood still. */
const turnMs = 1_000;

/**
 * Asks again until the answer is yes; for states of which no event tells.
 * @param ms as for `within`; much of it at once counts for little, so that a machine that stops does not end the wait
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  let left = ms;
  let before = Date.now();
  while (!(await isSo())) {
    if (left < 0) throw new Error(`${what}: not so within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = Date.now();
    left -= Math.min(now - before, turnMs);
    before = now;
  }
}
