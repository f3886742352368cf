import type { BackendSession } from '../../domain/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import type { TicketFilter, TicketOrder } from '../../domain/ticket.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import { nullIfMissing } from './lookups.ts';
import { fromTicketPatch, priorities, statuses, toTicket } from './mapping.ts';
import { pageQuery, toPage } from './pages.ts';
import { readTicket, ticketOf } from './ticket-calls.ts';
import { answers } from './wire.ts';

export function createTickets(
  rest: Rest,
  clock: Clock,
  update: BackendSession['tickets']['update'],
): BackendSession['tickets'] {
  return {
    async list({ filter, order, page }) {
      const call = {
        endpoint: endpoints.listTickets,
        query: { ...listQuery(filter, order), ...pageQuery(page) },
      };
      const answer = await rest.request(call, answers.tickets);
      const fetchedAt = new Date(clock.now()).toISOString();
      return toPage(
        answer.tickets.map((ticket) => toTicket(ticket, fetchedAt)),
        answer,
        page.cursor,
        (attribute) => rest.mismatch(call, attribute),
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

function listQuery(filter: TicketFilter, order: TicketOrder): Readonly<Record<string, string>> {
  return {
    ...(filter.status === undefined ? {} : { status: statuses.write(filter.status) }),
    ...(filter.priority === undefined ? {} : { priority: priorities.write(filter.priority) }),
    ...(filter.assigneeId === undefined ? {} : { assignee_id: filter.assigneeId }),
    sort_by: order.field.toLowerCase(),
    sort_order: order.direction.toLowerCase(),
  };
}
