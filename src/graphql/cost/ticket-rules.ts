/** How lists of tickets spend: several of the backend's lists may stand behind one. */
import { z } from 'zod';
import { cursorIndexes, maxLanes } from '../cursor.ts';
import { countRequests } from '../lists/count.ts';
import { maxExtraPages, mergedPagesToRead } from '../lists/pages.ts';
import { maxScanRequests } from '../lists/ticket-plan.ts';
import { maxFirst } from '../types/paging.ts';
import type { Arguments, CostFacts, CostRule, FieldCost } from './rule.ts';
import { definitions } from './rules.ts';

/**
 * The most requests of one list of tickets, where a page holds a hundred: all lists that there may be, each amid a page,
 * and the pages on which places that have moved are looked for.
 */
export const ticketListCeiling = Math.max(
  mergedPagesToRead(
    maxFirst,
    Array.from({ length: maxLanes }, () => 98),
    100,
  ) + maxExtraPages,
  maxScanRequests,
);

/** Requests for agents' tickets that one operation makes at most; what one list may need fits in. */
export const maxAgentTicketRequests = ticketListCeiling;

/** Requests that one operation counts with at most: three times the dearest count. */
export const maxCountRequests = 30;

const values = z.array(z.unknown()).nullish();
const listArguments = z.object({
  first: z.number().nullish(),
  after: z.string().nullish(),
  filter: z.object({ status: values, priority: values, assigneeId: values, customFields: values }).nullish(),
  scan: z.object({ maxRequests: z.number() }).nullish(),
});

type Filter = z.infer<typeof listArguments>['filter'];

/** Lists to read for a filter. Two names of one agent count as two, which the resolver finds out. */
function listsOf(filter: Filter): number {
  const { status, priority, assigneeId } = filter ?? {};
  const combinations = [status, priority, assigneeId]
    .map((given) => Math.max(1, new Set(given ?? []).size))
    .reduce((product, count) => product * count, 1);
  return Math.min(combinations, maxLanes);
}

interface ListCost {
  readonly requests: number;
  readonly rest: Pick<FieldCost, 'rows' | 'lists' | 'once'>;
}

/** null: the arguments are refused. */
function listCostOf(args: Arguments, defaultFirst: number, { maxPageSize }: CostFacts): ListCost | null {
  const { first, after, filter, scan } = listArguments.parse(args);
  const rows = first ?? defaultFirst;
  if (rows < 0 || rows > maxFirst) return null;
  const lists = listsOf(filter);
  if (scan) {
    const { maxRequests } = scan;
    if (maxRequests < 1 || maxRequests > maxScanRequests) return null;
    const once = (filter?.customFields ?? []).length > 0 ? definitions.once : undefined;
    return { requests: maxRequests, rest: { rows, lists, ...(once && { once }) } };
  }
  const known = typeof after === 'string' ? cursorIndexes(after) : [];
  const indexes = Array.from({ length: lists }, (_, lane) => known[lane] ?? -1);
  return { requests: mergedPagesToRead(rows, indexes, maxPageSize), rest: { rows, lists } };
}

/** `Query.tickets` */
export const ticketsCost =
  (defaultFirst: number): CostRule =>
  (args, facts) => {
    const list = listCostOf(args, defaultFirst, facts);
    return list && { ...list.rest, each: list.requests };
  };

/** `Agent.tickets` */
export const agentTicketsCost =
  (defaultFirst: number): CostRule =>
  (args, facts) => {
    const list = listCostOf(args, defaultFirst, facts);
    if (list === null) return null;
    const { requests } = list;
    return { ...list.rest, pooled: { name: 'agent tickets', requests, ceiling: maxAgentTicketRequests } };
  };

const bound = z.object({ max: z.number() });

/** `TicketConnection.countUpTo` */
export const countCost: CostRule = (args, { maxPageSize }, { lists = maxLanes } = {}) => {
  const { max } = bound.parse(args);
  if (max < 1 || max > maxFirst) return null;
  const requests = countRequests(max, lists, maxPageSize);
  return { pooled: { name: 'counts', requests, ceiling: maxCountRequests } };
};
