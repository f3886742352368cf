import type { EventLog } from '../events/log/log.ts';
import { withAppend } from '../events/log/with-append.ts';
import type { Reads } from './reads.ts';

/** The same log; what is appended through it is told before whoever appended it is. */
export const tellingLog = (log: EventLog, accepted: Reads['accepted']): EventLog =>
  withAppend(log, async (workspaceId, event, receivedAt) => {
    const outcome = await log.append(workspaceId, event, receivedAt);
    if (outcome.result === 'APPENDED') accepted(workspaceId, outcome.record);
    return outcome;
  });
