import { describe, expect } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, errorOf, faultsOf, testWithSandbox } from './support.ts';

const test = testWithSandbox();

const fieldId = (sandbox: Sandbox, key: string): string =>
  sandbox.ticketFields.byKey(key)?.id ?? `no field ${key}`;

/** Creates a ticket and gives the answer. */
const create = (sandbox: Sandbox, ticket: unknown) =>
  ask(sandbox, 'POST /tickets', { level: 'write', body: { ticket } });

describe('POST /tickets', () => {
  test('needs a subject only; the rest has the contract’s defaults', async ({ sandbox }) => {
    const answer = await create(sandbox, { subject: 'Printer on fire' });
    expect(answer.status).toBe(201);
    expect(answer.body.ticket).toMatchObject({
      id: expect.stringMatching(/^tkt_[0-9a-z]+$/),
      subject: 'Printer on fire',
      status: 'new',
      priority: 'normal',
      type: 'question',
      assigneeId: null,
      tags: [],
      createdAt: answer.body.ticket.updatedAt,
    });
    expect((await ask(sandbox, `GET /tickets/${answer.body.ticket.id}`)).body).toEqual(answer.body);
  });

  test('takes every attribute, and ignores those that are not its own', async ({ sandbox }) => {
    const given = {
      subject: 'All of it',
      status: 'open',
      priority: 'urgent',
      type: 'task',
      requesterEmail: 'ada@example.com',
      requesterName: 'Ada',
      assigneeId: sandbox.agents.ids[0],
      tags: ['a', 'b'],
      customFields: [{ id: fieldId(sandbox, 'seats'), value: 3 }],
    };
    const { body } = await create(sandbox, { ...given, id: 'tkt_mine', createdAt: '1999-01-01T00:00:00Z' });
    expect(body.ticket).toMatchObject({ ...given, customFields: expect.arrayContaining(given.customFields) });
    expect(body.ticket.id).not.toBe('tkt_mine');
    expect(body.ticket.createdAt).not.toContain('1999');
  });

  test('fills in the default values of custom fields', async ({ sandbox }) => {
    const { body } = await create(sandbox, { subject: 'Defaults' });
    expect(body.ticket.customFields).toContainEqual({ id: fieldId(sandbox, 'plan'), value: 'free' });
  });

  test('names every fault at once', async ({ sandbox }) => {
    const answer = await create(sandbox, {
      subject: '  ',
      status: 'asleep',
      requesterEmail: 'nobody',
      assigneeId: 'usr_nobody',
      tags: ['fine', ''],
      customFields: [{ id: fieldId(sandbox, 'seats'), value: 'three' }],
    });
    expect(errorOf(answer)).toBe('422 VALIDATION_ERROR');
    expect(faultsOf(answer)).toEqual({
      subject: ['REQUIRED'],
      status: ['INVALID'],
      requesterEmail: ['INVALID'],
      'tags[1]': ['REQUIRED'],
      [`customFields.${fieldId(sandbox, 'seats')}`]: ['INVALID'],
    });
    expect(answer.body.error.details?.['subject']).toEqual([
      { code: 'REQUIRED', message: 'Subject is required' },
    ]);
  });

  test('refuses an assignee who is no agent', async ({ sandbox }) => {
    const answer = await create(sandbox, { subject: 'For whom?', assigneeId: 'usr_nobody' });
    expect(faultsOf(answer)).toEqual({ assigneeId: ['INVALID'] });
  });

  test('demands a required custom field that has no default', async ({ sandbox }) => {
    const field = sandbox.ticketFields.create({ title: 'Cost centre', requiredForAgents: true });
    expect(faultsOf(await create(sandbox, { subject: 'x' }))).toEqual({
      [`customFields.${field.id}`]: ['REQUIRED'],
    });
    const named = await create(sandbox, { subject: 'x', customFields: [{ id: field.id, value: 'CC-1' }] });
    expect(named.status).toBe(201);
  });
});

describe('custom field values', () => {
  const cases = [
    ['order_number', 'SO-1', 7],
    ['internal_notes', 'two\nlines', {}],
    ['seats', 12, 1.5],
    ['refund_amount', 1.5, '1.5'],
    ['vip', true, 'yes'],
    ['renewal_date', '2026-02-28', '2026-02-30'],
    ['plan', 'team', 'platinum'],
    ['affected_areas', ['login', 'billing'], ['login', 'elsewhere']],
    ['affected_areas', ['login'], ['login', 'login']],
    ['serial_number', 'KLM-1234', 'KLM-12345'],
  ] as const;

  test.for(cases)('of %s take %j and refuse %j', async ([key, good, bad], { sandbox }) => {
    const id = fieldId(sandbox, key);
    const taken = await create(sandbox, { subject: 'Good', customFields: [{ id, value: good }] });
    expect(taken.body.ticket.customFields).toContainEqual({ id, value: good });
    const refused = await create(sandbox, { subject: 'Bad', customFields: [{ id, value: bad }] });
    expect(faultsOf(refused)).toEqual({ [`customFields.${id}`]: ['INVALID'] });
  });

  test('of unknown fields, of system fields, and named twice are refused', async ({ sandbox }) => {
    const seats = fieldId(sandbox, 'seats');
    const answer = await create(sandbox, {
      subject: 'x',
      customFields: [
        { id: 'cf_none', value: 1 },
        { id: 'system_subject', value: 'y' },
        { id: seats, value: 1 },
        { id: seats, value: 2 },
      ],
    });
    expect(faultsOf(answer)).toEqual({
      'customFields.cf_none': ['INVALID'],
      'customFields.system_subject': ['INVALID'],
      [`customFields.${seats}`]: ['DUPLICATE'],
    });
  });

  test('are cleared by null, unless the field is required', async ({ sandbox }) => {
    const [ticket] = sandbox.tickets.all();
    const clear = (key: string) =>
      ask(sandbox, `PUT /tickets/${ticket?.id}`, {
        body: { ticket: { customFields: [{ id: fieldId(sandbox, key), value: null }] } },
      });
    expect((await clear('seats')).body.ticket.customFields).toContainEqual({
      id: fieldId(sandbox, 'seats'),
      value: null,
    });
    expect(faultsOf(await clear('plan'))).toEqual({
      [`customFields.${fieldId(sandbox, 'plan')}`]: ['REQUIRED'],
    });
  });

  test('that a ticket carries already may always be written back', async ({ sandbox }) => {
    const [ticket] = sandbox.tickets.all();
    const gone = fieldId(sandbox, 'serial_number');
    sandbox.ticketFields.delete(gone);
    const answer = await ask(sandbox, `PUT /tickets/${ticket?.id}`, {
      body: { ticket: { customFields: ticket?.customFields } },
    });
    expect(answer.status).toBe(200);
    expect(answer.body.ticket.customFields).toEqual(ticket?.customFields);
  });
});

describe('PUT /tickets/:id', () => {
  test('changes what is given and nothing else', async ({ sandbox }) => {
    const [before] = sandbox.tickets.all();
    const { body } = await ask(sandbox, `PUT /tickets/${before?.id}`, {
      body: { ticket: { subject: 'New words' } },
    });
    expect(body.ticket).toEqual({ ...before, subject: 'New words', updatedAt: body.ticket.updatedAt });
    expect(Date.parse(body.ticket.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before?.updatedAt ?? ''));
  });

  test('takes null for what may be absent, and for nothing else', async ({ sandbox }) => {
    const id = sandbox.tickets.create({
      subject: 'x',
      requesterName: 'Ada',
      assigneeId: sandbox.agents.ids[0] ?? null,
    }).id;
    const cleared = await ask(sandbox, `PUT /tickets/${id}`, {
      body: { ticket: { assigneeId: null, requesterName: null, requesterEmail: null } },
    });
    expect(cleared.body.ticket).toMatchObject({
      assigneeId: null,
      requesterName: null,
      requesterEmail: null,
    });
    const refused = await ask(sandbox, `PUT /tickets/${id}`, {
      body: { ticket: { subject: null, status: null } },
    });
    expect(faultsOf(refused)).toEqual({ subject: ['INVALID'], status: ['INVALID'] });
  });

  test('never closes by hand, but automations do', async ({ sandbox }) => {
    const { id } = sandbox.tickets.create({ subject: 'Old' });
    const byHand = await ask(sandbox, `PUT /tickets/${id}`, { body: { ticket: { status: 'closed' } } });
    expect(errorOf(byHand)).toBe('403 CLOSED_STATUS_SYSTEM_ONLY');
    sandbox.tickets.update(id, { status: 'closed' });
    expect((await ask(sandbox, `GET /tickets/${id}`)).body.ticket.status).toBe('closed');
  });

  test('merges custom fields by id', async ({ sandbox }) => {
    const [before] = sandbox.tickets.all();
    const id = fieldId(sandbox, 'seats');
    const { body } = await ask(sandbox, `PUT /tickets/${before?.id}`, {
      body: { ticket: { customFields: [{ id, value: 77 }] } },
    });
    const expected = before?.customFields.map((field) => (field.id === id ? { id, value: 77 } : field));
    expect(body.ticket.customFields).toEqual(expected);
  });
});

const replacing = testWithSandbox({ customFieldsOnPut: 'replace' });

replacing(
  'PUT /tickets/:id replaces custom fields as a whole where that option is chosen',
  async ({ sandbox }) => {
    const [before] = sandbox.tickets.all();
    const customFields = [{ id: fieldId(sandbox, 'seats'), value: 77 }];
    const { body } = await ask(sandbox, `PUT /tickets/${before?.id}`, { body: { ticket: { customFields } } });
    expect(body.ticket.customFields).toEqual(customFields);
  },
);

describe('DELETE /tickets/:id', () => {
  test('answers 204 without a body; then the ticket is gone', async ({ sandbox }) => {
    const [ticket] = sandbox.tickets.all();
    const answer = await ask(sandbox, `DELETE /tickets/${ticket?.id}`, { level: 'write' });
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const again = await ask(sandbox, `${method} /tickets/${ticket?.id}`, {
        ...(method === 'PUT' && { body: { ticket: {} } }),
      });
      expect(errorOf(again)).toBe('404 NOT_FOUND');
    }
  });
});

describe('bodies', () => {
  test.for([
    ['nothing', ''],
    ['no JSON', '{"ticket":'],
    ['no object', '[]'],
    ['no wrapper', '{"subject":"x"}'],
    ['a wrapper that is no object', '{"ticket":"x"}'],
    ['another wrapper', '{"webhook":{}}'],
  ] as const)('with %s are BAD_REQUEST', async ([, body], { sandbox }) => {
    expect(errorOf(await ask(sandbox, 'POST /tickets', { body }))).toBe('400 BAD_REQUEST');
  });

  test('that overflow the stack are a 500, and the server lives on', async ({ sandbox }) => {
    const value = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const body = `{"ticket":{"subject":"Deep","customFields":[{"id":"cf_x","value":${value}}]}}`;
    expect(errorOf(await ask(sandbox, 'POST /tickets', { body }))).toBe('500 INTERNAL_ERROR');
    expect((await ask(sandbox, 'GET /tickets')).status).toBe(200);
  });

  test('that are too long are refused', async ({ sandbox }) => {
    const answer = await ask(sandbox, 'POST /tickets', {
      body: { ticket: { subject: 'x'.repeat(2 ** 20) } },
    });
    expect(answer.status).toBe(413);
  });
});
