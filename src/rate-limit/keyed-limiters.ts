/** Limiters looked at when one too many is remembered. */
const lookedAt = 4;

/** The limiters of a registry, one for each key, made when a key is first used. */
export interface KeyedLimiters<T> {
  /** For whoever uses it now: it is then the last to be forgotten. */
  used(keyId: string): T;
  /** Without using it; undefined: there is none. */
  get(keyId: string): T | undefined;
  values(): Iterable<T>;
  /** With their keys; those that were used last at the end. */
  entries(): Iterable<[keyId: string, limiter: T]>;
  readonly size: number;
}

/**
 * @param make the limiter of a key
 * @param maxKeys beyond which the longest unused are forgotten, as far as they may be: to forget a window that runs would
 * be to spend it twice
 */
export function createKeyedLimiters<T extends { forgettable(): boolean }>(
  make: (keyId: string) => T,
  maxKeys: number,
): KeyedLimiters<T> {
  /** The longest unused first. */
  const limiters = new Map<string, T>();

  const forgetIdle = (): void => {
    for (const [keyId, limiter] of limiters.entries().take(lookedAt)) {
      if (limiters.size < maxKeys) return;
      limiters.delete(keyId);
      if (!limiter.forgettable()) limiters.set(keyId, limiter);
    }
  };

  return {
    used: (keyId) => {
      const known = limiters.get(keyId);
      const limiter = known ?? make(keyId);
      if (known === undefined) forgetIdle();
      else limiters.delete(keyId);
      limiters.set(keyId, limiter);
      return limiter;
    },
    get: (keyId) => limiters.get(keyId),
    values: () => limiters.values(),
    entries: () => limiters.entries(),
    get size() {
      return limiters.size;
    },
  };
}
