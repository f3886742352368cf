import { beforeEach, describe, expect, test } from 'vitest';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf } from './fake-session.ts';
import { backendError, createHarness, type Harness } from './run.ts';

const fieldId = encodeNodeId('HELPDESK', 'TicketField', 'cf_1');
const optionId = encodeNodeId('HELPDESK', 'TicketFieldOption', 'cf_1/opt_1');

const documents = {
  fieldCreate:
    'mutation ($input: TicketFieldCreateInput!) { ticketFieldCreate(input: $input) { ticketField { localId key title type } } }',
  fieldUpdate:
    'mutation ($input: TicketFieldUpdateInput!) { ticketFieldUpdate(input: $input) { ticketField { localId title } } }',
  fieldDelete:
    'mutation ($input: TicketFieldDeleteInput!) { ticketFieldDelete(input: $input) { deletedId } }',
  optionCreate:
    'mutation ($input: TicketFieldOptionCreateInput!) { ticketFieldOptionCreate(input: $input) { option { id localId label value position } } }',
  optionUpdate:
    'mutation ($input: TicketFieldOptionUpdateInput!) { ticketFieldOptionUpdate(input: $input) { option { id label } } }',
  optionDelete:
    'mutation ($input: TicketFieldOptionDeleteInput!) { ticketFieldOptionDelete(input: $input) { deletedId } }',
};

let harness: Harness;
beforeEach(() => {
  harness = createHarness();
});

describe('ticketFieldCreate', () => {
  test('sends every attribute in the words of the domain', async () => {
    const input = {
      title: 'Severity',
      key: 'severity',
      type: 'DROPDOWN',
      description: 'How bad',
      position: 3,
      active: false,
      requiredForAgents: true,
      requiredForEndUsers: false,
      visibleToEndUsers: true,
      editableByEndUsers: false,
      regexPattern: '^x$',
      defaultValue: { any: ['json', 1, null] },
      options: [
        { label: 'Low', value: 'low', position: 1 },
        { label: 'High', value: 'high' },
      ],
    };
    const { data, errors } = await harness.run(documents.fieldCreate, { input });
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      ticketFieldCreate: { ticketField: { localId: 'cf_new', key: 'severity' } },
    });
    expect(harness.writes()).toEqual([['ticketFields.create', input]]);
  });

  test('sends nothing for what is left out, or null', async () => {
    const given = { title: 'A', key: 'a', type: 'TEXT' };
    const empty = { description: null, position: null, active: null, regexPattern: null, defaultValue: null };
    await harness.run(documents.fieldCreate, { input: { ...given, ...empty, options: null } });
    expect(harness.writes()).toEqual([['ticketFields.create', given]]);
  });

  test('refuses the type UNKNOWN', async () => {
    expect(await harness.faultsOf(documents.fieldCreate, { title: 'A', key: 'a', type: 'UNKNOWN' })).toEqual([
      { path: ['input', 'type'], code: 'INVALID' },
    ]);
  });
});

describe('ticketFieldUpdate', () => {
  test('sends what is named, by global or plain id', async () => {
    for (const id of [fieldId, 'cf_1']) {
      const { data } = await harness.run(documents.fieldUpdate, {
        input: { id, patch: { title: 'B', active: false } },
      });
      expect(data).toEqual({ ticketFieldUpdate: { ticketField: { localId: 'cf_1', title: 'B' } } });
    }
    const sent = ['ticketFields.update', 'cf_1', { title: 'B', active: false }];
    expect(harness.writes()).toEqual([sent, sent]);
  });

  test('null clears what can be empty', async () => {
    const patch = { description: null, regexPattern: null, defaultValue: null };
    await harness.run(documents.fieldUpdate, { input: { id: 'cf_1', patch } });
    expect(harness.writes()).toEqual([['ticketFields.update', 'cf_1', patch]]);
  });

  test('null is refused elsewhere, and so are bad ids and empty patches', async () => {
    const names = [
      'title',
      'position',
      'active',
      'requiredForAgents',
      'requiredForEndUsers',
      'visibleToEndUsers',
      'editableByEndUsers',
    ];
    const patch = Object.fromEntries(names.map((name) => [name, null]));
    expect(await harness.faultsOf(documents.fieldUpdate, { id: 'a/b', patch })).toEqual([
      { path: ['input', 'id'], code: 'INVALID' },
      ...names.map((name) => ({ path: ['input', 'patch', name], code: 'INVALID' })),
    ]);
    expect(await harness.faultsOf(documents.fieldUpdate, { id: 'cf_1', patch: {} })).toEqual([
      { path: ['input', 'patch'], code: 'REQUIRED' },
    ]);
  });
});

test('ticketFieldDelete answers the global id', async () => {
  const { data } = await harness.run(documents.fieldDelete, { input: { id: 'cf_1' } });
  expect(data).toEqual({ ticketFieldDelete: { deletedId: fieldId } });
  expect(harness.writes()).toEqual([['ticketFields.delete', 'cf_1']]);
});

describe('options', () => {
  test('are created in their field', async () => {
    const option = { label: 'Low', value: 'low', position: null };
    const { data } = await harness.run(documents.optionCreate, { input: { fieldId, option } });
    expect(data).toEqual({
      ticketFieldOptionCreate: {
        option: {
          id: encodeNodeId('HELPDESK', 'TicketFieldOption', 'cf_1/opt_new'),
          localId: 'opt_new',
          label: 'Low',
          value: 'low',
          position: 0,
        },
      },
    });
    expect(harness.writes()).toEqual([['ticketFieldOptions.create', 'cf_1', { label: 'Low', value: 'low' }]]);
  });

  test('are changed and deleted by their global id, which names the field too', async () => {
    const patch = { label: 'New', value: 'new', position: 2 };
    const { data } = await harness.run(documents.optionUpdate, { input: { id: optionId, patch } });
    expect(data).toEqual({ ticketFieldOptionUpdate: { option: { id: optionId, label: 'New' } } });
    expect(await harness.run(documents.optionDelete, { input: { id: optionId } })).toMatchObject({
      data: { ticketFieldOptionDelete: { deletedId: optionId } },
    });
    expect(harness.writes()).toEqual([
      ['ticketFieldOptions.update', 'cf_1', 'opt_1', patch],
      ['ticketFieldOptions.delete', 'cf_1', 'opt_1'],
    ]);
  });

  test('have no plain id', async () => {
    for (const id of ['opt_1', 'cf_1/opt_1', fieldId]) {
      const faults = await harness.faultsOf(documents.optionUpdate, { id, patch: { label: null } });
      expect(faults).toEqual([
        { path: ['input', 'id'], code: 'INVALID' },
        { path: ['input', 'patch', 'label'], code: 'INVALID' },
      ]);
      expect(await harness.faultsOf(documents.optionDelete, { id })).toEqual([
        { path: ['input', 'id'], code: 'INVALID' },
      ]);
    }
  });

  test('take a patch that changes something, and no null', async () => {
    expect(await harness.faultsOf(documents.optionUpdate, { id: optionId, patch: {} })).toEqual([
      { path: ['input', 'patch'], code: 'REQUIRED' },
    ]);
    const patch = { value: null, position: null };
    expect(await harness.faultsOf(documents.optionUpdate, { id: optionId, patch })).toEqual([
      { path: ['input', 'patch', 'value'], code: 'INVALID' },
      { path: ['input', 'patch', 'position'], code: 'INVALID' },
    ]);
  });

  test('of a field whose id is no id are refused', async () => {
    const input = { fieldId: '..%2Fwebhooks', option: { label: 'a', value: 'b' } };
    expect(await harness.faultsOf(documents.optionCreate, input)).toEqual([
      { path: ['input', 'fieldId'], code: 'INVALID' },
    ]);
  });
});

describe('after a write to a definition', () => {
  const writes: readonly (readonly [document: string, method: string, input: object])[] = [
    [documents.fieldCreate, 'ticketFields.create', { title: 'A', key: 'a', type: 'TEXT' }],
    [documents.fieldUpdate, 'ticketFields.update', { id: 'cf_1', patch: { title: 'B' } }],
    [documents.fieldDelete, 'ticketFields.delete', { id: 'cf_1' }],
    [documents.optionCreate, 'ticketFieldOptions.create', { fieldId, option: { label: 'a', value: 'b' } }],
    [documents.optionUpdate, 'ticketFieldOptions.update', { id: optionId, patch: { label: 'b' } }],
    [documents.optionDelete, 'ticketFieldOptions.delete', { id: optionId }],
  ];

  test.each(writes)(
    '%s: the definitions are read anew, even if it failed',
    async (document, method, input) => {
      for (const outcome of ['applied', 'unknown']) {
        if (outcome === 'unknown') harness.session.fail(method, backendError('BACKEND_TIMEOUT', 504));
        harness.session.fields = [];
        await harness.context.definitions.all();
        const { errors } = await harness.run(document, { input });
        expect(errors).toHaveLength(outcome === 'applied' ? 0 : 1);
        harness.session.fields = [fieldOf('cf_9')];
        expect(await harness.context.definitions.byId('cf_9')).not.toBeNull();
      }
    },
  );
});
