import type { BackendCapabilities, BackendKind } from '../../domain/backend.ts';
import { badInput, GatewayError, type FieldFault } from '../../domain/errors.ts';
import type { TicketFilter, TicketOrder } from '../../domain/ticket.ts';
import { builder } from '../builder.ts';
import { parseIdArgument } from '../node-id.ts';
import { CustomFieldInput } from './custom-field-input.ts';
import {
  DirectionEnum,
  knownValue,
  TicketOrderFieldEnum,
  TicketPriorityEnum,
  TicketStatusEnum,
  TicketTypeEnum,
} from './enums.ts';

const TimeRange = builder.inputType('TimeRange', {
  description: 'A stretch of time; an end that is left out is open.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'The first instant in it.' }),
    before: t.field({ type: 'DateTime', description: 'The first instant after it.' }),
  }),
});

const notYet = 'This backend cannot filter by it: FILTER_NOT_SUPPORTED.';

export const TicketFilterInput = builder.inputType('TicketFilter', {
  description:
    'Which tickets to list; all members must hold. What the backend cannot apply itself is refused with FILTER_NOT_SUPPORTED: never a wrong list. `backend.pushdownFilters` names what it can, one value of each.',
  fields: (t) => ({
    status: t.field({ type: [TicketStatusEnum], description: 'Any of these statuses; at present one.' }),
    priority: t.field({
      type: [TicketPriorityEnum],
      description: 'Any of these priorities; at present one.',
    }),
    assigneeId: t.idList({
      description: 'Given to any of these agents (global ids or the backend’s own); at present one.',
    }),
    unassigned: t.boolean({ description: `Given to nobody (true) or somebody (false). ${notYet}` }),
    type: t.field({ type: [TicketTypeEnum], description: `Of any of these types. ${notYet}` }),
    tagsAll: t.stringList({ description: `Having all these tags. ${notYet}` }),
    requesterEmail: t.string({ description: `Asked by this address. ${notYet}` }),
    createdAt: t.field({ type: TimeRange, description: `Created in this time. ${notYet}` }),
    updatedAt: t.field({ type: TimeRange, description: `Last changed in this time. ${notYet}` }),
    customFields: t.field({ type: [CustomFieldInput], description: `Having all these values. ${notYet}` }),
  }),
});

export const TicketOrderInput = builder.inputType('TicketOrder', {
  description: 'How to sort tickets.',
  fields: (t) => ({
    field: t.field({ type: TicketOrderFieldEnum, required: true, description: 'By what.' }),
    direction: t.field({
      type: DirectionEnum,
      required: true,
      defaultValue: 'DESC',
      description: 'Which end first.',
    }),
  }),
});

type Given = typeof TicketFilterInput.$inferInput;

interface Served {
  readonly kind: BackendKind;
  readonly capabilities: BackendCapabilities;
}

/**
 * What the backend is to filter by.
 * @throws GatewayError FILTER_NOT_SUPPORTED naming every member the backend cannot apply; BAD_USER_INPUT
 */
export function backendFilter(given: Given | null | undefined, { kind, capabilities }: Served): TicketFilter {
  if (!given) return {};
  refuseUnsupported(given, capabilities.pushdownFilters);
  const [status] = given.status ?? [];
  const [priority] = given.priority ?? [];
  const [assigneeId] = given.assigneeId ?? [];
  return {
    ...(status && { status: knownValue(status, ['filter', 'status', 0]) }),
    ...(priority && { priority: knownValue(priority, ['filter', 'priority', 0]) }),
    ...(assigneeId !== undefined && {
      assigneeId: parseIdArgument(assigneeId, 'Agent', ['filter', 'assigneeId', 0], kind),
    }),
  };
}

function refuseUnsupported(given: Given, supported: readonly (keyof TicketFilter)[]): void {
  const faults: FieldFault[] = [];
  for (const [member, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const pushed = supported.find((name) => name === member);
    const message =
      pushed === undefined
        ? `The backend cannot filter by "${member}".`
        : Array.isArray(value) && new Set<unknown>(value).size > 1
          ? `The backend can filter by one value of "${member}" at a time.`
          : null;
    if (Array.isArray(value) && value.length === 0) {
      throw badInput(['filter', member], `"${member}" names no value. Leave it out to list all.`);
    }
    if (message !== null) {
      faults.push({ path: ['filter', member], code: 'FILTER_NOT_SUPPORTED', message, sourceKey: null });
    }
  }
  const [fault] = faults;
  if (fault === undefined) return;
  throw new GatewayError('FILTER_NOT_SUPPORTED', fault.message, {
    fields: faults,
    details: { supported: [...supported] },
  });
}

/** @throws GatewayError ORDER_NOT_SUPPORTED */
export function supportedOrder(order: TicketOrder, { orderFields }: BackendCapabilities): TicketOrder {
  if (orderFields.includes(order.field)) return order;
  const message = `The backend cannot sort by ${order.field}.`;
  throw new GatewayError('ORDER_NOT_SUPPORTED', message, {
    fields: [{ path: ['orderBy', 'field'], code: 'ORDER_NOT_SUPPORTED', message, sourceKey: null }],
    details: { supported: [...orderFields] },
  });
}
