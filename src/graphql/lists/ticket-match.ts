/** Whether a ticket is one of those that are wanted: what a backend that cannot tell itself is spared. Pure. */
import { compareInstants } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import type {
  CustomFieldValue,
  Ticket,
  TicketOrder,
  TicketPriority,
  TicketStatus,
  TicketType,
} from '../../domain/ticket.ts';

/** ISO 8601; null: open on that side. */
export interface TimeSpan {
  /** The first instant in it. */
  readonly from: string | null;
  /** The first instant after it. */
  readonly before: string | null;
}

/** What tickets must be, all of it. Values are sorted and stand there once, so that equal wishes look equal. */
export interface WantedTickets {
  /** Any of these; empty: all, here and where a list says "any of". */
  readonly status: readonly TicketStatus[];
  readonly priority: readonly TicketPriority[];
  readonly assigneeId: readonly string[];
  readonly type: readonly TicketType[];
  /** null: either. */
  readonly unassigned: boolean | null;
  /** All of these. */
  readonly tagsAll: readonly string[];
  /** Lower case. */
  readonly requesterEmail: string | null;
  readonly createdAt: TimeSpan | null;
  readonly updatedAt: TimeSpan | null;
  /** All of these; null: no value. */
  readonly customFields: readonly CustomFieldValue[];
}

type Member = keyof WantedTickets;

/** How addresses are compared. */
export const addressOf = (text: string): string => text.trim().toLowerCase();

const isAnyOf = (values: readonly string[], value: string | null): boolean =>
  values.length === 0 || values.some((one) => one === value);

const isIn = (span: TimeSpan | null, time: string): boolean =>
  span === null ||
  ((span.from === null || (compareInstants(time, span.from) ?? -1) >= 0) &&
    (span.before === null || (compareInstants(time, span.before) ?? 1) < 0));

const isNone = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Several values are one value whatever their order. */
function isSameValue(value: Json | undefined, wanted: Json): boolean {
  if (isNone(wanted)) return isNone(value);
  if (!Array.isArray(wanted) || !Array.isArray(value)) return value === wanted;
  const [one, other] = [new Set<unknown>(value), new Set<unknown>(wanted)];
  return one.size === other.size && [...one].every((item) => other.has(item));
}

type Test = (wanted: WantedTickets, ticket: Ticket) => boolean;

const tests: Readonly<Record<Member, Test>> = {
  status: (wanted, ticket) => isAnyOf(wanted.status, ticket.status),
  priority: (wanted, ticket) => isAnyOf(wanted.priority, ticket.priority),
  assigneeId: (wanted, ticket) => isAnyOf(wanted.assigneeId, ticket.assigneeId),
  type: (wanted, ticket) => isAnyOf(wanted.type, ticket.type),
  unassigned: ({ unassigned }, { assigneeId }) => unassigned === null || unassigned === (assigneeId === null),
  tagsAll: ({ tagsAll }, { tags }) => tagsAll.every((tag) => tags.includes(tag)),
  requesterEmail: (wanted, { requesterEmail }) =>
    wanted.requesterEmail === null ||
    (requesterEmail !== null && addressOf(requesterEmail) === wanted.requesterEmail),
  createdAt: (wanted, ticket) => isIn(wanted.createdAt, ticket.createdAt),
  updatedAt: (wanted, ticket) => isIn(wanted.updatedAt, ticket.updatedAt),
  customFields: (wanted, { customFields }) =>
    wanted.customFields.every(({ fieldId, value }) =>
      isSameValue(customFields.find((field) => field.fieldId === fieldId)?.value, value),
    ),
};

/** @param members what to look at; the rest is the backend's affair */
export const matcherOf =
  (wanted: WantedTickets, members: readonly Member[]): ((ticket: Ticket) => boolean) =>
  (ticket) =>
    members.every((member) => tests[member](wanted, ticket));

/** Whether no ticket from this one on can match, by what the list is sorted by. */
export function endOf(wanted: WantedTickets, { field, direction }: TicketOrder): (ticket: Ticket) => boolean {
  if (field !== 'CREATED_AT' && field !== 'UPDATED_AT') return () => false;
  const name = field === 'CREATED_AT' ? 'createdAt' : 'updatedAt';
  const { from = null, before = null } = wanted[name] ?? {};
  return direction === 'DESC'
    ? (ticket) => from !== null && (compareInstants(ticket[name], from) ?? 0) < 0
    : (ticket) => before !== null && (compareInstants(ticket[name], before) ?? -1) >= 0;
}
