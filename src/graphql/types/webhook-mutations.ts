import type { CreatedWebhook, Webhook } from '../../domain/webhook.ts';
import { mutationArguments } from '../argument-paths.ts';
import { builder } from '../builder.ts';
import { cost } from '../cost/rule.ts';
import { writeCost } from '../cost/rules.ts';
import { encodeNodeId, parseIdArgument } from '../node-id.ts';
import { write } from '../write.ts';
import { createFaults } from './inputs/faults.ts';
import {
  readWebhookCreate,
  readWebhookPatch,
  WebhookCreateInput,
  WebhookPatchInput,
} from './inputs/webhook-input.ts';
import { WebhookRef } from './webhook.ts';

const WebhookUpdateInput = builder.inputType('WebhookUpdateInput', {
  description: 'Which registration, and what changes.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The registration: a global id or the backend’s own.' }),
    patch: t.field({ type: WebhookPatchInput, required: true, description: 'What changes.' }),
  }),
});

const WebhookDeleteInput = builder.inputType('WebhookDeleteInput', {
  description: 'Which registration.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The registration: a global id or the backend’s own.' }),
  }),
});

const WebhookCreatePayload = builder.objectRef<CreatedWebhook>('WebhookCreatePayload').implement({
  description: 'What `webhookCreate` registered.',
  fields: (t) => ({
    webhook: t.field({
      type: WebhookRef,
      description: 'The registration as it is now.',
      resolve: ({ webhook }) => webhook,
    }),
    signingSecret: t.exposeString('signingSecret', {
      description: 'What deliveries are signed with. Keep it: it is shown here and never again.',
    }),
  }),
});

const WebhookUpdatePayload = builder
  .objectRef<{ readonly webhook: Webhook }>('WebhookUpdatePayload')
  .implement({
    description: 'What `webhookUpdate` changed.',
    fields: (t) => ({
      webhook: t.field({
        type: WebhookRef,
        description: 'The registration as it is now.',
        resolve: ({ webhook }) => webhook,
      }),
    }),
  });

const WebhookDeletePayload = builder
  .objectRef<{ readonly deletedId: string }>('WebhookDeletePayload')
  .implement({
    description: 'What `webhookDelete` deleted.',
    fields: (t) => ({
      deletedId: t.exposeID('deletedId', { description: 'The global id that the registration had.' }),
    }),
  });

builder.mutationField('webhookCreate', (t) =>
  t.field({
    type: WebhookCreatePayload,
    nullable: true,
    description:
      'Registers a target for deliveries. `outcome` UNKNOWN means that it may be registered, its secret lost.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(writeCost),
    args: { input: t.arg({ type: WebhookCreateInput, required: true, description: 'The registration.' }) },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.webhookCreate, context, {
        prepare: () => readWebhookCreate(input),
        send: async (webhook) => {
          const created = await context.session.webhooks.create(webhook);
          const { id } = created.webhook;
          WebhookRef.getDataloader(context).clear(id).prime(id, created.webhook);
          return created;
        },
      }),
  }),
);

builder.mutationField('webhookUpdate', (t) =>
  t.field({
    type: WebhookUpdatePayload,
    nullable: true,
    description: 'Changes a registration.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(writeCost),
    args: {
      input: t.arg({
        type: WebhookUpdateInput,
        required: true,
        description: 'Which registration, and what changes.',
      }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.webhookUpdate, context, {
        prepare: () => {
          const faults = createFaults();
          const parse = () => parseIdArgument(input.id, 'Webhook', ['input', 'id'], context.backend.kind);
          return { id: faults.take(parse, ''), patch: readWebhookPatch(input.patch, faults) };
        },
        send: async ({ id, patch }) => {
          try {
            return { webhook: await context.session.webhooks.update(id, patch) };
          } finally {
            WebhookRef.getDataloader(context).clear(id);
          }
        },
      }),
  }),
);

builder.mutationField('webhookDelete', (t) =>
  t.field({
    type: WebhookDeletePayload,
    nullable: true,
    description: 'Ends a registration: nothing is delivered to its target any more.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(writeCost),
    args: { input: t.arg({ type: WebhookDeleteInput, required: true, description: 'Which registration.' }) },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.webhookDelete, context, {
        prepare: () => parseIdArgument(input.id, 'Webhook', ['input', 'id'], context.backend.kind),
        send: async (id) => {
          try {
            await context.session.webhooks.delete(id);
          } finally {
            WebhookRef.getDataloader(context).clear(id);
          }
          return { deletedId: encodeNodeId(context.backend.kind, 'Webhook', id) };
        },
      }),
  }),
);
