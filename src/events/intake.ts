import type { Clock } from '../domain/clock.ts';
import { systemClock } from '../domain/clock.ts';
import type { TicketEvent } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import type { AppendResult, EventLog } from './log.ts';

export interface IntakeOptions {
  readonly log: EventLog;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Told of stale and repeated events. @default nobody */
  readonly logger?: Pick<Log, 'debug' | 'info'>;
}

/** Where events enter, whatever their source. */
export interface Intake {
  /**
   * Resolves once the event is as durable as the log makes it: only then may a delivery be acknowledged.
   * Rejects when the log could not take it; the sender shall try again.
   */
  accept(workspaceId: string, event: TicketEvent): Promise<AppendResult>;
}

export function createIntake({ log, clock = systemClock, logger }: IntakeOptions): Intake {
  return {
    accept: async (workspaceId, event) => {
      const outcome = await log.append(workspaceId, event, new Date(clock.now()).toISOString());
      const { eventId, ticketId, typeRaw } = event;
      if (outcome.result === 'REPEATED') {
        logger?.debug({ workspaceId, eventId }, 'event repeated: dropped');
      } else if (outcome.record.stale) {
        logger?.info({ workspaceId, eventId, ticketId, type: typeRaw }, 'event stale: newer state is known');
      }
      return outcome;
    },
  };
}
