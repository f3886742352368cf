import { ticketEventTypes, type TicketEventType } from '../../domain/event.ts';
import {
  ticketPriorities,
  ticketStatuses,
  ticketTypes,
  type Ticket,
  type TicketPatch,
  type Unknown,
} from '../../domain/ticket.ts';
import {
  ticketFieldTypes,
  type TicketField,
  type TicketFieldInput,
  type TicketFieldOption,
  type TicketFieldOptionInput,
  type TicketFieldOptionPatch,
  type TicketFieldPatch,
} from '../../domain/ticket-field.ts';
import type { Webhook, WebhookInput, WebhookPatch } from '../../domain/webhook.ts';
import type { ReadTicket, ReadTicketField, ReadTicketFieldOption, ReadWebhook } from './wire.ts';
import type {
  WireTicketFieldCreate,
  WireTicketFieldOptionCreate,
  WireTicketFieldOptionUpdate,
  WireTicketFieldType,
  WireTicketFieldUpdate,
  WireTicketPriority,
  WireTicketStatus,
  WireTicketType,
  WireTicketUpdate,
  WireWebhookCreate,
  WireWebhookEvent,
  WireWebhookUpdate,
} from './wire.gen.ts';

/**
 * The two spellings of an enumeration's values. What the table does not know is UNKNOWN when it comes in;
 * nothing unknown goes out.
 */
interface Vocabulary<Ours extends string, Wire extends string> {
  read(raw: string): Ours | Unknown;
  write(value: Ours): Wire;
}

function vocabulary<Ours extends string, Wire extends string>(
  spellings: Readonly<Record<Ours, Wire>>,
  values: readonly Ours[],
): Vocabulary<Ours, Wire> {
  const ours = new Map<string, Ours>(values.map((value) => [spellings[value], value]));
  return { read: (raw) => ours.get(raw) ?? 'UNKNOWN', write: (value) => spellings[value] };
}

export const statuses = vocabulary<(typeof ticketStatuses)[number], WireTicketStatus>(
  { NEW: 'new', OPEN: 'open', PENDING: 'pending', RESOLVED: 'resolved', CLOSED: 'closed' },
  ticketStatuses,
);
export const priorities = vocabulary<(typeof ticketPriorities)[number], WireTicketPriority>(
  { LOW: 'low', NORMAL: 'normal', HIGH: 'high', URGENT: 'urgent' },
  ticketPriorities,
);
const types = vocabulary<(typeof ticketTypes)[number], WireTicketType>(
  { QUESTION: 'question', INCIDENT: 'incident', PROBLEM: 'problem', TASK: 'task' },
  ticketTypes,
);
const fieldTypes = vocabulary<(typeof ticketFieldTypes)[number], WireTicketFieldType>(
  {
    TEXT: 'text',
    TEXTAREA: 'textarea',
    NUMBER: 'number',
    DECIMAL: 'decimal',
    CHECKBOX: 'checkbox',
    DATE: 'date',
    DROPDOWN: 'dropdown',
    MULTISELECT: 'multiselect',
    REGEX: 'regex',
  },
  ticketFieldTypes,
);
export const eventTypes = vocabulary<TicketEventType, WireWebhookEvent>(
  {
    TICKET_CREATED: 'ticket.created',
    TICKET_UPDATED: 'ticket.updated',
    TICKET_DELETED: 'ticket.deleted',
    TICKET_ASSIGNMENT_CHANGED: 'ticket.assignment.changed',
    TICKET_RESOLVED: 'ticket.resolved',
  },
  ticketEventTypes,
);

/** @param fetchedAt when it came in; ISO 8601 UTC */
export function toTicket(wire: ReadTicket, fetchedAt: string): Ticket {
  return {
    id: wire.id,
    subject: wire.subject,
    status: statuses.read(wire.status),
    statusRaw: wire.status,
    priority: wire.priority == null ? null : priorities.read(wire.priority),
    type: wire.type == null ? null : types.read(wire.type),
    assigneeId: wire.assigneeId ?? null,
    requesterEmail: wire.requesterEmail ?? null,
    requesterName: wire.requesterName ?? null,
    tags: wire.tags ?? [],
    customFields: (wire.customFields ?? []).map(({ id, value }) => ({ fieldId: id, value: value ?? null })),
    createdAt: wire.createdAt,
    updatedAt: wire.updatedAt,
    fetchedAt,
  };
}

export function toTicketField(wire: ReadTicketField): TicketField {
  const type = fieldTypes.read(wire.type);
  const hasOptions = type === 'DROPDOWN' || type === 'MULTISELECT';
  return {
    id: wire.id,
    key: wire.fieldKey,
    title: wire.title,
    type,
    description: wire.description ?? null,
    position: wire.position ?? 0,
    active: wire.active ?? true,
    system: wire.id.startsWith('system_'),
    requiredForAgents: wire.requiredForAgents ?? false,
    requiredForEndUsers: wire.requiredForEndUsers ?? false,
    visibleToEndUsers: wire.visibleToEndUsers ?? false,
    editableByEndUsers: wire.editableByEndUsers ?? false,
    regexPattern: wire.regexPattern ?? null,
    defaultValue: wire.defaultValue ?? null,
    options: hasOptions
      ? (wire.options ?? []).map((option, index) => toTicketFieldOption(option, wire.id, index))
      : null,
    createdAt: wire.createdAt ?? null,
    updatedAt: wire.updatedAt ?? null,
  };
}

/** @param index its place in the list it came in, for want of a position of its own */
export function toTicketFieldOption(
  wire: ReadTicketFieldOption,
  fieldId: string,
  index = 0,
): TicketFieldOption {
  return { id: wire.id, fieldId, label: wire.label, value: wire.value, position: wire.position ?? index };
}

export function toWebhook(wire: ReadWebhook): Webhook {
  const eventsRaw = wire.events ?? [];
  return {
    id: wire.id,
    name: wire.name,
    targetUrl: wire.targetUrl,
    events: eventsRaw.map(eventTypes.read),
    eventsRaw,
    active: wire.active ?? true,
    createdAt: wire.createdAt,
    updatedAt: wire.updatedAt,
  };
}

/** Attributes that are absent stay absent: only what is named changes. */
export function fromTicketPatch(patch: TicketPatch): WireTicketUpdate {
  const { status, priority, type, tags, customFields, ...same } = patch;
  return {
    ...same,
    ...(status === undefined ? {} : { status: statuses.write(status) }),
    ...(priority === undefined ? {} : { priority: priorities.write(priority) }),
    ...(type === undefined ? {} : { type: types.write(type) }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    // An empty list names nothing, and would empty the ticket where a PUT replaces.
    ...(customFields === undefined || customFields.length === 0
      ? {}
      : { customFields: customFields.map(({ fieldId, value }) => ({ id: fieldId, value })) }),
  };
}

export const fromTicketFieldPatch = (patch: TicketFieldPatch): WireTicketFieldUpdate => ({ ...patch });

export function fromTicketFieldInput(input: TicketFieldInput): WireTicketFieldCreate {
  const { key, type, options, ...same } = input;
  return {
    ...same,
    fieldKey: key,
    type: fieldTypes.write(type),
    ...(options === undefined ? {} : { options: options.map(fromOptionInput) }),
  };
}

export const fromOptionInput = (input: TicketFieldOptionInput): WireTicketFieldOptionCreate => ({ ...input });
export const fromOptionPatch = (patch: TicketFieldOptionPatch): WireTicketFieldOptionUpdate => ({ ...patch });

export function fromWebhookPatch(patch: WebhookPatch): WireWebhookUpdate {
  const { events, ...same } = patch;
  return { ...same, ...(events === undefined ? {} : { events: events.map(eventTypes.write) }) };
}

export const fromWebhookInput = (input: WebhookInput): WireWebhookCreate => ({
  ...input,
  events: input.events.map(eventTypes.write),
});
