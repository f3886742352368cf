import type { Clock } from '../../domain/clock.ts';
import { systemClock } from '../../domain/clock.ts';
import type { TicketEvent } from '../../domain/event.ts';
import type { Log } from '../../domain/log.ts';
import type { Ticket } from '../../domain/ticket.ts';
import { createContested } from './contested.ts';
import type { AppendResult, EventLog } from '../log/log.ts';
import { deletionEvent, stateEvent } from './made-events.ts';

export interface IntakeOptions {
  readonly log: EventLog;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Told of stale and repeated events, and of what could not be settled. @default nobody */
  readonly logger?: Pick<Log, 'debug' | 'info' | 'warn'>;
  /**
   * Reads a ticket in the background, when two events of one `updatedAt` say different things of it, or when somebody did
   * not find it: the answer decides. Answers null where there is nobody to ask with, and resolves to null for what does not
   * exist.
   * @default nobody asks: the sweep finds out, and what was not found counts as deleted
   */
  readonly readTicket?: (
    workspaceId: string,
    ticketId: string,
    signal: AbortSignal,
  ) => Promise<Ticket | null> | null;
}

/** Where events enter, whatever their source. */
export interface Intake {
  /**
   * Resolves once the event is as durable as the log makes it: only then may a delivery be acknowledged.
   * Rejects when the log could not take it; the sender shall try again.
   */
  accept(workspaceId: string, event: TicketEvent): Promise<AppendResult>;
  /**
   * The backend said to somebody that it does not have a ticket. Whoever was told may not be allowed to see it, so where it
   * can be asked about again that is what counts. Resolves before that is done.
   * @param since when the backend was asked, milliseconds since the epoch: what is newer may have come into being after that
   */
  missing(workspaceId: string, ticketId: string, since: number): Promise<void>;
  /** Gives up what is read in the background. To be called before the log is closed. */
  close(): Promise<void>;
}

export function createIntake({ log, clock = systemClock, logger, readTicket }: IntakeOptions): Intake {
  const append = async (workspaceId: string, event: TicketEvent): Promise<AppendResult> => {
    const outcome = await log.append(workspaceId, event, new Date(clock.now()).toISOString());
    const { eventId, ticketId, typeRaw } = event;
    if (outcome.result === 'REPEATED') {
      logger?.debug({ workspaceId, eventId }, 'event repeated: dropped');
    } else if (outcome.record.stale) {
      logger?.info({ workspaceId, eventId, ticketId, type: typeRaw }, 'event stale: newer state is known');
    }
    return outcome;
  };

  /** Tells how a ticket is, as far as there is somebody to ask with; what is not there was deleted. */
  const settle = async (
    workspaceId: string,
    ticketId: string,
    reading: Promise<Ticket | null>,
    signal: AbortSignal,
  ): Promise<void> => {
    const ticket = await unlessAborted(reading, signal);
    const event =
      ticket === null
        ? deletionEvent('RECONCILE', ticketId, await log.known(workspaceId, ticketId), clock.now())
        : stateEvent('RECONCILE', 'TICKET_UPDATED', ticket);
    await append(workspaceId, event);
  };
  const contested = createContested({
    settle: async (workspaceId, ticketId, signal) => {
      const reading = readTicket?.(workspaceId, ticketId, signal) ?? null;
      if (reading !== null) await settle(workspaceId, ticketId, reading, signal);
    },
    logger,
  });
  const notFound = createContested({
    settle: async (workspaceId, ticketId, signal) => {
      const reading = readTicket?.(workspaceId, ticketId, signal) ?? Promise.resolve(null);
      await settle(workspaceId, ticketId, reading, signal);
    },
    logger,
  });

  return {
    accept: async (workspaceId, event) => {
      const outcome = await append(workspaceId, event);
      if (outcome.result === 'APPENDED' && outcome.contested) contested.add(workspaceId, event.ticketId);
      return outcome;
    },
    missing: async (workspaceId, ticketId, since) => {
      const known = await log.known(workspaceId, ticketId);
      if (known !== null && !known.deleted && known.version < since) notFound.add(workspaceId, ticketId);
    },
    close: async () => {
      await Promise.all([contested.close(), notFound.close()]);
    },
  };
}

/** Whoever closes does not wait for a read that takes no notice. */
async function unlessAborted<Value>(reading: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const left = Promise.withResolvers<never>();
  const leave = (): void => left.reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([reading, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
