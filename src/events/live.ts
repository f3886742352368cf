import { randomBytes } from 'node:crypto';
import type { Backend, BackendSession } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { createMeter } from '../domain/operation.ts';
import type { StateStore } from '../state/state-store.ts';
import { announceWrites } from './intake/announce.ts';
import type { EventFeed } from './feed/feed.ts';
import { createIntake, type Intake } from './intake/intake.ts';
import { lending } from './sweep/lending.ts';
import type { EventLog } from './log/log.ts';
import type { ReconcileState } from './reconcile-state.ts';
import { createReconcileStore } from './sweep/reconcile-store.ts';
import type { TicketList } from './sweep/sweep-pages.ts';
import type { SweepOptions } from './sweep/sweep.ts';
import { createSweeps } from './sweep/sweeps.ts';

export interface LiveOptions extends Pick<SweepOptions, 'registered' | 'pollMs'> {
  /** The helpdesk itself. */
  readonly backend: Backend;
  readonly log: EventLog;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly logger: Log;
  /** Who the gateway is with the keys it holds, by workspace. */
  readonly own: ReadonlyMap<string, Caller>;
  /** Whether callers lend theirs: `sweptBy` is used. */
  readonly lends: boolean;
}

/** The ways by which events come into the log of a gateway, put together. */
export interface Live {
  /** The helpdesk, telling the log what is written through it. For everybody but the gateway itself. */
  readonly backend: Backend;
  /** For webhooks. */
  readonly intake: Intake;
  /** For the feed. */
  readonly reconciled: (workspaceId: string) => Promise<ReconcileState | null>;
  /** For the feed: whether there is a key to sweep the workspace with, or is as long as a caller listens. */
  readonly sweeps: (workspaceId: string) => boolean;
  /** Sweeps with the gateway's own keys from now on, if it holds any. */
  start(): void;
  /** The feed for a caller whose key sweeps its workspace while the caller listens, unless the gateway's own does. */
  sweptBy(feed: EventFeed, caller: Caller): EventFeed;
  /** To be called before log, state and backend are closed. */
  close(): Promise<void>;
}

/** Milliseconds that a background call may take, its wait for a turn within the key's budget included. */
const patienceMs = 60_000;

export function createLive(options: LiveOptions): Live {
  const { backend, log, state, clock, logger, own, lends } = options;
  const session = (caller: Caller, client: string, signal: AbortSignal): BackendSession =>
    backend.session(caller, {
      priority: 'BACKGROUND',
      client,
      signal,
      deadline: clock.now() + patienceMs,
      traceId: randomBytes(16).toString('hex'),
      meter: createMeter(),
    });
  const listOf =
    (caller: Caller): TicketList =>
    async (cursor, signal) => {
      const unreadable: string[] = [];
      const page = await session(caller, 'sweep', signal).tickets.list({
        filter: {},
        order: { field: 'UPDATED_AT', direction: 'DESC' },
        page: { size: backend.capabilities.maxPageSize, cursor },
        onUnreadable: (attribute) => unreadable.push(attribute),
      });
      return { ...page, unreadable };
    };
  const intake = createIntake({
    log,
    clock,
    logger,
    readTicket: (workspaceId, ticketId, signal) => {
      const caller = own.get(workspaceId);
      return caller ? session(caller, 'intake', signal).tickets.get(ticketId) : null;
    },
  });
  const reconciled = createReconcileStore({ state, clock, logger });
  const sweeps = createSweeps({ ...options, intake, reconciled });
  const canSweep = backend.capabilities.orderFields.includes('UPDATED_AT');
  return {
    backend: announceWrites({ backend, intake, log, clock, logger }),
    intake,
    reconciled: reconciled.last,
    sweeps: (workspaceId) => canSweep && (lends || own.has(workspaceId)),
    start: () => {
      if (own.size === 0) return;
      if (canSweep) for (const caller of own.values()) sweeps.start(caller.workspaceId, listOf(caller));
      else
        logger.warn({}, 'sweep: this helpdesk does not list tickets by when they changed; nothing is swept');
    },
    sweptBy: (feed, caller) => (canSweep ? lending(feed, sweeps, listOf(caller)) : feed),
    close: async () => {
      await Promise.all([sweeps.close(), intake.close()]);
    },
  };
}
