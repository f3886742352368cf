import type { Json } from './json.ts';

export const ticketStatuses = ['NEW', 'OPEN', 'PENDING', 'RESOLVED', 'CLOSED'] as const;
export const ticketPriorities = ['LOW', 'NORMAL', 'HIGH', 'URGENT'] as const;
export const ticketTypes = ['QUESTION', 'INCIDENT', 'PROBLEM', 'TASK'] as const;
export const ticketOrderFields = ['CREATED_AT', 'UPDATED_AT', 'STATUS', 'PRIORITY'] as const;

export type TicketStatus = (typeof ticketStatuses)[number];
export type TicketPriority = (typeof ticketPriorities)[number];
export type TicketType = (typeof ticketTypes)[number];
export type TicketOrderField = (typeof ticketOrderFields)[number];
export type Direction = 'ASC' | 'DESC';

/** A value the backend sent that this gateway does not know. Read only, never written. */
export type Unknown = 'UNKNOWN';

/** A ticket's value of one custom field; its meaning comes from the field's definition. */
export interface CustomFieldValue {
  /** The definition's id in the backend. */
  readonly fieldId: string;
  readonly value: Json;
}

/** One customer request, in our words. Ids are the backend's own; times are ISO 8601 as the backend sent them. */
export interface Ticket {
  readonly id: string;
  readonly subject: string;
  readonly status: TicketStatus | Unknown;
  /** The status in the backend's spelling. */
  readonly statusRaw: string;
  /** null where the backend has no priorities. */
  readonly priority: TicketPriority | Unknown | null;
  /** null where the backend has no types. */
  readonly type: TicketType | Unknown | null;
  readonly assigneeId: string | null;
  readonly requesterEmail: string | null;
  readonly requesterName: string | null;
  readonly tags: readonly string[];
  readonly customFields: readonly CustomFieldValue[];
  readonly createdAt: string;
  readonly updatedAt: string;
  /** When the gateway received this state from the backend; ISO 8601 UTC. */
  readonly fetchedAt: string;
}

/** Filters a backend applies itself; at most one value of each. */
export interface TicketFilter {
  readonly status?: TicketStatus;
  readonly priority?: TicketPriority;
  readonly assigneeId?: string;
}

export interface TicketOrder {
  readonly field: TicketOrderField;
  readonly direction: Direction;
}

/** A change to a ticket: an absent attribute stays, null clears. */
export interface TicketPatch {
  readonly subject?: string;
  readonly status?: TicketStatus;
  readonly priority?: TicketPriority;
  readonly type?: TicketType;
  readonly assigneeId?: string | null;
  readonly requesterEmail?: string | null;
  readonly requesterName?: string | null;
  readonly tags?: readonly string[];
  /** Only the named fields change; the others keep their values. */
  readonly customFields?: readonly CustomFieldValue[];
}

/** A new ticket; the backend fills in what is absent. */
export type TicketInput = TicketPatch & { readonly subject: string };
