/**
 * Options of loaders whose keys are read one by one anyway: each is read once for an operation, and none waits until the
 * slowest of those that were asked for with it is there.
 */
export const eachByItself = { batch: false } as const;

/** Requests of one batch that may be under way together. The key's budget is kept elsewhere; this spares sockets. */
const parallel = 16;

/**
 * Loads each key by a request of its own, as backends without a batch endpoint need, bounded in parallel.
 * One failure is an `Error` in its own place, as DataLoader wants it.
 */
export async function loadEach<Key, Value>(
  keys: readonly Key[],
  load: (key: Key) => Promise<Value>,
): Promise<(Value | Error)[]> {
  const results: (Value | Error)[] = [];
  const queue = keys.entries();
  const work = async (): Promise<void> => {
    for (const [index, key] of queue) results[index] = await load(key).catch(asError);
  };
  await Promise.all(Array.from({ length: Math.min(parallel, keys.length) }, work));
  return results;
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
