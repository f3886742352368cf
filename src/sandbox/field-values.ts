import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import type { Detail } from './errors.ts';
import type { FieldType, TicketFieldRow } from './rows.ts';

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isTextUpTo = (max: number) => (value: Json) => typeof value === 'string' && value.length <= max;
const hasOption = (field: TicketFieldRow, value: Json): boolean =>
  field.options?.some((option) => option.value === value) ?? false;
const isDate = z.iso.date();

/** What a value of each type must be, and how a refusal says so. */
const rules: Readonly<
  Record<
    FieldType,
    { readonly expected: string; readonly fits: (value: Json, field: TicketFieldRow) => boolean }
  >
> = {
  text: { expected: 'a text of at most 255 characters', fits: isTextUpTo(255) },
  textarea: { expected: 'a text of at most 65,535 characters', fits: isTextUpTo(65_535) },
  number: { expected: 'a whole number', fits: (value) => Number.isSafeInteger(value) },
  decimal: { expected: 'a number', fits: (value) => typeof value === 'number' },
  checkbox: { expected: 'true or false', fits: (value) => typeof value === 'boolean' },
  date: { expected: 'a date such as 2026-11-20', fits: (value) => isDate.safeParse(value).success },
  dropdown: { expected: 'one of the options', fits: (value, field) => hasOption(field, value) },
  multiselect: {
    expected: 'a list of options, each at most once',
    fits: (value, field) =>
      isList(value) && new Set(value).size === value.length && value.every((one) => hasOption(field, one)),
  },
  regex: {
    expected: 'a text that matches the pattern',
    fits: (value, field) =>
      typeof value === 'string' &&
      value.length <= 255 &&
      patternOf(field.regexPattern ?? '')?.test(value) === true,
  },
};

const isEmpty = (value: Json): boolean =>
  value === null || value === '' || (isList(value) && value.length === 0);

/** null: not a regular expression. A pattern describes the whole value. */
export function patternOf(source: string): RegExp | null {
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch {
    return null;
  }
}

/** What is wrong with a ticket's value of this field; null: nothing. A value of null clears. */
export function faultOf(field: TicketFieldRow, value: Json): Detail | null {
  if (field.requiredForAgents && isEmpty(value))
    return { code: 'REQUIRED', message: `${field.title} is required` };
  if (value === null) return null;
  const rule = rules[field.type];
  return rule.fits(value, field)
    ? null
    : { code: 'INVALID', message: `${field.title} must be ${rule.expected}` };
}

/** Whether a ticket's value names the option. */
export const namesOption = (value: Json, option: string): boolean =>
  isList(value) ? value.includes(option) : value === option;
