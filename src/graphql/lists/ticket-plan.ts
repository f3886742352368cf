/** Which of the backend's lists hold the tickets that are wanted, and what is left to look for in them. Pure. */
import type { BackendCapabilities } from '../../domain/backend.ts';
import { badInput, GatewayError, type FieldFault } from '../../domain/errors.ts';
import type { Ticket, TicketFilter, TicketOrder } from '../../domain/ticket.ts';
import { maxLanes } from '../cursor.ts';
import { ticketOrder } from '../orders.ts';
import { endOf, matcherOf, type WantedTickets } from './ticket-match.ts';

/** Requests that one scan may be allowed. */
export const maxScanRequests = 25;

export interface TicketPlan {
  /** One for each list of the backend's; what is wanted is in all of them together. */
  readonly filters: readonly TicketFilter[];
  /** null: all that these lists hold. */
  readonly scan: {
    readonly maxRequests: number;
    matches(ticket: Ticket): boolean;
    ends(ticket: Ticket): boolean;
  } | null;
}

export interface PlanRequest {
  readonly wanted: WantedTickets;
  readonly order: TicketOrder;
  /** Requests that may go into looking for what the backend cannot find; null: none. */
  readonly maxRequests: number | null;
}

type Capabilities = Pick<BackendCapabilities, 'pushdownFilters' | 'orderFields'>;
type Member = keyof WantedTickets;

const listed = ['status', 'priority', 'assigneeId'] as const satisfies readonly (keyof TicketFilter)[];

const members = [
  ...listed,
  'unassigned',
  'type',
  'tagsAll',
  'requesterEmail',
  'createdAt',
  'updatedAt',
  'customFields',
] as const satisfies readonly Member[];

/** Members that restrict anything. */
const givenOf = (wanted: WantedTickets): readonly Member[] =>
  members.filter((member) => {
    const value = wanted[member];
    return Array.isArray(value) ? value.length > 0 : value !== null;
  });

/** A filter for each combination of values. */
const combined = (wanted: WantedTickets, pushed: readonly Member[]): readonly TicketFilter[] => {
  let filters: readonly TicketFilter[] = [{}];
  for (const name of listed.filter((member) => pushed.includes(member))) {
    filters = filters.flatMap((filter) => wanted[name].map((value) => ({ ...filter, [name]: value })));
  }
  return filters;
};

/**
 * Each member by itself comes down to the lists of its values, all of them to each combination of those.
 * @throws GatewayError FILTER_NOT_SUPPORTED naming every member at fault, ORDER_NOT_SUPPORTED, BAD_USER_INPUT
 */
export function planTickets(request: PlanRequest, capabilities: Capabilities): TicketPlan {
  const { wanted, order, maxRequests } = request;
  const given = givenOf(wanted);
  const pushable = given.filter((member) => capabilities.pushdownFilters.some((name) => name === member));
  const several = pushable.filter((member) =>
    listed.some((name) => name === member && wanted[name].length > 1),
  );
  const filters = combined(wanted, pushable);
  const mergeable = filters.length === 1 || ticketOrder(order).compare !== null;
  if (maxRequests === null) {
    const unsupported = given.filter((member) => !pushable.includes(member));
    const tooMany = filters.length > maxLanes ? several : [];
    refuse(unsupported, tooMany, capabilities);
    if (!mergeable) throw notInOrder(order, capabilities);
    return { filters, scan: null };
  }
  const merges = mergeable && filters.length <= maxLanes;
  const pushed = merges ? pushable : pushable.filter((member) => !several.includes(member));
  if (merges && filters.length > maxRequests) {
    throw badInput(
      ['scan', 'maxRequests'],
      `This filter reads ${filters.length} lists side by side: at least as many requests are needed.`,
    );
  }
  const matches = matcherOf(
    wanted,
    given.filter((member) => !pushed.includes(member)),
  );
  const scan = { maxRequests, matches, ends: endOf(wanted, order) };
  return { filters: merges ? filters : combined(wanted, pushed), scan };
}

function refuse(
  unsupported: readonly Member[],
  tooMany: readonly Member[],
  { pushdownFilters }: Capabilities,
): void {
  const faultOf = (member: Member, message: string): FieldFault => ({
    path: ['filter', member],
    code: 'FILTER_NOT_SUPPORTED',
    message,
    sourceKey: null,
  });
  const faults = [
    ...tooMany.map((member) =>
      faultOf(member, `Together these values make more than ${maxLanes} lists to read.`),
    ),
    ...unsupported.map((member) => faultOf(member, `The backend cannot filter by "${member}".`)),
  ];
  const [fault] = faults;
  if (fault === undefined) return;
  throw new GatewayError('FILTER_NOT_SUPPORTED', fault.message, {
    fields: faults,
    details: {
      supported: [...pushdownFilters],
      ...(tooMany.length > 0 && { maxLists: maxLanes }),
      hint: 'scan',
    },
  });
}

const orderFault = (message: string, supported: readonly string[], hint?: string): GatewayError =>
  new GatewayError('ORDER_NOT_SUPPORTED', message, {
    fields: [{ path: ['orderBy', 'field'], code: 'ORDER_NOT_SUPPORTED', message, sourceKey: null }],
    details: { supported: [...supported], ...(hint !== undefined && { hint }) },
  });

/** The ranks of a status or a priority are the backend's own: its lists cannot be merged by them. */
function notInOrder(order: TicketOrder, { orderFields }: Capabilities): GatewayError {
  const message = `Several values of one filter cannot be sorted by ${order.field}.`;
  const supported = orderFields.filter((field) => ticketOrder({ ...order, field }).compare !== null);
  return orderFault(message, supported, 'scan');
}

/** @throws GatewayError ORDER_NOT_SUPPORTED */
export function supportedOrder(
  order: TicketOrder,
  { orderFields }: Pick<Capabilities, 'orderFields'>,
): TicketOrder {
  if (orderFields.includes(order.field)) return order;
  throw orderFault(`The backend cannot sort by ${order.field}.`, orderFields);
}
