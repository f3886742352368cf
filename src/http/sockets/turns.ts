/** Something that has work to do in small steps. None of its steps may throw. */
export interface Task {
  /** Does one step. @returns whether there is more to do */
  step(): boolean;
}

/** Shares the process's time among tasks, and between them and everything else. */
export interface Turns {
  /** The task has work; one that waits for its turn already keeps its place. */
  add(task: Task): void;
}

/** Milliseconds that tasks work in one go: so long does a request that has just come wait for them at most. */
export const sliceMs = 8;

/**
 * Every task does one step, then it is the next one's turn; what has more to do comes last again. After a slice of time
 * whatever has arrived meanwhile is served first.
 */
export function createTurns(now: () => number = () => performance.now()): Turns {
  const waiting = new Set<Task>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(work);
  };

  const work = (): void => {
    scheduled = false;
    const end = now() + sliceMs;
    // What is added meanwhile is met by the same loop, behind all others.
    for (const task of waiting) {
      waiting.delete(task);
      if (task.step()) waiting.add(task);
      if (now() >= end) break;
    }
    if (waiting.size > 0) schedule();
  };

  return {
    add: (task) => {
      waiting.add(task);
      schedule();
    },
  };
}
