/** Lists of tickets: of the workspace, of an agent. */
import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import { badInput } from '../../domain/errors.ts';
import type { Path } from '../answer-notes.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import {
  agentTicketsCost,
  countCost,
  maxAgentTicketRequests,
  maxCountRequests,
  ticketListCeiling,
  ticketsCost,
} from '../cost/ticket-rules.ts';
import { streamsRows } from '../incremental/streamed.ts';
import type { BoundedCount } from '../lists/count.ts';
import type { ScanReport } from '../lists/pages.ts';
import { maxScanRequests, planTickets, supportedOrder } from '../lists/ticket-plan.ts';
import { pageWith, spending, tooMany, type TicketPage } from '../lists/ticket-page.ts';
import { readTickets, type TicketQuery } from '../lists/tickets.ts';
import { maxFirst, pageArguments, pageOf, type ArgumentBuilder } from './paging.ts';
import { AgentRef } from './people.ts';
import { TicketFilterInput, TicketOrderInput, wantedCustomFields, wantedTickets } from './ticket-filter.ts';
import { TicketRef } from './ticket.ts';

const ScanReportRef = builder.objectRef<ScanReport>('ScanReport').implement({
  description: 'What a scan looked at.',
  fields: (t) => ({
    examined: t.exposeInt('examined', {
      description:
        'Tickets looked at, matching ones included, from `after` up to `pageInfo.endCursor`: a scan from there looks at none of them again.',
    }),
    requests: t.exposeInt('requests', {
      description: 'Pages it read: a REST request each, unless the gateway had the page at hand.',
    }),
    exhausted: t.exposeBoolean('exhausted', {
      description:
        'Whether it came to the end: nothing that matches follows. False: it stopped with enough rows, or without requests; go on from `pageInfo.endCursor`.',
    }),
  }),
});

const BoundedCountRef = builder.objectRef<BoundedCount>('BoundedCount').implement({
  description: 'How many there are, as far as was counted.',
  fields: (t) => ({
    value: t.exposeInt('value', { description: 'So many were counted.' }),
    exact: t.exposeBoolean('exact', {
      description: 'Whether that is all. False: there are at least so many.',
    }),
  }),
});

const TicketEdgeRef = builder.edgeObject({
  type: TicketRef,
  name: 'TicketEdge',
  description: 'A ticket and its place in the list.',
});

const countBound = z.int().min(1, 'At least 1.').max(maxFirst, `At most ${maxFirst}.`);

const TicketConnection = builder.objectRef<TicketPage>('TicketConnection').implement({
  description: 'A page of a list of tickets.',
  fields: (t) => ({
    pageInfo: t.expose('pageInfo', {
      type: builder.pageInfoRef(),
      description: 'Where this page stands in the list.',
    }),
    edges: t.field({
      type: [TicketEdgeRef],
      description: 'The rows of this page, each with its cursor.',
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [TicketRef],
      description: 'The rows of this page without their cursors.',
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    scan: t.expose('scan', {
      type: ScanReportRef,
      nullable: true,
      description: 'What was looked at; null unless `scan` was given.',
    }),
    countUpTo: t.field({
      type: BoundedCountRef,
      nullable: true,
      description: `How many tickets the whole list has, wherever this page stands. The backend counts none, so they are read, 100 for a request, until \`max\` is reached; of a list that was scanned as many requests look for what matches. One operation counts with ${maxCountRequests} requests at most.`,
      args: {
        max: t.arg.int({
          required: true,
          defaultValue: maxFirst,
          validate: countBound,
          description: `Where counting stops, 1 to ${maxFirst}.`,
        }),
      },
      directives: { backendCost: { requests: maxCountRequests } },
      extensions: cost(countCost),
      resolve: ({ count }, { max }) => count(max),
    }),
  }),
});

const ScanBudget = builder.inputType('ScanBudget', {
  description:
    'How much may be read to find what the backend cannot filter by. Pages are read until there are enough rows, the list ends, or the requests are spent.',
  fields: (t) => ({
    maxRequests: t.int({
      required: true,
      defaultValue: 5,
      validate: z.int().min(1, 'At least 1.').max(maxScanRequests, `At most ${maxScanRequests}.`),
      description: `REST requests for tickets, 1 to ${maxScanRequests}, of 100 tickets each. Several lists that are merged need at least one each.`,
    }),
  }),
});

const defaultFirst = 25;
const defaultOrder = { field: 'CREATED_AT', direction: 'DESC' } as const;

const listArguments = (arg: ArgumentBuilder) => ({
  ...pageArguments(arg, defaultFirst),
  filter: arg({ type: TicketFilterInput, description: 'Which tickets; all of them without it.' }),
  orderBy: arg({
    type: TicketOrderInput,
    defaultValue: defaultOrder,
    description: 'In which order. What paging promises while tickets change depends on it.',
  }),
  scan: arg({
    type: ScanBudget,
    description:
      'Looks for what the backend cannot filter by: reads its lists and keeps what matches, within so many requests. A page may then have fewer rows than wanted, or none, and more follow: `pageInfo.endCursor` goes on where it stopped.',
  }),
});

interface ListArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly filter?: typeof TicketFilterInput.$inferInput | null | undefined;
  readonly orderBy?: typeof TicketOrderInput.$inferInput | null | undefined;
  readonly scan?: typeof ScanBudget.$inferInput | null | undefined;
}

/** @param agentId whose tickets; null: anybody's */
async function queryOf(
  args: ListArguments,
  agentId: string | null,
  context: GatewayContext,
  path: Path,
): Promise<TicketQuery> {
  const { kind, capabilities } = context.backend;
  if (agentId !== null && args.filter?.assigneeId) {
    throw badInput(['filter', 'assigneeId'], 'These are the tickets of one agent: leave it out.');
  }
  const given = wantedTickets(args.filter, kind);
  const wanted = agentId === null ? given : { ...given, assigneeId: [agentId] };
  const order = supportedOrder(args.orderBy ?? defaultOrder, capabilities);
  const maxRequests = args.scan?.maxRequests ?? null;
  const query = {
    scope: [kind, context.caller?.workspaceId ?? ''],
    order,
    maxPageSize: capabilities.maxPageSize,
    list: (request: Parameters<TicketQuery['list']>[0]) => {
      context.notes.asks(path, request);
      return context.session.tickets.list(request);
    },
  };
  // Refused, if at all, before anything is sent.
  const plan = planTickets({ wanted, order, maxRequests }, capabilities);
  if (wanted.customFields.length === 0) return { ...query, wanted, plan };
  const whole = { ...wanted, customFields: await wantedCustomFields(args.filter, context) };
  return { ...query, wanted: whole, plan: planTickets({ wanted: whole, order, maxRequests }, capabilities) };
}

async function ticketPage(
  args: ListArguments,
  context: GatewayContext,
  info: GraphQLResolveInfo,
): Promise<TicketPage> {
  const query = await queryOf(args, null, context, info.path);
  const page = pageOf(args, defaultFirst);
  return pageWith(query, (onEdges) => readTickets(query, page, onEdges), streamsRows(info), context);
}

async function agentPage(
  args: ListArguments,
  id: string,
  context: GatewayContext,
  info: GraphQLResolveInfo,
): Promise<TicketPage> {
  const query = await queryOf(args, id, context, info.path);
  const spent = spending(context);
  const list: TicketQuery['list'] = async (request) => {
    spent.agentTickets += 1;
    if (spent.agentTickets > maxAgentTicketRequests) throw tooMany(maxAgentTicketRequests);
    return query.list(request);
  };
  const page = pageOf(args, defaultFirst);
  return pageWith(
    query,
    (onEdges) => readTickets({ ...query, list }, page, onEdges),
    streamsRows(info),
    context,
  );
}

/** The same page of the same agent is read once for an operation. */
function agentPageOnce(
  args: ListArguments,
  id: string,
  context: GatewayContext,
  info: GraphQLResolveInfo,
): Promise<TicketPage> {
  // Between two writes of one operation it may have changed.
  if (context.operation.priority === 'MUTATION') return agentPage(args, id, context, info);
  const { pages } = spending(context);
  const { path } = info;
  const name = JSON.stringify([id, args]);
  const known = pages.get(name) ?? { page: agentPage(args, id, context, info), path };
  pages.set(name, known);
  context.notes.shares(path, known.path);
  return known.page;
}

builder.queryField('tickets', (t) =>
  t.field({
    type: TicketConnection,
    nullable: true,
    description: 'The workspace’s tickets, newest first unless said otherwise.',
    args: listArguments(t.arg),
    directives: { semanticNonNull: {}, backendCost: { requests: ticketListCeiling } },
    extensions: cost(ticketsCost(defaultFirst)),
    resolve: (_root, args, context, info) => ticketPage(args, context, info),
  }),
);

builder.objectField(AgentRef, 'tickets', (t) =>
  t.field({
    type: TicketConnection,
    nullable: true,
    description: `The tickets given to this agent. An operation reads the same page of the same agent once, however many tickets lead to it, and spends ${maxAgentTicketRequests} requests on agents’ tickets at most: what is above fails alone.`,
    args: listArguments(t.arg),
    directives: { semanticNonNull: {}, backendCost: { requests: maxAgentTicketRequests } },
    extensions: cost(agentTicketsCost(defaultFirst)),
    resolve: ({ id }, args, context, info) => agentPageOnce(args, id, context, info),
  }),
);
