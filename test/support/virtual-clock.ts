import type { Clock } from '../../src/domain/clock.ts';
import { createHeap } from '../../src/rate-limit/heap.ts';

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms`. Timers that fall due run in order, each at its own time; after each of them, and at the
   * end, whatever promises and finished I/O can do without further time passing is done.
   * `advance(0)` only lets pending work settle.
   */
  advance(ms: number): Promise<void>;
  /** Like `advance`, in one go: due timers run in order, promises have to wait. */
  advanceSync(ms: number): void;
  /** Sets the time without running a timer, as when somebody sets the machine's clock. Timers keep their delay. */
  jump(ms: number): void;
  /** Timers that wait. */
  readonly timers: number;
  /** When the next timer falls due, by `now()`; null: none waits. */
  readonly nextAt: number | null;
}

interface Timer {
  /** On the time line that `jump` does not touch. */
  readonly at: number;
  readonly order: number;
  callback: (() => void) | null;
}

/** A macrotask later every microtask is done, however long their chain. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Makes a clock for a test.
 * @param start its first `now()`, milliseconds since the epoch @default 2026-01-01T00:00:00Z
 */
export function createVirtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0;
  let origin = start;
  let order = 0;
  let timers = 0;
  const heap = createHeap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));

  /** The first timer that was not cancelled. */
  function first(): Timer | undefined {
    for (;;) {
      const timer = heap.peek();
      if (timer === undefined || timer.callback !== null) return timer;
      heap.pop();
    }
  }

  /** Runs the first timer if it falls due by `until`. */
  function runNext(until: number): boolean {
    const timer = first();
    if (timer === undefined || timer.at > until) return false;
    heap.pop();
    elapsed = Math.max(elapsed, timer.at);
    const { callback } = timer;
    timer.callback = null;
    timers -= 1;
    callback?.();
    return true;
  }

  return {
    now: () => origin + elapsed,
    after(ms, callback) {
      const timer: Timer = { at: elapsed + Math.max(0, ms), order: order++, callback };
      heap.push(timer);
      timers += 1;
      return () => {
        if (timer.callback === null) return;
        timer.callback = null;
        timers -= 1;
      };
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settled();
      while (runNext(until)) await settled();
      elapsed = Math.max(elapsed, until);
      await settled();
    },
    advanceSync(ms) {
      const until = elapsed + ms;
      while (runNext(until));
      elapsed = Math.max(elapsed, until);
    },
    jump(ms) {
      origin += ms;
    },
    get timers() {
      return timers;
    },
    get nextAt() {
      const timer = first();
      return timer === undefined ? null : origin + timer.at;
    },
  };
}
