/** Milliseconds between two, where there are few. */
const everyMs = 5;

/**
 * Does something to each, one after the other: clients come back as soon as they are told to go, so thousands are not
 * told at once.
 * @param withinMs milliseconds for all of them
 */
export async function oneByOne<T>(
  items: readonly T[],
  withinMs: number,
  act: (item: T) => void,
): Promise<void> {
  const pace = Math.min(everyMs, withinMs / items.length);
  const begin = performance.now();
  for (const [index, item] of items.entries()) {
    const early = begin + index * pace - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    act(item);
  }
}
