/** Where each attribute of a write sits among the arguments of its mutation: a backend's fault becomes a path the client knows. */
import type { ApiLevel } from '../domain/caller.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import type { FieldFault, GatewayError } from '../domain/errors.ts';

export type ArgumentPath = readonly (string | number)[];

/** What a caller handed over, as far as a path depends on it. */
export interface GivenArguments {
  /** The custom fields that the caller named, in the caller's order. */
  readonly customFields?: readonly { readonly id: string; readonly key: string }[];
  /** The options of a new field, in the caller's order. */
  readonly options?: readonly { readonly value: string }[];
}

/** A mutation as its errors need to know it. */
export interface MutationArguments {
  /** The level of key that it needs. */
  readonly level: ApiLevel;
  /** Attribute in our words → argument. What is below an attribute keeps its own path. */
  readonly attributes: Readonly<Record<string, ArgumentPath>>;
  /** The argument at fault where the code alone says it. */
  readonly codes: Readonly<Partial<Record<ErrorCode, ArgumentPath>>>;
}

const target: ArgumentPath = ['input', 'id'];
const fieldId: ArgumentPath = ['input', 'fieldId'];

function under(base: ArgumentPath, names: readonly string[]): Record<string, ArgumentPath> {
  return Object.fromEntries(names.map((name) => [name, [...base, name]]));
}

const ticketAttributes = (base: ArgumentPath) => ({
  ...under(base, ['subject', 'status', 'priority', 'type', 'assigneeId', 'tags', 'customFields']),
  requesterEmail: [...base, 'requester', 'email'],
  requesterName: [...base, 'requester', 'name'],
});
const fieldAttributes = [
  'title',
  'description',
  'position',
  'active',
  'requiredForAgents',
  'requiredForEndUsers',
  'visibleToEndUsers',
  'editableByEndUsers',
  'regexPattern',
  'defaultValue',
];
const optionAttributes = ['label', 'value', 'position'];
const webhookAttributes = ['name', 'targetUrl', 'events', 'active'];
const input: ArgumentPath = ['input'];
const patch: ArgumentPath = ['input', 'patch'];
const option: ArgumentPath = ['input', 'option'];

const ticketUpdate = (ticket: ArgumentPath): MutationArguments => ({
  level: 'WRITE',
  attributes: ticketAttributes(patch),
  codes: { NOT_FOUND: ticket, TICKET_CLOSED: ticket, CLOSED_STATUS_SYSTEM_ONLY: [...patch, 'status'] },
});

const ofOneUpdate = ticketUpdate(target);

/** One ticket of `ticketsUpdate`. @param index its place among `ids` */
export const oneOfTicketsUpdate = (index: number): MutationArguments => ticketUpdate(['input', 'ids', index]);

/** Every mutation by its name. */
export const mutationArguments = {
  ticketCreate: {
    level: 'WRITE',
    attributes: ticketAttributes(input),
    codes: { CLOSED_STATUS_SYSTEM_ONLY: [...input, 'status'] },
  },
  ticketUpdate: {
    ...ofOneUpdate,
    codes: { ...ofOneUpdate.codes, PRECONDITION_FAILED: [...input, 'ifUpdatedAt'] },
  },
  ticketsUpdate: { level: 'WRITE', attributes: ticketAttributes(patch), codes: {} },
  ticketDelete: { level: 'WRITE', attributes: {}, codes: { NOT_FOUND: target, TICKET_CLOSED: target } },
  ticketFieldCreate: {
    level: 'ADMIN',
    attributes: under(input, ['key', 'type', 'options', ...fieldAttributes]),
    codes: {
      INVALID_FIELD_TYPE: [...input, 'options'],
      TOO_MANY_OPTIONS: [...input, 'options'],
      DUPLICATE_OPTION_VALUE: [...input, 'options'],
    },
  },
  ticketFieldUpdate: {
    level: 'ADMIN',
    attributes: under(patch, fieldAttributes),
    codes: { NOT_FOUND: target, IMMUTABLE_FIELD: target, SYSTEM_FIELD: target, INVALID_FIELD_TYPE: target },
  },
  ticketFieldDelete: {
    level: 'ADMIN',
    attributes: {},
    codes: { NOT_FOUND: target, IMMUTABLE_FIELD: target, SYSTEM_FIELD: target },
  },
  ticketFieldOptionCreate: {
    level: 'ADMIN',
    attributes: under(option, optionAttributes),
    codes: {
      NOT_FOUND: fieldId,
      IMMUTABLE_FIELD: fieldId,
      SYSTEM_FIELD: fieldId,
      INVALID_FIELD_TYPE: fieldId,
      TOO_MANY_OPTIONS: option,
      DUPLICATE_OPTION_VALUE: [...option, 'value'],
    },
  },
  ticketFieldOptionUpdate: {
    level: 'ADMIN',
    attributes: under(patch, optionAttributes),
    codes: {
      NOT_FOUND: target,
      IMMUTABLE_FIELD: target,
      SYSTEM_FIELD: target,
      INVALID_FIELD_TYPE: target,
      OPTION_IN_USE: target,
      DUPLICATE_OPTION_VALUE: [...patch, 'value'],
    },
  },
  ticketFieldOptionDelete: {
    level: 'ADMIN',
    attributes: {},
    codes: {
      NOT_FOUND: target,
      IMMUTABLE_FIELD: target,
      SYSTEM_FIELD: target,
      INVALID_FIELD_TYPE: target,
      OPTION_IN_USE: target,
    },
  },
  webhookCreate: { level: 'ADMIN', attributes: under(input, webhookAttributes), codes: {} },
  webhookUpdate: {
    level: 'ADMIN',
    attributes: under(patch, webhookAttributes),
    codes: { NOT_FOUND: target },
  },
  webhookDelete: { level: 'ADMIN', attributes: {}, codes: { NOT_FOUND: target } },
} as const satisfies Readonly<Record<string, MutationArguments>>;

/**
 * The faults of a refused write, by the arguments of its mutation. What the backend named keeps its place; where it
 * named nothing that the caller handed over, the code may say which argument it is, or the path is null.
 */
export function argumentFaults(
  error: GatewayError,
  mutation: MutationArguments,
  given: GivenArguments,
): readonly FieldFault[] {
  const codes: Readonly<Record<string, ArgumentPath>> = mutation.codes;
  const known = Object.hasOwn(codes, error.code) ? (codes[error.code] ?? null) : null;
  if (error.fields.length === 0) {
    if (known === null) return [];
    const path = exactly(known, error, given);
    return [{ path, code: error.code, message: error.message, sourceKey: null }];
  }
  return error.fields.map((fault) => {
    const path = (fault.path && toArgument(fault.path, mutation, given)) ?? known;
    return { ...fault, path: path && exactly(path, error, given), message: fault.message || error.message };
  });
}

/** Of a list of new options, the one that repeats an earlier value, where the backend named the list alone. */
const exactly = (path: ArgumentPath, { code }: GatewayError, given: GivenArguments): ArgumentPath =>
  code === 'DUPLICATE_OPTION_VALUE' && path.at(-1) === 'options'
    ? (repeatedOption(path, given) ?? path)
    : path;

function toArgument(
  path: ArgumentPath,
  { attributes }: MutationArguments,
  given: GivenArguments,
): ArgumentPath | null {
  const [attribute, ...below] = path;
  const base =
    typeof attribute === 'string' && Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  if (base === undefined) return null;
  return attribute === 'customFields' ? customFieldPath(base, below, given) : [...base, ...below];
}

/** The backend names a custom field by id or key, or by its place in the list it was sent, which is the caller's order. */
function customFieldPath(
  base: ArgumentPath,
  [name, member]: ArgumentPath,
  { customFields = [] }: GivenArguments,
): ArgumentPath | null {
  if (name === undefined) return base;
  const index =
    typeof name === 'number'
      ? customFields.findIndex((_, place) => place === name)
      : customFields.findIndex(({ id, key }) => id === name || key === name);
  // A field that the caller did not name (one that is required, say) has no place in the caller's list.
  return index < 0 ? null : [...base, index, member === 'id' ? 'field' : 'value'];
}

/** The first option whose value an earlier one has already. */
function repeatedOption(base: ArgumentPath, { options = [] }: GivenArguments): ArgumentPath | null {
  const seen = new Set<string>();
  const index = options.findIndex(({ value }) => seen.size === seen.add(value).size);
  return index < 0 ? null : [...base, index, 'value'];
}
