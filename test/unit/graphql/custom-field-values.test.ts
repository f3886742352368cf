import { beforeEach, describe, expect, test } from 'vitest';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf, optionOf } from './fake-session.ts';
import { backendError, createHarness, type Harness } from './run.ts';

const create = 'mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { localId } } }';

/** A definition of each type, as `cf_<type>` with the key `the_<type>`. */
const fields = [
  ...(['TEXT', 'TEXTAREA', 'NUMBER', 'DECIMAL', 'CHECKBOX', 'DATE', 'REGEX', 'UNKNOWN'] as const).map(
    (type) => fieldOf(`cf_${type.toLowerCase()}`, { key: `the_${type.toLowerCase()}`, type }),
  ),
  ...(['DROPDOWN', 'MULTISELECT'] as const).map((type) => {
    const id = `cf_${type.toLowerCase()}`;
    return fieldOf(id, { key: `the_${type.toLowerCase()}`, type, options: [optionOf(id, 'opt_1')] });
  }),
];

let harness: Harness;
beforeEach(() => {
  harness = createHarness();
  harness.session.fields = fields;
});

const writes = () => harness.writes();
const faultsOf = (document: string, input: object) => harness.faultsOf(document, input);

describe('a custom field’s value', () => {
  const given = (field: object, value: object) => ({ subject: 'x', customFields: [{ field, value }] });

  test.each([
    ['text', { text: '' }, ''],
    ['textarea', { text: 'two\nlines' }, 'two\nlines'],
    ['regex', { text: 'AB-12' }, 'AB-12'],
    ['number', { number: 0 }, 0],
    ['decimal', { number: 1.5 }, 1.5],
    ['checkbox', { checked: false }, false],
    ['date', { date: '2026-11-20' }, '2026-11-20'],
    ['dropdown', { option: 'low' }, 'low'],
    ['dropdown', { option: 'an option younger than the cache' }, 'an option younger than the cache'],
    ['multiselect', { options: [] }, []],
    ['multiselect', { options: ['low', 'high'] }, ['low', 'high']],
    ['unknown', { number: 3 }, 3],
    ['unknown', { checked: false }, false],
    ['text', { clear: true }, null],
    ['multiselect', { clear: true }, null],
  ])('of a %s field is sent as JSON: %j', async (type, value, json) => {
    for (const field of [{ key: `the_${type}` }, { id: `cf_${type}` }]) {
      expect((await harness.run(create, { input: given(field, value) })).errors).toEqual([]);
    }
    const sent = ['tickets.create', { subject: 'x', customFields: [{ fieldId: `cf_${type}`, value: json }] }];
    expect(writes()).toEqual([sent, sent]);
  });

  test('of another kind than its field is refused at its place', async () => {
    const kinds = [
      'text',
      'textarea',
      'number',
      'decimal',
      'checkbox',
      'date',
      'regex',
      'dropdown',
      'multiselect',
    ];
    const values = [
      { text: 'x' },
      { number: 1 },
      { checked: true },
      { date: '2026-11-20' },
      { option: 'a' },
      { options: ['a'] },
    ];
    const fitting = {
      text: 0,
      textarea: 0,
      regex: 0,
      number: 1,
      decimal: 1,
      checkbox: 2,
      date: 3,
      dropdown: 4,
      multiselect: 5,
    };
    for (const [kind, own] of Object.entries(fitting)) {
      for (const [index, value] of values.entries()) {
        if (index === own) continue;
        const faults = await faultsOf(create, given({ key: `the_${kind}` }, value));
        expect(faults).toEqual([{ path: ['input', 'customFields', 0, 'value'], code: 'INVALID' }]);
      }
    }
    expect(Object.keys(fitting)).toHaveLength(kinds.length);
  });

  test('is not cleared by half', async () => {
    const faults = await faultsOf(create, given({ key: 'the_text' }, { clear: false }));
    expect(faults).toEqual([{ path: ['input', 'customFields', 0, 'value', 'clear'], code: 'INVALID' }]);
  });

  test('is given once, by whichever of its names', async () => {
    const faults = await faultsOf(create, {
      subject: 'x',
      customFields: [
        { field: { key: 'the_text' }, value: { text: 'a' } },
        { field: { id: encodeNodeId('HELPDESK', 'TicketField', 'cf_text') }, value: { text: 'b' } },
      ],
    });
    expect(faults).toEqual([{ path: ['input', 'customFields', 1, 'field'], code: 'DUPLICATE' }]);
  });

  test('of a field that does not exist is refused, once the definitions were read anew', async () => {
    const faults = await faultsOf(create, {
      subject: 'x',
      customFields: [
        { field: { key: 'the_text' }, value: { text: 'a' } },
        { field: { key: 'nonsense' }, value: { text: 'a' } },
        { field: { id: 'cf_nonsense' }, value: { text: 'a' } },
      ],
    });
    expect(faults).toEqual([
      { path: ['input', 'customFields', 1, 'field'], code: 'NOT_FOUND' },
      { path: ['input', 'customFields', 2, 'field'], code: 'NOT_FOUND' },
    ]);
    expect(harness.session.calls.map(([method]) => method)).toEqual([
      'ticketFields.list',
      'ticketFields.list',
    ]);
  });

  test('of a field younger than the cached definitions is sent', async () => {
    await harness.context.definitions.all();
    harness.session.fields = [...fields, fieldOf('cf_young', { key: 'young' })];
    await harness.run(create, { input: given({ key: 'young' }, { text: 'a' }) });
    expect(writes()).toEqual([
      ['tickets.create', { subject: 'x', customFields: [{ fieldId: 'cf_young', value: 'a' }] }],
    ]);
  });

  test('costs one request for the definitions, and none while they are at hand', async () => {
    await harness.run(create, { input: given({ key: 'the_text' }, { text: 'a' }) });
    await harness.run(create, { input: given({ id: 'cf_date' }, { date: '2026-11-20' }) });
    expect(harness.session.calls.map(([method]) => method)).toEqual([
      'ticketFields.list',
      'tickets.create',
      'tickets.create',
    ]);
  });

  test('is not sent when the definitions cannot be read; the failure is a read’s, and the write was not applied', async () => {
    harness.session.fail('ticketFields.list', backendError('BACKEND_BUSY', 503, { retryAfterMs: 2_000 }));
    const { errors } = await harness.run(create, { input: given({ key: 'the_text' }, { text: 'a' }) });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BACKEND_BUSY',
      outcome: 'NOT_APPLIED',
      retryable: true,
      retryAfterMs: 2_000,
    });
    expect(writes()).toEqual([]);
  });
});
