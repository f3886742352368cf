import type { TicketField } from '../../domain/ticket-field.ts';
import type { Ticket } from '../../domain/ticket.ts';
import { indexOf } from '../../loaders/field-definitions.ts';
import type { Path } from '../answer-notes.ts';
import { atHand } from '../at-once.ts';
import { builder } from '../builder.ts';
import type { GatewayContext } from '../context.ts';
import { cost } from '../cost/rule.ts';
import { customFieldsCost } from '../cost/rules.ts';
import {
  optionNamed,
  typedValue,
  type CheckboxValue,
  type DateValue,
  type DropdownValue,
  type MultiselectValue,
  type NumberValue,
  type TextValue,
  type TypedValue,
  type UnknownValue,
} from '../custom-field.ts';
import { encodeNodeId } from '../node-id.ts';
import { TicketFieldOptionRef } from './ticket-field-option.ts';
import { TicketFieldRef } from './ticket-field.ts';
import { TicketRef } from './ticket.ts';

export const CustomFieldRef = builder.interfaceRef<TypedValue>('CustomField').implement({
  description:
    'A ticket’s value of one field, typed by the field’s definition. Definitions are kept for a minute.',
  resolveType: ({ typename }) => typename,
  fields: (t) => ({
    fieldId: t.id({
      description: 'Global id of the definition.',
      resolve: ({ fieldId }, _args, { backend }) => encodeNodeId(backend.kind, 'TicketField', fieldId),
    }),
    field: t.field({
      ...atHand(({ field }: TypedValue) => field),
      type: TicketFieldRef,
      nullable: true,
      // Nullable in every type: documents that select it in two of them would not validate otherwise.
      description: 'The definition; null only in an UnknownCustomField whose definition is gone.',
    }),
    raw: t.expose('raw', {
      type: 'JSON',
      nullable: true,
      description: 'The value as the backend sent it; null where it is empty.',
    }),
  }),
});

builder.objectRef<TextValue>('TextCustomField').implement({
  description: 'A value of a TEXT, TEXTAREA or REGEX field.',
  interfaces: [CustomFieldRef],
  fields: (t) => ({
    text: t.exposeString('text', { nullable: true, description: 'The text; null where it is empty.' }),
  }),
});

builder.objectRef<NumberValue>('NumberCustomField').implement({
  description: 'A value of a NUMBER or DECIMAL field.',
  interfaces: [CustomFieldRef],
  fields: (t) => ({
    number: t.exposeFloat('number', { nullable: true, description: 'The number; null where it is empty.' }),
  }),
});

builder.objectRef<CheckboxValue>('CheckboxCustomField').implement({
  description: 'A value of a CHECKBOX field.',
  interfaces: [CustomFieldRef],
  fields: (t) => ({
    checked: t.exposeBoolean('checked', {
      nullable: true,
      description: 'Whether it is checked; null where nobody ever said.',
    }),
  }),
});

builder.objectRef<DateValue>('DateCustomField').implement({
  description: 'A value of a DATE field.',
  interfaces: [CustomFieldRef],
  fields: (t) => ({
    date: t.expose('date', {
      type: 'Date',
      nullable: true,
      description: 'The day; null where it is empty.',
    }),
  }),
});

builder.objectRef<DropdownValue>('DropdownCustomField').implement({
  description: 'A value of a DROPDOWN field.',
  interfaces: [CustomFieldRef],
  fields: (t) => ({
    value: t.exposeString('value', {
      nullable: true,
      description: 'The `value` of the chosen option; null where none is.',
    }),
    option: t.field({
      ...atHand(({ field, value }: DropdownValue) => (value === null ? null : optionNamed(field, value))),
      type: TicketFieldOptionRef,
      nullable: true,
      description:
        'The chosen option; null where none is, or where the definition does not have it any more.',
    }),
  }),
});

builder.objectRef<MultiselectValue>('MultiselectCustomField').implement({
  description: 'A value of a MULTISELECT field.',
  interfaces: [CustomFieldRef],
  fields: (t) => ({
    values: t.exposeStringList('values', { description: 'The `value` of each chosen option.' }),
    options: t.field({
      ...atHand(({ field, values }: MultiselectValue) =>
        values.map((value) => optionNamed(field, value)).filter((option) => option !== null),
      ),
      type: [TicketFieldOptionRef],
      description: 'The chosen options, without those that the definition does not have any more.',
    }),
  }),
});

builder.objectRef<UnknownValue>('UnknownCustomField').implement({
  description:
    'A value whose type is not known: its definition is gone or of an UNKNOWN type, or the value is of another kind than the definition says. See `raw`.',
  interfaces: [CustomFieldRef],
});

/**
 * What is found among a ticket’s values, typed: at once where the definitions are at hand. None is asked for where there
 * is no value.
 */
function ofValues<Found>(
  ticket: Ticket,
  { definitions, notes }: Pick<GatewayContext, 'definitions' | 'notes'>,
  path: Path,
  find: (values: readonly TypedValue[]) => Found,
): Found | Promise<Found> {
  if (ticket.customFields.length === 0) return find([]);
  const typed = (fields: readonly TicketField[]): Found => {
    if (definitions.staleMs !== null) notes.isStale(path, definitions.staleMs);
    const { byId } = indexOf(fields);
    return find(ticket.customFields.map((value) => typedValue(value, byId.get(value.fieldId) ?? null)));
  };
  const fields = definitions.all();
  return fields instanceof Promise ? fields.then(typed) : typed(fields);
}

builder.objectFields(TicketRef, (t) => ({
  customFields: t.field({
    type: [CustomFieldRef],
    nullable: true,
    description: 'Its values of the workspace’s own fields, in the backend’s order.',
    args: {
      keys: t.arg.stringList({
        description: 'Only the fields of these keys; a key that no field has finds nothing.',
      }),
    },
    directives: { semanticNonNull: {}, backendCost: { requests: 1 } },
    extensions: cost(customFieldsCost, 'keys'),
    resolve: (ticket, { keys }, context, { path }) =>
      keys?.length === 0
        ? []
        : ofValues(ticket, context, path, (values) =>
            keys ? values.filter(({ field }) => field !== null && keys.includes(field.key)) : values,
          ),
  }),
  customField: t.field({
    type: CustomFieldRef,
    nullable: true,
    description: 'Its value of one field; null where it has none, or where no field has this key.',
    args: { key: t.arg.string({ required: true, description: 'The field’s key.' }) },
    directives: { backendCost: { requests: 1 } },
    extensions: cost(customFieldsCost),
    resolve: (ticket, { key }, context, { path }) =>
      ofValues(ticket, context, path, (values) => values.find(({ field }) => field?.key === key) ?? null),
  }),
}));
