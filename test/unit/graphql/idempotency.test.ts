import { beforeEach, describe, expect, test } from 'vitest';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf } from './fake-session.ts';
import { backendError, createHarness, type Harness } from './run.ts';

const create =
  'mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { localId subject } } }';
const idempotencyKey = '0b9f7c1e-6d2a-4f1b-9a53-2f6f4f0f9d11';

let harness: Harness;
beforeEach(() => {
  harness = createHarness();
  harness.session.fields = [fieldOf('cf_text', { key: 'the_text' })];
});

/** What the client reads of the first error. */
const refusalOf = async (input: object) => (await harness.run(create, { input })).errors[0]?.extensions;

describe('ticketCreate with an idempotencyKey', () => {
  test('makes one ticket of two requests, and asks nothing for the second', async () => {
    const input = {
      subject: 'once',
      idempotencyKey,
      customFields: [{ field: { key: 'the_text' }, value: { text: 'x' } }],
    };
    const first = await harness.run(create, { input });
    const calls = harness.session.calls.length;
    harness.context.definitions.forget();
    const second = await harness.run(create, { input });
    expect(first.errors).toEqual([]);
    expect(second).toEqual(first);
    expect(harness.writes().map(([method]) => method)).toEqual(['tickets.create']);
    expect(harness.session.calls).toHaveLength(calls);
  });

  test('does not send the key to the backend', async () => {
    await harness.run(create, { input: { subject: 'a', idempotencyKey } });
    expect(harness.writes()).toEqual([['tickets.create', { subject: 'a' }]]);
  });

  test('makes two tickets of two requests without a key, null being none', async () => {
    await harness.run(create, { input: { subject: 'a', idempotencyKey: null } });
    await harness.run(create, { input: { subject: 'a', idempotencyKey: null } });
    expect(harness.writes()).toHaveLength(2);
  });

  test('takes requests that come at once for one', async () => {
    const input = { subject: 'a', idempotencyKey };
    const answers = await Promise.all([1, 2, 3].map(() => harness.run(create, { input })));
    for (const { data } of answers) {
      expect(data).toMatchObject({ ticketCreate: { ticket: { localId: 'tkt_new' } } });
    }
    expect(harness.writes()).toHaveLength(1);
  });

  test('takes two spellings of one input for one input', async () => {
    const agent = encodeNodeId('HELPDESK', 'Agent', 'usr_7');
    const field = encodeNodeId('HELPDESK', 'TicketField', 'cf_text');
    const value = { text: 'x' };
    await harness.run(create, {
      input: {
        subject: 'a',
        idempotencyKey,
        assigneeId: agent,
        tags: null,
        customFields: [{ field: { id: field }, value }],
      },
    });
    const { errors } = await harness.run(create, {
      input: {
        customFields: [{ value, field: { id: 'cf_text' } }],
        assigneeId: 'usr_7',
        subject: 'a',
        idempotencyKey,
      },
    });
    expect(errors).toEqual([]);
    expect(harness.writes()).toHaveLength(1);
  });

  test.for([
    { subject: 'b' },
    { tags: ['x'] },
    { assigneeId: 'usr_8' },
    { requester: { name: 'Ada' } },
    { customFields: [{ field: { key: 'the_text' }, value: { text: 'y' } }] },
  ])('refuses another input under the same key: %j', async (changes) => {
    await harness.run(create, { input: { subject: 'a', idempotencyKey } });
    expect(await refusalOf({ subject: 'a', idempotencyKey, ...changes })).toMatchObject({
      code: 'CONFLICT',
      category: 'CONFLICT',
      origin: 'GATEWAY',
      retryable: false,
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['input', 'idempotencyKey'] }],
    });
    expect(harness.writes()).toHaveLength(1);
  });

  test('repeats a refusal with its fields, and asks nothing', async () => {
    const fault = { path: ['customFields', 'cf_text'], code: 'INVALID', message: 'no', sourceKey: 'there' };
    harness.session.fail('tickets.create', backendError('VALIDATION_ERROR', 422, { fields: [fault] }));
    const input = {
      subject: 'a',
      idempotencyKey,
      customFields: [{ field: { key: 'the_text' }, value: { text: 'x' } }],
    };
    const first = await refusalOf(input);
    expect(first).toMatchObject({
      code: 'VALIDATION_ERROR',
      origin: 'BACKEND',
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['input', 'customFields', 0, 'value'] }],
    });
    expect(await refusalOf(input)).toEqual(first);
    expect(harness.writes()).toHaveLength(1);
  });

  test('of which nobody knows what became stays so', async () => {
    harness.session.fail('tickets.create', backendError('BACKEND_TIMEOUT', 504));
    const input = { subject: 'a', idempotencyKey };
    expect(await refusalOf(input)).toMatchObject({ code: 'BACKEND_TIMEOUT', outcome: 'UNKNOWN' });
    expect(await refusalOf(input)).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      category: 'CONFLICT',
      retryable: false,
      outcome: 'UNKNOWN',
      fields: [{ path: ['input', 'idempotencyKey'] }],
    });
    expect(harness.writes()).toHaveLength(1);
  });

  test('may be repeated, and mended, as long as nothing was sent', async () => {
    const wrong = { subject: 'a', idempotencyKey, status: 'UNKNOWN' };
    expect(await refusalOf(wrong)).toMatchObject({ code: 'BAD_USER_INPUT' });
    const { errors } = await harness.run(create, { input: { ...wrong, status: 'OPEN' } });
    expect(errors).toEqual([]);
    expect(harness.writes()).toHaveLength(1);
  });

  test.for([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['with a blank', 'a b'],
    ['with a line break', 'a\n'],
    ['with a letter that is not ASCII', 'schlüssel'],
  ] as const)('refuses what is no key: %s', async ([, key]) => {
    expect(await harness.faultsOf(create, { subject: 'a', idempotencyKey: key, status: 'UNKNOWN' })).toEqual([
      { path: ['input', 'idempotencyKey'], code: 'INVALID' },
      { path: ['input', 'status'], code: 'INVALID' },
    ]);
  });

  test.for(['!', 'k'.repeat(255), '~'])('takes any other: %s', async (key) => {
    const { errors } = await harness.run(create, { input: { subject: 'a', idempotencyKey: key } });
    expect(errors).toEqual([]);
  });

  test('what is repeated does not hide what the operation has read of the ticket since', async () => {
    const input = { subject: 'as created', idempotencyKey };
    await harness.run(create, { input });
    // One context stands for one operation here.
    const update =
      'mutation { ticketUpdate(input: { id: "tkt_new", patch: { subject: "newer" } }) { ticket { id } } }';
    await harness.run(update);
    const repeated = await harness.run(create, { input });
    expect(repeated.data).toMatchObject({ ticketCreate: { ticket: { subject: 'as created' } } });
    expect(await harness.run('{ ticket(id: "tkt_new") { subject } }')).toMatchObject({
      data: { ticket: { subject: 'newer' } },
    });
  });
});

describe('ticketUpdate with ifUpdatedAt', () => {
  const update =
    'mutation ($input: TicketUpdateInput!) { ticketUpdate(input: $input) { ticket { localId subject } } }';
  const ifUpdatedAt = '2026-11-20T09:00:00+01:00';
  const patch = { subject: 'new' };

  test('hands the condition to the backend', async () => {
    const { errors } = await harness.run(update, { input: { id: 'tkt_1', patch, ifUpdatedAt } });
    expect(errors).toEqual([]);
    expect(harness.writes()).toEqual([['tickets.update', 'tkt_1', patch, { ifUpdatedAt }]]);
  });

  test('null is no condition', async () => {
    await harness.run(update, { input: { id: 'tkt_1', patch, ifUpdatedAt: null } });
    expect(harness.writes()).toEqual([['tickets.update', 'tkt_1', patch]]);
  });

  test('tells the present time where it does not hold, and forgets what was loaded', async () => {
    const now = '2026-11-20T10:00:00.000Z';
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    harness.session.fail(
      'tickets.update',
      backendError('PRECONDITION_FAILED', 200, {
        outcome: 'NOT_APPLIED',
        fields: [{ path: ['ifUpdatedAt'], code: 'PRECONDITION_FAILED', message: 'x', sourceKey: null }],
        details: { updatedAt: now },
      }),
    );
    const { errors } = await harness.run(update, { input: { id: 'tkt_1', patch, ifUpdatedAt } });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'PRECONDITION_FAILED',
      category: 'CONFLICT',
      retryable: false,
      outcome: 'NOT_APPLIED',
      updatedAt: now,
      fields: [{ path: ['input', 'ifUpdatedAt'] }],
    });
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    const reads = harness.session.calls.filter(([method]) => method === 'tickets.get');
    expect(reads).toHaveLength(2);
  });

  test('a backend that names no argument is understood too', async () => {
    harness.session.fail('tickets.update', backendError('PRECONDITION_FAILED', 409));
    const { errors } = await harness.run(update, { input: { id: 'tkt_1', patch, ifUpdatedAt } });
    expect(errors[0]?.extensions).toMatchObject({ fields: [{ path: ['input', 'ifUpdatedAt'] }] });
  });
});
