import type { EventRecord, FilterableAttributes, TicketEventFilter } from '../../domain/event.ts';

/** What a filter says of a record. */
export interface Verdict {
  readonly deliver: boolean;
  /** false: the ticket matched before this event (or may have) and does not any more. */
  readonly matchesFilter: boolean;
}

/** Pure: the same record gets the same verdict live, replayed, and on any instance. */
export type Matcher = (record: EventRecord) => Verdict;

const ignored: Verdict = { deliver: false, matchesFilter: false };

/** Prepares a filter once for the many records it will judge. */
export function createMatcher(filter: TicketEventFilter): Matcher {
  const types = new Set<string>(filter.types);
  const ticketIds = setOf(filter.ticketIds);
  const matches = attributeMatcher(filter);
  return (record) => {
    const { event, stale, before, after } = record;
    if (!types.has(event.type) || (stale && !filter.includeStale)) return ignored;
    if (ticketIds !== null && !ticketIds.has(event.ticketId)) return ignored;
    const matchesFilter = event.type !== 'TICKET_DELETED' && (after === null || matches(after));
    if (matchesFilter) return { deliver: true, matchesFilter };
    return { deliver: before === null ? mayHaveMatched(record) : matches(before), matchesFilter };
  };
}

/** What is not known counts as having matched; but before its creation a ticket matched nothing. */
const mayHaveMatched = ({ event, stale }: EventRecord): boolean => event.type !== 'TICKET_CREATED' || stale;

function attributeMatcher(filter: TicketEventFilter): (attributes: FilterableAttributes) => boolean {
  const status = setOf<string>(filter.status);
  const priority = setOf<string>(filter.priority);
  const assigneeIds = setOf(filter.assigneeIds);
  return (ticket) =>
    (status === null || status.has(ticket.status)) &&
    (priority === null || (ticket.priority !== null && priority.has(ticket.priority))) &&
    (assigneeIds === null || (ticket.assigneeId !== null && assigneeIds.has(ticket.assigneeId)));
}

const setOf = <T>(values: readonly T[] | undefined): ReadonlySet<T> | null =>
  values === undefined ? null : new Set(values);
