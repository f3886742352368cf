import type { Random } from './random.ts';

/** Work in lanes: in each, so many jobs at a time, in the order they were pushed. */
export interface Lanes<T> {
  push(job: T): void;
  pause(): void;
  resume(order: 'kept' | 'reversed' | 'shuffled'): void;
  /** Forgets what has not begun. */
  clear(): void;
}

export function createLanes<T>(parts: {
  readonly laneOf: (job: T) => string;
  /** Jobs at a time in each lane. */
  readonly width: () => number;
  /** Never rejects. */
  readonly work: (job: T) => Promise<void>;
  readonly random: Random;
}): Lanes<T> {
  const { laneOf, width, work, random } = parts;
  const lanes = new Map<string, { waiting: T[]; busy: number }>();
  let paused = false;

  const pump = (lane: { waiting: T[]; busy: number }): void => {
    while (!paused && lane.busy < width()) {
      const job = lane.waiting.shift();
      if (job === undefined) return;
      lane.busy += 1;
      void work(job).then(() => {
        lane.busy -= 1;
        pump(lane);
      });
    }
  };
  const ordered = {
    kept: (jobs: T[]): T[] => jobs,
    reversed: (jobs: T[]): T[] => jobs.toReversed(),
    shuffled: (jobs: T[]): T[] => random.some(jobs, jobs.length),
  };

  return {
    push: (job) => {
      const name = laneOf(job);
      const lane = lanes.get(name) ?? { waiting: [], busy: 0 };
      lanes.set(name, lane);
      lane.waiting.push(job);
      pump(lane);
    },
    pause: () => {
      paused = true;
    },
    resume: (order) => {
      paused = false;
      for (const lane of lanes.values()) {
        lane.waiting = ordered[order](lane.waiting);
        pump(lane);
      }
    },
    clear: () => {
      lanes.clear();
    },
  };
}
