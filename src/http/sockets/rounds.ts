import { systemClock, type Clock } from '../../domain/clock.ts';
import { sliceMs, type Task, type Turns } from './turns.ts';

/** Milliseconds of rest at most. */
const longestRestMs = 50;

export interface RoundsOptions {
  /** Milliseconds from some beginning on. @default the machine's monotonic clock */
  readonly now?: () => number;
  readonly after?: Clock['after'];
}

/**
 * Turns in rounds: in each round every task that has work does one step, and between two rounds there is as much rest as
 * there was work. So with few tasks nothing waits. With thousands, half of the time is left for everything else, and
 * what comes while a task waits for the next round is done in the same step: to write twenty messages costs
 * little more than to write one.
 */
export function createRounds(options: RoundsOptions = {}): Turns {
  const { now = () => performance.now(), after = systemClock.after } = options;
  let round = new Set<Task>();
  let next = new Set<Task>();
  let state: 'IDLE' | 'WORKING' | 'RESTING' = 'IDLE';
  let spentMs = 0;

  const begin = (): void => {
    if (next.size === 0) {
      state = 'IDLE';
      return;
    }
    state = 'WORKING';
    setImmediate(() => {
      spentMs = 0;
      [round, next] = [next, round];
      work();
    });
  };

  const work = (): void => {
    const start = now();
    for (const task of round) {
      round.delete(task);
      if (task.step()) next.add(task);
      if (now() - start >= sliceMs) break;
    }
    spentMs += now() - start;
    if (round.size > 0) setImmediate(work);
    else rest();
  };

  const rest = (): void => {
    state = 'RESTING';
    if (spentMs < 1) begin();
    else after(Math.min(spentMs, longestRestMs), begin);
  };

  return {
    add: (task) => {
      if (!round.has(task)) next.add(task);
      if (state === 'IDLE') begin();
    },
  };
}
