/** Reads and counts the tickets that are wanted, from whatever lists of the backend hold them. */
import type { BackendSession } from '../../domain/backend.ts';
import { compareInstants } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import type { Ticket, TicketFilter, TicketOrder } from '../../domain/ticket.ts';
import { readConnection, type Connection, type ConnectionArguments } from '../connection.ts';
import { ticketOrder } from '../orders.ts';
import { countRows, type BoundedCount } from './count.ts';
import { isStated } from './lane.ts';
import { readMerged } from './merged.ts';
import type { WantedTickets } from './ticket-match.ts';
import type { TicketPlan } from './ticket-plan.ts';

/** Tickets in an order, and how to read them. */
export interface TicketQuery {
  /** Of whom: what cursors belong to besides what is wanted. */
  readonly scope: readonly string[];
  readonly wanted: WantedTickets;
  readonly order: TicketOrder;
  readonly plan: TicketPlan;
  readonly maxPageSize: number;
  readonly list: BackendSession['tickets']['list'];
}

type Read = (page: PageRequest) => Promise<Page<Ticket>>;

const laneOf =
  ({ list, order }: TicketQuery, filter: TicketFilter): Read =>
  (page) =>
    list({ filter, order, page });

const idOf = ({ id }: Ticket): string => id;

const isNewer = (ticket: Ticket, than: Ticket): boolean =>
  (compareInstants(ticket.updatedAt, than.updatedAt) ?? 0) > 0;

/**
 * @param onEdges as `readConnection` takes it. Not told of lists that are merged: what comes later there may take a row back.
 * @throws GatewayError as `readConnection` and `readMerged`
 */
export async function readTickets(
  query: TicketQuery,
  page: ConnectionArguments,
  onEdges: ((edges: Connection<Ticket>['edges']) => void) | null = null,
): Promise<Connection<Ticket>> {
  const { maxPageSize, plan } = query;
  const order = ticketOrder(query.order);
  const lanes = plan.filters.map((filter) => laneOf(query, filter));
  const [only] = lanes;
  const shared = { identity: identityOf(query), maxPageSize, idOf };
  if (only !== undefined && lanes.length === 1) {
    return readConnection({ ...shared, order, read: only }, page, plan.scan, onEdges);
  }
  if (!isStated(order)) throw new Error('lists cannot be merged in an order that is not known');
  return readMerged({ ...shared, order, lanes, isNewer }, page, plan.scan);
}

/**
 * @param mayAsk as `countRows` takes it
 * @returns null where it allows no request
 */
export function countTickets(
  query: TicketQuery,
  max: number,
  mayAsk: () => boolean,
): Promise<BoundedCount | null> {
  const { maxPageSize, plan } = query;
  const lanes = plan.filters.map((filter) => laneOf(query, filter));
  return countRows({ lanes, scan: plan.scan, idOf, maxPageSize }, max, mayAsk);
}

function identityOf({ scope, wanted, order }: TicketQuery): Json {
  const { status, priority, assigneeId, type, unassigned, tagsAll, requesterEmail } = wanted;
  return [
    'tickets',
    ...scope,
    [status, priority, assigneeId, type, unassigned, tagsAll, requesterEmail],
    [wanted.createdAt?.from ?? null, wanted.createdAt?.before ?? null],
    [wanted.updatedAt?.from ?? null, wanted.updatedAt?.before ?? null],
    wanted.customFields.map(({ fieldId, value }) => [fieldId, value]),
    order.field,
    order.direction,
  ];
}
