/** `node` and `nodes`: anything by its global id. */
import { resolveNodes } from '@pothos/plugin-relay';
import { z } from 'zod';
import type { BackendKind } from '../../domain/backend.ts';
import { badInput } from '../../domain/errors.ts';
import { builder } from '../builder.ts';
import { cost } from '../cost/rule.ts';
import { nodeCost, nodesCost } from '../cost/rules.ts';
import { parseNodeIdArgument, type NodeTypename } from '../node-id.ts';
import { TicketFieldOptionRef } from './ticket-field-option.ts';
import { TicketFieldRef } from './ticket-field.ts';
import { TicketRef } from './ticket.ts';
import { WebhookRef } from './webhook.ts';

/** Ids in one `nodes`: each costs a request. */
const maxIds = 100;

const readable = {
  Ticket: TicketRef,
  TicketField: TicketFieldRef,
  TicketFieldOption: TicketFieldOptionRef,
  Webhook: WebhookRef,
  Agent: null,
} as const satisfies Record<NodeTypename, object | null>;

function toLoad(value: string, path: readonly (string | number)[], kind: BackendKind) {
  const { typename, id } = parseNodeIdArgument(value, path, kind);
  const type = readable[typename];
  if (type === null) throw badInput(path, `The backend has no way to read one ${typename}.`);
  return { type, id };
}

builder.queryFields((t) => ({
  node: t.node({
    description: 'Anything by its global id; null where it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'A global id.' }) },
    directives: { backendCost: { requests: 1 } },
    extensions: cost(nodeCost),
    id: (_root, { id }, { backend, notes }, { path }) => {
      const node = toLoad(id, ['id'], backend.kind);
      notes.asks(path, node.id);
      return node;
    },
  }),
  nodes: t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    description:
      'Several things by their global ids, in that order; null in the place of what does not exist. What is wrong with one id, or fails for it, is an error in its place and leaves the others alone.',
    args: {
      ids: t.arg.idList({
        required: true,
        validate: z.array(z.string()).max(maxIds, `At most ${maxIds} ids.`),
        description: `Global ids, ${maxIds} at most.`,
      }),
    },
    directives: { backendCost: { requests: maxIds } },
    extensions: cost(nodesCost(maxIds), 'ids'),
    resolve: async (_root, { ids }, context, info) => {
      const wanted = ids.map((id, index) => attempt(() => toLoad(id, ['ids', index], context.backend.kind)));
      for (const [key, node] of wanted.entries()) {
        if (!(node instanceof Error))
          context.notes.asks({ prev: info.path, key, typename: undefined }, node.id);
      }
      const found = await resolveNodes(
        builder,
        context,
        info,
        wanted.map((node) => (node instanceof Error ? null : { typename: node.type.name, id: node.id })),
      );
      return found.map((node, index) => {
        const fault = wanted[index];
        return fault instanceof Error ? fault : node;
      });
    },
  }),
}));

function attempt<T>(make: () => T): T | Error {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
