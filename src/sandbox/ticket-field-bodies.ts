import { z } from 'zod';
import { demand, json, text, unwrap } from './bodies.ts';
import { RestError, detail, refuseIfAny } from './errors.ts';
import type { Details } from './errors.ts';
import { faultOf, patternOf } from './field-values.ts';
import { fieldTypes } from './rows.ts';
import type { OptionRow, OptionValues, TicketFieldRow, TicketFieldValues } from './rows.ts';
import { hasOptions } from './ticket-fields.ts';

const maxOptions = 2_000;

const position = z.int().min(0);
const option = z.object({ label: text(255), value: text(255), position: position.exactOptional() });
const optionChange = z.object({
  label: text(255).exactOptional(),
  value: text(255).exactOptional(),
  position: position.exactOptional(),
});

const attributes = z.object({
  title: text(255).exactOptional(),
  description: z.string().max(1_000).nullable().exactOptional(),
  position: position.exactOptional(),
  active: z.boolean().exactOptional(),
  requiredForAgents: z.boolean().exactOptional(),
  requiredForEndUsers: z.boolean().exactOptional(),
  visibleToEndUsers: z.boolean().exactOptional(),
  editableByEndUsers: z.boolean().exactOptional(),
  regexPattern: text(500).nullable().exactOptional(),
  defaultValue: json.exactOptional(),
});
const created = attributes.extend({
  title: text(255),
  type: z.enum(fieldTypes),
  fieldKey: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _ only'),
  options: z.array(option).exactOptional(),
});

/** Pattern and default value must fit the type. */
function definitionFaults(field: TicketFieldRow): Details {
  const source = field.regexPattern ?? null;
  if (field.type === 'regex' && source === null) {
    return detail('regexPattern', 'REQUIRED', 'Regex pattern is required');
  }
  if (source !== null && !patternOf(source))
    return detail('regexPattern', 'INVALID', 'Regex pattern is not a regular expression');
  const value = field.defaultValue ?? null;
  const fault = value === null ? null : faultOf(field, value);
  return fault ? { defaultValue: [fault] } : {};
}

/** Throws INVALID_FIELD_TYPE unless the type has options. */
export function refuseWithoutOptions(type: TicketFieldRow['type']): void {
  if (hasOptions(type)) return;
  const message = `Only dropdown and multiselect fields have options, not ${type}`;
  throw new RestError('INVALID_FIELD_TYPE', message, detail('options', 'INVALID', message));
}

const duplicate = (attribute: string): RestError => {
  const message = 'Another option of this field has the value already';
  return new RestError('DUPLICATE_OPTION_VALUE', message, detail(attribute, 'DUPLICATE', message));
};

function refuseTooMany(count: number): void {
  if (count > maxOptions) throw new RestError('TOO_MANY_OPTIONS', 'A field has at most 2,000 options');
}

function refuseRepeats(options: readonly OptionValues[]): void {
  const seen = new Set<string>();
  for (const [at, { value }] of options.entries()) {
    if (seen.has(value)) throw duplicate(`options[${at}].value`);
    seen.add(value);
  }
}

const blank = {
  id: '',
  position: 0,
  active: true,
  requiredForAgents: false,
  requiredForEndUsers: false,
  visibleToEndUsers: true,
  editableByEndUsers: true,
  createdAt: '',
  updatedAt: '',
};

/** The body of `POST /ticket_fields`. Throws BAD_REQUEST, VALIDATION_ERROR or one of the options' codes. */
export function readNewField(
  body: unknown,
): TicketFieldValues & { readonly title: string; readonly fieldKey: string } {
  const data = demand(created, unwrap(body, 'ticketField'));
  if (data.options !== undefined) refuseWithoutOptions(data.type);
  refuseTooMany(data.options?.length ?? 0);
  refuseRepeats(data.options ?? []);
  if (data.fieldKey.startsWith('system_'))
    refuseIfAny(detail('fieldKey', 'INVALID', 'Keys that begin with system_ are reserved'));
  const options = data.options?.map((one, at) => ({ id: '', position: at, ...one })) ?? null;
  refuseIfAny(definitionFaults({ ...blank, ...data, options }));
  return data;
}

/** The body of `PUT /ticket_fields/:id`. Throws BAD_REQUEST, IMMUTABLE_FIELD or VALIDATION_ERROR. */
export function readFieldChange(body: unknown, current: TicketFieldRow): Omit<TicketFieldValues, 'options'> {
  const inner = unwrap(body, 'ticketField');
  for (const attribute of ['type', 'fieldKey'] as const) {
    if (inner[attribute] === undefined || inner[attribute] === current[attribute]) continue;
    const message = `${attribute} never changes`;
    throw new RestError('IMMUTABLE_FIELD', message, detail(attribute, 'IMMUTABLE', message));
  }
  if ((inner['options'] ?? null) !== null) refuseWithoutOptions(current.type);
  const values = demand(attributes, inner);
  refuseIfAny(definitionFaults({ ...current, ...values }));
  return values;
}

/** The body of a new option. Throws BAD_REQUEST, VALIDATION_ERROR, TOO_MANY_OPTIONS or DUPLICATE_OPTION_VALUE. */
export function readNewOption(body: unknown, field: TicketFieldRow): OptionValues {
  const data = demand(option, unwrap(body, 'option'));
  const others = field.options ?? [];
  refuseTooMany(others.length + 1);
  if (others.some(({ value }) => value === data.value)) throw duplicate('value');
  return data;
}

/** The body of a change to an option. Throws BAD_REQUEST, VALIDATION_ERROR or DUPLICATE_OPTION_VALUE. */
export function readOptionChange(
  body: unknown,
  field: TicketFieldRow,
  current: OptionRow,
): Partial<OptionValues> {
  const data = demand(optionChange, unwrap(body, 'option'));
  const taken = field.options?.some(({ id, value }) => id !== current.id && value === data.value);
  if (taken) throw duplicate('value');
  return data;
}
