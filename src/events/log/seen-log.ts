import type { Clock } from '../../domain/clock.ts';
import type { EventLog } from './log.ts';
import { withAppend } from './with-append.ts';

/** How the last append to a log went. */
export interface LogState {
  /** UNTRIED: there was none. */
  readonly appends: 'UNTRIED' | 'TAKEN' | 'FAILED';
  /** When that began; milliseconds since the epoch. */
  readonly since: number;
}

export interface SeenLog extends EventLog {
  /** As it was seen last; asks nobody. */
  readonly seen: LogState;
}

/** The same log, and what was seen of it by those who append. */
export function createSeenLog(log: EventLog, clock: Clock): SeenLog {
  let seen: LogState = { appends: 'UNTRIED', since: clock.now() };
  const note = (appends: LogState['appends']): void => {
    if (appends !== seen.appends) seen = { appends, since: clock.now() };
  };
  return {
    ...withAppend(log, async (...event) => {
      try {
        const outcome = await log.append(...event);
        note('TAKEN');
        return outcome;
      } catch (error) {
        note('FAILED');
        throw error;
      }
    }),
    get seen() {
      return seen;
    },
  };
}
