import type {
  TicketFieldInput,
  TicketFieldOptionInput,
  TicketFieldOptionPatch,
  TicketFieldPatch,
} from '../../../domain/ticket-field.ts';
import type { ArgumentPath } from '../../argument-paths.ts';
import { builder } from '../../builder.ts';
import { knownValue, TicketFieldTypeEnum } from '../enums.ts';
import { createFaults, type Faults } from './faults.ts';
import { checkPatch, membersOf, type Draft } from './members.ts';

export const OptionInput = builder.inputType('TicketFieldOptionInput', {
  description: 'A new choice of a dropdown or multiselect field.',
  fields: (t) => ({
    label: t.string({ required: true, description: 'What people see.' }),
    value: t.string({ required: true, description: 'What a ticket stores; unique within the field.' }),
    position: t.int({ description: 'Its place among the options; the last unless given.' }),
  }),
});

export const OptionPatchInput = builder.inputType('TicketFieldOptionPatch', {
  description: 'A change to an option: what is absent stays. At least one member, none null.',
  fields: (t) => ({
    label: t.string({ description: 'What people see.' }),
    value: t.string({ description: 'What a ticket stores; unique within the field.' }),
    position: t.int({ description: 'Its place among the options.' }),
  }),
});

export const TicketFieldCreateInput = builder.inputType('TicketFieldCreateInput', {
  description: 'A new ticket field. What is left out, or null, the backend fills in.',
  fields: (t) => ({
    title: t.string({ required: true, description: 'What people see.' }),
    key: t.string({ required: true, description: 'Stable name for programs. Never changes afterwards.' }),
    type: t.field({
      type: TicketFieldTypeEnum,
      required: true,
      description: 'What values it takes. Never changes afterwards. Not UNKNOWN.',
    }),
    description: t.string({ description: 'What it is for.' }),
    position: t.int({ description: 'Its place in forms.' }),
    active: t.boolean({ description: 'Whether forms show it.' }),
    requiredForAgents: t.boolean({ description: 'Whether an agent must fill it in.' }),
    requiredForEndUsers: t.boolean({ description: 'Whether a requester must fill it in.' }),
    visibleToEndUsers: t.boolean({ description: 'Whether requesters see it.' }),
    editableByEndUsers: t.boolean({ description: 'Whether requesters may change it.' }),
    regexPattern: t.string({ description: 'For REGEX: what values must match.' }),
    defaultValue: t.field({ type: 'JSON', description: 'The value of a new ticket that names none.' }),
    options: t.field({
      type: [OptionInput],
      description: 'For DROPDOWN and MULTISELECT: its choices, at most 2,000.',
    }),
  }),
});

export const TicketFieldPatchInput = builder.inputType('TicketFieldPatch', {
  description:
    'A change to a ticket field: what is absent stays. At least one member. Key and type never change.',
  fields: (t) => ({
    title: t.string({ description: 'What people see. Cannot be null.' }),
    description: t.string({ description: 'What it is for; null clears it.' }),
    position: t.int({ description: 'Its place in forms. Cannot be null.' }),
    active: t.boolean({ description: 'Whether forms show it. Cannot be null.' }),
    requiredForAgents: t.boolean({ description: 'Whether an agent must fill it in. Cannot be null.' }),
    requiredForEndUsers: t.boolean({ description: 'Whether a requester must fill it in. Cannot be null.' }),
    visibleToEndUsers: t.boolean({ description: 'Whether requesters see it. Cannot be null.' }),
    editableByEndUsers: t.boolean({ description: 'Whether requesters may change it. Cannot be null.' }),
    regexPattern: t.string({ description: 'For REGEX: what values must match; null clears it.' }),
    defaultValue: t.field({
      type: 'JSON',
      description: 'The value of a new ticket that names none; null clears it.',
    }),
  }),
});

/** @throws GatewayError BAD_USER_INPUT with every fault */
export function readTicketFieldCreate(input: typeof TicketFieldCreateInput.$inferInput): TicketFieldInput {
  const faults = createFaults();
  const base = ['input'];
  const patch = readMembers('CREATE', input, base, faults);
  const type = faults.take(() => knownValue(input.type, [...base, 'type']), 'TEXT' as const);
  const options = input.options?.map((option) => readOption(option));
  faults.check();
  return { ...patch, title: input.title, key: input.key, type, ...(options ? { options } : {}) };
}

/** @throws GatewayError BAD_USER_INPUT with every fault */
export function readTicketFieldPatch(
  input: typeof TicketFieldPatchInput.$inferInput,
  faults: Faults,
): TicketFieldPatch {
  const base = ['input', 'patch'];
  const patch = readMembers('PATCH', input, base, faults);
  return checkPatch(patch, base, faults);
}

export const readOption = ({
  label,
  value,
  position,
}: typeof OptionInput.$inferInput): TicketFieldOptionInput => ({
  label,
  value,
  ...(position === null || position === undefined ? {} : { position }),
});

/** @throws GatewayError BAD_USER_INPUT with every fault */
export function readOptionPatch(
  input: typeof OptionPatchInput.$inferInput,
  faults: Faults,
): TicketFieldOptionPatch {
  const base = ['input', 'patch'];
  const members = membersOf('PATCH', base, faults);
  const patch: Draft<TicketFieldOptionPatch> = {};
  const label = members.value('label', input.label);
  if (label !== undefined) patch.label = label;
  const value = members.value('value', input.value);
  if (value !== undefined) patch.value = value;
  const position = members.value('position', input.position);
  if (position !== undefined) patch.position = position;
  return checkPatch(patch, base, faults);
}

const flags = [
  'active',
  'requiredForAgents',
  'requiredForEndUsers',
  'visibleToEndUsers',
  'editableByEndUsers',
] as const satisfies readonly (keyof TicketFieldPatch)[];

function readMembers(
  mode: 'PATCH' | 'CREATE',
  input: typeof TicketFieldPatchInput.$inferInput,
  base: ArgumentPath,
  faults: Faults,
): TicketFieldPatch {
  const members = membersOf(mode, base, faults);
  const patch: Draft<TicketFieldPatch> = {};
  const title = members.value('title', input.title);
  if (title !== undefined) patch.title = title;
  const description = members.clearable(input.description);
  if (description !== undefined) patch.description = description;
  const position = members.value('position', input.position);
  if (position !== undefined) patch.position = position;
  for (const name of flags) {
    const flag = members.value(name, input[name]);
    if (flag !== undefined) patch[name] = flag;
  }
  const regexPattern = members.clearable(input.regexPattern);
  if (regexPattern !== undefined) patch.regexPattern = regexPattern;
  const defaultValue = members.clearable(input.defaultValue);
  if (defaultValue !== undefined) patch.defaultValue = defaultValue;
  return patch;
}
