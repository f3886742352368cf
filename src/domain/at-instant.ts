import type { Clock } from './clock.ts';

/** Milliseconds that a timer can count. */
const longestMs = 2 ** 31 - 1;

/**
 * Calls `callback` once the clock shows an instant, however far that is.
 * @param instant milliseconds since the epoch
 * @returns cancels it
 */
export function atInstant(clock: Clock, instant: number, callback: () => void): () => void {
  const arm = (): (() => void) =>
    clock.after(Math.min(longestMs, Math.max(0, instant - clock.now())), () => {
      // Timers may be early, and clocks are set back.
      if (clock.now() < instant) cancel = arm();
      else callback();
    });
  let cancel = arm();
  return () => cancel();
}
