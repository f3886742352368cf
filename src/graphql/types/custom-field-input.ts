/** How a caller names a field and gives it a value: in filters and in writes. */
import { builder } from '../builder.ts';

export const TicketFieldRefInput = builder.inputType('TicketFieldRef', {
  description: 'Names a ticket field, by exactly one of its names.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: 'Its id, global or the backend’s own.' }),
    key: t.string({ description: 'Its key, which never changes.' }),
  }),
});

export const CustomFieldValueInput = builder.inputType('CustomFieldValueInput', {
  description: 'A value for a field: exactly one member, the one that goes with the field’s type.',
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: 'For TEXT, TEXTAREA and REGEX.' }),
    number: t.float({ description: 'For NUMBER and DECIMAL.' }),
    checked: t.boolean({ description: 'For CHECKBOX.' }),
    date: t.field({ type: 'Date', description: 'For DATE.' }),
    option: t.string({ description: 'For DROPDOWN: the `value` of the option.' }),
    options: t.stringList({ description: 'For MULTISELECT: the `value` of each option, in any order.' }),
    clear: t.boolean({ description: 'For any type: `true` takes the value away.' }),
  }),
});

export const CustomFieldInput = builder.inputType('CustomFieldInput', {
  description: 'A field and a value for it.',
  fields: (t) => ({
    field: t.field({ type: TicketFieldRefInput, required: true, description: 'Which field.' }),
    value: t.field({ type: CustomFieldValueInput, required: true, description: 'Its value.' }),
  }),
});
