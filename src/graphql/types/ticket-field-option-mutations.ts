import type { TicketFieldOption } from '../../domain/ticket-field.ts';
import { mutationArguments } from '../argument-paths.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import { definitionWriteCost } from '../cost/rules.ts';
import { encodeNodeId, optionKey, parseIdArgument, splitOptionKey } from '../node-id.ts';
import { write } from '../write.ts';
import { createFaults } from './inputs/faults.ts';
import { OptionInput, OptionPatchInput, readOption, readOptionPatch } from './inputs/ticket-field-input.ts';
import { forgetField } from './ticket-field-mutations.ts';
import { TicketFieldOptionRef } from './ticket-field-option.ts';

const TicketFieldOptionCreateInput = builder.inputType('TicketFieldOptionCreateInput', {
  description: 'A new option, and the field it is for.',
  fields: (t) => ({
    fieldId: t.id({ required: true, description: 'The field: a global id or the backend’s own.' }),
    option: t.field({ type: OptionInput, required: true, description: 'The option.' }),
  }),
});

const TicketFieldOptionUpdateInput = builder.inputType('TicketFieldOptionUpdateInput', {
  description: 'Which option, and what changes.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The option’s global id, which names its field too.' }),
    patch: t.field({ type: OptionPatchInput, required: true, description: 'What changes.' }),
  }),
});

const TicketFieldOptionDeleteInput = builder.inputType('TicketFieldOptionDeleteInput', {
  description: 'Which option.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The option’s global id, which names its field too.' }),
  }),
});

interface WrittenOption {
  readonly option: TicketFieldOption;
}

const TicketFieldOptionCreatePayload = builder
  .objectRef<WrittenOption>('TicketFieldOptionCreatePayload')
  .implement({
    description: 'What `ticketFieldOptionCreate` made.',
    fields: (t) => ({
      option: t.field({
        type: TicketFieldOptionRef,
        description: 'The option as it is now.',
        resolve: ({ option }) => option,
      }),
    }),
  });

const TicketFieldOptionUpdatePayload = builder
  .objectRef<WrittenOption>('TicketFieldOptionUpdatePayload')
  .implement({
    description: 'What `ticketFieldOptionUpdate` changed.',
    fields: (t) => ({
      option: t.field({
        type: TicketFieldOptionRef,
        description: 'The option as it is now.',
        resolve: ({ option }) => option,
      }),
    }),
  });

const TicketFieldOptionDeletePayload = builder
  .objectRef<{ readonly deletedId: string }>('TicketFieldOptionDeletePayload')
  .implement({
    description: 'What `ticketFieldOptionDelete` deleted.',
    fields: (t) => ({
      deletedId: t.exposeID('deletedId', { description: 'The global id that the option had.' }),
    }),
  });

/** An option is part of its field's definition: both are forgotten. */
function forgetOption(key: string, context: GatewayContext): void {
  TicketFieldOptionRef.getDataloader(context).clear(key);
  forgetField(splitOptionKey(key).fieldId, context);
}

const optionIdIn = (id: string, { backend }: GatewayContext): string =>
  parseIdArgument(id, 'TicketFieldOption', ['input', 'id'], backend.kind);

builder.mutationField('ticketFieldOptionCreate', (t) =>
  t.field({
    type: TicketFieldOptionCreatePayload,
    nullable: true,
    description: 'Adds an option to a dropdown or multiselect field, which has at most 2,000.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(definitionWriteCost),
    args: {
      input: t.arg({
        type: TicketFieldOptionCreateInput,
        required: true,
        description: 'The option, and the field it is for.',
      }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketFieldOptionCreate, context, {
        prepare: () =>
          parseIdArgument(input.fieldId, 'TicketField', ['input', 'fieldId'], context.backend.kind),
        send: async (fieldId) => {
          try {
            const option = await context.session.ticketFieldOptions.create(fieldId, readOption(input.option));
            const key = optionKey(fieldId, option.id);
            TicketFieldOptionRef.getDataloader(context).clear(key).prime(key, option);
            return { option };
          } finally {
            forgetField(fieldId, context);
          }
        },
      }),
  }),
);

builder.mutationField('ticketFieldOptionUpdate', (t) =>
  t.field({
    type: TicketFieldOptionUpdatePayload,
    nullable: true,
    description: 'Changes an option. What tickets store of it is its `value`.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(definitionWriteCost),
    args: {
      input: t.arg({
        type: TicketFieldOptionUpdateInput,
        required: true,
        description: 'Which option, and what changes.',
      }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketFieldOptionUpdate, context, {
        prepare: () => {
          const faults = createFaults();
          const key = faults.take(() => optionIdIn(input.id, context), '');
          return { key, patch: readOptionPatch(input.patch, faults) };
        },
        send: async ({ key, patch }) => {
          const { fieldId, id } = splitOptionKey(key);
          try {
            return { option: await context.session.ticketFieldOptions.update(fieldId, id, patch) };
          } finally {
            forgetOption(key, context);
          }
        },
      }),
  }),
);

builder.mutationField('ticketFieldOptionDelete', (t) =>
  t.field({
    type: TicketFieldOptionDeletePayload,
    nullable: true,
    description: 'Deletes an option that no ticket uses.',
    directives: { requiresLevel: { level: 'ADMIN' }, backendCost: { requests: 1 } },
    extensions: cost(definitionWriteCost),
    args: {
      input: t.arg({ type: TicketFieldOptionDeleteInput, required: true, description: 'Which option.' }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketFieldOptionDelete, context, {
        prepare: () => optionIdIn(input.id, context),
        send: async (key) => {
          const { fieldId, id } = splitOptionKey(key);
          try {
            await context.session.ticketFieldOptions.delete(fieldId, id);
          } finally {
            forgetOption(key, context);
          }
          return { deletedId: encodeNodeId(context.backend.kind, 'TicketFieldOption', key) };
        },
      }),
  }),
);
