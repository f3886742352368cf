/** A page of a list of tickets as resolvers hand it on, and what an operation may spend on such lists. */
import { createContextCache } from '@pothos/core';
import { GatewayError } from '../../domain/errors.ts';
import type { Ticket } from '../../domain/ticket.ts';
import type { Path } from '../answer-notes.ts';
import { growing, type Connection, type GrowingConnection } from '../connection.ts';
import type { GatewayContext } from '../context.ts';
import { maxCountRequests } from '../cost/ticket-rules.ts';
import type { BoundedCount } from './count.ts';
import { countTickets, type TicketQuery } from './tickets.ts';

type Page = Connection<Ticket>;

/** A page of tickets, and how to count the whole list. Of one that is still being read, the rows come one by one. */
export interface TicketPage {
  readonly edges: Page['edges'] | GrowingConnection<Ticket>['edges'];
  readonly pageInfo: Page['pageInfo'] | Promise<Page['pageInfo']>;
  readonly scan: Page['scan'] | Promise<Page['scan']>;
  readonly count: (max: number) => Promise<BoundedCount>;
}

/** What an operation has spent on lists of which it may have many. */
export const spending = createContextCache((_context: GatewayContext) => ({
  agentTickets: 0,
  counts: 0,
  /** Pages of agents' tickets: a hundred tickets may be given to the same one. */
  pages: new Map<string, { readonly page: Promise<TicketPage>; readonly path: Path }>(),
}));

/** @param whole the page when it was read to its end */
function counterOf(
  query: TicketQuery,
  whole: Page | Promise<Page>,
  context: GatewayContext,
): TicketPage['count'] {
  const counted = new Map<number, Promise<BoundedCount>>();
  const count = async (max: number): Promise<BoundedCount> => {
    const { edges, pageInfo } = await whole;
    const { hasNextPage, hasPreviousPage } = pageInfo;
    const all = edges.length;
    if (!hasNextPage && !hasPreviousPage) return { value: Math.min(all, max), exact: all <= max };
    const spent = spending(context);
    const mayAsk = (): boolean => (spent.counts += 1) <= maxCountRequests;
    const found = await countTickets(query, max, mayAsk);
    if (found === null) throw tooMany(maxCountRequests);
    return found;
  };
  return (max) => {
    const known = counted.get(max) ?? count(max);
    counted.set(max, known);
    return known;
  };
}

export const tooMany = (max: number): GatewayError =>
  new GatewayError('OPERATION_TOO_COSTLY', `One operation may spend ${max} requests on this.`, {
    details: { estimated: max + 1, max },
  });

/** @param onEdges as `readTickets` takes it */
type ReadPage = (onEdges: ((edges: Page['edges']) => void) | null) => Promise<Page>;

/** @param stream whether the first rows are wanted before all are there */
export async function pageWith(
  query: TicketQuery,
  read: ReadPage,
  stream: boolean,
  context: GatewayContext,
): Promise<TicketPage> {
  if (!stream) {
    const page = await read(null);
    return { ...page, count: counterOf(query, page, context) };
  }
  const { edges, whole } = await growing(read);
  return {
    edges,
    get pageInfo() {
      return whole.then(({ pageInfo }) => pageInfo);
    },
    get scan() {
      return whole.then(({ scan }) => scan);
    },
    count: counterOf(query, whole, context),
  };
}
