import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/domain/error-codes.ts';
import { BackendError, type FieldFault } from '../../../src/domain/errors.ts';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf } from './fake-session.ts';
import { backendError, createHarness, type Harness } from './run.ts';

const optionId = encodeNodeId('HELPDESK', 'TicketFieldOption', 'cf_1/opt_1');
const customFields = [
  { field: { key: 'first' }, value: { text: 'x' } },
  { field: { id: 'cf_9' }, value: { text: 'y' } },
];
const field = { title: 'A', key: 'a', type: 'DROPDOWN' };
const threeOptions = ['a', 'b', 'a'].map((value) => ({ label: value, value }));

/** Every mutation: the method it calls, and an input that is good. */
const mutations = {
  ticketCreate: ['tickets.create', 'ticket { id }', { subject: 'x', customFields }],
  ticketUpdate: ['tickets.update', 'ticket { id }', { id: 'tkt_1', patch: { subject: 'x', customFields } }],
  ticketDelete: ['tickets.delete', 'deletedId', { id: 'tkt_1' }],
  ticketFieldCreate: ['ticketFields.create', 'ticketField { id }', { ...field, options: threeOptions }],
  ticketFieldUpdate: ['ticketFields.update', 'ticketField { id }', { id: 'cf_1', patch: { title: 'B' } }],
  ticketFieldDelete: ['ticketFields.delete', 'deletedId', { id: 'cf_1' }],
  ticketFieldOptionCreate: [
    'ticketFieldOptions.create',
    'option { id }',
    { fieldId: 'cf_1', option: { label: 'a', value: 'a' } },
  ],
  ticketFieldOptionUpdate: [
    'ticketFieldOptions.update',
    'option { id }',
    { id: optionId, patch: { label: 'b' } },
  ],
  ticketFieldOptionDelete: ['ticketFieldOptions.delete', 'deletedId', { id: optionId }],
  webhookCreate: [
    'webhooks.create',
    'signingSecret',
    { name: 'a', targetUrl: 'https://example.com', events: ['TICKET_CREATED'] },
  ],
  webhookUpdate: ['webhooks.update', 'webhook { id }', { id: 'whk_1', patch: { name: 'b' } }],
  webhookDelete: ['webhooks.delete', 'deletedId', { id: 'whk_1' }],
} as const;
type Mutation = keyof typeof mutations;
const names = Object.keys(mutations).filter((name): name is Mutation => name in mutations);

/** Runs a mutation against a backend that answers with an error; what the client reads. */
async function failing(
  name: Mutation,
  error: unknown,
  prepare: (harness: Harness) => void = () => undefined,
) {
  const harness = createHarness();
  harness.session.fields = [fieldOf('cf_1', { key: 'first' }), fieldOf('cf_9', { key: 'second' })];
  const [method, selection, input] = mutations[name];
  harness.session.fail(method, error);
  prepare(harness);
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const { errors } = await harness.run(
    `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} } }`,
    { input },
  );
  expect(errors).toHaveLength(1);
  expect(errors[0]?.path).toEqual([name]);
  return { error: errors[0], extensions: errors[0]?.extensions, log: harness.log };
}

const fault = (path: FieldFault['path'], sourceKey = 'there'): FieldFault => ({
  path,
  code: 'INVALID',
  message: 'wrong',
  sourceKey,
});

describe('a fault the backend names', () => {
  const cases: readonly (readonly [Mutation, FieldFault['path'], FieldFault['path']])[] = [
    ['ticketCreate', ['subject'], ['input', 'subject']],
    ['ticketCreate', ['requesterEmail'], ['input', 'requester', 'email']],
    ['ticketCreate', ['requesterName'], ['input', 'requester', 'name']],
    ['ticketCreate', ['tags', 2], ['input', 'tags', 2]],
    ['ticketCreate', ['customFields', 'cf_9'], ['input', 'customFields', 1, 'value']],
    ['ticketCreate', ['customFields', 'second'], ['input', 'customFields', 1, 'value']],
    ['ticketCreate', ['customFields', 'cf_9', 'value'], ['input', 'customFields', 1, 'value']],
    ['ticketCreate', ['customFields', 0, 'id'], ['input', 'customFields', 0, 'field']],
    ['ticketCreate', ['customFields', 1, 'value'], ['input', 'customFields', 1, 'value']],
    ['ticketCreate', ['customFields'], ['input', 'customFields']],
    ['ticketCreate', ['customFields', 'cf_not_named'], null],
    ['ticketCreate', ['customFields', 7], null],
    ['ticketCreate', ['nonsense'], null],
    ['ticketCreate', ['constructor'], null],
    ['ticketCreate', null, null],
    ['ticketUpdate', ['assigneeId'], ['input', 'patch', 'assigneeId']],
    ['ticketUpdate', ['requesterEmail'], ['input', 'patch', 'requester', 'email']],
    ['ticketUpdate', ['customFields', 'cf_1'], ['input', 'patch', 'customFields', 0, 'value']],
    ['ticketFieldCreate', ['key'], ['input', 'key']],
    ['ticketFieldCreate', ['options', 2, 'label'], ['input', 'options', 2, 'label']],
    ['ticketFieldUpdate', ['regexPattern'], ['input', 'patch', 'regexPattern']],
    ['ticketFieldUpdate', ['key'], null],
    ['ticketFieldOptionCreate', ['value'], ['input', 'option', 'value']],
    ['ticketFieldOptionUpdate', ['label'], ['input', 'patch', 'label']],
    ['webhookCreate', ['events', 0], ['input', 'events', 0]],
    ['webhookUpdate', ['targetUrl'], ['input', 'patch', 'targetUrl']],
    ['webhookDelete', ['name'], null],
  ];

  test.each(cases)('%s: %j is told as %j', async (name, path, argument) => {
    const { extensions } = await failing(
      name,
      backendError('VALIDATION_ERROR', 422, { fields: [fault(path)] }),
    );
    expect(extensions).toMatchObject({ code: 'VALIDATION_ERROR', origin: 'BACKEND', outcome: 'NOT_APPLIED' });
    expect(extensions?.fields).toEqual([
      { path: argument, code: 'INVALID', message: 'wrong', sourceKey: 'there' },
    ]);
  });

  test('keeps its place among the others', async () => {
    const fields = [fault(['subject'], 'a'), fault(['nonsense'], 'b'), fault(['tags'], 'c')];
    const { extensions } = await failing('ticketCreate', backendError('VALIDATION_ERROR', 422, { fields }));
    expect(extensions?.fields?.map(({ path, sourceKey }) => [path, sourceKey])).toEqual([
      [['input', 'subject'], 'a'],
      [null, 'b'],
      [['input', 'tags'], 'c'],
    ]);
  });
});

describe('a code that says which argument it is about', () => {
  const id = ['input', 'id'];
  const ofField = ['input', 'fieldId'];
  const cases: readonly (readonly [ErrorCode, Mutation, FieldFault['path']])[] = [
    ['NOT_FOUND', 'ticketUpdate', id],
    ['NOT_FOUND', 'ticketDelete', id],
    ['NOT_FOUND', 'ticketFieldUpdate', id],
    ['NOT_FOUND', 'ticketFieldDelete', id],
    ['NOT_FOUND', 'ticketFieldOptionCreate', ofField],
    ['NOT_FOUND', 'ticketFieldOptionUpdate', id],
    ['NOT_FOUND', 'ticketFieldOptionDelete', id],
    ['NOT_FOUND', 'webhookUpdate', id],
    ['NOT_FOUND', 'webhookDelete', id],
    ['TICKET_CLOSED', 'ticketUpdate', id],
    ['CLOSED_STATUS_SYSTEM_ONLY', 'ticketCreate', ['input', 'status']],
    ['CLOSED_STATUS_SYSTEM_ONLY', 'ticketUpdate', ['input', 'patch', 'status']],
    ['IMMUTABLE_FIELD', 'ticketFieldUpdate', id],
    ['SYSTEM_FIELD', 'ticketFieldUpdate', id],
    ['SYSTEM_FIELD', 'ticketFieldDelete', id],
    ['SYSTEM_FIELD', 'ticketFieldOptionCreate', ofField],
    ['INVALID_FIELD_TYPE', 'ticketFieldCreate', ['input', 'options']],
    ['INVALID_FIELD_TYPE', 'ticketFieldOptionCreate', ofField],
    ['DUPLICATE_OPTION_VALUE', 'ticketFieldCreate', ['input', 'options', 2, 'value']],
    ['DUPLICATE_OPTION_VALUE', 'ticketFieldOptionCreate', ['input', 'option', 'value']],
    ['DUPLICATE_OPTION_VALUE', 'ticketFieldOptionUpdate', ['input', 'patch', 'value']],
    ['TOO_MANY_OPTIONS', 'ticketFieldCreate', ['input', 'options']],
    ['TOO_MANY_OPTIONS', 'ticketFieldOptionCreate', ['input', 'option']],
    ['OPTION_IN_USE', 'ticketFieldOptionDelete', id],
  ];
  // The backend's module names the thing itself in the domain's words, or nothing at all.
  const asNamed: readonly (readonly FieldFault[])[] = [
    [],
    [fault(['id'])],
    [fault(['fieldId'])],
    [fault([])],
    [fault(null)],
  ];

  test.each(cases)('%s of %s is about %j, whatever the backend names', async (code, name, path) => {
    for (const fields of asNamed) {
      const { extensions } = await failing(name, backendError(code, 422, { fields }));
      expect(extensions?.fields?.map((told) => told.path)).toEqual([path]);
    }
  });

  test('finds the repeated option where the backend names only the list', async () => {
    const error = backendError('DUPLICATE_OPTION_VALUE', 409, { fields: [fault(['options'])] });
    const { extensions } = await failing('ticketFieldCreate', error);
    expect(extensions?.fields?.[0]?.path).toEqual(['input', 'options', 2, 'value']);
  });

  test('takes the backend’s own word for which option it is', async () => {
    const error = backendError('DUPLICATE_OPTION_VALUE', 409, { fields: [fault(['options', 1, 'value'])] });
    const { extensions } = await failing('ticketFieldCreate', error);
    expect(extensions?.fields?.[0]?.path).toEqual(['input', 'options', 1, 'value']);
  });
});

describe('every mutation', () => {
  const admin = /^(ticketField|webhook)/;

  test.each(names)('%s tells the level of key that it needs', async (name) => {
    const { extensions } = await failing(name, backendError('INSUFFICIENT_API_PERMISSION', 403));
    expect(extensions).toMatchObject({
      requiredLevel: admin.test(name) ? 'ADMIN' : 'WRITE',
      category: 'AUTH',
    });
  });

  test.each(names)('%s tells what became of the write', async (name) => {
    const outcomeOf = async (error: BackendError) => {
      const { extensions } = await failing(name, error);
      return [extensions?.outcome, extensions?.retryable];
    };
    expect(await outcomeOf(backendError('VALIDATION_ERROR', 422))).toEqual(['NOT_APPLIED', false]);
    expect(await outcomeOf(backendError('RATE_LIMIT_EXCEEDED', 429))).toEqual(['NOT_APPLIED', true]);
    expect(await outcomeOf(backendError('BACKEND_UNREACHABLE', null, { attempts: 0 }))).toEqual([
      'NOT_APPLIED',
      true,
    ]);
    expect(await outcomeOf(backendError('BACKEND_BUSY', 503))).toEqual(['UNKNOWN', false]);
    expect(await outcomeOf(backendError('BACKEND_TIMEOUT', null))).toEqual(['UNKNOWN', false]);
    expect(await outcomeOf(backendError('BACKEND_UNREACHABLE', null, { outcome: 'NOT_APPLIED' }))).toEqual([
      'NOT_APPLIED',
      true,
    ]);
  });

  test.each(names)(
    '%s masks a defect, says that the outcome is unknown, and logs the cause',
    async (name) => {
      const { extensions, log } = await failing(name, new TypeError('x is undefined'));
      expect(extensions).toMatchObject({
        code: 'INTERNAL_SERVER_ERROR',
        outcome: 'UNKNOWN',
        retryable: false,
      });
      expect(log.lines).toMatchObject([{ level: 'error', fields: { error: { name: 'TypeError' } } }]);
    },
  );

  test.each(names)('%s that nobody waits for any more is no defect', async (name) => {
    const { log } = await failing(name, new DOMException('gone', 'AbortError'), ({ abort }) => {
      abort.abort();
    });
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('an unknown code keeps its name on the way through', async () => {
    const call = { kind: 'HELPDESK', status: 418, operation: 'POST /tickets', attempts: 1 } as const;
    const error = new BackendError('TEAPOT', 'short', call, {
      category: 'INPUT',
      retryable: false,
      details: { max: 3 },
    });
    const { extensions } = await failing('ticketCreate', error);
    expect(extensions).toMatchObject({
      code: 'TEAPOT',
      known: false,
      max: 3,
      backend: call,
      outcome: 'NOT_APPLIED',
    });
  });
});
