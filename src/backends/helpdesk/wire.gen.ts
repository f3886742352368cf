// Generated from schema/helpdesk.openapi.json by wire.codegen.ts. Do not edit.

import type {Json} from '../../domain/json.ts';

/**
 * Any JSON value.
 */
export type WireJson = Json;
/**
 * Where a ticket stands. More values may come.
 */
export type WireTicketStatus = 'new' | 'open' | 'pending' | 'resolved' | 'closed';
/**
 * How urgent a ticket is. More values may come.
 */
export type WireTicketPriority = 'low' | 'normal' | 'high' | 'urgent';
/**
 * What kind of request a ticket is. More values may come.
 */
export type WireTicketType = 'question' | 'incident' | 'problem' | 'task';
/**
 * What a field holds; immutable. More values may come.
 */
export type WireTicketFieldType =
  'text' | 'textarea' | 'number' | 'decimal' | 'checkbox' | 'date' | 'dropdown' | 'multiselect' | 'regex';
/**
 * What can be delivered. More values may come.
 */
export type WireWebhookEvent =
  'ticket.created' | 'ticket.updated' | 'ticket.deleted' | 'ticket.assignment.changed' | 'ticket.resolved';
/**
 * The documented error codes. Others may come at any time.
 */
export type WireErrorCode =
  | 'INVALID_API_KEY'
  | 'MISSING_WORKSPACE'
  | 'INSUFFICIENT_API_PERMISSION'
  | 'BAD_REQUEST'
  | 'NOT_FOUND'
  | 'VALIDATION_ERROR'
  | 'CONFLICT'
  | 'RATE_LIMIT_EXCEEDED'
  | 'TICKET_CLOSED'
  | 'CLOSED_STATUS_SYSTEM_ONLY'
  | 'IMMUTABLE_FIELD'
  | 'SYSTEM_FIELD'
  | 'INVALID_FIELD_TYPE'
  | 'DUPLICATE_OPTION_VALUE'
  | 'TOO_MANY_OPTIONS'
  | 'OPTION_IN_USE';

/**
 * A ticket’s value of one field.
 */
export interface WireCustomFieldValue {
  /**
   * Id of the field’s definition.
   */
  id: string;
  /**
   * Typed by that definition; null: no value.
   */
  value: Json;
}
/**
 * One customer request.
 */
export interface WireTicket {
  /**
   * `tkt_…`
   */
  id: string;
  /**
   * What it is about.
   */
  subject: string;
  status: WireTicketStatus;
  priority: WireTicketPriority;
  type: WireTicketType;
  /**
   * The address of the person who asks.
   */
  requesterEmail?: string | null;
  /**
   * The name of the person who asks.
   */
  requesterName?: string | null;
  /**
   * The agent who works on it (`usr_…`); null: nobody.
   */
  assigneeId: string | null;
  /**
   * All tags; replaces the tags there were.
   */
  tags: string[];
  /**
   * Values of custom fields. Whether a PUT replaces the whole array or merges it by id is not documented.
   */
  customFields: WireCustomFieldValue[];
  /**
   * When it was created.
   */
  createdAt: string;
  /**
   * When it last changed.
   */
  updatedAt: string;
}
/**
 * What a new ticket may be given. Defaults: status new, priority normal, type question.
 */
export interface WireTicketCreate {
  /**
   * What it is about.
   */
  subject: string;
  status?: WireTicketStatus;
  priority?: WireTicketPriority;
  type?: WireTicketType;
  /**
   * The address of the person who asks.
   */
  requesterEmail?: string | null;
  /**
   * The name of the person who asks.
   */
  requesterName?: string | null;
  /**
   * The agent who works on it (`usr_…`); null: nobody.
   */
  assigneeId?: string | null;
  /**
   * All tags; replaces the tags there were.
   */
  tags?: string[];
  /**
   * Values of custom fields. Whether a PUT replaces the whole array or merges it by id is not documented.
   */
  customFields?: WireCustomFieldValue[];
}
/**
 * A change to a ticket: only the given attributes change.
 */
export interface WireTicketUpdate {
  /**
   * What it is about.
   */
  subject?: string;
  status?: WireTicketStatus;
  priority?: WireTicketPriority;
  type?: WireTicketType;
  /**
   * The address of the person who asks.
   */
  requesterEmail?: string | null;
  /**
   * The name of the person who asks.
   */
  requesterName?: string | null;
  /**
   * The agent who works on it (`usr_…`); null: nobody.
   */
  assigneeId?: string | null;
  /**
   * All tags; replaces the tags there were.
   */
  tags?: string[];
  /**
   * Values of custom fields. Whether a PUT replaces the whole array or merges it by id is not documented.
   */
  customFields?: WireCustomFieldValue[];
}
/**
 * The definition of a ticket field, system or custom.
 */
export interface WireTicketField {
  /**
   * `system_*` for system fields.
   */
  id: string;
  /**
   * Stable name for programs; immutable.
   */
  fieldKey: string;
  type: WireTicketFieldType;
  /**
   * The label that people see.
   */
  title: string;
  /**
   * An explanation for people.
   */
  description?: string | null;
  /**
   * Its place among the fields.
   */
  position: number;
  /**
   * Whether it is in use.
   */
  active: boolean;
  /**
   * Whether agents must fill it in.
   */
  requiredForAgents: boolean;
  /**
   * Whether requesters must fill it in.
   */
  requiredForEndUsers: boolean;
  /**
   * Whether requesters see it.
   */
  visibleToEndUsers: boolean;
  /**
   * Whether requesters may change it.
   */
  editableByEndUsers: boolean;
  /**
   * What a value must match; type `regex` only.
   */
  regexPattern?: string | null;
  /**
   * The value of a ticket that was given none; typed by the field.
   */
  defaultValue?: Json;
  /**
   * The choices of a dropdown or multiselect; else null.
   */
  options?: WireTicketFieldOption[] | null;
  /**
   * When it was created.
   */
  createdAt: string;
  /**
   * When it last changed.
   */
  updatedAt: string;
}
/**
 * One choice of a dropdown or multiselect field.
 */
export interface WireTicketFieldOption {
  /**
   * Unique within the field.
   */
  id: string;
  /**
   * What people see.
   */
  label: string;
  /**
   * What a ticket stores; unique within the field.
   */
  value: string;
  /**
   * Its place among the options.
   */
  position: number;
}
/**
 * A new definition.
 */
export interface WireTicketFieldCreate {
  /**
   * Stable name for programs; immutable.
   */
  fieldKey: string;
  type: WireTicketFieldType;
  /**
   * The label that people see.
   */
  title: string;
  /**
   * An explanation for people.
   */
  description?: string | null;
  /**
   * Its place among the fields.
   */
  position?: number;
  /**
   * Whether it is in use.
   */
  active?: boolean;
  /**
   * Whether agents must fill it in.
   */
  requiredForAgents?: boolean;
  /**
   * Whether requesters must fill it in.
   */
  requiredForEndUsers?: boolean;
  /**
   * Whether requesters see it.
   */
  visibleToEndUsers?: boolean;
  /**
   * Whether requesters may change it.
   */
  editableByEndUsers?: boolean;
  /**
   * What a value must match; type `regex` only.
   */
  regexPattern?: string | null;
  /**
   * The value of a ticket that was given none; typed by the field.
   */
  defaultValue?: Json;
  /**
   * The choices; dropdown and multiselect only.
   *
   * @maxItems 2000
   */
  options?: WireTicketFieldOptionCreate[];
}
/**
 * A new choice.
 */
export interface WireTicketFieldOptionCreate {
  /**
   * What people see.
   */
  label: string;
  /**
   * What a ticket stores; unique within the field.
   */
  value: string;
  /**
   * Its place among the options.
   */
  position?: number;
}
/**
 * A change to a definition: only the given attributes change. `type` and `fieldKey` are refused (IMMUTABLE_FIELD).
 */
export interface WireTicketFieldUpdate {
  /**
   * The label that people see.
   */
  title?: string;
  /**
   * An explanation for people.
   */
  description?: string | null;
  /**
   * Its place among the fields.
   */
  position?: number;
  /**
   * Whether it is in use.
   */
  active?: boolean;
  /**
   * Whether agents must fill it in.
   */
  requiredForAgents?: boolean;
  /**
   * Whether requesters must fill it in.
   */
  requiredForEndUsers?: boolean;
  /**
   * Whether requesters see it.
   */
  visibleToEndUsers?: boolean;
  /**
   * Whether requesters may change it.
   */
  editableByEndUsers?: boolean;
  /**
   * What a value must match; type `regex` only.
   */
  regexPattern?: string | null;
  /**
   * The value of a ticket that was given none; typed by the field.
   */
  defaultValue?: Json;
}
/**
 * A change to a choice: only the given attributes change.
 */
export interface WireTicketFieldOptionUpdate {
  /**
   * What people see.
   */
  label?: string;
  /**
   * What a ticket stores; unique within the field.
   */
  value?: string;
  /**
   * Its place among the options.
   */
  position?: number;
}
/**
 * A registration: which events go where.
 */
export interface WireWebhook {
  /**
   * `whk_…`
   */
  id: string;
  /**
   * What people call it.
   */
  name: string;
  /**
   * Where deliveries go; HTTPS.
   */
  targetUrl: string;
  /**
   * What is delivered.
   */
  events: WireWebhookEvent[];
  /**
   * Whether deliveries are sent.
   */
  active: boolean;
  /**
   * When it was created.
   */
  createdAt: string;
  /**
   * When it last changed.
   */
  updatedAt: string;
}
/**
 * A registration as its creation answers it: the only time the secret is shown.
 */
export interface WireCreatedWebhook {
  /**
   * `whk_…`
   */
  id: string;
  /**
   * What people call it.
   */
  name: string;
  /**
   * Where deliveries go; HTTPS.
   */
  targetUrl: string;
  /**
   * What is delivered.
   */
  events: WireWebhookEvent[];
  /**
   * Whether deliveries are sent.
   */
  active: boolean;
  /**
   * When it was created.
   */
  createdAt: string;
  /**
   * When it last changed.
   */
  updatedAt: string;
  /**
   * `whsec_` and the key in base64.
   */
  signingSecret: string;
}
/**
 * A new registration.
 */
export interface WireWebhookCreate {
  /**
   * What people call it.
   */
  name: string;
  /**
   * Where deliveries go; HTTPS.
   */
  targetUrl: string;
  /**
   * What is delivered.
   */
  events: WireWebhookEvent[];
  /**
   * Whether deliveries are sent.
   */
  active?: boolean;
}
/**
 * A change to a registration: only the given attributes change.
 */
export interface WireWebhookUpdate {
  /**
   * What people call it.
   */
  name?: string;
  /**
   * Where deliveries go; HTTPS.
   */
  targetUrl?: string;
  /**
   * What is delivered.
   */
  events?: WireWebhookEvent[];
  /**
   * Whether deliveries are sent.
   */
  active?: boolean;
}
/**
 * Where a page stands. The resource pages document `pageSize` and `hasMore`, the pagination page `hasMore` and `afterCursor`.
 */
export interface WirePageMeta {
  /**
   * Whether another page follows.
   */
  hasMore: boolean;
  /**
   * Rows a page holds at most.
   */
  pageSize?: number;
  /**
   * Where the next page starts.
   */
  afterCursor?: string | null;
}
/**
 * Where to go from a page.
 */
export interface WirePageLinks {
  /**
   * URL of the next page; its cursor is the parameter `after` or `page[after]`. null on the last page.
   */
  next?: string | null;
}
/**
 * One fault of one attribute.
 */
export interface WireErrorDetail {
  /**
   * E.g. REQUIRED, INVALID.
   */
  code: string;
  /**
   * For people.
   */
  message: string;
}
/**
 * What went wrong.
 */
export interface WireError {
  /**
   * One of `ErrorCode`, or another.
   */
  code: string;
  /**
   * For people.
   */
  message: string;
  /**
   * The HTTP status again.
   */
  status: number;
  /**
   * Faults by attribute.
   */
  details?: {
    [k: string]: WireErrorDetail[] | undefined;
  };
}
/**
 * Body of every error.
 */
export interface WireErrorEnvelope {
  error: WireError;
}
/**
 * Body of a delivery.
 */
export interface WireWebhookDelivery {
  type: WireWebhookEvent;
  /**
   * When it happened.
   */
  timestamp: string;
  data: WireWebhookDeliveryData;
}
/**
 * What a delivery is about.
 */
export interface WireWebhookDeliveryData {
  ticket: WireTicket;
}
/**
 * One ticket.
 */
export interface WireTicketEnvelope {
  ticket: WireTicket;
}
/**
 * A page of tickets.
 */
export interface WireTicketList {
  /**
   * The rows.
   */
  tickets: WireTicket[];
  meta: WirePageMeta;
  links: WirePageLinks;
}
/**
 * Body of a creation.
 */
export interface WireTicketCreateBody {
  ticket: WireTicketCreate;
}
/**
 * Body of a change.
 */
export interface WireTicketUpdateBody {
  ticket: WireTicketUpdate;
}
/**
 * One definition.
 */
export interface WireTicketFieldEnvelope {
  ticketField: WireTicketField;
}
/**
 * A page of definitions.
 */
export interface WireTicketFieldList {
  /**
   * The rows.
   */
  ticketFields: WireTicketField[];
  meta: WirePageMeta;
  links: WirePageLinks;
}
/**
 * Body of a creation.
 */
export interface WireTicketFieldCreateBody {
  ticketField: WireTicketFieldCreate;
}
/**
 * Body of a change.
 */
export interface WireTicketFieldUpdateBody {
  ticketField: WireTicketFieldUpdate;
}
/**
 * One choice.
 */
export interface WireTicketFieldOptionEnvelope {
  option: WireTicketFieldOption;
}
/**
 * A page of choices.
 */
export interface WireTicketFieldOptionList {
  /**
   * The rows.
   */
  options: WireTicketFieldOption[];
  meta: WirePageMeta;
  links: WirePageLinks;
}
/**
 * Body of a creation.
 */
export interface WireTicketFieldOptionCreateBody {
  option: WireTicketFieldOptionCreate;
}
/**
 * Body of a change.
 */
export interface WireTicketFieldOptionUpdateBody {
  option: WireTicketFieldOptionUpdate;
}
/**
 * One registration.
 */
export interface WireWebhookEnvelope {
  webhook: WireWebhook;
}
/**
 * A page of registrations.
 */
export interface WireWebhookList {
  /**
   * The rows.
   */
  webhooks: WireWebhook[];
  meta: WirePageMeta;
  links: WirePageLinks;
}
/**
 * Body of a creation.
 */
export interface WireWebhookCreateBody {
  webhook: WireWebhookCreate;
}
/**
 * Body of a change.
 */
export interface WireWebhookUpdateBody {
  webhook: WireWebhookUpdate;
}
/**
 * A new registration.
 */
export interface WireCreatedWebhookEnvelope {
  webhook: WireCreatedWebhook;
}
