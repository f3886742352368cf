import type { Backend } from '../domain/backend.ts';
import type { Room } from '../domain/basis.ts';
import type { Clock } from '../domain/clock.ts';
import type { EventRecord } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import type { EventLog } from '../events/log/log.ts';
import { createDefinitionReads } from './definition-reads.ts';
import { Memory } from './memory.ts';
import { createTicketReads } from './ticket-reads.ts';
import { createTicketWrites } from './ticket-writes.ts';
import { WorkspaceReads } from './workspace.ts';

export interface ReadsOptions {
  /** Tells the log of what is written through it (`announceWrites`). */
  readonly backend: Backend;
  readonly log: Pick<EventLog, 'head' | 'read' | 'locate' | 'watch'>;
  readonly clock: Clock;
  readonly logger: Pick<Log, 'warn'>;
  /** Bytes of answers that are kept over all keys, as estimated; 0: none. */
  readonly maxBytes: number;
  /** Milliseconds for which an answer is trusted while no event contradicts it. Asked at each read: it may change at any time. */
  readonly trustMs: (workspaceId: string) => number;
}

/** The store of REST answers. */
export interface Reads {
  /** The same backend: what it was asked before it answers itself, as long as that may be believed. */
  readonly backend: Backend;
  /** To be called with each record that is appended here, before whoever appended it is told. Idempotent; costs nothing where nothing is kept. */
  accepted(workspaceId: string, record: EventRecord): void;
  /** Where others may keep what was made of its answers, within the same bound. */
  readonly room: Room;
  /** Bytes kept now, as estimated. */
  readonly bytes: number;
  /** Stops following the log and forgets everything; the backend stays open. */
  close(): Promise<void>;
}

/**
 * Keeps answers of the backend for each key, right by the event log, and lets identical reads share one request.
 *
 * What holds: whoever reads after an event or a write was accepted here sees nothing older than it, whether the answer
 * was kept, shared or asked for. Events that other gateways took in count from when the log has brought them here:
 * within milliseconds while the log tells of news, within a second if news get lost; while the log is out of reach,
 * nothing that is kept is served.
 */
export function createReads(options: ReadsOptions): Reads {
  const { backend, clock } = options;
  const memory = new Memory(options.maxBytes);
  const workspaces = new Map<string, WorkspaceReads>();
  let open = true;

  const workspaceOf = (workspaceId: string): WorkspaceReads => {
    const standing = workspaces.get(workspaceId);
    if (standing !== undefined) return standing;
    const made = new WorkspaceReads({
      ...options,
      workspaceId,
      memory,
      ended: () => workspaces.delete(workspaceId),
    });
    workspaces.set(workspaceId, made);
    return made;
  };

  return {
    backend: {
      kind: backend.kind,
      capabilities: backend.capabilities,
      receiver: backend.receiver,
      session: (caller, operation) => {
        const session = backend.session(caller, operation);
        if (!open) return session;
        const within = <Value>(step: (workspace: WorkspaceReads) => Promise<Value>): Promise<Value> =>
          workspaceOf(caller.workspaceId).use(caller.scope, step);
        const { scope } = caller;
        return {
          tickets: {
            ...createTicketReads({ backend, caller, operation, clock, within }),
            ...createTicketWrites({ tickets: session.tickets, scope, operation, within }),
          },
          ...createDefinitionReads({ backend, session, caller, operation, within }),
          webhooks: session.webhooks,
        };
      },
      budget: (caller) => backend.budget(caller),
      status: () => backend.status(),
      close: () => backend.close(),
    },
    accepted: (workspaceId, record) => workspaces.get(workspaceId)?.accepted(record),
    room: memory,
    get bytes() {
      return memory.bytes;
    },
    close: async () => {
      open = false;
      for (const workspace of workspaces.values()) workspace.stop();
      workspaces.clear();
      memory.clear();
    },
  };
}
