/**
 * Lets so many steps run at a time; the others wait, first come first served. Time limits of a connection count from when
 * a command is sent: were a burst sent at once, its end would wait for its beginning, and time out.
 */
export function createGate(limit: number): <T>(step: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (step) => {
    if (running < limit) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await step();
    } finally {
      const next = waiting.shift();
      // Who waits longest takes the place over.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
