/**
 * When a page of a list is not right any more.
 *
 * A page is judged by what it holds, not by what the log believes to have been before: deliveries come late and in any
 * order, and between two of them the page may have been read. So of a ticket that changed, only what it is now counts:
 *   - it stands on the page: it must still match, and its sort key must be what it was;
 *   - it does not: it must not match, or belong to another page by its key.
 *
 * Cursors stand for a place in the order, as a row's key does (the backend's contract): what comes and goes before or
 * after a page's own stretch does not shift it. The stretch begins behind the last row of the page before, if that is
 * known, and ends with the page's last row, or with the list. One thing is left open: the last row of what follows may
 * have gone, so that the next page turns out empty although this one names it.
 */
import type { PageRequest } from '../domain/page.ts';
import type { Ticket, TicketFilter, TicketOrder } from '../domain/ticket.ts';
import { versionOf, type Change } from './change.ts';

export interface ListQuery {
  readonly filter: TicketFilter;
  readonly order: TicketOrder;
  readonly page: PageRequest;
}

/** A page, as far as it is judged. Places are numbers that grow in the list's order; NaN: not known. */
export interface PageShape extends ListQuery {
  readonly nextCursor: string | null;
  /** Place of the last row. */
  readonly last: number;
  /** Place of the last row of the page before; -Infinity on the first page. */
  readonly anchor: number;
}

/** Names the list, without the place in it. */
export const listKey = ({ filter, order }: ListQuery): string =>
  JSON.stringify([filter.status, filter.priority, filter.assigneeId, order.field, order.direction]);

export const pageKey = (query: ListQuery): string =>
  `${query.page.size} ${listKey(query)} ${query.page.cursor ?? ''}`;

const filterRules: { readonly [Member in keyof Required<TicketFilter>]: (ticket: Ticket) => unknown } = {
  status: ({ status }) => status,
  priority: ({ priority }) => priority,
  assigneeId: ({ assigneeId }) => assigneeId,
};

const matches = (filter: TicketFilter, ticket: Ticket): boolean =>
  (filter.status === undefined || filter.status === filterRules.status(ticket)) &&
  (filter.priority === undefined || filter.priority === filterRules.priority(ticket)) &&
  (filter.assigneeId === undefined || filter.assigneeId === filterRules.assigneeId(ticket));

/** NaN where the order is the backend's own. */
function placeIn({ field, direction }: TicketOrder, ticket: Ticket): number {
  const sign = direction === 'ASC' ? 1 : -1;
  if (field === 'CREATED_AT') return sign * Date.parse(ticket.createdAt);
  return field === 'UPDATED_AT' ? sign * versionOf(ticket) : Number.NaN;
}

/** Where a page begins whose page before is not known. */
export const unknownAnchor = ({ page }: ListQuery): number =>
  page.cursor === null ? Number.NEGATIVE_INFINITY : Number.NaN;

/** How a page that was read is judged. @param anchor place of the last row of the page before */
export function shapeOf(
  query: ListQuery,
  items: readonly Ticket[],
  nextCursor: string | null,
  anchor: number,
): PageShape {
  const last = items.at(-1);
  return { ...query, nextCursor, anchor, last: last === undefined ? Number.NaN : placeIn(query.order, last) };
}

/**
 * Whether a page may be wrong after a change.
 * @param row the ticket of the change as it stands on the page; null: it does not
 */
export function affects(change: Change, page: PageShape, row: Ticket | null): boolean {
  switch (change.kind) {
    case 'LOST':
    case 'UNCLEAR':
      return true;
    case 'DEFINITIONS':
      return false;
    case 'GONE':
      return row !== null;
    case 'STATE': {
      // The page shows a later state: this one came late.
      if (row !== null && versionOf(row) > change.version) return false;
      if (!matches(page.filter, change.ticket)) return row !== null;
      return row === null ? !isElsewhere(page, change.ticket) : hasMoved(page.order, row, change.ticket);
    }
  }
}

/** Ties count as here: which of two rows of one key is first is for the backend to say. */
function isElsewhere({ order, nextCursor, last, anchor }: PageShape, ticket: Ticket): boolean {
  const place = placeIn(order, ticket);
  return place < anchor || (nextCursor !== null && place > last);
}

function hasMoved(order: TicketOrder, row: Ticket, ticket: Ticket): boolean {
  switch (order.field) {
    case 'STATUS':
      return row.statusRaw !== ticket.statusRaw;
    case 'PRIORITY':
      return row.priority !== ticket.priority || row.priority === 'UNKNOWN';
    default:
      return placeIn(order, row) !== placeIn(order, ticket);
  }
}

/**
 * Whether a read of this list, under way, is not likely to be wrong after a change: the ticket does not belong to it
 * now. Its answer tells for certain.
 */
export const isRemote = (change: Change, { filter }: ListQuery): boolean =>
  change.kind === 'DEFINITIONS' || (change.kind === 'STATE' && !matches(filter, change.ticket));
