import type { Buffer } from 'node:buffer';
import { enclose } from '../encoded.ts';
import { notFound } from '../errors.ts';
import { oneOf, readListRequest, writeList } from '../lists.ts';
import { priorities, statuses } from '../rows.ts';
import type { TicketRow } from '../rows.ts';
import { readNewTicket, readTicketChange } from '../ticket-bodies.ts';
import type { TicketSurroundings } from '../ticket-bodies.ts';
import { ticketOrders } from '../tickets.ts';
import { created, noContent, ok } from './route.ts';
import type { Call, Reply, Routes } from './route.ts';

const wrap = (ticket: TicketRow): Buffer => enclose('{"ticket":', [ticket], '}');

const surroundings = ({ workspace, settings }: Call): TicketSurroundings => ({
  fields: workspace.fields,
  assignees: workspace.agentIds,
  onPut: settings.customFieldsOnPut,
});

/** Throws NOT_FOUND. */
function ticketOf({ workspace, id }: Call): TicketRow {
  const ticket = workspace.tickets.get(id);
  if (!ticket) throw notFound('Ticket');
  return ticket;
}

function filterOf(query: URLSearchParams): ((ticket: TicketRow) => boolean) | undefined {
  const status = oneOf(query, 'status', statuses);
  const priority = oneOf(query, 'priority', priorities);
  const assigneeId = query.get('assignee_id');
  if (status === null && priority === null && assigneeId === null) return undefined;
  return (ticket) =>
    (status === null || ticket.status === status) &&
    (priority === null || ticket.priority === priority) &&
    (assigneeId === null || ticket.assigneeId === assigneeId);
}

function list({ workspace, settings, query, url }: Call): Reply {
  const sortBy = oneOf(query, 'sort_by', ticketOrders) ?? 'created_at';
  const direction = oneOf(query, 'sort_order', ['asc', 'desc']) ?? 'desc';
  const matches = filterOf(query);
  const order = `tickets ${sortBy} ${direction}`;
  const { size, after } = readListRequest(query, settings.lists, order);
  const page = workspace.tickets.by(sortBy).page({
    after,
    size,
    descending: direction === 'desc',
    ...(matches && { matches }),
  });
  return ok(writeList({ name: 'tickets', url, query, order, size, page }, settings.lists));
}

export const tickets: Routes = {
  GET: { level: 'read', answer: list },
  POST: {
    level: 'write',
    answer: (call) =>
      created(wrap(call.workspace.tickets.create(readNewTicket(call.body(), surroundings(call))))),
  },
};

export const ticket: Routes = {
  GET: { level: 'read', answer: (call) => ok(wrap(ticketOf(call))) },
  PUT: {
    level: 'write',
    answer: (call) => {
      const current = ticketOf(call);
      const values = readTicketChange(call.body(), current, surroundings(call));
      return ok(wrap(call.workspace.tickets.update(current, values)));
    },
  },
  DELETE: {
    level: 'write',
    answer: (call) => {
      call.workspace.tickets.delete(ticketOf(call));
      return noContent;
    },
  },
};
