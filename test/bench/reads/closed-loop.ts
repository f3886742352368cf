import { z } from 'zod';
import { percentile } from '../figures.ts';

/** What one stretch of load came to. Times are milliseconds. */
export interface Measured {
  /** Those that were answered with the data that was asked for; all else is told of them. */
  readonly operations: number;
  /** And those that were not. */
  readonly failed: number;
  /** What was wrong first; null: nothing. */
  readonly failure: string | null;
  readonly tookMs: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** CPU time of the process that asked. */
  readonly cpuMs: number;
}

/** How one operation ended: null, or what was wrong with its answer. */
export type Ending = string | null;

/** How long load lasts. */
export const stretch = z.object({
  seconds: z.number(),
  /** It goes on until there were so many operations, */
  least: z.number().default(0),
  /** though not longer than so many seconds. */
  most: z.number().default(0),
});
export type Stretch = z.input<typeof stretch>;

export interface ClosedLoop extends Stretch {
  readonly lanes: number;
  /** Sends the next operation on a lane, where nothing is under way, and says how it ended. */
  readonly ask: (lane: number, ended: (ending: Ending) => void) => void;
}

/** So many failures end a lane: there is nothing more to learn, and what fails at once would never end. */
const patience = 100;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Every lane asks again as soon as it was answered, for so long; resolves when the last answer is there. */
export function closedLoop({ lanes, seconds, least = 0, most = 0, ask }: ClosedLoop): Promise<Measured> {
  const { promise, resolve } = Promise.withResolvers<Measured>();
  const took: number[] = [];
  const began = performance.now();
  const cpuBefore = cpuMs();
  const goesOn = (now: number): boolean =>
    now - began < seconds * 1000 || (took.length < least && now - began < most * 1000);
  let [failed, open] = [0, lanes];
  let failure: string | null = null;

  const finish = (): void => {
    open -= 1;
    if (open > 0) return;
    resolve({
      operations: took.length,
      failed,
      failure,
      tookMs: performance.now() - began,
      p50: percentile(took, 50),
      p99: percentile(took, 99),
      cpuMs: cpuMs() - cpuBefore,
    });
  };
  const next = (lane: number, failures: number): void => {
    const sentAt = performance.now();
    ask(lane, (ending) => {
      const now = performance.now();
      if (ending === null) took.push(now - sentAt);
      else {
        failed += 1;
        failure ??= ending;
      }
      const failuresNow = ending === null ? failures : failures + 1;
      if (goesOn(now) && failuresNow < patience) next(lane, failuresNow);
      else finish();
    });
  };
  for (let lane = 0; lane < lanes; lane += 1) next(lane, 0);
  return promise;
}
