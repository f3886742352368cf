import type { FeedEvent } from './feed-message.ts';
import { ticketIdOf } from './storm.ts';

const allTypes = [
  'TICKET_CREATED',
  'TICKET_UPDATED',
  'TICKET_DELETED',
  'TICKET_ASSIGNMENT_CHANGED',
  'TICKET_RESOLVED',
  'UNKNOWN',
];
export const everything = { types: allTypes, includeStale: true };
/** Filters, and which events they let through as far as the events themselves tell; null: only the gateway knows. */
export const filters: readonly {
  readonly name: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly lets: ((event: FeedEvent) => boolean) | null;
}[] = [
  { name: 'everything', filter: everything, lets: () => true },
  {
    name: 'created',
    filter: { types: ['TICKET_CREATED'], includeStale: true },
    lets: ({ type }) => type === 'TICKET_CREATED',
  },
  {
    name: 'default',
    filter: {},
    lets: ({ type, stale }) => !stale && (type === 'TICKET_CREATED' || type === 'TICKET_UPDATED'),
  },
  { name: 'some-tickets', filter: { ...everything, ticketIds: [ticketIdOf(1), ticketIdOf(2)] }, lets: null },
  { name: 'urgent', filter: { priority: ['URGENT'] }, lets: null },
  {
    name: 'mine',
    filter: { types: allTypes, assigneeId: ['usr_1'], status: ['OPEN', 'PENDING'] },
    lets: null,
  },
  { name: 'nothing', filter: { ticketIds: ['tkt_nobody'] }, lets: () => false },
];
