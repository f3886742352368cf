import { hash } from 'node:crypto';
import type { TicketEvent } from '../../domain/event.ts';
import type { Ticket } from '../../domain/ticket.ts';

const digest = (value: unknown): string => hash('sha256', JSON.stringify(value), 'base64url').slice(0, 22);

/**
 * Tells one state of a ticket from another of the same `updatedAt`. What two channels may spell differently is no state:
 * how a time is written, the order of tags and custom fields, a field without a value. Neither is when it was fetched.
 */
export function stateDigest(ticket: Ticket): string {
  const { createdAt: _, updatedAt: __, fetchedAt: ___, tags, customFields, ...rest } = ticket;
  const fields = customFields
    .filter(({ value }) => value !== null)
    .map(({ fieldId, value }) => [fieldId, value] as const);
  return digest([
    Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    tags.toSorted(),
    fields.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/**
 * Names what happened, whichever channel tells of it: type, ticket, `updatedAt`, and the state the ticket then was in.
 * The state belongs to it because a backend that counts in whole seconds may make two changes at one `updatedAt`.
 * null: the event carries no dated ticket, or a deletion, which `alreadyKnown` judges.
 */
export function changeOf({ type, typeRaw, ticketId, ticket }: TicketEvent): string | null {
  if (ticket === null || type === 'TICKET_DELETED') return null;
  const updatedAt = Date.parse(ticket.updatedAt);
  if (Number.isNaN(updatedAt)) return null;
  // Sources spell a type each in its own way; only what has no name of ours goes by that.
  return digest([type === 'UNKNOWN' ? typeRaw : type, ticketId, updatedAt, stateDigest(ticket)]);
}

/**
 * Whether an event is dropped because another channel has told of its change. What was read from the backend is how the
 * ticket is now, whoever said so before: only `alreadyKnown` judges that.
 * @param first the channel that told of the change; null: none did
 */
export const isToldOtherwise = ({ source, channel }: TicketEvent, first: string | null): boolean =>
  source !== 'RECONCILE' && first !== null && first !== channel;
