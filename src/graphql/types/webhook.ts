import type { Webhook } from '../../domain/webhook.ts';
import { eachByItself, loadEach } from '../../loaders/load-each.ts';
import { builder } from '../builder.ts';
import { nodeId } from '../at-once.ts';
import { readConnection } from '../connection.ts';
import { cost } from '../cost/rule.ts';
import { listCeiling, listCost, lookupCost } from '../cost/rules.ts';
import { requireLevel } from '../levels.ts';
import { parseIdArgument } from '../node-id.ts';
import { unstatedOrder } from '../orders.ts';
import { TicketEventTypeEnum } from './enums.ts';
import { pageArguments, pageOf } from './paging.ts';

const defaultFirst = 100;

/** A registration with the backend. A resolver may also return its plain id: the loader then reads it. */
export const WebhookRef = builder.loadableNodeRef<Webhook | null, string, string, string, Webhook>(
  'Webhook',
  {
    id: nodeId(({ id }: Webhook) => id),
    load: async (ids, context) => {
      // By `node` and `nodes` too, which know only at run time what they are asked for.
      requireLevel(context, 'ADMIN');
      return loadEach(ids, (id) => context.session.webhooks.get(id));
    },
    loaderOptions: eachByItself,
  },
);

WebhookRef.implement({
  description:
    'A registration with the backend: which events it announces where. The secret that signs them is shown once, by `webhookCreate`.',
  fields: (t) => ({
    localId: t.exposeString('id', { description: 'The backend’s own id.' }),
    name: t.exposeString('name', { description: 'Its name for people.' }),
    targetUrl: t.exposeString('targetUrl', { description: 'Where the backend sends the events.' }),
    events: t.expose('events', {
      type: [TicketEventTypeEnum],
      description: 'The events it announces.',
    }),
    eventsRaw: t.exposeStringList('eventsRaw', {
      description: 'The events in the backend’s spelling, in the same order: tells what an UNKNOWN one is.',
    }),
    active: t.exposeBoolean('active', { description: 'Whether the backend sends anything.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    feedsThisGateway: t.boolean({
      description:
        'Whether this gateway hears of changes by it: the gateway has made it, or deliveries to its target prove genuine here.',
      resolve: (webhook, _args, { feeds }) => feeds(webhook),
    }),
  }),
});

const WebhookConnection = builder.connectionObject(
  { type: WebhookRef, name: 'WebhookConnection', description: 'A page of the list of webhooks.' },
  { name: 'WebhookEdge', description: 'A webhook and its place in the list.' },
);

builder.queryFields((t) => ({
  webhook: t.field({
    type: WebhookRef,
    nullable: true,
    description: 'One webhook; null where there is none of this id.',
    args: { id: t.arg.id({ required: true, description: 'Its id, global or the backend’s own.' }) },
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(lookupCost('Webhook')),
    resolve: (_root, { id }, { backend }) => parseIdArgument(id, 'Webhook', ['id'], backend.kind),
  }),
  webhooks: t.field({
    type: WebhookConnection,
    nullable: true,
    description: 'The workspace’s webhooks, in an order that is the backend’s own.',
    args: pageArguments(t.arg, defaultFirst),
    directives: {
      semanticNonNull: {},
      requiresLevel: { level: 'ADMIN' },
      backendCost: { requests: listCeiling },
    },
    extensions: cost(listCost(defaultFirst)),
    resolve: (_root, args, { backend, caller, session }) =>
      readConnection<Webhook>(
        {
          identity: ['webhooks', backend.kind, caller?.workspaceId ?? null],
          maxPageSize: backend.capabilities.maxPageSize,
          order: unstatedOrder,
          idOf: ({ id }) => id,
          read: (page) => session.webhooks.list(page),
        },
        pageOf(args, defaultFirst),
      ),
  }),
}));
