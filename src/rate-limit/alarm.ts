import type { Clock } from '../domain/clock.ts';

/** Longer delays do not fit into a timer. */
const LONGEST_DELAY_MS = 3_600_000;

/** Rings once, at the earliest moment asked for: too early does no harm where too late would. */
export interface Alarm {
  /** Rings at `at`, unless it rings earlier anyway; Infinity: never mind. */
  set(at: number, now: number): void;
}

export function createAlarm(clock: Clock, ring: (now: number) => void): Alarm {
  let due = Infinity;
  let cancel: () => void = () => undefined;

  return {
    set(at, now) {
      if (at >= due || at === Infinity) return;
      cancel();
      const ms = Math.min(LONGEST_DELAY_MS, Math.max(1, Math.ceil(at - now)));
      due = now + ms;
      cancel = clock.after(ms, () => {
        due = Infinity;
        ring(clock.now());
      });
    },
  };
}
