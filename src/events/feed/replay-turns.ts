/** Shares the process's time among replays, and between all of them and everything else. */
export interface ReplayTurns {
  /**
   * Does a piece of a replay's work when it is its turn: whoever asked first is first. What the piece waits for, it waits
   * for at the cost of others: it must be short, and of the kind that ends by itself.
   */
  take<T>(piece: () => T | Promise<T>): Promise<T>;
}

/** Milliseconds that all replays together work in one go. */
const sliceMs = 8;

/** Pieces that have begun and wait for an answer, of a log on another machine. */
const maxBegun = 4;

/**
 * One piece after the other; after a slice of time whatever has arrived meanwhile is served first. Thousands may
 * replay at the same time, after a restart: without turns each of them would be short, and all together would not.
 */
export function createReplayTurns(now: () => number = () => performance.now()): ReplayTurns {
  const waiting = new Set<() => void>();
  let sliceEnd = Number.NEGATIVE_INFINITY;
  let scheduled = false;
  let begun = 0;
  /** Somebody's turn has come, and whether the piece ends at once is not known yet. */
  let beginning = false;

  const next = (): void => {
    if (beginning || scheduled || begun >= maxBegun) return;
    const [first] = waiting;
    if (first === undefined) return;
    if (now() < sliceEnd) {
      waiting.delete(first);
      beginning = true;
      begun += 1;
      first();
      return;
    }
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      sliceEnd = now() + sliceMs;
      next();
    });
  };

  const begin = <T>(piece: () => T): T => {
    try {
      return piece();
    } finally {
      beginning = false;
    }
  };

  return {
    take: async (piece) => {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        next();
      });
      try {
        const result = begin(piece);
        next();
        return await result;
      } finally {
        begun -= 1;
        next();
      }
    },
  };
}

/** Those of this process: it has one event loop. */
export const replayTurns: ReplayTurns = createReplayTurns();
