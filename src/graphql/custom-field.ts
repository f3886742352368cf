/** Gives a ticket's raw custom field values the type that their definitions say. Pure. */
import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import type { TicketField, TicketFieldOption } from '../domain/ticket-field.ts';
import type { CustomFieldValue } from '../domain/ticket.ts';

interface Defined {
  readonly fieldId: string;
  readonly field: TicketField;
  readonly raw: Json;
}

export interface TextValue extends Defined {
  readonly typename: 'TextCustomField';
  readonly text: string | null;
}
export interface NumberValue extends Defined {
  readonly typename: 'NumberCustomField';
  readonly number: number | null;
}
export interface CheckboxValue extends Defined {
  readonly typename: 'CheckboxCustomField';
  readonly checked: boolean | null;
}
export interface DateValue extends Defined {
  readonly typename: 'DateCustomField';
  readonly date: string | null;
}
export interface DropdownValue extends Defined {
  readonly typename: 'DropdownCustomField';
  readonly value: string | null;
}
export interface MultiselectValue extends Defined {
  readonly typename: 'MultiselectCustomField';
  readonly values: readonly string[];
}
/** The definition is gone or of a type this gateway does not know, or the value is of another kind than it says. */
export interface UnknownValue {
  readonly typename: 'UnknownCustomField';
  readonly fieldId: string;
  readonly field: TicketField | null;
  readonly raw: Json;
}

export type TypedValue =
  TextValue | NumberValue | CheckboxValue | DateValue | DropdownValue | MultiselectValue | UnknownValue;

const date = z.iso.date();
const isDate = (value: Json): value is string => date.safeParse(value).success;
const isTexts = (value: Json): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** @param field the definition of `fieldId`; null where there is none */
export function typedValue({ fieldId, value: raw }: CustomFieldValue, field: TicketField | null): TypedValue {
  const unknown: UnknownValue = { typename: 'UnknownCustomField', fieldId, field, raw };
  if (field === null) return unknown;
  const base = { fieldId, field, raw };
  switch (field.type) {
    case 'TEXT':
    case 'TEXTAREA':
    case 'REGEX':
      return raw === null || typeof raw === 'string'
        ? { ...base, typename: 'TextCustomField', text: raw }
        : unknown;
    case 'NUMBER':
    case 'DECIMAL':
      return raw === null || typeof raw === 'number'
        ? { ...base, typename: 'NumberCustomField', number: raw }
        : unknown;
    case 'CHECKBOX':
      return raw === null || typeof raw === 'boolean'
        ? { ...base, typename: 'CheckboxCustomField', checked: raw }
        : unknown;
    case 'DATE':
      return raw === null || isDate(raw) ? { ...base, typename: 'DateCustomField', date: raw } : unknown;
    case 'DROPDOWN':
      return raw === null || typeof raw === 'string'
        ? { ...base, typename: 'DropdownCustomField', value: raw }
        : unknown;
    case 'MULTISELECT':
      return raw === null || isTexts(raw)
        ? { ...base, typename: 'MultiselectCustomField', values: raw ?? [] }
        : unknown;
    case 'UNKNOWN':
      return unknown;
  }
}

const optionsByValue = new WeakMap<TicketField, ReadonlyMap<string, TicketFieldOption>>();

/** The option of a definition that a stored value names; null where it is gone. */
export function optionNamed(field: TicketField, value: string): TicketFieldOption | null {
  let options = optionsByValue.get(field);
  if (options === undefined) {
    options = new Map((field.options ?? []).map((option) => [option.value, option]));
    optionsByValue.set(field, options);
  }
  return options.get(value) ?? null;
}
