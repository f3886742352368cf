import { randomBytes } from 'node:crypto';
import type { TicketEvent } from '../../domain/event.ts';
import type { Ticket } from '../../domain/ticket.ts';
import type { TicketState } from '../log/ticket-state.ts';

/** What the gateway itself has to tell: what it wrote, or what it found by comparing. */
export type OwnSource = Exclude<TicketEvent['source'], 'WEBHOOK'>;

const origins = {
  GATEWAY: { source: 'GATEWAY', channel: 'gateway', prefix: 'gw_' },
  RECONCILE: { source: 'RECONCILE', channel: 'reconcile', prefix: 'rc_' },
} as const;

/**
 * Ids are new each time: that nothing is told twice is for `alreadyKnown` to see to, in one step with the append, and one
 * state may have to be told again, after another had taken its place in error.
 */
function origin(by: OwnSource): Pick<TicketEvent, 'eventId' | 'source' | 'channel'> {
  const { source, channel, prefix } = origins[by];
  return { eventId: prefix + randomBytes(16).toString('base64url'), source, channel };
}

/** A state of a ticket that no webhook brought. */
export const stateEvent = (
  by: OwnSource,
  type: 'TICKET_CREATED' | 'TICKET_UPDATED',
  ticket: Ticket,
): TicketEvent => ({
  ...origin(by),
  type,
  typeRaw: type,
  ticketId: ticket.id,
  ticket,
  occurredAt: ticket.updatedAt,
});

/**
 * A deletion that no webhook brought. The backend's clock and ours differ: it is never older than what is known of the
 * ticket, else it would be stale.
 * @param now milliseconds since the epoch
 */
export const deletionEvent = (
  by: OwnSource,
  ticketId: string,
  known: TicketState | null,
  now: number,
): TicketEvent => ({
  ...origin(by),
  type: 'TICKET_DELETED',
  typeRaw: 'TICKET_DELETED',
  ticketId,
  ticket: null,
  occurredAt: new Date(Math.max(now, known?.version ?? 0)).toISOString(),
});
