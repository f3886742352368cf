import { GatewayError } from '../../domain/errors.ts';
import type { Ticket, TicketPatch } from '../../domain/ticket.ts';
import { loadEach } from '../../loaders/load-each.ts';
import { mutationArguments, oneOfTicketsUpdate } from '../argument-paths.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import { ticketsUpdateCost } from '../cost/rules.ts';
import { encodeNodeId, parseIdArgument } from '../node-id.ts';
import { write } from '../write.ts';
import { createFaults, type Faults } from './inputs/faults.ts';
import { readTicketPatch, TicketPatchInput, type ReadTicket } from './inputs/ticket-input.ts';
import { updateTicket } from './ticket-mutations.ts';
import { TicketRef } from './ticket.ts';

/** Tickets that one `ticketsUpdate` changes at most: each is a request of its own. */
const maxIds = 50;
/** Each ticket at its costliest (read, written, put right), and the definitions read twice: see `ticketUpdate`. */
const costliest = 3 * maxIds + 2;

const TicketsUpdateInput = builder.inputType('TicketsUpdateInput', {
  description: 'Which tickets, and the one change that all of them get.',
  fields: (t) => ({
    ids: t.idList({
      required: true,
      description: `The tickets, each once, at most ${maxIds}: global ids or the backend’s own.`,
    }),
    patch: t.field({ type: TicketPatchInput, required: true, description: 'What changes.' }),
  }),
});

interface TicketsUpdateOutcome {
  /** The backend's own id. */
  readonly id: string;
  readonly ticket: Ticket | Error;
}

const TicketsUpdateResult = builder.objectRef<TicketsUpdateOutcome>('TicketsUpdateResult').implement({
  description: 'What became of one ticket of `ticketsUpdate`.',
  fields: (t) => ({
    id: t.id({
      description: 'The ticket’s global id.',
      resolve: ({ id }, _args, { backend }) => encodeNodeId(backend.kind, 'Ticket', id),
    }),
    ticket: t.field({
      type: TicketRef,
      nullable: true,
      description: 'The ticket as it is now; null, with an error of its own, where it could not be changed.',
      directives: { semanticNonNull: {} },
      resolve: ({ ticket }) => {
        if (ticket instanceof Error) throw ticket;
        return ticket;
      },
    }),
  }),
});

const TicketsUpdatePayload = builder
  .objectRef<{ readonly results: readonly TicketsUpdateOutcome[] }>('TicketsUpdatePayload')
  .implement({
    description: 'What `ticketsUpdate` changed.',
    fields: (t) => ({
      results: t.field({
        type: [TicketsUpdateResult],
        description: 'One for each id, in the order of the ids.',
        resolve: ({ results }) => results,
      }),
    }),
  });

builder.mutationField('ticketsUpdate', (t) =>
  t.field({
    type: TicketsUpdatePayload,
    nullable: true,
    description:
      'Changes several tickets, each by a request of its own (and what `ticketUpdate` says where custom fields are named), in no particular order. Each failure is an error of its own at `results.N.ticket`; the others are changed all the same.',
    directives: { requiresLevel: { level: 'WRITE' }, backendCost: { requests: costliest } },
    extensions: cost(ticketsUpdateCost(maxIds), 'input'),
    args: {
      input: t.arg({
        type: TicketsUpdateInput,
        required: true,
        description: 'Which tickets, and what changes.',
      }),
    },
    resolve: (_root, { input }, context) =>
      write(mutationArguments.ticketsUpdate, context, {
        prepare: async () => {
          const faults = createFaults();
          const ids = readIds(input.ids, faults, context);
          return { ids, read: await readTicketPatch(input.patch, faults, context) };
        },
        send: async ({ ids, read }) => {
          const tickets = await updateEach(ids, read, context);
          return { results: ids.map((id, index) => ({ id, ticket: tickets[index] ?? lost() })) };
        },
      }),
  }),
);

const lost = (): Error => new Error('a ticket of ticketsUpdate has no outcome');

function readIds(given: readonly string[], faults: Faults, { backend }: GatewayContext): string[] {
  if (given.length > maxIds) {
    faults.add(['input', 'ids'], `At most ${maxIds} tickets at a time.`, 'TOO_MANY');
    return [];
  }
  const ids = given.map((id, index) =>
    faults.take(() => parseIdArgument(id, 'Ticket', ['input', 'ids', index], backend.kind), ''),
  );
  for (const [index, id] of ids.entries()) {
    if (id !== '' && ids.indexOf(id) < index) {
      faults.add(['input', 'ids', index], 'This ticket is named twice.', 'DUPLICATE');
    }
  }
  return ids;
}

/** One outcome for each id. Once the key itself is refused, no further request is spent on the rest. */
function updateEach(
  ids: readonly string[],
  { patch, customFields }: ReadTicket<TicketPatch>,
  context: GatewayContext,
): Promise<(Ticket | Error)[]> {
  let refusal: GatewayError | null = null;
  return loadEach([...ids.entries()], async ([index, id]) => {
    try {
      return await write(oneOfTicketsUpdate(index), context, {
        prepare: () => {
          if (refusal) throw likewise(refusal);
        },
        given: () => ({ customFields }),
        send: () => updateTicket(id, patch, context),
      });
    } catch (error) {
      if (error instanceof GatewayError && error.category === 'AUTH') refusal ??= error;
      throw error;
    }
  });
}

/** What a request would have met that was not sent. */
const likewise = ({ code, message, category, retryable, details }: GatewayError): GatewayError =>
  new GatewayError(code, message, { category, retryable, details });
