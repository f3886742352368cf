import type { Json } from './json.ts';
import type { Direction, Unknown } from './ticket.ts';

export const ticketFieldTypes = [
  'TEXT',
  'TEXTAREA',
  'NUMBER',
  'DECIMAL',
  'CHECKBOX',
  'DATE',
  'DROPDOWN',
  'MULTISELECT',
  'REGEX',
] as const;
export const ticketFieldOrderFields = ['POSITION', 'TITLE', 'CREATED_AT'] as const;

export type TicketFieldType = (typeof ticketFieldTypes)[number];
export type TicketFieldOrderField = (typeof ticketFieldOrderFields)[number];

/** One choice of a dropdown or multiselect field. */
export interface TicketFieldOption {
  readonly id: string;
  /** The field it belongs to; option ids mean nothing without it. */
  readonly fieldId: string;
  readonly label: string;
  /** What a ticket stores; unique within the field. */
  readonly value: string;
  readonly position: number;
}

/** The definition of a ticket field, system or custom. */
export interface TicketField {
  readonly id: string;
  /** Stable name for programs; never changes. */
  readonly key: string;
  readonly title: string;
  readonly type: TicketFieldType | Unknown;
  readonly description: string | null;
  readonly position: number;
  readonly active: boolean;
  /** Made by the backend: cannot be changed or deleted. */
  readonly system: boolean;
  readonly requiredForAgents: boolean;
  readonly requiredForEndUsers: boolean;
  readonly visibleToEndUsers: boolean;
  readonly editableByEndUsers: boolean;
  readonly regexPattern: string | null;
  readonly defaultValue: Json;
  /** null unless the type is DROPDOWN or MULTISELECT. */
  readonly options: readonly TicketFieldOption[] | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export interface TicketFieldOrder {
  readonly field: TicketFieldOrderField;
  readonly direction: Direction;
}

/** A change to a definition: an absent attribute stays, null clears. Key and type never change. */
export interface TicketFieldPatch {
  readonly title?: string;
  readonly description?: string | null;
  readonly position?: number;
  readonly active?: boolean;
  readonly requiredForAgents?: boolean;
  readonly requiredForEndUsers?: boolean;
  readonly visibleToEndUsers?: boolean;
  readonly editableByEndUsers?: boolean;
  readonly regexPattern?: string | null;
  readonly defaultValue?: Json;
}

export interface TicketFieldInput extends TicketFieldPatch {
  readonly title: string;
  readonly key: string;
  readonly type: TicketFieldType;
  readonly options?: readonly TicketFieldOptionInput[];
}

export interface TicketFieldOptionInput {
  readonly label: string;
  readonly value: string;
  readonly position?: number;
}

export interface TicketFieldOptionPatch {
  readonly label?: string;
  readonly value?: string;
  readonly position?: number;
}
