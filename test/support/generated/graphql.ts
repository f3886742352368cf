/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The helpdesks that a gateway can stand before. */
export type BackendKind =
  /** The Helpdesk REST API, version 1. */
  | 'HELPDESK'
  /** Help Scout Mailbox. */
  | 'HELP_SCOUT'
  /** Zendesk Support. */
  | 'ZENDESK';

/** A field and a value for it. */
export type CustomFieldInput = {
  /** Which field. */
  field: TicketFieldRef;
  /** Its value. */
  value: CustomFieldValueInput;
};

/** A value for a field: exactly one member, the one that goes with the field’s type. */
export type CustomFieldValueInput =
  {   /** For CHECKBOX. */
  checked: boolean; clear?: never; date?: never; number?: never; option?: never; options?: never; text?: never; }
  |  { checked?: never;   /** For any type: `true` takes the value away. */
  clear: boolean; date?: never; number?: never; option?: never; options?: never; text?: never; }
  |  { checked?: never; clear?: never;   /** For DATE. */
  date: string; number?: never; option?: never; options?: never; text?: never; }
  |  { checked?: never; clear?: never; date?: never;   /** For NUMBER and DECIMAL. */
  number: number; option?: never; options?: never; text?: never; }
  |  { checked?: never; clear?: never; date?: never; number?: never;   /** For DROPDOWN: the `value` of the option. */
  option: string; options?: never; text?: never; }
  |  { checked?: never; clear?: never; date?: never; number?: never; option?: never;   /** For MULTISELECT: the `value` of each option, in any order. */
  options: Array<string>; text?: never; }
  |  { checked?: never; clear?: never; date?: never; number?: never; option?: never; options?: never;   /** For TEXT, TEXTAREA and REGEX. */
  text: string; };

/** Which end of an order comes first. */
export type Direction =
  /** Smallest, oldest or first of the alphabet first. */
  | 'ASC'
  /** Largest, newest or last of the alphabet first. */
  | 'DESC';

/** How the gateway learnt of an event. */
export type EventSource =
  /** The gateway made the change itself. */
  | 'GATEWAY'
  /** A comparison with the backend found it. */
  | 'RECONCILE'
  /** The backend sent a webhook. */
  | 'WEBHOOK';

/** Why events may have been lost. */
export type GapReason =
  /** The cursor is older than what the event log keeps. */
  | 'CURSOR_EXPIRED'
  /** The event log has lost events it once held, or a change was found that no event had announced. */
  | 'EVENTS_LOST'
  /** The client took its events too slowly, and some were dropped. */
  | 'SLOW_CONSUMER'
  /** The cursor is of another event log: the gateway’s own was begun anew. */
  | 'SOURCE_RESTARTED';

/** Who asked. In a patch an absent member stays and null clears it. */
export type RequesterInput = {
  /** E-mail address. */
  email?: string | null | undefined;
  /** Name. */
  name?: string | null | undefined;
};

/** How much may be read to find what the backend cannot filter by. Pages are read until there are enough rows, the list ends, or the requests are spent. */
export type ScanBudget = {
  /** REST requests for tickets, 1 to 25, of 100 tickets each. Several lists that are merged need at least one each. */
  maxRequests?: number;
};

/** A new ticket. What is left out, or null, the backend fills in. */
export type TicketCreateInput = {
  /** The agent it is given to: a global id or the backend’s own. */
  assigneeId?: string | null | undefined;
  /** Values of ticket fields, each field once. */
  customFields?: Array<CustomFieldInput> | null | undefined;
  /** Makes it safe to send this again: 1 to 255 visible ASCII characters, a UUID best, another one for each ticket. The same input under the same key makes no second ticket: for two hours it gets the first answer, be it the ticket as it was created or the backend’s refusal; while the first is under way it waits. Where nobody can tell whether the first was carried out: OUTCOME_UNKNOWN. Another input: CONFLICT. What certainly was not carried out and may succeed later (no budget, never sent, insufficient rights) leaves the key free. It counts for one API key in one workspace, and for one person where a token says who that is. The gateway keeps it in the memory of its process: it ends with the process, other processes do not know it, and of very many the one unused longest is forgotten first. */
  idempotencyKey?: string | null | undefined;
  /** NORMAL unless given. Not UNKNOWN. */
  priority?: TicketPriority | null | undefined;
  /** Who asked. */
  requester?: RequesterInput | null | undefined;
  /** NEW unless given. Not UNKNOWN; not CLOSED, which the helpdesk alone sets. */
  status?: TicketStatus | null | undefined;
  /** What it is about, in one line. */
  subject: string;
  /** Its tags. */
  tags?: Array<string> | null | undefined;
  /** QUESTION unless given. Not UNKNOWN. */
  type?: TicketType | null | undefined;
};

/** Which ticket. */
export type TicketDeleteInput = {
  /** The ticket: a global id or the backend’s own. */
  id: string;
};

/** Which events to deliver; all members must hold, a member that is left out does not restrict. Status, priority and assignee look at the ticket before and after the event: one that leaves the filter is delivered too, with `matchesFilter: false`. At most 500 values of each member. */
export type TicketEventFilter = {
  /** Of tickets given to any of these agents (global ids or the backend’s own). */
  assigneeId?: Array<string> | null | undefined;
  /** Also events that came after something newer of the same ticket. */
  includeStale?: boolean | null | undefined;
  /** Of tickets of any of these priorities. */
  priority?: Array<TicketPriority> | null | undefined;
  /** Of tickets in any of these statuses. */
  status?: Array<TicketStatus> | null | undefined;
  /** Of any of these tickets (global ids or the backend’s own). */
  ticketIds?: Array<string> | null | undefined;
  /** Of any of these types; the default delivers each change once. UNKNOWN asks for types that this schema does not know. */
  types?: Array<TicketEventType> | null | undefined;
};

/** What happened to a ticket. An update that changes the assignee, or resolves, is announced as TICKET_UPDATED and again by its own type. */
export type TicketEventType =
  /** It was given to somebody else, or to nobody. */
  | 'TICKET_ASSIGNMENT_CHANGED'
  /** A ticket came into being. */
  | 'TICKET_CREATED'
  /** The ticket is gone. */
  | 'TICKET_DELETED'
  /** Its status became RESOLVED. */
  | 'TICKET_RESOLVED'
  /** Any attribute changed. */
  | 'TICKET_UPDATED'
  /** An event that this schema does not know. As input only in `TicketEventFilter.types`. */
  | 'UNKNOWN';

/** A new ticket field. What is left out, or null, the backend fills in. */
export type TicketFieldCreateInput = {
  /** Whether forms show it. */
  active?: boolean | null | undefined;
  /** The value of a new ticket that names none. */
  defaultValue?: unknown;
  /** What it is for. */
  description?: string | null | undefined;
  /** Whether requesters may change it. */
  editableByEndUsers?: boolean | null | undefined;
  /** Stable name for programs. Never changes afterwards. */
  key: string;
  /** For DROPDOWN and MULTISELECT: its choices, at most 2,000. */
  options?: Array<TicketFieldOptionInput> | null | undefined;
  /** Its place in forms. */
  position?: number | null | undefined;
  /** For REGEX: what values must match. */
  regexPattern?: string | null | undefined;
  /** Whether an agent must fill it in. */
  requiredForAgents?: boolean | null | undefined;
  /** Whether a requester must fill it in. */
  requiredForEndUsers?: boolean | null | undefined;
  /** What people see. */
  title: string;
  /** What values it takes. Never changes afterwards. Not UNKNOWN. */
  type: TicketFieldType;
  /** Whether requesters see it. */
  visibleToEndUsers?: boolean | null | undefined;
};

/** Which ticket field. */
export type TicketFieldDeleteInput = {
  /** The field: a global id or the backend’s own. */
  id: string;
};

/** A new option, and the field it is for. */
export type TicketFieldOptionCreateInput = {
  /** The field: a global id or the backend’s own. */
  fieldId: string;
  /** The option. */
  option: TicketFieldOptionInput;
};

/** Which option. */
export type TicketFieldOptionDeleteInput = {
  /** The option’s global id, which names its field too. */
  id: string;
};

/** A new choice of a dropdown or multiselect field. */
export type TicketFieldOptionInput = {
  /** What people see. */
  label: string;
  /** Its place among the options; the last unless given. */
  position?: number | null | undefined;
  /** What a ticket stores; unique within the field. */
  value: string;
};

/** A change to an option: what is absent stays. At least one member, none null. */
export type TicketFieldOptionPatch = {
  /** What people see. */
  label?: string | null | undefined;
  /** Its place among the options. */
  position?: number | null | undefined;
  /** What a ticket stores; unique within the field. */
  value?: string | null | undefined;
};

/** Which option, and what changes. */
export type TicketFieldOptionUpdateInput = {
  /** The option’s global id, which names its field too. */
  id: string;
  /** What changes. */
  patch: TicketFieldOptionPatch;
};

/** How to sort ticket fields. */
export type TicketFieldOrder = {
  /** Which end first. System fields come first in both. */
  direction?: Direction;
  /** By what. */
  field: TicketFieldOrderField;
};

/** What a list of ticket fields is sorted by. System fields come first, whatever the order. */
export type TicketFieldOrderField =
  /** By creation. */
  | 'CREATED_AT'
  /** By the place it has in forms. */
  | 'POSITION'
  /** By title; the alphabet is the backend’s own. */
  | 'TITLE';

/** A change to a ticket field: what is absent stays. At least one member. Key and type never change. */
export type TicketFieldPatch = {
  /** Whether forms show it. Cannot be null. */
  active?: boolean | null | undefined;
  /** The value of a new ticket that names none; null clears it. */
  defaultValue?: unknown;
  /** What it is for; null clears it. */
  description?: string | null | undefined;
  /** Whether requesters may change it. Cannot be null. */
  editableByEndUsers?: boolean | null | undefined;
  /** Its place in forms. Cannot be null. */
  position?: number | null | undefined;
  /** For REGEX: what values must match; null clears it. */
  regexPattern?: string | null | undefined;
  /** Whether an agent must fill it in. Cannot be null. */
  requiredForAgents?: boolean | null | undefined;
  /** Whether a requester must fill it in. Cannot be null. */
  requiredForEndUsers?: boolean | null | undefined;
  /** What people see. Cannot be null. */
  title?: string | null | undefined;
  /** Whether requesters see it. Cannot be null. */
  visibleToEndUsers?: boolean | null | undefined;
};

/** Names a ticket field, by exactly one of its names. */
export type TicketFieldRef =
  {   /** Its id, global or the backend’s own. */
  id: string; key?: never; }
  |  { id?: never;   /** Its key, which never changes. */
  key: string; };

/** What values a ticket field takes. Never changes once the field exists. */
export type TicketFieldType =
  /** Checked or not. */
  | 'CHECKBOX'
  /** A day of the calendar. */
  | 'DATE'
  /** A number with a fraction. */
  | 'DECIMAL'
  /** One of the field’s options. */
  | 'DROPDOWN'
  /** Any number of the field’s options. */
  | 'MULTISELECT'
  /** A whole number. */
  | 'NUMBER'
  /** Text that matches the field’s pattern. */
  | 'REGEX'
  /** One line of text. */
  | 'TEXT'
  /** Text of several lines. */
  | 'TEXTAREA'
  /** A value of the backend that this schema does not know. Read only: not accepted as input. */
  | 'UNKNOWN';

/** Which ticket field, and what changes. */
export type TicketFieldUpdateInput = {
  /** The field: a global id or the backend’s own. */
  id: string;
  /** What changes. */
  patch: TicketFieldPatch;
};

/** Which tickets to list; all members must hold. `backend.pushdownFilters` names the members that the backend applies itself, one value of each; of these, several values make a list for each combination, up to 6, which are merged in exact order (CREATED_AT and UPDATED_AT). Anything else is FILTER_NOT_SUPPORTED, never a wrong list, unless `scan` says how much may be read to find it. */
export type TicketFilter = {
  /** Given to any of these agents (global ids or the backend’s own). */
  assigneeId?: Array<string> | null | undefined;
  /** Created in this time. Where the backend cannot filter by it, with `scan` only. */
  createdAt?: TimeRange | null | undefined;
  /** Having all these values, each field once: of a MULTISELECT just these options, with `clear` none. Where the backend cannot filter by it, with `scan` only. */
  customFields?: Array<CustomFieldInput> | null | undefined;
  /** Any of these priorities. */
  priority?: Array<TicketPriority> | null | undefined;
  /** Asked by this address, in capitals or small letters. Where the backend cannot filter by it, with `scan` only. */
  requesterEmail?: string | null | undefined;
  /** Any of these statuses. */
  status?: Array<TicketStatus> | null | undefined;
  /** Having all these tags, letter by letter. Where the backend cannot filter by it, with `scan` only. */
  tagsAll?: Array<string> | null | undefined;
  /** Of any of these types. Where the backend cannot filter by it, with `scan` only. */
  type?: Array<TicketType> | null | undefined;
  /** Given to nobody (true) or somebody (false). Where the backend cannot filter by it, with `scan` only. */
  unassigned?: boolean | null | undefined;
  /** Last changed in this time. Where the backend cannot filter by it, with `scan` only. */
  updatedAt?: TimeRange | null | undefined;
};

/** How to sort tickets. */
export type TicketOrder = {
  /** Which end first. */
  direction?: Direction;
  /** By what. */
  field: TicketOrderField;
};

/** What a list of tickets is sorted by, and with it what paging promises while tickets change. */
export type TicketOrderField =
  /** By creation, which never changes: a ticket that exists throughout is seen exactly once, whatever is created or deleted meanwhile. */
  | 'CREATED_AT'
  /** By priority, in an order that is the backend’s own. Paging continues after the cursor’s ticket as long as it stands where it stood; otherwise near that place, and rows may be missed or repeated. */
  | 'PRIORITY'
  /** By status, in an order that is the backend’s own. Paging continues after the cursor’s ticket as long as it stands where it stood; otherwise near that place, and rows may be missed or repeated. */
  | 'STATUS'
  /** By last change. A ticket that changes while the list is read moves: it may be seen twice or, where it moves behind the reader, not at all. One that does not change is seen exactly once. */
  | 'UPDATED_AT';

/** A change to a ticket: what is absent stays. At least one member. */
export type TicketPatch = {
  /** A global id or the backend’s own; null takes the ticket from its assignee. */
  assigneeId?: string | null | undefined;
  /** New values, each field once; fields that are not named keep theirs. Cannot be null: `clear: true` takes the value of one field away. */
  customFields?: Array<CustomFieldInput> | null | undefined;
  /** Cannot be null. Not UNKNOWN. */
  priority?: TicketPriority | null | undefined;
  /** null clears both name and e-mail address. */
  requester?: RequesterInput | null | undefined;
  /** Cannot be null. Not UNKNOWN; not CLOSED, which the helpdesk alone sets. */
  status?: TicketStatus | null | undefined;
  /** Cannot be null. */
  subject?: string | null | undefined;
  /** All its tags from now on; null, like an empty list, takes them all away. */
  tags?: Array<string> | null | undefined;
  /** Cannot be null. Not UNKNOWN. */
  type?: TicketType | null | undefined;
};

/** How soon a ticket wants an answer. */
export type TicketPriority =
  /** Before others. */
  | 'HIGH'
  /** When there is time. */
  | 'LOW'
  /** In its turn. */
  | 'NORMAL'
  /** A value of the backend that this schema does not know. Read only: not accepted as input. */
  | 'UNKNOWN'
  /** Now. */
  | 'URGENT';

/** How far a ticket has come. */
export type TicketStatus =
  /** Over for good. Only the helpdesk itself closes tickets. */
  | 'CLOSED'
  /** Nobody has looked at it yet. */
  | 'NEW'
  /** Somebody works on it. */
  | 'OPEN'
  /** Waits for the requester. */
  | 'PENDING'
  /** Answered; the requester may still reopen it. */
  | 'RESOLVED'
  /** A value of the backend that this schema does not know. Read only: not accepted as input. */
  | 'UNKNOWN';

/** What a ticket is about. */
export type TicketType =
  /** Something that should work does not. */
  | 'INCIDENT'
  /** The cause behind incidents. */
  | 'PROBLEM'
  /** Somebody wants to know something. */
  | 'QUESTION'
  /** Something is to be done. */
  | 'TASK'
  /** A value of the backend that this schema does not know. Read only: not accepted as input. */
  | 'UNKNOWN';

/** Which ticket, and what changes. */
export type TicketUpdateInput = {
  /** The ticket: a global id or the backend’s own. */
  id: string;
  /** The ticket’s `updatedAt` as it was read. If the ticket has another by now, nothing is written: PRECONDITION_FAILED, which tells the present one as `updatedAt`. A helpdesk without conditional writes is asked before each write (the Helpdesk backend is one: one request more), so a change that lands between that read and the write goes unnoticed, and so does one that leaves `updatedAt` as it was. A write whose answer was lost is looked up before it is sent again; where that does not tell what became of it, `outcome` is UNKNOWN. */
  ifUpdatedAt?: string | null | undefined;
  /** What changes. */
  patch: TicketPatch;
};

/** Which tickets, and the one change that all of them get. */
export type TicketsUpdateInput = {
  /** The tickets, each once, at most 50: global ids or the backend’s own. */
  ids: Array<string>;
  /** What changes. */
  patch: TicketPatch;
};

/** A stretch of time; an end that is left out is open. */
export type TimeRange = {
  /** The first instant after it. */
  before?: string | null | undefined;
  /** The first instant in it. */
  from?: string | null | undefined;
};

/** A new registration: which events the backend sends where. */
export type WebhookCreateInput = {
  /** Whether it delivers; true unless given. */
  active?: boolean | null | undefined;
  /** What is delivered. Not UNKNOWN. */
  events: Array<TicketEventType>;
  /** What people call it. */
  name: string;
  /** Where deliveries go; HTTPS. */
  targetUrl: string;
};

/** Which registration. */
export type WebhookDeleteInput = {
  /** The registration: a global id or the backend’s own. */
  id: string;
};

/** A change to a registration: what is absent stays. At least one member, none null. */
export type WebhookPatch = {
  /** Whether it delivers. */
  active?: boolean | null | undefined;
  /** All that is delivered from now on. Not UNKNOWN. */
  events?: Array<TicketEventType> | null | undefined;
  /** What people call it. */
  name?: string | null | undefined;
  /** Where deliveries go; HTTPS. */
  targetUrl?: string | null | undefined;
};

/** Which registration, and what changes. */
export type WebhookUpdateInput = {
  /** The registration: a global id or the backend’s own. */
  id: string;
  /** What changes. */
  patch: WebhookPatch;
};

export type AgentTicketsQueryVariables = Exact<{
  first?: number | null | undefined;
  each?: number | null | undefined;
}>;


export type AgentTicketsQuery = { tickets: { nodes: Array<{ localId: string, subject: string, assignee: { localId: string, tickets: { nodes: Array<{ localId: string, subject: string }> } | null } | null }> } | null };

export type BudgetQueryVariables = Exact<{ [key: string]: never; }>;


export type BudgetQuery = { rateLimit: { limit: number, remaining: number, resetAt: string, observedAt: string, queued: number } | null, eventStream: { live: boolean, headCursor: string, retainedSince: string | null, lastWebhookAt: string | null }, backend: { kind: BackendKind, pushdownFilters: Array<string>, orderFields: Array<TicketOrderField>, writableStatuses: Array<TicketStatus>, maxFirst: number } };

export type ErrorCatalogQueryVariables = Exact<{ [key: string]: never; }>;


export type ErrorCatalogQuery = { errorCatalog: Array<{ code: string, category: string, retryable: boolean, httpStatus: number | null, description: string }> };

export type LiveEventsSubscriptionVariables = Exact<{
  filter?: TicketEventFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type LiveEventsSubscription = { ticketEvents:
    | { __typename: 'StreamGap', reason: GapReason, since: string | null, cursor: string }
    | { __typename: 'StreamReady', resumed: boolean, replayCount: number, cursor: string }
    | { __typename: 'TicketEvent', eventId: string, type: TicketEventType, matchesFilter: boolean, occurredAt: string, receivedAt: string, source: EventSource, stale: boolean, replayed: boolean, ticketId: string, cursor: string, ticket: { localId: string, subject: string, status: TicketStatus, priority: TicketPriority | null, updatedAt: string, assignee: { localId: string } | null } | null }
   };

export type NodeByIdQueryVariables = Exact<{
  id: string;
}>;


export type NodeByIdQuery = { node:
    | { __typename: 'Ticket', subject: string, id: string }
    | { __typename: 'TicketField', title: string, id: string }
    | { __typename: 'TicketFieldOption', label: string, id: string }
    | { __typename: 'Webhook', name: string, id: string }
   | null };

export type NodesByIdQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type NodesByIdQuery = { nodes: Array<
    | { __typename: 'Ticket', subject: string, id: string }
    | { __typename: 'TicketField', id: string }
    | { __typename: 'TicketFieldOption', id: string }
    | { __typename: 'Webhook', id: string }
   | null> };

export type TicketCountsQueryVariables = Exact<{
  max?: number;
}>;


export type TicketCountsQuery = { unresolved: { countUpTo: { value: number, exact: boolean } | null } | null, urgent: { countUpTo: { value: number, exact: boolean } | null } | null };

export type TicketCreateMutationVariables = Exact<{
  input?: TicketCreateInput;
}>;


export type TicketCreateMutation = { ticketCreate: { ticket: { id: string, localId: string, subject: string, status: TicketStatus, priority: TicketPriority | null, type: TicketType | null, tags: Array<string>, createdAt: string, updatedAt: string, requester: { name: string | null, email: string | null }, assignee: { localId: string } | null, customFields: Array<
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
      > | null } } | null };

export type TicketDeleteMutationVariables = Exact<{
  input: TicketDeleteInput;
}>;


export type TicketDeleteMutation = { ticketDelete: { deletedId: string } | null };

export type TicketFieldCreateMutationVariables = Exact<{
  input?: TicketFieldCreateInput;
}>;


export type TicketFieldCreateMutation = { ticketFieldCreate: { ticketField: { id: string, localId: string, key: string, title: string, type: TicketFieldType, description: string | null, active: boolean, options: { nodes: Array<{ id: string, label: string, value: string }> } | null } } | null };

export type TicketFieldUpdateMutationVariables = Exact<{
  input: TicketFieldUpdateInput;
}>;


export type TicketFieldUpdateMutation = { ticketFieldUpdate: { ticketField: { id: string, localId: string, title: string, description: string | null, active: boolean } } | null };

export type TicketFieldDeleteMutationVariables = Exact<{
  input: TicketFieldDeleteInput;
}>;


export type TicketFieldDeleteMutation = { ticketFieldDelete: { deletedId: string } | null };

export type TicketFieldOptionCreateMutationVariables = Exact<{
  input: TicketFieldOptionCreateInput;
}>;


export type TicketFieldOptionCreateMutation = { ticketFieldOptionCreate: { option: { id: string, localId: string, label: string, value: string, position: number } } | null };

export type TicketFieldOptionUpdateMutationVariables = Exact<{
  input: TicketFieldOptionUpdateInput;
}>;


export type TicketFieldOptionUpdateMutation = { ticketFieldOptionUpdate: { option: { id: string, label: string, value: string, position: number } } | null };

export type TicketFieldOptionDeleteMutationVariables = Exact<{
  input: TicketFieldOptionDeleteInput;
}>;


export type TicketFieldOptionDeleteMutation = { ticketFieldOptionDelete: { deletedId: string } | null };

export type TicketFieldsPageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  active?: boolean | null | undefined;
  orderBy?: TicketFieldOrder | null | undefined;
}>;


export type TicketFieldsPageQuery = { ticketFields: { edges: Array<{ cursor: string, node: { id: string, localId: string, key: string, title: string, type: TicketFieldType, description: string | null, position: number, active: boolean, system: boolean, requiredForAgents: boolean, requiredForEndUsers: boolean, visibleToEndUsers: boolean, editableByEndUsers: boolean, regexPattern: string | null, defaultValue: unknown, createdAt: string | null, updatedAt: string | null, options: { nodes: Array<{ id: string, label: string, value: string, position: number }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type TicketFieldByQueryVariables = Exact<{
  by: TicketFieldRef;
  options?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TicketFieldByQuery = { ticketField: { id: string, localId: string, key: string, title: string, type: TicketFieldType, position: number, active: boolean, system: boolean, options: { edges: Array<{ cursor: string, node: { id: string, localId: string, label: string, value: string, position: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type TicketUpdateMutationVariables = Exact<{
  input?: TicketUpdateInput;
}>;


export type TicketUpdateMutation = { ticketUpdate: { ticket: { id: string, localId: string, subject: string, status: TicketStatus, priority: TicketPriority | null, type: TicketType | null, tags: Array<string>, updatedAt: string, requester: { name: string | null, email: string | null }, assignee: { localId: string } | null, customFields: Array<
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
        | { raw: unknown, field: { key: string } | null }
      > | null } } | null };

export type TicketByIdQueryVariables = Exact<{
  id?: string;
  fieldKeys?: Array<string> | string | null | undefined;
}>;


export type TicketByIdQuery = { ticket: { __typename: 'Ticket', id: string, localId: string, backend: BackendKind, subject: string, status: TicketStatus, statusRaw: string, priority: TicketPriority | null, type: TicketType | null, tags: Array<string>, createdAt: string, updatedAt: string, fetchedAt: string, assignee: { id: string, localId: string } | null, requester: { name: string | null, email: string | null }, customFields: Array<
      | { __typename: 'CheckboxCustomField', fieldId: string, raw: unknown }
      | { __typename: 'DateCustomField', fieldId: string, raw: unknown }
      | { __typename: 'DropdownCustomField', fieldId: string, raw: unknown }
      | { __typename: 'MultiselectCustomField', fieldId: string, raw: unknown }
      | { __typename: 'NumberCustomField', fieldId: string, raw: unknown }
      | { __typename: 'TextCustomField', fieldId: string, raw: unknown }
      | { __typename: 'UnknownCustomField', fieldId: string, raw: unknown }
    > | null } | null };

export type TicketsPageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: TicketFilter | null | undefined;
  orderBy?: TicketOrder | null | undefined;
}>;


export type TicketsPageQuery = { tickets: { edges: Array<{ cursor: string, node: { id: string, localId: string, subject: string, status: TicketStatus, priority: TicketPriority | null, type: TicketType | null, tags: Array<string>, createdAt: string, updatedAt: string, assignee: { localId: string } | null, requester: { name: string | null, email: string | null }, customFields: Array<
          | { checked: boolean | null, raw: unknown, field: { key: string, title: string, type: TicketFieldType } | null }
          | { date: string | null, raw: unknown, field: { key: string, title: string, type: TicketFieldType } | null }
          | { raw: unknown, option: { label: string } | null, field: { key: string, title: string, type: TicketFieldType } | null }
          | { raw: unknown, options: Array<{ label: string }>, field: { key: string, title: string, type: TicketFieldType } | null }
          | { number: number | null, raw: unknown, field: { key: string, title: string, type: TicketFieldType } | null }
          | { text: string | null, raw: unknown, field: { key: string, title: string, type: TicketFieldType } | null }
          | { raw: unknown, field: { key: string, title: string, type: TicketFieldType } | null }
        > | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type TicketsScanQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: TicketFilter | null | undefined;
  orderBy?: TicketOrder | null | undefined;
  scan?: ScanBudget;
}>;


export type TicketsScanQuery = { tickets: { nodes: Array<{ id: string, localId: string, subject: string, status: TicketStatus, tags: Array<string>, createdAt: string }>, scan: { examined: number, requests: number, exhausted: boolean } | null, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type TicketsUpdateMutationVariables = Exact<{
  input?: TicketsUpdateInput;
}>;


export type TicketsUpdateMutation = { ticketsUpdate: { results: Array<{ id: string, ticket: { localId: string, status: TicketStatus, priority: TicketPriority | null, updatedAt: string } | null }> } | null };

export type WebhooksPageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhooksPageQuery = { webhooks: { edges: Array<{ cursor: string, node: { id: string, localId: string, name: string, targetUrl: string, events: Array<TicketEventType>, eventsRaw: Array<string>, active: boolean, feedsThisGateway: boolean, createdAt: string, updatedAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type WebhookByIdQueryVariables = Exact<{
  id: string;
}>;


export type WebhookByIdQuery = { webhook: { id: string, localId: string, name: string, targetUrl: string, events: Array<TicketEventType>, active: boolean } | null };

export type WebhookCreateMutationVariables = Exact<{
  input: WebhookCreateInput;
}>;


export type WebhookCreateMutation = { webhookCreate: { signingSecret: string, webhook: { id: string, localId: string, name: string, targetUrl: string, events: Array<TicketEventType>, active: boolean } } | null };

export type WebhookUpdateMutationVariables = Exact<{
  input: WebhookUpdateInput;
}>;


export type WebhookUpdateMutation = { webhookUpdate: { webhook: { id: string, name: string, targetUrl: string, events: Array<TicketEventType>, active: boolean } } | null };

export type WebhookDeleteMutationVariables = Exact<{
  input: WebhookDeleteInput;
}>;


export type WebhookDeleteMutation = { webhookDelete: { deletedId: string } | null };


export const AgentTicketsDocument = {"__meta__":{"hash":"sha256:ab3736cdc19b6a454acfe05e4063ed80fc48c73fc7e8049cf60605f20a906904"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AgentTickets"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"10"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"each"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"assignee"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"each"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"OPEN"}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<AgentTicketsQuery, AgentTicketsQueryVariables>;
export const BudgetDocument = {"__meta__":{"hash":"sha256:f0be3f7537b8f489934bf199ad159feb3b3a9a2d72a41662d3f93feedf5f8f0c"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Budget"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rateLimit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"remaining"}},{"kind":"Field","name":{"kind":"Name","value":"resetAt"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}},{"kind":"Field","name":{"kind":"Name","value":"queued"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventStream"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"live"}},{"kind":"Field","name":{"kind":"Name","value":"headCursor"}},{"kind":"Field","name":{"kind":"Name","value":"retainedSince"}},{"kind":"Field","name":{"kind":"Name","value":"lastWebhookAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"backend"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"pushdownFilters"}},{"kind":"Field","name":{"kind":"Name","value":"orderFields"}},{"kind":"Field","name":{"kind":"Name","value":"writableStatuses"}},{"kind":"Field","name":{"kind":"Name","value":"maxFirst"}}]}}]}}]} as unknown as DocumentNode<BudgetQuery, BudgetQueryVariables>;
export const ErrorCatalogDocument = {"__meta__":{"hash":"sha256:57417cfd306991990d2be78e969fd0793bea7a0d9cf61feb9ae9be1e0bfbb890"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ErrorCatalog"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"errorCatalog"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"category"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"httpStatus"}},{"kind":"Field","name":{"kind":"Name","value":"description"}}]}}]}}]} as unknown as DocumentNode<ErrorCatalogQuery, ErrorCatalogQueryVariables>;
export const LiveEventsDocument = {"__meta__":{"hash":"sha256:090a9a6e2d332e48d22765c44cf1001d6e71c8e2ce2537e42f84dc1b6b1639f4"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"LiveEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketEventFilter"}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"types"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"TICKET_CREATED"},{"kind":"EnumValue","value":"TICKET_UPDATED"},{"kind":"EnumValue","value":"TICKET_DELETED"}]}}]}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketEvents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"StreamReady"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resumed"}},{"kind":"Field","name":{"kind":"Name","value":"replayCount"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"StreamGap"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"since"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TicketEvent"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"matchesFilter"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"stale"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"assignee"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}}]}}]}}]} as unknown as DocumentNode<LiveEventsSubscription, LiveEventsSubscriptionVariables>;
export const NodeByIdDocument = {"__meta__":{"hash":"sha256:56b47c54400cc31068c29c7fae5dc4f230accaf41e9d1ba85aceb6a34ce87138"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"NodeById"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Ticket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"subject"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TicketField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldOption"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"label"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Webhook"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<NodeByIdQuery, NodeByIdQueryVariables>;
export const NodesByIdDocument = {"__meta__":{"hash":"sha256:4c765c1dfc76caf7c399d8a761bbb38ed6f304c12dacc8585fe7d4d04bc918c7"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"NodesById"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Ticket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"subject"}}]}}]}}]}}]} as unknown as DocumentNode<NodesByIdQuery, NodesByIdQueryVariables>;
export const TicketCountsDocument = {"__meta__":{"hash":"sha256:3cd81b15874e134e4aafa0ca8d1df538e381f38580ccee66f10fe052b5dfc9a0"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketCounts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"max"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"unresolved"},"name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"0"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"NEW"},{"kind":"EnumValue","value":"OPEN"},{"kind":"EnumValue","value":"PENDING"}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"countUpTo"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"max"},"value":{"kind":"Variable","name":{"kind":"Name","value":"max"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"exact"}}]}}]}},{"kind":"Field","alias":{"kind":"Name","value":"urgent"},"name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"0"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"NEW"},{"kind":"EnumValue","value":"OPEN"}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"priority"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"URGENT"}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"countUpTo"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"max"},"value":{"kind":"Variable","name":{"kind":"Name","value":"max"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"exact"}}]}}]}}]}}]} as unknown as DocumentNode<TicketCountsQuery, TicketCountsQueryVariables>;
export const TicketCreateDocument = {"__meta__":{"hash":"sha256:00792916ee595c1fe375762eb1aba061b2ed62a5b27241e4e140205bafeb29d5"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketCreate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketCreateInput"}}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"subject"},"value":{"kind":"StringValue","value":"The printer on the third floor is out of paper","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"priority"},"value":{"kind":"EnumValue","value":"HIGH"}},{"kind":"ObjectField","name":{"kind":"Name","value":"type"},"value":{"kind":"EnumValue","value":"INCIDENT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"requester"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"name"},"value":{"kind":"StringValue","value":"Ada Lovelace","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"email"},"value":{"kind":"StringValue","value":"ada@example.com","block":false}}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"tags"},"value":{"kind":"ListValue","values":[{"kind":"StringValue","value":"printer","block":false},{"kind":"StringValue","value":"office","block":false}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketCreate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"requester"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"email"}}]}},{"kind":"Field","name":{"kind":"Name","value":"assignee"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"customFields"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"raw"}},{"kind":"Field","name":{"kind":"Name","value":"field"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}}]}}]} as unknown as DocumentNode<TicketCreateMutation, TicketCreateMutationVariables>;
export const TicketDeleteDocument = {"__meta__":{"hash":"sha256:1a0a0911033395c6a8be9f9e2e36005426f9fb4a8c05552aa5b65624ac30b805"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketDelete"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketDeleteInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketDelete"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}}]}}]}}]} as unknown as DocumentNode<TicketDeleteMutation, TicketDeleteMutationVariables>;
export const TicketFieldCreateDocument = {"__meta__":{"hash":"sha256:54cd3b4a2955fab9b1c36d0fef790b08b7aaaf2d6ab294e5ae1d77878b30f0d3"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketFieldCreate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldCreateInput"}}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"title"},"value":{"kind":"StringValue","value":"Delivery window","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"key"},"value":{"kind":"StringValue","value":"delivery_window","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"type"},"value":{"kind":"EnumValue","value":"DROPDOWN"}},{"kind":"ObjectField","name":{"kind":"Name","value":"options"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"label"},"value":{"kind":"StringValue","value":"Morning","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"value"},"value":{"kind":"StringValue","value":"morning","block":false}}]},{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"label"},"value":{"kind":"StringValue","value":"Afternoon","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"value"},"value":{"kind":"StringValue","value":"afternoon","block":false}}]}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFieldCreate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketField"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"active"}},{"kind":"Field","name":{"kind":"Name","value":"options"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<TicketFieldCreateMutation, TicketFieldCreateMutationVariables>;
export const TicketFieldUpdateDocument = {"__meta__":{"hash":"sha256:924b650ef34cf3cea1206a0efbcb810836ca4465ca3419c729802365dfc32b26"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketFieldUpdate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldUpdateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFieldUpdate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketField"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"active"}}]}}]}}]}}]} as unknown as DocumentNode<TicketFieldUpdateMutation, TicketFieldUpdateMutationVariables>;
export const TicketFieldDeleteDocument = {"__meta__":{"hash":"sha256:ba24f5b78daa650d918bdedc235bb402035496d711503ba7b8aa7d5e05559fa0"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketFieldDelete"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldDeleteInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFieldDelete"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}}]}}]}}]} as unknown as DocumentNode<TicketFieldDeleteMutation, TicketFieldDeleteMutationVariables>;
export const TicketFieldOptionCreateDocument = {"__meta__":{"hash":"sha256:775e60852587fef4833bb66c21c3c2a24804c572bc2ebfaaa07ea2d28ff821c3"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketFieldOptionCreate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldOptionCreateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFieldOptionCreate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"option"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}}]}}]} as unknown as DocumentNode<TicketFieldOptionCreateMutation, TicketFieldOptionCreateMutationVariables>;
export const TicketFieldOptionUpdateDocument = {"__meta__":{"hash":"sha256:60abb9e15ccecc1a491363bf43eed806573bd5d595f592641ea3ec83d15535d0"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketFieldOptionUpdate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldOptionUpdateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFieldOptionUpdate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"option"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}}]}}]} as unknown as DocumentNode<TicketFieldOptionUpdateMutation, TicketFieldOptionUpdateMutationVariables>;
export const TicketFieldOptionDeleteDocument = {"__meta__":{"hash":"sha256:accd5d75f2160831f3b7a19db9a42fe739245099f9c8e9f5c60b76b9831a4ae4"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketFieldOptionDelete"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldOptionDeleteInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFieldOptionDelete"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}}]}}]}}]} as unknown as DocumentNode<TicketFieldOptionDeleteMutation, TicketFieldOptionDeleteMutationVariables>;
export const TicketFieldsPageDocument = {"__meta__":{"hash":"sha256:4f802a7a9e8d4909048c2443e48b93b66058ec9186f833a0303a32c1ac8dbf08"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketFieldsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"50"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"active"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldOrder"}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"POSITION"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"ASC"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketFields"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"active"},"value":{"kind":"Variable","name":{"kind":"Name","value":"active"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"active"}},{"kind":"Field","name":{"kind":"Name","value":"system"}},{"kind":"Field","name":{"kind":"Name","value":"requiredForAgents"}},{"kind":"Field","name":{"kind":"Name","value":"requiredForEndUsers"}},{"kind":"Field","name":{"kind":"Name","value":"visibleToEndUsers"}},{"kind":"Field","name":{"kind":"Name","value":"editableByEndUsers"}},{"kind":"Field","name":{"kind":"Name","value":"regexPattern"}},{"kind":"Field","name":{"kind":"Name","value":"defaultValue"}},{"kind":"Field","name":{"kind":"Name","value":"options"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<TicketFieldsPageQuery, TicketFieldsPageQueryVariables>;
export const TicketFieldByDocument = {"__meta__":{"hash":"sha256:eb581f28b81563595e5f3c89020c30ac96f56097944deb1d64363f22303cf9ed"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketFieldBy"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"by"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFieldRef"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"options"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"100"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketField"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"Variable","name":{"kind":"Name","value":"by"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"active"}},{"kind":"Field","name":{"kind":"Name","value":"system"}},{"kind":"Field","name":{"kind":"Name","value":"options"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"options"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TicketFieldByQuery, TicketFieldByQueryVariables>;
export const TicketUpdateDocument = {"__meta__":{"hash":"sha256:12f2acef0fd68d82e273f40c831a845e285126ea1307385b6951715db75ebeef"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketUpdate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketUpdateInput"}}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"StringValue","value":"tkt_m8y0sb","block":false}},{"kind":"ObjectField","name":{"kind":"Name","value":"patch"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"EnumValue","value":"OPEN"}},{"kind":"ObjectField","name":{"kind":"Name","value":"priority"},"value":{"kind":"EnumValue","value":"HIGH"}}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketUpdate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"requester"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"email"}}]}},{"kind":"Field","name":{"kind":"Name","value":"assignee"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"customFields"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"raw"}},{"kind":"Field","name":{"kind":"Name","value":"field"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}}]}}]} as unknown as DocumentNode<TicketUpdateMutation, TicketUpdateMutationVariables>;
export const TicketByIdDocument = {"__meta__":{"hash":"sha256:915847eeb8be5d4160b4166a6129013066ab80b3524a6403d58fc78d7cc2d3eb"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketById"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},"defaultValue":{"kind":"StringValue","value":"tkt_m8y0sb","block":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"fieldKeys"}},"type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"backend"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusRaw"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"assignee"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"requester"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"email"}}]}},{"kind":"Field","name":{"kind":"Name","value":"customFields"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"keys"},"value":{"kind":"Variable","name":{"kind":"Name","value":"fieldKeys"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"fieldId"}},{"kind":"Field","name":{"kind":"Name","value":"raw"}}]}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"fetchedAt"}}]}}]}}]} as unknown as DocumentNode<TicketByIdQuery, TicketByIdQueryVariables>;
export const TicketsPageDocument = {"__meta__":{"hash":"sha256:f99b98c2e968efd5bcbeada5fa76a2b65c0ccb99a22b60e170581b3f08c08fe8"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"10"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFilter"}},"defaultValue":{"kind":"ObjectValue","fields":[]}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketOrder"}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CREATED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"assignee"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"requester"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"email"}}]}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"customFields"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"type"}}]}},{"kind":"Field","name":{"kind":"Name","value":"raw"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TextCustomField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"text"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"NumberCustomField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CheckboxCustomField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"checked"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DateCustomField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"date"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DropdownCustomField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"option"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"label"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MultiselectCustomField"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"label"}}]}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<TicketsPageQuery, TicketsPageQueryVariables>;
export const TicketsScanDocument = {"__meta__":{"hash":"sha256:daeb05ccbf5e243e294a9a500f75371019c8d4b09ec054b9c7bb273b114b1c55"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketsScan"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"10"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketFilter"}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"NEW"},{"kind":"EnumValue","value":"OPEN"}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"tagsAll"},"value":{"kind":"ListValue","values":[{"kind":"StringValue","value":"vip","block":false}]}}]}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketOrder"}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CREATED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"scan"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ScanBudget"}}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"maxRequests"},"value":{"kind":"IntValue","value":"5"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"scan"},"value":{"kind":"Variable","name":{"kind":"Name","value":"scan"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"scan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"examined"}},{"kind":"Field","name":{"kind":"Name","value":"requests"}},{"kind":"Field","name":{"kind":"Name","value":"exhausted"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<TicketsScanQuery, TicketsScanQueryVariables>;
export const TicketsUpdateDocument = {"__meta__":{"hash":"sha256:b302501d44fa1ce9629d550812c9a70a9cc8cbc03a92a9f7bdf9cc324efac42e"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TicketsUpdate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketsUpdateInput"}}},"defaultValue":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"ids"},"value":{"kind":"ListValue","values":[{"kind":"StringValue","value":"tkt_m8y0sb","block":false},{"kind":"StringValue","value":"tkt_bqc2ts","block":false}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"patch"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"priority"},"value":{"kind":"EnumValue","value":"HIGH"}}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketsUpdate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"results"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TicketsUpdateMutation, TicketsUpdateMutationVariables>;
export const WebhooksPageDocument = {"__meta__":{"hash":"sha256:a09b60f734e755269799740e7a4f114cd59e8401f091683f1e6a1ac9c2fb1513"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"WebhooksPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"50"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhooks"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"targetUrl"}},{"kind":"Field","name":{"kind":"Name","value":"events"}},{"kind":"Field","name":{"kind":"Name","value":"eventsRaw"}},{"kind":"Field","name":{"kind":"Name","value":"active"}},{"kind":"Field","name":{"kind":"Name","value":"feedsThisGateway"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<WebhooksPageQuery, WebhooksPageQueryVariables>;
export const WebhookByIdDocument = {"__meta__":{"hash":"sha256:8cae79ea19d34981a6bfb2c915a3c07e963d63498a50a818c26e35e5b6e8558a"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"WebhookById"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhook"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"targetUrl"}},{"kind":"Field","name":{"kind":"Name","value":"events"}},{"kind":"Field","name":{"kind":"Name","value":"active"}}]}}]}}]} as unknown as DocumentNode<WebhookByIdQuery, WebhookByIdQueryVariables>;
export const WebhookCreateDocument = {"__meta__":{"hash":"sha256:aa69a36d2fc680bb4642ab25691136474a5a892aedcd7b006d193abf87da2982"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"WebhookCreate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"WebhookCreateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhookCreate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signingSecret"}},{"kind":"Field","name":{"kind":"Name","value":"webhook"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"localId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"targetUrl"}},{"kind":"Field","name":{"kind":"Name","value":"events"}},{"kind":"Field","name":{"kind":"Name","value":"active"}}]}}]}}]}}]} as unknown as DocumentNode<WebhookCreateMutation, WebhookCreateMutationVariables>;
export const WebhookUpdateDocument = {"__meta__":{"hash":"sha256:738706a1625f3695c4c6ffb63d1320cba12ce03e02ea57e23853ea50af8bec81"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"WebhookUpdate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"WebhookUpdateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhookUpdate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhook"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"targetUrl"}},{"kind":"Field","name":{"kind":"Name","value":"events"}},{"kind":"Field","name":{"kind":"Name","value":"active"}}]}}]}}]}}]} as unknown as DocumentNode<WebhookUpdateMutation, WebhookUpdateMutationVariables>;
export const WebhookDeleteDocument = {"__meta__":{"hash":"sha256:fac07f49883bf77acf5eb8c428edcdd9c1205bd378ef370e33bb9fc2d1f7b27b"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"WebhookDelete"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"WebhookDeleteInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhookDelete"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}}]}}]}}]} as unknown as DocumentNode<WebhookDeleteMutation, WebhookDeleteMutationVariables>;