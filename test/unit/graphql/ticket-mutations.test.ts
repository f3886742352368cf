import { beforeEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf } from './fake-session.ts';
import { backendError, createHarness, type Harness } from './run.ts';

const ticketId = encodeNodeId('HELPDESK', 'Ticket', 'tkt_1');
const create =
  'mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { localId subject } } }';
const update =
  'mutation ($input: TicketUpdateInput!) { ticketUpdate(input: $input) { ticket { localId subject } } }';
const remove = 'mutation ($input: TicketDeleteInput!) { ticketDelete(input: $input) { deletedId } }';

let harness: Harness;
beforeEach(() => {
  harness = createHarness();
  harness.session.fields = [fieldOf('cf_text', { key: 'the_text' })];
});

const writes = () => harness.writes();
const faultsOf = (document: string, input: object) => harness.faultsOf(document, input);

describe('ticketCreate', () => {
  test('sends every attribute in the words of the domain', async () => {
    const { data, errors } = await harness.run(create, {
      input: {
        subject: 'Printer on fire',
        status: 'OPEN',
        priority: 'URGENT',
        type: 'INCIDENT',
        requester: { email: 'ada@example.com', name: 'Ada' },
        assigneeId: encodeNodeId('HELPDESK', 'Agent', 'usr_7'),
        tags: ['hot'],
        customFields: [{ field: { key: 'the_text' }, value: { text: 'x' } }],
      },
    });
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      ticketCreate: { ticket: { localId: 'tkt_new', subject: 'Printer on fire' } },
    });
    expect(writes()).toEqual([
      [
        'tickets.create',
        {
          subject: 'Printer on fire',
          status: 'OPEN',
          priority: 'URGENT',
          type: 'INCIDENT',
          requesterEmail: 'ada@example.com',
          requesterName: 'Ada',
          assigneeId: 'usr_7',
          tags: ['hot'],
          customFields: [{ fieldId: 'cf_text', value: 'x' }],
        },
      ],
    ]);
  });

  test('sends nothing for what is left out, or null, and reads no definitions that it does not need', async () => {
    const absent = {
      status: null,
      priority: null,
      type: null,
      requester: { email: null },
      assigneeId: null,
      tags: null,
      customFields: null,
    };
    await harness.run(create, { input: { subject: 'a', ...absent } });
    await harness.run(create, { input: { subject: 'b', customFields: [] } });
    expect(harness.session.calls).toEqual([
      ['tickets.create', { subject: 'a' }],
      ['tickets.create', { subject: 'b' }],
    ]);
  });

  test('names all faults at once', async () => {
    const faults = await faultsOf(create, {
      subject: 'x',
      status: 'UNKNOWN',
      priority: 'UNKNOWN',
      type: 'UNKNOWN',
      assigneeId: '../webhooks/whk_1',
      customFields: [{ field: { id: 'a b' }, value: { text: 'x' } }],
    });
    expect(faults).toEqual([
      { path: ['input', 'status'], code: 'INVALID' },
      { path: ['input', 'priority'], code: 'INVALID' },
      { path: ['input', 'type'], code: 'INVALID' },
      { path: ['input', 'assigneeId'], code: 'INVALID' },
      { path: ['input', 'customFields', 0, 'field', 'id'], code: 'INVALID' },
    ]);
    expect(harness.session.calls).toEqual([]);
  });

  test('what was created is what the same operation reads afterwards, without asking', async () => {
    const { data } = await harness.run(
      `mutation { ticketCreate(input: { subject: "fresh" }) { ticket { subject } } }`,
    );
    expect(data).toMatchObject({ ticketCreate: { ticket: { subject: 'fresh' } } });
    expect(await harness.run('{ ticket(id: "tkt_new") { subject } }')).toMatchObject({
      data: { ticket: { subject: 'fresh' } },
    });
    expect(harness.session.calls.map(([method]) => method)).toEqual(['tickets.create']);
  });
});

describe('ticketUpdate', () => {
  test('sends what is named and nothing else', async () => {
    const { data } = await harness.run(update, {
      input: { id: ticketId, patch: { subject: 'new', priority: 'LOW' } },
    });
    expect(data).toMatchObject({ ticketUpdate: { ticket: { localId: 'tkt_1', subject: 'new' } } });
    expect(writes()).toEqual([['tickets.update', 'tkt_1', { subject: 'new', priority: 'LOW' }]]);
  });

  test.each([
    [{ assigneeId: null }, { assigneeId: null }],
    [{ tags: null }, { tags: [] }],
    [{ requester: null }, { requesterEmail: null, requesterName: null }],
    [{ requester: { email: null } }, { requesterEmail: null }],
    [{ requester: { name: 'Bob', email: null } }, { requesterName: 'Bob', requesterEmail: null }],
  ])('null clears: %j', async (patch, sent) => {
    await harness.run(update, { input: { id: 'tkt_1', patch } });
    expect(writes()).toEqual([['tickets.update', 'tkt_1', sent]]);
  });

  test('null where it means nothing is refused, each at its path', async () => {
    const names = ['subject', 'status', 'priority', 'type', 'customFields'];
    const patch = Object.fromEntries(names.map((name) => [name, null]));
    expect(await faultsOf(update, { id: 'tkt_1', patch })).toEqual(
      names.map((name) => ({ path: ['input', 'patch', name], code: 'INVALID' })),
    );
  });

  test.each([{}, { customFields: [] }, { requester: {} }])(
    'a patch that changes nothing is refused: %j',
    async (patch) => {
      expect(await faultsOf(update, { id: 'tkt_1', patch })).toEqual([
        { path: ['input', 'patch'], code: 'REQUIRED' },
      ]);
    },
  );

  test('a bad id and a bad patch are told together', async () => {
    expect(await faultsOf(update, { id: '../webhooks/whk_1', patch: { status: 'UNKNOWN' } })).toEqual([
      { path: ['input', 'id'], code: 'INVALID' },
      { path: ['input', 'patch', 'status'], code: 'INVALID' },
    ]);
  });

  test('the loader holds the new state afterwards', async () => {
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    await harness.run(update, { input: { id: 'tkt_1', patch: { subject: 'new' } } });
    const { data } = await harness.run('{ ticket(id: "tkt_1") { subject } }');
    expect(data).toEqual({ ticket: { subject: 'new' } });
    expect(harness.session.calls.map(([method]) => method)).toEqual(['tickets.get', 'tickets.update']);
  });

  test('after a failure the loader reads again: the write may have been applied', async () => {
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    harness.session.fail('tickets.update', backendError('BACKEND_TIMEOUT', 504));
    await harness.run(update, { input: { id: 'tkt_1', patch: { subject: 'new' } } });
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    expect(harness.session.calls.map(([method]) => method)).toEqual([
      'tickets.get',
      'tickets.update',
      'tickets.get',
    ]);
  });
});

describe('ticketDelete', () => {
  test('answers the global id, whichever id was given', async () => {
    for (const id of ['tkt_1', ticketId]) {
      expect((await harness.run(remove, { input: { id } })).data).toEqual({
        ticketDelete: { deletedId: ticketId },
      });
    }
    expect(writes()).toEqual([
      ['tickets.delete', 'tkt_1'],
      ['tickets.delete', 'tkt_1'],
    ]);
  });

  test('the loader forgets the ticket', async () => {
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    await harness.run(remove, { input: { id: 'tkt_1' } });
    await harness.run('{ ticket(id: "tkt_1") { subject } }');
    expect(harness.session.calls.map(([method]) => method)).toEqual([
      'tickets.get',
      'tickets.delete',
      'tickets.get',
    ]);
  });
});

test('mutations run one after another, and one that fails leaves the others alone', async () => {
  harness.session.fail('tickets.update', backendError('NOT_FOUND', 404));
  const { data, errors } = await harness.run(`mutation {
    a: ticketCreate(input: { subject: "a" }) { ticket { localId } }
    b: ticketUpdate(input: { id: "tkt_1", patch: { subject: "b" } }) { ticket { localId } }
    c: ticketDelete(input: { id: "tkt_2" }) { deletedId }
  }`);
  expect(data).toMatchObject({
    a: { ticket: { localId: 'tkt_new' } },
    b: null,
    c: { deletedId: expect.any(String) },
  });
  expect(errors.map(({ path }) => path)).toEqual([['b']]);
  expect(writes().map(([method]) => method)).toEqual(['tickets.create', 'tickets.update', 'tickets.delete']);
});

test('without a caller nothing is sent and the error says so', async () => {
  const { session } = harness;
  Object.defineProperty(harness.context, 'session', {
    get: () => {
      throw new GatewayError('INVALID_API_KEY', 'No API key was sent.');
    },
  });
  const { errors } = await harness.run(remove, { input: { id: 'tkt_1' } });
  expect(errors[0]?.extensions).toMatchObject({
    code: 'INVALID_API_KEY',
    outcome: 'NOT_APPLIED',
    origin: 'GATEWAY',
  });
  expect(session.calls).toEqual([]);
});
