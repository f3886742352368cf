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

/**
 * Asks again until the answer is yes; for states of which no event tells.
 * @param ms as for `within`
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what}: not so within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
