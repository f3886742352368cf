import type { TicketEvent } from '../../src/domain/event.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

/** Noon of some day; tests count from it. */
export const noon = Date.parse('2026-03-04T12:00:00.000Z');

/** @param ms milliseconds after `noon` */
export const timeAt = (ms: number): string => new Date(noon + ms).toISOString();

/** A clock that stands still at `noon` until it is told to move. */
export const createNoonClock = (): VirtualClock => createVirtualClock(noon);

export const makeTicket = (ticket: Partial<Ticket> = {}): Ticket => ({
  id: 'tkt_1',
  subject: 'The printer is on fire',
  status: 'OPEN',
  statusRaw: 'open',
  priority: 'NORMAL',
  type: 'INCIDENT',
  assigneeId: null,
  requesterEmail: 'ada@example.com',
  requesterName: 'Ada',
  tags: [],
  customFields: [],
  createdAt: timeAt(-1000),
  updatedAt: timeAt(0),
  fetchedAt: timeAt(0),
  ...ticket,
});

let made = 0;

type EventParts = Partial<Omit<TicketEvent, 'ticket'>> & { readonly ticket?: Partial<Ticket> | null };

/** An update of `tkt_1`, unless said otherwise; ids are new each time. It occurred when its ticket was updated. */
export function makeEvent({ ticket, ...event }: EventParts = {}): TicketEvent {
  made += 1;
  const carried = ticket === null ? null : makeTicket({ id: event.ticketId ?? 'tkt_1', ...ticket });
  const type = event.type ?? 'TICKET_UPDATED';
  return {
    eventId: `msg_${made}`,
    type,
    typeRaw: type.toLowerCase().replaceAll('_', '.'),
    ticketId: carried?.id ?? 'tkt_1',
    ticket: carried,
    occurredAt: carried?.updatedAt ?? timeAt(0),
    source: 'WEBHOOK',
    channel: 'one',
    ...event,
  };
}
