import type {
  WireCustomFieldValue,
  WireTicket,
  WireTicketField,
  WireTicketFieldOption,
  WireTicketFieldType,
  WireTicketPriority,
  WireTicketStatus,
  WireTicketType,
  WireWebhook,
  WireWebhookEvent,
} from '../backends/helpdesk/wire.gen.ts';

export const statuses = [
  'new',
  'open',
  'pending',
  'resolved',
  'closed',
] as const satisfies readonly WireTicketStatus[];
export const priorities = [
  'low',
  'normal',
  'high',
  'urgent',
] as const satisfies readonly WireTicketPriority[];
export const types = ['question', 'incident', 'problem', 'task'] as const satisfies readonly WireTicketType[];
export const fieldTypes = [
  'text',
  'textarea',
  'number',
  'decimal',
  'checkbox',
  'date',
  'dropdown',
  'multiselect',
  'regex',
] as const satisfies readonly WireTicketFieldType[];
export const eventTypes = [
  'ticket.created',
  'ticket.updated',
  'ticket.deleted',
  'ticket.assignment.changed',
  'ticket.resolved',
] as const satisfies readonly WireWebhookEvent[];
export const levels = ['read', 'write', 'admin'] as const;

export type Status = WireTicketStatus;
export type Priority = WireTicketPriority;
export type TicketType = WireTicketType;
export type FieldType = WireTicketFieldType;
export type EventType = WireWebhookEvent;
/** Levels of an API key; each includes the ones before it. */
export type Level = (typeof levels)[number];

export type CustomFieldRow = Readonly<WireCustomFieldValue>;

/** A ticket as REST sends it, every attribute filled in. Rows are never changed, only replaced. */
export interface TicketRow extends Readonly<Required<Omit<WireTicket, 'tags' | 'customFields'>>> {
  readonly tags: readonly string[];
  readonly customFields: readonly CustomFieldRow[];
}

export type OptionRow = Readonly<WireTicketFieldOption>;

/** A field as REST sends it; its id begins with `system_` or `cf_`. */
export interface TicketFieldRow extends Readonly<Omit<WireTicketField, 'options'>> {
  /** null unless dropdown or multiselect. In order of position. */
  readonly options: readonly OptionRow[] | null;
}

/** A webhook as REST shows it: without its secret. */
export interface WebhookRow extends Readonly<Omit<WireWebhook, 'events'>> {
  readonly events: readonly EventType[];
}

/** What a new ticket may be given; the rest takes its default. */
export type TicketValues = Partial<Omit<TicketRow, 'id' | 'createdAt' | 'updatedAt'>>;

/** What a new field may be given; the rest takes its default. */
export type TicketFieldValues = Partial<
  Omit<TicketFieldRow, 'id' | 'options' | 'createdAt' | 'updatedAt'>
> & {
  readonly options?: readonly OptionValues[];
};

export interface OptionValues {
  readonly label: string;
  readonly value: string;
  readonly position?: number;
}
