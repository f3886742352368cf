import type { Ticket } from '../../domain/ticket.ts';
import { eachByItself, loadEach } from '../../loaders/load-each.ts';
import { builder } from '../builder.ts';
import { cost } from '../cost/rule.ts';
import { lookupCost } from '../cost/rules.ts';
import { nodeId } from '../at-once.ts';
import { parseIdArgument } from '../node-id.ts';
import { AgentRef, RequesterRef } from './people.ts';
import { BackendKindEnum, TicketPriorityEnum, TicketStatusEnum, TicketTypeEnum } from './enums.ts';

/**
 * A ticket. A resolver may also return its plain id (a string): the loader then reads it, once for each operation;
 * what it loads is null where the ticket does not exist. After a write: `TicketRef.getDataloader(context)`
 * `.clear(id)` and, with the ticket that came back, `.prime(id, ticket)`.
 */
export const TicketRef = builder.loadableNodeRef<Ticket | null, string, string, string, Ticket>('Ticket', {
  id: nodeId(({ id }: Ticket) => id),
  load: async (ids, { session }) => loadEach(ids, (id) => session.tickets.get(id)),
  loaderOptions: eachByItself,
});

TicketRef.implement({
  description: 'One customer request, from first message to resolution.',
  fields: (t) => ({
    localId: t.exposeString('id', { description: 'The backend’s own id, as its screens and logs show it.' }),
    backend: t.field({
      type: BackendKindEnum,
      description: 'The helpdesk that holds it.',
      resolve: (_ticket, _args, { backend }) => backend.kind,
    }),
    subject: t.exposeString('subject', { description: 'What it is about, in one line.' }),
    status: t.expose('status', { type: TicketStatusEnum, description: 'How far it has come.' }),
    statusRaw: t.exposeString('statusRaw', {
      description: 'The status in the backend’s spelling: tells what an UNKNOWN one is.',
    }),
    priority: t.expose('priority', {
      type: TicketPriorityEnum,
      nullable: true,
      description: 'How soon it wants an answer; null where the backend has no priorities.',
    }),
    type: t.expose('type', {
      type: TicketTypeEnum,
      nullable: true,
      description: 'What kind of request it is; null where the backend has no types.',
    }),
    assignee: t.field({
      type: AgentRef,
      nullable: true,
      description: 'Who works on it; null while nobody does.',
      resolve: ({ assigneeId }) => (assigneeId === null ? null : { id: assigneeId }),
    }),
    requester: t.field({
      type: RequesterRef,
      description: 'Who asked.',
      resolve: ({ requesterEmail, requesterName }) => ({ email: requesterEmail, name: requesterName }),
    }),
    tags: t.exposeStringList('tags', { description: 'Its labels, in the backend’s order.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it came in.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    fetchedAt: t.expose('fetchedAt', {
      type: 'DateTime',
      description: 'When the gateway received this state of it from the backend.',
    }),
  }),
});

builder.queryField('ticket', (t) =>
  t.field({
    type: TicketRef,
    nullable: true,
    description: 'One ticket; null where there is none of this id.',
    args: { id: t.arg.id({ required: true, description: 'Its id, global or the backend’s own.' }) },
    directives: { backendCost: { requests: 1 } },
    extensions: cost(lookupCost('Ticket')),
    resolve: (_root, { id }, { backend, notes }, { path }) => {
      const localId = parseIdArgument(id, 'Ticket', ['id'], backend.kind);
      notes.asks(path, localId);
      return localId;
    },
  }),
);
