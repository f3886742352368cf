import type { BackendKind } from '../../domain/backend.ts';
import { badInput } from '../../domain/errors.ts';
import type { StreamMessage, TicketEventFilter, TicketEventType } from '../../domain/event.ts';
import { builder } from '../builder.ts';
import { cost } from '../cost/rule.ts';
import { listenerCost } from '../cost/rules.ts';
import { listenerOf } from '../listener.ts';
import { encodeNodeId, parseIdArgument, type NodeTypename } from '../node-id.ts';
import {
  EventSourceEnum,
  GapReasonEnum,
  knownValue,
  TicketEventTypeEnum,
  TicketPriorityEnum,
  TicketStatusEnum,
} from './enums.ts';
import { TicketRef } from './ticket.ts';

type Message<Kind extends StreamMessage['kind']> = Extract<StreamMessage, { readonly kind: Kind }>;

const typenames = { READY: 'StreamReady', GAP: 'StreamGap', EVENT: 'TicketEvent' } as const;

const StreamMessageRef = builder.interfaceRef<StreamMessage>('StreamMessage').implement({
  description:
    'What a subscription delivers: StreamReady first, then events, and a StreamGap wherever some were lost.',
  resolveType: ({ kind }) => typenames[kind],
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'Resumes right after this message, as `after`. Keep the last one that came.',
    }),
  }),
});

builder.objectRef<Message<'READY'>>('StreamReady').implement({
  interfaces: [StreamMessageRef],
  description: 'The subscription stands. Always the first message.',
  fields: (t) => ({
    resumed: t.exposeBoolean('resumed', {
      description: 'Whether it goes on right after the cursor it was given: nothing was missed.',
    }),
    replayCount: t.exposeInt('replayCount', {
      description: 'Events that follow from the log before new ones come; each is `replayed`.',
    }),
  }),
});

builder.objectRef<Message<'GAP'>>('StreamGap').implement({
  interfaces: [StreamMessageRef],
  description:
    'Events were lost, or may have been. Read again what is on the screen; what happens from now on follows.',
  fields: (t) => ({
    reason: t.expose('reason', { type: GapReasonEnum, description: 'Why.' }),
    since: t.expose('since', {
      type: 'DateTime',
      nullable: true,
      description: 'When the first event that was lost had been received; null where that is not known.',
    }),
  }),
});

builder.objectRef<Message<'EVENT'>>('TicketEvent').implement({
  interfaces: [StreamMessageRef],
  description: 'Something that happened to a ticket.',
  fields: (t) => ({
    eventId: t.string({
      description: 'The delivery’s `webhook-id`; for other sources an id of the gateway’s own.',
      resolve: ({ record }) => record.event.eventId,
    }),
    type: t.field({
      type: TicketEventTypeEnum,
      description: 'What happened.',
      resolve: ({ record }) => record.event.type,
    }),
    ticketId: t.id({
      description: 'Global id of the ticket, also where `ticket` is null.',
      resolve: ({ record }, _args, { backend }) =>
        encodeNodeId(backend.kind, 'Ticket', record.event.ticketId),
    }),
    ticket: t.field({
      type: TicketRef,
      nullable: true,
      description:
        'The ticket as the event carried it: costs no request. Null where it carried none, as of a deleted ticket.',
      resolve: ({ record }) => record.event.ticket,
    }),
    matchesFilter: t.exposeBoolean('matchesFilter', {
      description:
        'False when the ticket matched the filter before this event, or may have, and does not any more: take it off the list. A deleted ticket matches no filter.',
    }),
    occurredAt: t.field({
      type: 'DateTime',
      description: 'When it happened, as the source says.',
      resolve: ({ record }) => record.event.occurredAt,
    }),
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When the gateway took it in.',
      resolve: ({ record }) => record.receivedAt,
    }),
    source: t.field({
      type: EventSourceEnum,
      description: 'How the gateway learnt of it.',
      resolve: ({ record }) => record.event.source,
    }),
    stale: t.boolean({
      description:
        'Whether something newer of this ticket had come before it: it must not overwrite anything.',
      resolve: ({ record }) => record.stale,
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether it was in the log before this subscription began.',
    }),
  }),
});

/** One event for each change: what has a second type of its own is announced as TICKET_UPDATED too. */
const defaultTypes: readonly TicketEventType[] = ['TICKET_CREATED', 'TICKET_UPDATED', 'TICKET_DELETED'];
const maxValues = 500;

const TicketEventFilterInput = builder.inputType('TicketEventFilter', {
  description: `Which events to deliver; all members must hold, a member that is left out does not restrict. Status, priority and assignee look at the ticket before and after the event: one that leaves the filter is delivered too, with \`matchesFilter: false\`. At most ${maxValues} values of each member.`,
  fields: (t) => ({
    types: t.field({
      type: [TicketEventTypeEnum],
      defaultValue: [...defaultTypes],
      description:
        'Of any of these types; the default delivers each change once. UNKNOWN asks for types that this schema does not know.',
    }),
    ticketIds: t.idList({ description: 'Of any of these tickets (global ids or the backend’s own).' }),
    status: t.field({ type: [TicketStatusEnum], description: 'Of tickets in any of these statuses.' }),
    priority: t.field({ type: [TicketPriorityEnum], description: 'Of tickets of any of these priorities.' }),
    assigneeId: t.idList({
      description: 'Of tickets given to any of these agents (global ids or the backend’s own).',
    }),
    includeStale: t.boolean({
      defaultValue: false,
      description: 'Also events that came after something newer of the same ticket.',
    }),
  }),
});

type Given = typeof TicketEventFilterInput.$inferInput;

builder.subscriptionField('ticketEvents', (t) =>
  t.field({
    type: StreamMessageRef,
    description:
      'What happens to the workspace’s tickets: everything after the cursor that is still kept, then events as they come. What may have been lost is told by a StreamGap, never passed over.',
    args: {
      filter: t.arg({
        type: TicketEventFilterInput,
        defaultValue: {},
        description: 'Which events; each change once without it.',
      }),
      after: t.arg.string({
        description: 'The cursor of an earlier message, or `eventStream.headCursor`; from now on without it.',
      }),
    },
    directives: { backendCost: { requests: 1 } },
    extensions: cost(listenerCost),
    subscribe: async (_root, { filter, after }, context) => {
      const { lastSeen, resumeFrom, opened } = context.resumption;
      const stream = await context.events.subscribe({
        ...listenerOf(context),
        filter: eventFilter(filter ?? {}, context.backend.kind),
        // A browser opens a stream that was cut at the same address, `after` included.
        after: lastSeen ?? after ?? null,
        resumeFrom,
      });
      opened(stream);
      return stream;
    },
    resolve: (message) => message,
  }),
);

/** @throws GatewayError BAD_USER_INPUT */
function eventFilter(given: Given, kind: BackendKind): TicketEventFilter {
  const { types, status, priority, includeStale } = given;
  for (const [member, values] of Object.entries(given)) refuseBadList(member, values);
  const ticketIds = idsOf(given.ticketIds, 'ticketIds', 'Ticket', kind);
  const assigneeIds = idsOf(given.assigneeId, 'assigneeId', 'Agent', kind);
  return {
    types: types ?? defaultTypes,
    ...(ticketIds && { ticketIds }),
    ...(status && { status: status.map((value, at) => knownValue(value, ['filter', 'status', at])) }),
    ...(priority && { priority: priority.map((value, at) => knownValue(value, ['filter', 'priority', at])) }),
    ...(assigneeIds && { assigneeIds }),
    includeStale: includeStale ?? false,
  };
}

function refuseBadList(member: string, values: unknown): void {
  if (!Array.isArray(values)) return;
  if (values.length === 0) {
    throw badInput(['filter', member], `"${member}" names no value. Leave it out to restrict nothing.`);
  }
  if (values.length > maxValues) {
    throw badInput(['filter', member], `"${member}" names more than ${maxValues} values.`);
  }
}

const idsOf = (
  ids: readonly string[] | null | undefined,
  member: string,
  typename: NodeTypename,
  kind: BackendKind,
): readonly string[] | undefined =>
  ids?.map((id, at) => parseIdArgument(id, typename, ['filter', member, at], kind));
