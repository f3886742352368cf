import { randomBytes } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { systemClock } from '../../domain/clock.ts';
import type { EventLog, Retention } from './log.ts';
import { createListeners } from './listeners.ts';
import { defaultRetention } from './log.ts';
import { MemoryWorkspace } from './memory-workspace.ts';

export interface MemoryLogOptions {
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default defaultRetention */
  readonly retention?: Partial<Retention>;
}

/** Milliseconds between two looks for what has outlived its retention, while nothing else happens. */
const sweepMs = 60_000;

/** A log that lives as long as the process: every restart is another epoch. */
export function createMemoryLog(options: MemoryLogOptions = {}): EventLog {
  const clock = options.clock ?? systemClock;
  const retention = { ...defaultRetention, ...options.retention };
  const epoch = randomBytes(9).toString('base64url');
  const workspaces = new Map<string, MemoryWorkspace>();
  const listeners = createListeners();
  let cancelSweep: (() => void) | null = null;

  /** A workspace nobody wrote to takes no room: whoever asks may have made it up. */
  const look = (workspaceId: string): MemoryWorkspace => {
    const workspace = workspaces.get(workspaceId) ?? new MemoryWorkspace(workspaceId, epoch, retention);
    workspace.trim(clock.now());
    return workspace;
  };

  const sweep = (): void => {
    for (const workspace of workspaces.values()) workspace.trim(clock.now());
    cancelSweep = clock.after(sweepMs, sweep);
  };

  return {
    append: async (workspaceId, event, receivedAt) => {
      const workspace = look(workspaceId);
      workspaces.set(workspaceId, workspace);
      cancelSweep ??= clock.after(sweepMs, sweep);
      const outcome = workspace.append(event, receivedAt);
      workspace.trim(clock.now());
      if (outcome.result === 'APPENDED') listeners.tell(workspaceId, 'APPENDED');
      return outcome;
    },
    read: async (workspaceId, after, limit) => look(workspaceId).read(after, limit),
    head: async (workspaceId) => look(workspaceId).head,
    retainedSince: async (workspaceId) => look(workspaceId).retainedSince,
    lastWebhookAt: async (workspaceId) => look(workspaceId).lastWebhookAt,
    locate: async (workspaceId, cursor) => look(workspaceId).locate(cursor),
    known: async (workspaceId, ticketId) => look(workspaceId).known(ticketId),
    watch: listeners.add,
    close: async () => {
      cancelSweep?.();
      listeners.clear();
      workspaces.clear();
    },
  };
}
