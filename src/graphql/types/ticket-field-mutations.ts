import type { TicketField } from '../../domain/ticket-field.ts';
import { mutationArguments } from '../argument-paths.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import { definitionWriteCost } from '../cost/rules.ts';
import { encodeNodeId, parseIdArgument } from '../node-id.ts';
import { write } from '../write.ts';
import { createFaults } from './inputs/faults.ts';
import {
  readTicketFieldCreate,
  readTicketFieldPatch,
  TicketFieldCreateInput,
  TicketFieldPatchInput,
} from './inputs/ticket-field-input.ts';
import { TicketFieldRef } from './ticket-field.ts';

const TicketFieldUpdateInput = builder.inputType('TicketFieldUpdateInput', {
  description: 'Which ticket field, and what changes.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The field: a global id or the backend’s own.' }),
    patch: t.field({ type: TicketFieldPatchInput, required: true, description: 'What changes.' }),
  }),
});

const TicketFieldDeleteInput = builder.inputType('TicketFieldDeleteInput', {
  description: 'Which ticket field.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The field: a global id or the backend’s own.' }),
  }),
});

interface WrittenField {
  readonly ticketField: TicketField;
}

const TicketFieldCreatePayload = builder.objectRef<WrittenField>('TicketFieldCreatePayload').implement({
  description: 'What `ticketFieldCreate` made.',
  fields: (t) => ({
    ticketField: t.field({
      type: TicketFieldRef,
      description: 'The field as it is now.',
      resolve: ({ ticketField }) => ticketField,
    }),
  }),
});

const TicketFieldUpdatePayload = builder.objectRef<WrittenField>('TicketFieldUpdatePayload').implement({
  description: 'What `ticketFieldUpdate` changed.',
  fields: (t) => ({
    ticketField: t.field({
      type: TicketFieldRef,
      description: 'The field as it is now.',
      resolve: ({ ticketField }) => ticketField,
    }),
  }),
});

const TicketFieldDeletePayload = builder
  .objectRef<{ readonly deletedId: string }>('TicketFieldDeletePayload')
  .implement({
    description: 'What `ticketFieldDelete` deleted.',
    fields: (t) => ({
      deletedId: t.exposeID('deletedId', { description: 'The global id that the field had.' }),
    }),
  });

/**
 * After a write to a definition, failed ones included: nothing read before is to be trusted, for this key's
 * other operations neither.
 */
export function forgetField(id: string, context: GatewayContext): void {
  context.definitions.forget();
  TicketFieldRef.getDataloader(context).clear(id);
}

builder.mutationField('ticketFieldCreate', (t) =>
  t.field({
    type: TicketFieldCreatePayload,
    nullable: true,
    description: 'Defines a ticket field, with its options where its type has any.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(definitionWriteCost),
    args: { input: t.arg({ type: TicketFieldCreateInput, required: true, description: 'The field.' }) },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketFieldCreate, context, {
        prepare: () => readTicketFieldCreate(input),
        given: ({ options = [] }) => ({ options }),
        send: async (field) => {
          try {
            const ticketField = await context.session.ticketFields.create(field);
            TicketFieldRef.getDataloader(context).clear(ticketField.id).prime(ticketField.id, ticketField);
            return { ticketField };
          } finally {
            context.definitions.forget();
          }
        },
      }),
  }),
);

builder.mutationField('ticketFieldUpdate', (t) =>
  t.field({
    type: TicketFieldUpdatePayload,
    nullable: true,
    description: 'Changes a ticket field. System fields cannot be changed.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(definitionWriteCost),
    args: {
      input: t.arg({
        type: TicketFieldUpdateInput,
        required: true,
        description: 'Which field, and what changes.',
      }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketFieldUpdate, context, {
        prepare: () => {
          const faults = createFaults();
          const parse = () => parseIdArgument(input.id, 'TicketField', ['input', 'id'], context.backend.kind);
          return { id: faults.take(parse, ''), patch: readTicketFieldPatch(input.patch, faults) };
        },
        send: async ({ id, patch }) => {
          try {
            return { ticketField: await context.session.ticketFields.update(id, patch) };
          } finally {
            forgetField(id, context);
          }
        },
      }),
  }),
);

builder.mutationField('ticketFieldDelete', (t) =>
  t.field({
    type: TicketFieldDeletePayload,
    nullable: true,
    description: 'Deletes a ticket field. System fields cannot be deleted.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(definitionWriteCost),
    args: { input: t.arg({ type: TicketFieldDeleteInput, required: true, description: 'Which field.' }) },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketFieldDelete, context, {
        prepare: () => parseIdArgument(input.id, 'TicketField', ['input', 'id'], context.backend.kind),
        send: async (id) => {
          try {
            await context.session.ticketFields.delete(id);
          } finally {
            forgetField(id, context);
          }
          return { deletedId: encodeNodeId(context.backend.kind, 'TicketField', id) };
        },
      }),
  }),
);
