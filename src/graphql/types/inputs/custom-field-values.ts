import type { BackendKind } from '../../../domain/backend.ts';
import { badInput } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { TicketField, TicketFieldType } from '../../../domain/ticket-field.ts';
import type { CustomFieldValue } from '../../../domain/ticket.ts';
import type { ArgumentPath } from '../../argument-paths.ts';
import type { GatewayContext } from '../../context.ts';
import { parseIdArgument } from '../../node-id.ts';
import type { CustomFieldInput, CustomFieldValueInput, TicketFieldRefInput } from '../custom-field-input.ts';
import type { Faults } from './faults.ts';

type Given = typeof CustomFieldInput.$inferInput;
type GivenRef = typeof TicketFieldRefInput.$inferInput;
type GivenValue = typeof CustomFieldValueInput.$inferInput;
type Member = Exclude<keyof GivenValue, 'clear'>;

/** Which member of the value goes with which type. A type this gateway does not know takes any. */
const memberOf: Readonly<Record<TicketFieldType, Member>> = {
  TEXT: 'text',
  TEXTAREA: 'text',
  REGEX: 'text',
  NUMBER: 'number',
  DECIMAL: 'number',
  CHECKBOX: 'checked',
  DATE: 'date',
  DROPDOWN: 'option',
  MULTISELECT: 'options',
};

export interface CustomFieldValues {
  readonly values: readonly CustomFieldValue[];
  /** Their definitions, in the same order: the caller's. */
  readonly fields: readonly TicketField[];
}

/**
 * Looks up the definitions that a caller names and checks that each value is of their kind. That needs the
 * definitions, by id as by key: one REST request where none are cached. What a value must further be (an option
 * that exists, a match of the pattern) the backend decides: a cached definition may be behind.
 */
export async function customFieldValues(
  given: readonly Given[],
  base: ArgumentPath,
  faults: Faults,
  context: Pick<GatewayContext, 'backend' | 'definitions'>,
): Promise<CustomFieldValues> {
  const found = await fieldsNamed(given, base, faults, context);
  const values: CustomFieldValue[] = [];
  const fields: TicketField[] = [];
  for (const [index, { value }] of given.entries()) {
    const field = found[index];
    if (!field) continue;
    const place = [...base, index];
    if (fields.some(({ id }) => id === field.id)) {
      faults.add([...place, 'field'], `“${field.key}” is given twice.`, 'DUPLICATE');
      continue;
    }
    fields.push(field);
    values.push({ fieldId: field.id, value: valueFor(field, value, [...place, 'value'], faults) });
  }
  return { values, fields };
}

/** The definition of each reference, in order; null where there is none. Known faults come first: they cost nothing. */
async function fieldsNamed(
  given: readonly Given[],
  base: ArgumentPath,
  faults: Faults,
  { backend, definitions }: Pick<GatewayContext, 'backend' | 'definitions'>,
): Promise<readonly (TicketField | null)[]> {
  const refs = given.map(({ field }, index) =>
    faults.take(() => refOf(field, [...base, index, 'field'], backend.kind), null),
  );
  faults.check();
  const lookUp = async (ref: Ref | null): Promise<TicketField | null> => {
    if (ref === null) return null;
    return 'id' in ref ? definitions.byId(ref.id) : definitions.byKey(ref.key);
  };
  const find = () => Promise.all(refs.map(lookUp));
  const found = await find();
  if (!found.includes(null)) return found;
  // A field may be younger than the cached definitions.
  definitions.forget();
  const current = await find();
  for (const [index, field] of current.entries()) {
    if (field === null) {
      faults.add([...base, index, 'field'], 'There is no such ticket field.', 'NOT_FOUND');
    }
  }
  return current;
}

type Ref = { readonly id: string } | { readonly key: string };

function refOf({ id, key }: GivenRef, place: ArgumentPath, kind: BackendKind): Ref {
  if (typeof id === 'string') return { id: parseIdArgument(id, 'TicketField', [...place, 'id'], kind) };
  if (typeof key === 'string') return { key };
  throw badInput(place, 'Name the field by its id or its key.', 'REQUIRED');
}

function valueFor(field: TicketField, given: GivenValue, place: ArgumentPath, faults: Faults): Json {
  if (given.clear === true) return null;
  if (given.clear === false) {
    faults.add([...place, 'clear'], '“clear” is true or left out.');
    return null;
  }
  if (field.type === 'UNKNOWN') {
    return given.text ?? given.number ?? given.checked ?? given.date ?? given.option ?? given.options ?? null;
  }
  const member = memberOf[field.type];
  const value = given[member];
  if (value !== undefined && value !== null) return value;
  faults.add(place, `“${field.key}” is a ${field.type} field: give its value as “${member}”.`);
  return null;
}
