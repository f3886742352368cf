import type { EventLog } from '../events/log/log.ts';
import type { Reads } from './reads.ts';

/** The same log; what is appended through it is told before whoever appended it is. */
export const tellingLog = (log: EventLog, accepted: Reads['accepted']): EventLog => ({
  append: async (workspaceId, event, receivedAt) => {
    const outcome = await log.append(workspaceId, event, receivedAt);
    if (outcome.result === 'APPENDED') accepted(workspaceId, outcome.record);
    return outcome;
  },
  read: (workspaceId, after, limit) => log.read(workspaceId, after, limit),
  head: (workspaceId) => log.head(workspaceId),
  retainedSince: (workspaceId) => log.retainedSince(workspaceId),
  lastWebhookAt: (workspaceId) => log.lastWebhookAt(workspaceId),
  locate: (workspaceId, cursor) => log.locate(workspaceId, cursor),
  known: (workspaceId, ticketId) => log.known(workspaceId, ticketId),
  watch: (workspaceId, listener) => log.watch(workspaceId, listener),
  close: () => log.close(),
});
