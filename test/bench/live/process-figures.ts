import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface ProcessFigures {
  /** CPU time of the process so far, user and system; milliseconds. */
  readonly cpuMs: number;
  /** Bytes of the process and of its JavaScript objects, after what is no longer needed was cleared away. */
  readonly memory: { readonly rss: number; readonly heap: number };
  /** Bytes of the process when it had most of them. */
  readonly peak: number;
}

/** Where a server under test is reached. */
export interface Address {
  readonly graphql: string;
  readonly webhook: string;
}

/** What every server under test answers. */
export interface TargetAnswers extends ProcessFigures {
  readonly address: Address;
}

/** What a process can say of itself, for `answerParent`. */
export function figuresOf(): { readonly [Name in keyof ProcessFigures]: () => ProcessFigures[Name] } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return {
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    memory: () => {
      collect();
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, heap: heapUsed + external };
    },
    peak: () => process.resourceUsage().maxRSS * 1024,
  };
}
