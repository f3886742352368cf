import type { UpdateCondition } from '../../domain/backend.ts';
import type { Ticket, TicketPatch } from '../../domain/ticket.ts';
import { mutationArguments } from '../argument-paths.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import { ticketCreateCost, ticketUpdateCost, writeCost } from '../cost/rules.ts';
import { encodeNodeId, parseIdArgument } from '../node-id.ts';
import { write } from '../write.ts';
import { createFaults } from './inputs/faults.ts';
import { comparableInput, keyOf, keyPath } from './inputs/idempotency-key.ts';
import {
  readTicketCreate,
  readTicketPatch,
  TicketCreateInput,
  TicketPatchInput,
} from './inputs/ticket-input.ts';
import { TicketRef } from './ticket.ts';

const TicketUpdateInput = builder.inputType('TicketUpdateInput', {
  description: 'Which ticket, and what changes.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The ticket: a global id or the backend’s own.' }),
    patch: t.field({ type: TicketPatchInput, required: true, description: 'What changes.' }),
    ifUpdatedAt: t.field({
      type: 'DateTime',
      description:
        'The ticket’s `updatedAt` as it was read. If the ticket has another by now, nothing is written: PRECONDITION_FAILED, which tells the present one as `updatedAt`. A helpdesk without conditional writes is asked before each write (the Helpdesk backend is one: one request more), so a change that lands between that read and the write goes unnoticed, and so does one that leaves `updatedAt` as it was. A write whose answer was lost is looked up before it is sent again; where that does not tell what became of it, `outcome` is UNKNOWN.',
    }),
  }),
});

const TicketDeleteInput = builder.inputType('TicketDeleteInput', {
  description: 'Which ticket.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The ticket: a global id or the backend’s own.' }),
  }),
});

const TicketCreatePayload = builder.objectRef<{ readonly ticket: Ticket }>('TicketCreatePayload').implement({
  description: 'What `ticketCreate` made.',
  fields: (t) => ({
    ticket: t.field({
      type: TicketRef,
      description: 'The ticket as it is now.',
      resolve: ({ ticket }) => ticket,
    }),
  }),
});

const TicketUpdatePayload = builder.objectRef<{ readonly ticket: Ticket }>('TicketUpdatePayload').implement({
  description: 'What `ticketUpdate` changed.',
  fields: (t) => ({
    ticket: t.field({
      type: TicketRef,
      description: 'The ticket as it is now.',
      resolve: ({ ticket }) => ticket,
    }),
  }),
});

const TicketDeletePayload = builder
  .objectRef<{ readonly deletedId: string }>('TicketDeletePayload')
  .implement({
    description: 'What `ticketDelete` deleted.',
    fields: (t) => ({
      deletedId: t.exposeID('deletedId', { description: 'The global id that the ticket had.' }),
    }),
  });

/**
 * Writes one ticket and keeps the loader's copy in step: whatever became of the write, the old one is
 * not to be trusted any more.
 */
export async function updateTicket(
  id: string,
  patch: TicketPatch,
  context: GatewayContext,
  condition?: UpdateCondition,
): Promise<Ticket> {
  const loader = TicketRef.getDataloader(context);
  try {
    const ticket = await context.session.tickets.update(id, patch, condition);
    loader.clear(id).prime(id, ticket);
    return ticket;
  } catch (error) {
    loader.clear(id);
    throw error;
  }
}

async function createTicket(
  input: typeof TicketCreateInput.$inferInput,
  context: GatewayContext,
): Promise<{ readonly ticket: Ticket }> {
  const { caller, operation, backend, once } = context;
  const create = () =>
    write(mutationArguments.ticketCreate, context, {
      prepare: () => readTicketCreate(input, context),
      given: ({ customFields }) => ({ customFields }),
      send: ({ patch }) => context.session.tickets.create(patch),
    });
  const loader = TicketRef.getDataloader(context);
  const key = keyOf(input.idempotencyKey);
  if (caller === null || key === null) {
    const ticket = await create();
    loader.clear(ticket.id).prime(ticket.id, ticket);
    return { ticket };
  }
  const asked = comparableInput(input, backend.kind);
  const request = { caller, operation, mutation: 'ticketCreate', key, path: keyPath, input: asked };
  const { ticket, replayed } = await once.create(request, create);
  // What the operation has read of it since is newer than the answer that is repeated.
  if (!replayed) loader.clear(ticket.id);
  loader.prime(ticket.id, ticket);
  return { ticket };
}

builder.mutationField('ticketCreate', (t) =>
  t.field({
    type: TicketCreatePayload,
    nullable: true,
    description:
      'Creates a ticket. One request, and where custom fields are named one or two for their definitions unless they are at hand. Never repeated by the gateway once it may have been sent: `outcome` UNKNOWN means that the ticket may exist. With an `idempotencyKey` clients may repeat it.',
    directives: { requiresLevel: { level: 'WRITE' }, backendCost: { requests: 3 } },
    extensions: cost(ticketCreateCost),
    args: {
      input: t.arg({ type: TicketCreateInput, required: true, description: 'The ticket.' }),
    },
    resolve: (_root, { input }, context) => createTicket(input, context),
  }),
);

builder.mutationField('ticketUpdate', (t) =>
  t.field({
    type: TicketUpdatePayload,
    nullable: true,
    description:
      'Changes a ticket. One request; where custom fields are named, one before it to keep the values of the others, seldom one behind it to put them back, and one or two for their definitions unless they are at hand. With `ifUpdatedAt`, one before it in any case.',
    directives: { requiresLevel: { level: 'WRITE' }, backendCost: { requests: 5 } },
    extensions: cost(ticketUpdateCost),
    args: {
      input: t.arg({
        type: TicketUpdateInput,
        required: true,
        description: 'Which ticket, and what changes.',
      }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketUpdate, context, {
        prepare: async () => {
          const faults = createFaults();
          const id = faults.take(
            () => parseIdArgument(input.id, 'Ticket', ['input', 'id'], context.backend.kind),
            '',
          );
          return { id, ...(await readTicketPatch(input.patch, faults, context)) };
        },
        given: ({ customFields }) => ({ customFields }),
        send: async ({ id, patch }) => {
          const condition = input.ifUpdatedAt == null ? undefined : { ifUpdatedAt: input.ifUpdatedAt };
          return { ticket: await updateTicket(id, patch, context, condition) };
        },
      }),
  }),
);

builder.mutationField('ticketDelete', (t) =>
  t.field({
    type: TicketDeletePayload,
    nullable: true,
    description: 'Deletes a ticket.',
    directives: { requiresLevel: { level: 'WRITE' }, backendCost: { requests: 1 } },
    extensions: cost(writeCost),
    args: { input: t.arg({ type: TicketDeleteInput, required: true, description: 'Which ticket.' }) },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketDelete, context, {
        prepare: () => parseIdArgument(input.id, 'Ticket', ['input', 'id'], context.backend.kind),
        send: async (id) => {
          try {
            await context.session.tickets.delete(id);
          } finally {
            TicketRef.getDataloader(context).clear(id);
          }
          return { deletedId: encodeNodeId(context.backend.kind, 'Ticket', id) };
        },
      }),
  }),
);
