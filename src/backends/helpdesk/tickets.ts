import type { BackendSession } from '../../domain/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import type { TicketFilter, TicketOrder } from '../../domain/ticket.ts';
import { attributeName } from './answer.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import { nullIfMissing } from './lookups.ts';
import { fromTicketPatch, priorities, statuses, toTicket } from './mapping.ts';
import { pageQuery, toPage } from './pages.ts';
import { readTicket, ticketOf } from './ticket-calls.ts';
import { answers, type ReadTicket } from './wire.ts';

export function createTickets(
  rest: Rest,
  clock: Clock,
  update: BackendSession['tickets']['update'],
): BackendSession['tickets'] {
  return {
    async list({ filter, order, page, onUnreadable }) {
      const call = {
        endpoint: endpoints.listTickets,
        query: { ...listQuery(filter, order), ...pageQuery(page) },
      };
      const broken = (attribute: string) => rest.mismatch(call, attribute);
      const answer =
        onUnreadable === undefined
          ? await rest.request(call, answers.tickets)
          : readableOf(await rest.request(call, answers.ticketRows), onUnreadable, broken);
      const fetchedAt = new Date(clock.now()).toISOString();
      return toPage(
        answer.tickets.map((ticket) => toTicket(ticket, fetchedAt)),
        answer,
        page.cursor,
        broken,
      );
    },
    get: (id) => nullIfMissing(readTicket(rest, clock, id)),
    async create({ subject, ...others }) {
      const body = { ticket: { ...fromTicketPatch(others), subject } };
      return ticketOf(await rest.request({ endpoint: endpoints.createTicket, body }, answers.ticket), clock);
    },
    update,
    delete: (id) => rest.remove({ endpoint: endpoints.deleteTicket, ids: { id } }),
  };
}

/** Where no row can be read it is not a row that breaks the contract. */
function readableOf<Answer extends { readonly tickets: readonly unknown[] }>(
  answer: Answer,
  onUnreadable: (attribute: string) => void,
  broken: (attribute: string) => Error,
): Omit<Answer, 'tickets'> & { readonly tickets: readonly ReadTicket[] } {
  const tickets: ReadTicket[] = [];
  const unreadable: string[] = [];
  for (const [index, row] of answer.tickets.entries()) {
    const { success, data, error } = answers.ticketRow.safeParse(row);
    if (success) tickets.push(data);
    else unreadable.push(attributeName(['tickets', index, ...(error.issues[0]?.path ?? [])]));
  }
  const [first] = unreadable;
  if (first !== undefined && tickets.length === 0) throw broken(first);
  for (const attribute of unreadable) onUnreadable(attribute);
  return { ...answer, tickets };
}

function listQuery(filter: TicketFilter, order: TicketOrder): Readonly<Record<string, string>> {
  return {
    ...(filter.status === undefined ? {} : { status: statuses.write(filter.status) }),
    ...(filter.priority === undefined ? {} : { priority: priorities.write(filter.priority) }),
    ...(filter.assigneeId === undefined ? {} : { assignee_id: filter.assigneeId }),
    sort_by: order.field.toLowerCase(),
    sort_order: order.direction.toLowerCase(),
  };
}
