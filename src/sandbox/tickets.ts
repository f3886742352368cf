import type { Json } from '../domain/json.ts';
import { namesOption } from './field-values.ts';
import { priorities, statuses } from './rows.ts';
import type { CustomFieldRow, EventType, TicketRow, TicketValues } from './rows.ts';
import { createSortedIndex } from './sorted-index.ts';
import type { SortedIndex } from './sorted-index.ts';

export const ticketOrders = ['created_at', 'updated_at', 'status', 'priority'] as const;
export type TicketOrder = (typeof ticketOrders)[number];

/** The tickets of one workspace. Every change is told to `announce`, unless it is a silent one. */
export interface TicketStore {
  readonly count: number;
  /** Newest first. */
  all(): TicketRow[];
  get(id: string): TicketRow | undefined;
  /** Rows in one of the orders; status and priority go by rank, not by name. */
  by(order: TicketOrder): SortedIndex<TicketRow>;
  create(values: TicketValues, silent?: boolean): TicketRow;
  /** `customFields`, where given, are the new whole. */
  update(ticket: TicketRow, values: TicketValues, silent?: boolean): TicketRow;
  delete(ticket: TicketRow, silent?: boolean): void;
  /** Adds tickets as they are, silently; only their ids are new. */
  load(tickets: readonly Omit<TicketRow, 'id'>[]): void;
  isOptionUsed(fieldId: string, value: string): boolean;
}

/** Keeps the order, replaces what is named, appends what is new. */
export function mergeCustomFields(
  current: readonly CustomFieldRow[],
  named: readonly CustomFieldRow[],
): CustomFieldRow[] {
  const values = new Map<string, Json>(current.map(({ id, value }) => [id, value]));
  for (const { id, value } of named) values.set(id, value);
  return Array.from(values, ([id, value]) => ({ id, value }));
}

const rankOfStatus = new Map(statuses.map((status, rank) => [status, rank]));
const rankOfPriority = new Map(priorities.map((priority, rank) => [priority, rank]));

const idOf = (ticket: TicketRow): string => ticket.id;

/** ISO 8601 in UTC with milliseconds sorts as text. */
const createIndexes = (): Readonly<Record<TicketOrder, SortedIndex<TicketRow>>> => ({
  created_at: createSortedIndex({ keyOf: (ticket) => ticket.createdAt, idOf }),
  updated_at: createSortedIndex({ keyOf: (ticket) => ticket.updatedAt, idOf }),
  status: createSortedIndex({ keyOf: (ticket) => rankOfStatus.get(ticket.status) ?? -1, idOf }),
  priority: createSortedIndex({ keyOf: (ticket) => rankOfPriority.get(ticket.priority) ?? -1, idOf }),
});

/** What an update means to those who listen. */
function eventsOf(before: TicketRow, after: TicketRow): EventType[] {
  const events: EventType[] = ['ticket.updated'];
  if (before.assigneeId !== after.assigneeId) events.push('ticket.assignment.changed');
  if (before.status !== 'resolved' && after.status === 'resolved') events.push('ticket.resolved');
  return events;
}

const newTicket = (id: string, time: string): TicketRow => ({
  id,
  subject: 'No subject',
  status: 'new',
  priority: 'normal',
  type: 'question',
  assigneeId: null,
  requesterEmail: null,
  requesterName: null,
  tags: [],
  customFields: [],
  createdAt: time,
  updatedAt: time,
});

export function createTicketStore(parts: {
  readonly nextId: () => string;
  /** ISO 8601 UTC. */
  readonly time: () => string;
  readonly announce: (type: EventType, ticket: TicketRow) => void;
}): TicketStore {
  const { nextId, time, announce } = parts;
  const rows = new Map<string, TicketRow>();
  const indexes = createIndexes();

  const put = (row: TicketRow): void => {
    rows.set(row.id, row);
    for (const order of ticketOrders) indexes[order].insert(row);
  };
  const drop = (row: TicketRow): void => {
    rows.delete(row.id);
    for (const order of ticketOrders) indexes[order].remove(row);
  };

  return {
    get count() {
      return rows.size;
    },
    all: () => [...indexes.created_at.page({ after: null, descending: true, size: rows.size }).rows],
    get: (id) => rows.get(id),
    by: (order) => indexes[order],
    create: (values, silent = false) => {
      const row: TicketRow = { ...newTicket(nextId(), time()), ...values };
      put(row);
      if (!silent) announce('ticket.created', row);
      return row;
    },
    update: (ticket, values, silent = false) => {
      const row: TicketRow = { ...ticket, ...values, updatedAt: time() };
      rows.set(row.id, row);
      for (const order of ticketOrders) indexes[order].replace(ticket, row);
      if (!silent) for (const type of eventsOf(ticket, row)) announce(type, row);
      return row;
    },
    delete: (ticket, silent = false) => {
      drop(ticket);
      if (!silent) announce('ticket.deleted', ticket);
    },
    load: (added) => {
      for (const ticket of added) {
        const id = nextId();
        rows.set(id, { id, ...ticket });
      }
      for (const order of ticketOrders) indexes[order].load([...rows.values()]);
    },
    isOptionUsed: (fieldId, value) =>
      rows
        .values()
        .some(({ customFields }) =>
          customFields.some((field) => field.id === fieldId && namesOption(field.value, value)),
        ),
  };
}
