import { createContextCache } from '@pothos/core';
import { GatewayError } from '../../domain/errors.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import type { TicketField, TicketFieldOption } from '../../domain/ticket-field.ts';
import { eachByItself, loadEach } from '../../loaders/load-each.ts';
import { builder } from '../builder.ts';
import { nodeId } from '../at-once.ts';
import { readConnection } from '../connection.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import { listCeiling, listCost, pooledListCost, ticketFieldCost } from '../cost/rules.ts';
import type { List } from '../lists/pages.ts';
import { parseIdArgument } from '../node-id.ts';
import { optionOrder, ticketFieldOrder, unstatedOrder } from '../orders.ts';
import { TicketFieldRefInput } from './custom-field-input.ts';
import { BackendKindEnum, DirectionEnum, TicketFieldOrderFieldEnum, TicketFieldTypeEnum } from './enums.ts';
import { pageArguments, pageOf } from './paging.ts';
import { TicketFieldOptionConnection } from './ticket-field-option.ts';

const defaultFirst = 100;
const defaultOrder = { field: 'POSITION', direction: 'ASC' } as const;

/**
 * Requests for options that one operation makes at most. How many definitions carry none is not known before, and
 * a list may hold hundreds: what is above fails alone, and can be asked for in an operation of its own.
 */
const maxOptionRequests = 20;

/**
 * The definition of a ticket field. A resolver may also return its plain id: the loader then reads it.
 * After a write: `TicketFieldRef.getDataloader(context).clear(id)` and `context.definitions.forget()`.
 */
export const TicketFieldRef = builder.loadableNodeRef<
  TicketField | null,
  string,
  string,
  string,
  TicketField
>('TicketField', {
  id: nodeId(({ id }: TicketField) => id),
  load: async (ids, { session }) => loadEach(ids, (id) => session.ticketFields.get(id)),
  loaderOptions: eachByItself,
});

TicketFieldRef.implement({
  description: 'The definition of a ticket field, made by the backend (system) or by the workspace (custom).',
  fields: (t) => ({
    localId: t.exposeString('id', { description: 'The backend’s own id.' }),
    backend: t.field({
      type: BackendKindEnum,
      description: 'The helpdesk that holds it.',
      resolve: (_field, _args, { backend }) => backend.kind,
    }),
    key: t.exposeString('key', { description: 'Its name for programs. Never changes.' }),
    title: t.exposeString('title', { description: 'Its name for people.' }),
    type: t.expose('type', {
      type: TicketFieldTypeEnum,
      description: 'What values it takes. Never changes.',
    }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    position: t.exposeInt('position', { description: 'Its place in forms.' }),
    active: t.exposeBoolean('active', { description: 'Whether forms show it.' }),
    system: t.exposeBoolean('system', {
      description: 'Made by the backend: it can be neither changed nor deleted.',
    }),
    requiredForAgents: t.exposeBoolean('requiredForAgents', {
      description: 'Whether agents must fill it in.',
    }),
    requiredForEndUsers: t.exposeBoolean('requiredForEndUsers', {
      description: 'Whether requesters must fill it in.',
    }),
    visibleToEndUsers: t.exposeBoolean('visibleToEndUsers', { description: 'Whether requesters see it.' }),
    editableByEndUsers: t.exposeBoolean('editableByEndUsers', {
      description: 'Whether requesters may change its value.',
    }),
    regexPattern: t.exposeString('regexPattern', {
      nullable: true,
      description: 'REGEX only: what its text must match.',
    }),
    defaultValue: t.expose('defaultValue', {
      type: 'JSON',
      nullable: true,
      description: 'The value that new tickets get.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was made; null where the backend does not tell.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last changed; null where the backend does not tell.',
    }),
  }),
});

builder.objectField(TicketFieldRef, 'options', (t) =>
  t.field({
    type: TicketFieldOptionConnection,
    nullable: true,
    description:
      'Its choices, in their order; null unless the type is DROPDOWN or MULTISELECT. A definition carries them, so that no request is spent; of a custom field whose definition carries none they are read page by page, for one operation by 20 requests at most.',
    args: pageArguments(t.arg, defaultFirst),
    directives: { backendCost: { requests: maxOptionRequests } },
    extensions: cost(pooledListCost('options', maxOptionRequests, defaultFirst)),
    resolve: (field, args, context) =>
      field.type === 'DROPDOWN' || field.type === 'MULTISELECT'
        ? readConnection(optionList(field, context), pageOf(args, defaultFirst))
        : null,
  }),
);

type OptionList = List<TicketFieldOption>;
type OptionPage = Promise<Page<TicketFieldOption>>;

/** What an operation has read of options: a hundred tickets may show the same field. */
interface OptionReads {
  readonly pages: Map<string, OptionPage>;
  requests: number;
}

const optionReads = createContextCache((_context: GatewayContext): OptionReads => ({
  pages: new Map(),
  requests: 0,
}));

async function readOptions(fieldId: string, page: PageRequest, context: GatewayContext): OptionPage {
  const reads = optionReads(context);
  const name = JSON.stringify([fieldId, page.size, page.cursor]);
  // Between two writes of one operation the options may have changed.
  const known = context.operation.priority === 'MUTATION' ? undefined : reads.pages.get(name);
  if (known !== undefined) return known;
  if (reads.requests >= maxOptionRequests) throw tooManyOptionRequests();
  reads.requests += 1;
  const read = context.session.ticketFieldOptions.list(fieldId, page);
  reads.pages.set(name, read);
  return read;
}

const tooManyOptionRequests = (): GatewayError =>
  new GatewayError('OPERATION_TOO_COSTLY', 'Too many definitions carry no options of their own.', {
    details: { estimated: maxOptionRequests + 1, max: maxOptionRequests },
  });

/**
 * A definition carries its options, and they are all it has. One of the workspace's own that carries none is an
 * oddity, and may have some all the same: there the backend is asked.
 */
function optionList({ id, system, options }: TicketField, context: GatewayContext): OptionList {
  const { backend, caller } = context;
  const carried = options !== null && (options.length > 0 || system);
  const shared = {
    identity: ['options', backend.kind, caller?.workspaceId ?? null, id, carried],
    maxPageSize: backend.capabilities.maxPageSize,
    idOf: (option: TicketFieldOption) => option.id,
  };
  if (!carried) return { ...shared, order: unstatedOrder, read: (page) => readOptions(id, page, context) };
  const items = options.toSorted((left, right) => left.position - right.position);
  return { ...shared, order: optionOrder, read: async () => ({ items, nextCursor: null }) };
}

export const TicketFieldConnection = builder.connectionObject(
  { type: TicketFieldRef, name: 'TicketFieldConnection', description: 'A page of a list of ticket fields.' },
  { name: 'TicketFieldEdge', description: 'A ticket field and its place in the list.' },
);

const TicketFieldOrderInput = builder.inputType('TicketFieldOrder', {
  description: 'How to sort ticket fields.',
  fields: (t) => ({
    field: t.field({ type: TicketFieldOrderFieldEnum, required: true, description: 'By what.' }),
    direction: t.field({
      type: DirectionEnum,
      required: true,
      defaultValue: 'ASC',
      description: 'Which end first. System fields come first in both.',
    }),
  }),
});

builder.queryFields((t) => ({
  ticketField: t.field({
    type: TicketFieldRef,
    nullable: true,
    description:
      'One ticket field; null where there is none. By id it is read afresh; by key it comes from the definitions that are kept for a minute.',
    args: { by: t.arg({ type: TicketFieldRefInput, required: true, description: 'Which one.' }) },
    directives: { backendCost: { requests: 1 } },
    extensions: cost(ticketFieldCost),
    resolve: async (_root, { by }, { backend, definitions, notes }, { path }) => {
      if (by.key === undefined) return parseIdArgument(by.id, 'TicketField', ['by', 'id'], backend.kind);
      const field = await definitions.byKey(by.key);
      if (definitions.staleMs !== null) notes.isStale(path, definitions.staleMs);
      return field;
    },
  }),
  ticketFields: t.field({
    type: TicketFieldConnection,
    nullable: true,
    description: 'The workspace’s ticket fields, system fields first.',
    args: {
      ...pageArguments(t.arg, defaultFirst),
      active: t.arg.boolean({ description: 'Only fields that forms show (true) or do not (false).' }),
      orderBy: t.arg({
        type: TicketFieldOrderInput,
        defaultValue: defaultOrder,
        description: 'In which order.',
      }),
    },
    directives: { semanticNonNull: {}, backendCost: { requests: listCeiling } },
    extensions: cost(listCost(defaultFirst)),
    resolve: (_root, args, { backend, caller, session }) => {
      const order = args.orderBy ?? defaultOrder;
      const active = args.active ?? null;
      const workspaceId = caller?.workspaceId ?? null;
      return readConnection(
        {
          identity: ['ticketFields', backend.kind, workspaceId, active, order.field, order.direction],
          maxPageSize: backend.capabilities.maxPageSize,
          order: ticketFieldOrder(order),
          idOf: ({ id }) => id,
          read: (page) => session.ticketFields.list({ ...(active !== null && { active }), order, page }),
        },
        pageOf(args, defaultFirst),
      );
    },
  }),
}));
