import type { EventLog } from './log.ts';

/** The same log, with another way to append. */
export const withAppend = (log: EventLog, append: EventLog['append']): EventLog => ({
  append,
  read: (workspaceId, after, limit) => log.read(workspaceId, after, limit),
  head: (workspaceId) => log.head(workspaceId),
  retainedSince: (workspaceId) => log.retainedSince(workspaceId),
  lastWebhookAt: (workspaceId) => log.lastWebhookAt(workspaceId),
  locate: (workspaceId, cursor) => log.locate(workspaceId, cursor),
  known: (workspaceId, ticketId) => log.known(workspaceId, ticketId),
  watch: (workspaceId, listener) => log.watch(workspaceId, listener),
  close: () => log.close(),
});
