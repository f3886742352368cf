import { expect, test } from 'vitest';
import type { Json } from '../../../src/domain/json.ts';
import type { TicketField } from '../../../src/domain/ticket-field.ts';
import { optionNamed, typedValue } from '../../../src/graphql/custom-field.ts';
import { fieldOf, optionOf } from './fake-session.ts';

const typed = (type: TicketField['type'], value: Json) =>
  typedValue({ fieldId: 'cf_1', value }, fieldOf('cf_1', { type }));

test.each([
  ['TEXT', 'a', { typename: 'TextCustomField', text: 'a' }],
  ['TEXTAREA', 'a\nb', { typename: 'TextCustomField', text: 'a\nb' }],
  ['REGEX', 'AB-1', { typename: 'TextCustomField', text: 'AB-1' }],
  ['TEXT', null, { typename: 'TextCustomField', text: null }],
  ['NUMBER', 0, { typename: 'NumberCustomField', number: 0 }],
  ['DECIMAL', 1.5, { typename: 'NumberCustomField', number: 1.5 }],
  ['NUMBER', null, { typename: 'NumberCustomField', number: null }],
  ['CHECKBOX', false, { typename: 'CheckboxCustomField', checked: false }],
  ['CHECKBOX', null, { typename: 'CheckboxCustomField', checked: null }],
  ['DATE', '2026-02-28', { typename: 'DateCustomField', date: '2026-02-28' }],
  ['DATE', null, { typename: 'DateCustomField', date: null }],
  ['DROPDOWN', 'low', { typename: 'DropdownCustomField', value: 'low' }],
  ['DROPDOWN', null, { typename: 'DropdownCustomField', value: null }],
  ['MULTISELECT', ['low', 'high'], { typename: 'MultiselectCustomField', values: ['low', 'high'] }],
  ['MULTISELECT', null, { typename: 'MultiselectCustomField', values: [] }],
] as const)('a %s holding %j is typed by its definition', (type, value, expected) => {
  expect(typed(type, value)).toMatchObject({ ...expected, raw: value, fieldId: 'cf_1' });
});

test.each([
  ['TEXT', 1],
  ['NUMBER', '1'],
  ['CHECKBOX', 'true'],
  ['DATE', '2026-02-30'],
  ['DATE', '2026-02-28T00:00:00Z'],
  ['DROPDOWN', ['low']],
  ['MULTISELECT', 'low'],
  ['MULTISELECT', ['low', 1]],
  ['UNKNOWN', 'anything'],
] as const)(
  'a %s holding %j is of a kind that its definition does not say: unknown, with all that is known',
  (type, value) => {
    expect(typed(type, value)).toMatchObject({ typename: 'UnknownCustomField', raw: value, field: { type } });
  },
);

test('a value whose definition is gone is unknown', () => {
  expect(typedValue({ fieldId: 'cf_gone', value: { any: 'thing' } }, null)).toEqual({
    typename: 'UnknownCustomField',
    fieldId: 'cf_gone',
    field: null,
    raw: { any: 'thing' },
  });
});

test('a stored value finds its option as long as the definition has it', () => {
  const option = optionOf('cf_1', 'opt_1');
  const field = fieldOf('cf_1', { type: 'DROPDOWN', options: [option] });
  expect(optionNamed(field, 'low')).toBe(option);
  expect(optionNamed(field, 'high')).toBeNull();
  expect(optionNamed(fieldOf('cf_2', { type: 'DROPDOWN' }), 'low')).toBeNull();
});
