import { hash } from 'node:crypto';
import { optionalAttributes, type OptionalAttribute, type TicketEvent } from '../../domain/event.ts';
import type { Ticket } from '../../domain/ticket.ts';

const digest = (value: unknown): string => hash('sha256', JSON.stringify(value), 'base64url').slice(0, 22);

/**
 * Tells one state of a ticket from another of the same `updatedAt`. What two channels may spell differently is no state:
 * how a time is written, the order of tags and custom fields, a field without a value. Neither is when it was fetched.
 * In parts: what every source tells, and each attribute that one may leave out, which is an empty part then.
 */
export function stateDigest(ticket: Ticket, absent: TicketEvent['absent'] = []): string {
  const { id, subject, status, statusRaw } = ticket;
  const parts = optionalAttributes.map((name) => (absent.includes(name) ? '' : part(ticket, name)));
  return [digest([id, subject, status, statusRaw]), ...parts].join('.');
}

/** Made of the subject too, so that nobody can find out an address by trying those there are: parts outlive their record. */
function part({ tags, customFields, ...rest }: Ticket, name: OptionalAttribute): string {
  const of = (value: unknown): string => digest([rest.id, rest.subject, value]).slice(0, 8);
  if (name === 'tags') return of(tags.toSorted());
  if (name !== 'customFields') return of(rest[name]);
  const fields = customFields
    .filter(({ value }) => value !== null)
    .map(({ fieldId, value }) => [fieldId, value] as const);
  return of(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether two that `stateDigest` made may be of one state: they differ in nothing that both tell. */
export const agree = (a: string, b: string): boolean =>
  a === b || zip(a, b).every(([one, other]) => one === other || one === '' || other === '');

/** Whether the first tells something that the second leaves out. */
export const tellsMore = (a: string, b: string): boolean =>
  zip(a, b).some(([one, other]) => one !== '' && other === '');

/** What two that agree tell together. */
export const joined = (a: string, b: string): string =>
  zip(a, b)
    .map(([one, other]) => (one === '' ? other : one))
    .join('.');

function zip(a: string, b: string): (readonly [string, string])[] {
  const others = b.split('.');
  return a.split('.').map((one, at) => [one, others[at] ?? ''] as const);
}

/**
 * Names what happened, whichever channel tells of it: type, ticket, `updatedAt`, and the state the ticket then was in.
 * The state belongs to it because a backend that counts in whole seconds may make two changes at one `updatedAt`.
 * Where no ticket could be read, when the source says that it happened stands for both.
 * null: it cannot be told when it happened, or it is a deletion, which `alreadyKnown` judges.
 */
export function changeOf(event: TicketEvent): string | null {
  const { type, typeRaw, ticketId, ticket, absent, occurredAt } = event;
  if (type === 'TICKET_DELETED') return null;
  const time = Date.parse(ticket === null ? occurredAt : ticket.updatedAt);
  if (Number.isNaN(time)) return null;
  // Sources spell a type each in its own way; only what has no name of ours goes by that.
  return digest([
    type === 'UNKNOWN' ? typeRaw : type,
    ticketId,
    time,
    ticket === null ? null : stateDigest(ticket, absent),
  ]);
}

/**
 * Whether an event is dropped because another channel has told of its change. What was read from the backend is how the
 * ticket is now, whoever said so before: only `alreadyKnown` judges that.
 * @param first the channel that told of the change; null: none did
 */
export const isToldOtherwise = ({ source, channel }: TicketEvent, first: string | null): boolean =>
  source !== 'RECONCILE' && first !== null && first !== channel;
