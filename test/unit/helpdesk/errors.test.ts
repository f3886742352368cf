import { expect, test } from 'vitest';
import type { BackendError, GatewayError } from '../../../src/domain/errors.ts';
import { restErrors } from '../../../src/backends/helpdesk/errors.ts';
import type { BackendSession } from '../../../src/domain/backend.ts';
import { caller, failure, openBackend, restError, startHelpdesk, ticket, type Reply } from './support.ts';

const calls = {
  getTicket: (s: BackendSession) => s.tickets.get('tkt_1'),
  createTicket: (s: BackendSession) => s.tickets.create({ subject: '' }),
  updateTicket: (s: BackendSession) => s.tickets.update('tkt_1', { status: 'CLOSED' }),
  deleteTicket: (s: BackendSession) => s.tickets.delete('tkt_1'),
  createField: (s: BackendSession) => s.ticketFields.create({ title: 'T', key: 'k', type: 'TEXT' }),
  updateField: (s: BackendSession) => s.ticketFields.update('cf_1', { title: 'T' }),
  createOption: (s: BackendSession) => s.ticketFieldOptions.create('cf_1', { label: 'L', value: 'v' }),
  updateOption: (s: BackendSession) => s.ticketFieldOptions.update('cf_1', 'opt_1', { value: 'v' }),
  deleteOption: (s: BackendSession) => s.ticketFieldOptions.delete('cf_1', 'opt_1'),
  createWebhook: (s: BackendSession) =>
    s.webhooks.create({ name: 'W', targetUrl: 'https://w.example', events: [] }),
} as const;

async function refused(call: keyof typeof calls, reply: Reply): Promise<GatewayError> {
  await using helpdesk = await startHelpdesk([reply]);
  await using opened = openBackend(helpdesk.url);
  return await failure(calls[call](opened.session));
}

const at = (...paths: (readonly (string | number)[])[]) =>
  paths.map((path) => expect.objectContaining({ path }));

interface Row {
  readonly code: string;
  readonly status: number;
  readonly call: keyof typeof calls;
  readonly details?: object;
  readonly expected: object;
}

const notApplied = { outcome: 'NOT_APPLIED', retryable: false };

const rows: readonly Row[] = [
  { code: 'INVALID_API_KEY', status: 401, call: 'getTicket', expected: { category: 'AUTH', outcome: null } },
  {
    code: 'MISSING_WORKSPACE',
    status: 400,
    call: 'createTicket',
    expected: { category: 'AUTH', ...notApplied },
  },
  {
    code: 'INSUFFICIENT_API_PERMISSION',
    status: 403,
    call: 'createTicket',
    expected: { category: 'AUTH', details: { requiredLevel: 'WRITE' }, ...notApplied },
  },
  {
    code: 'INSUFFICIENT_API_PERMISSION',
    status: 403,
    call: 'createWebhook',
    expected: { details: { requiredLevel: 'ADMIN' } },
  },
  {
    code: 'BAD_REQUEST',
    status: 400,
    call: 'createTicket',
    expected: { category: 'GATEWAY', ...notApplied },
  },
  {
    code: 'NOT_FOUND',
    status: 404,
    call: 'updateTicket',
    expected: { category: 'NOT_FOUND', fields: at(['id']) },
  },
  { code: 'NOT_FOUND', status: 404, call: 'createOption', expected: { fields: at(['fieldId']) } },
  {
    code: 'VALIDATION_ERROR',
    status: 422,
    call: 'createTicket',
    details: {
      'ticket.subject': [{ code: 'REQUIRED', message: 'Subject is required' }],
      'customFields.cf_9': [{ code: 'INVALID', message: 'Not an option' }],
      phase_of_moon: [{ code: 'INVALID', message: 'Waning' }],
    },
    expected: {
      category: 'INPUT',
      ...notApplied,
      fields: [
        { path: ['subject'], code: 'REQUIRED', message: 'Subject is required', sourceKey: 'ticket.subject' },
        {
          path: ['customFields', 'cf_9'],
          code: 'INVALID',
          message: 'Not an option',
          sourceKey: 'customFields.cf_9',
        },
        { path: null, code: 'INVALID', message: 'Waning', sourceKey: 'phase_of_moon' },
      ],
    },
  },
  { code: 'CONFLICT', status: 409, call: 'createField', expected: { category: 'CONFLICT', ...notApplied } },
  {
    code: 'CONFLICT',
    status: 409,
    call: 'createField',
    details: { field_key: [{ code: 'TAKEN', message: 'Taken' }] },
    expected: { fields: at(['key']) },
  },
  {
    code: 'TICKET_CLOSED',
    status: 403,
    call: 'updateTicket',
    expected: { category: 'INPUT', ...notApplied },
  },
  {
    code: 'CLOSED_STATUS_SYSTEM_ONLY',
    status: 403,
    call: 'updateTicket',
    expected: { category: 'INPUT', fields: at(['status']), ...notApplied },
  },
  {
    code: 'IMMUTABLE_FIELD',
    status: 422,
    call: 'updateField',
    details: { type: [{ code: 'IMMUTABLE', message: 'Never' }] },
    expected: { category: 'INPUT', fields: at(['id']) },
  },
  {
    code: 'SYSTEM_FIELD',
    status: 422,
    call: 'updateField',
    expected: { category: 'INPUT', fields: at(['id']) },
  },
  {
    code: 'INVALID_FIELD_TYPE',
    status: 422,
    call: 'createOption',
    expected: { category: 'INPUT', fields: at(['fieldId']) },
  },
  { code: 'INVALID_FIELD_TYPE', status: 422, call: 'createField', expected: { fields: at(['options']) } },
  {
    code: 'DUPLICATE_OPTION_VALUE',
    status: 409,
    call: 'createOption',
    expected: { category: 'CONFLICT', fields: at(['value']) },
  },
  {
    code: 'DUPLICATE_OPTION_VALUE',
    status: 409,
    call: 'createField',
    details: { 'options[3].value': [{ code: 'DUPLICATE', message: 'Twice' }] },
    expected: { fields: at(['options', 3, 'value']) },
  },
  {
    code: 'TOO_MANY_OPTIONS',
    status: 422,
    call: 'createOption',
    expected: { category: 'INPUT', details: { max: 2_000 }, fields: at([]) },
  },
  { code: 'TOO_MANY_OPTIONS', status: 422, call: 'createField', expected: { fields: at(['options']) } },
  {
    code: 'OPTION_IN_USE',
    status: 422,
    call: 'deleteOption',
    expected: { category: 'CONFLICT', fields: at(['id']), ...notApplied },
  },
  {
    code: 'MOON_TOO_FULL',
    status: 422,
    call: 'createTicket',
    expected: { category: 'INPUT', details: { known: false }, ...notApplied },
  },
  {
    code: 'MOON_TOO_FULL',
    status: 403,
    call: 'getTicket',
    expected: { category: 'AUTH', details: { known: false } },
  },
  // A name of ours says nothing when the backend uses it.
  {
    code: 'RATE_BUDGET_EXHAUSTED',
    status: 409,
    call: 'createTicket',
    expected: { category: 'CONFLICT', retryable: false, details: { known: false } },
  },
];

test.for(rows)('$code ($status) of $call', async ({ code, status, call, details, expected }) => {
  const error = await refused(call, restError(code, status, details));
  expect(error).toMatchObject({ code, backend: { kind: 'HELPDESK', status, attempts: 1 }, ...expected });
  if (code === 'BAD_REQUEST') expect(error.message).not.toContain('Said');
  else expect(error.message).toBe('Said by the backend');
});

test('every documented code has its row here', () => {
  const tested = new Set([...rows.map(({ code }) => code), 'RATE_LIMIT_EXCEEDED']);
  expect(Object.keys(restErrors).filter((code) => !tested.has(code))).toEqual([]);
});

test('the operation of an error names no id', async () => {
  const error = await refused('updateOption', restError('NOT_FOUND', 404));
  expect((error as BackendError).backend.operation).toBe('PUT /ticket_fields/:fieldId/options/:id');
});

const html = { 'content-type': 'text/html; charset=utf-8' };
const page = '<html>It works! aclou_0123456789abcdef0123456789abcdef01234567</html>';

test.for<[string, Reply, object]>([
  ['500', { status: 500, body: page, headers: html }, { code: 'BACKEND_UNAVAILABLE' }],
  ['500 in JSON', restError('INTERNAL', 500), { code: 'BACKEND_UNAVAILABLE' }],
  ['502', { status: 502, body: page, headers: html }, { code: 'BACKEND_UNAVAILABLE' }],
  ['503 without Retry-After', { status: 503, body: 'down' }, { code: 'BACKEND_UNAVAILABLE' }],
  ['522', { status: 522, body: page, headers: html }, { code: 'BACKEND_UNAVAILABLE' }],
])(
  '%s: the original goes to the log, not to the client; a read may be tried again, a write not',
  async ([, reply, expected]) => {
    await using helpdesk = await startHelpdesk([reply]);
    await using opened = openBackend(helpdesk.url);
    const read = await failure(opened.session.tickets.get('tkt_1'));
    expect(read).toMatchObject({ ...expected, category: 'BACKEND', retryable: true, outcome: null });
    expect(read.message).not.toMatch(/Said|works|down$/);
    const write = await failure(opened.session.tickets.create({ subject: 'New' }));
    expect(write).toMatchObject({ ...expected, retryable: false, outcome: 'UNKNOWN' });
    expect(helpdesk.requests).toHaveLength(2);
    expect(opened.logs).toHaveLength(2);
    expect(opened.logs[0]).toMatchObject({ level: 'warn', fields: { traceId: opened.operation.traceId } });
    expect(JSON.stringify(opened.logs)).not.toContain(caller.apiKey);
  },
);

test('a 504 to a POST leaves open what became of it', async () => {
  expect(await refused('createTicket', { status: 504 })).toMatchObject({
    code: 'BACKEND_TIMEOUT',
    retryable: false,
    outcome: 'UNKNOWN',
  });
});

test.for<[string, Reply, object]>([
  ['HTML with 200', { status: 200, body: page, headers: html }, { status: 200, contentType: 'text/html' }],
  ['HTML with 404', { status: 404, body: page, headers: html }, { status: 404, contentType: 'text/html' }],
  ['HTML with 401', { status: 401, body: page, headers: html }, { status: 401, contentType: 'text/html' }],
  [
    'plain text',
    { status: 400, body: 'no', headers: { 'content-type': 'text/plain' } },
    { status: 400, contentType: 'text/plain' },
  ],
  [
    'truncated JSON',
    { status: 200, body: '{"ticket":{"id":', headers: { 'content-type': 'application/json' } },
    { status: 200, contentType: 'application/json' },
  ],
  ['nothing where a body is due', { status: 204 }, { status: 204, contentType: null }],
  [
    'an error without a code',
    { status: 422, body: { error: { message: 'no' } } },
    { status: 422, contentType: 'application/json' },
  ],
  [
    'an error whose code is a sentence',
    { status: 422, body: { error: { code: 'it did not work', message: '' } } },
    { status: 422, contentType: 'application/json' },
  ],
  [
    'JSON that calls itself HTML',
    { status: 200, body: JSON.stringify({ ticket: ticket() }), headers: html },
    { status: 200, contentType: 'text/html' },
  ],
])('%s: a bad response, told by status and content type only', async ([, reply, details]) => {
  const error = await refused('getTicket', reply);
  expect(error).toMatchObject({
    code: 'BACKEND_BAD_RESPONSE',
    category: 'BACKEND',
    retryable: false,
    details,
  });
  expect(JSON.stringify([error, error.message])).not.toContain('works');
});

test('a bad response to a write leaves open what became of it, unless it was refused', async () => {
  expect(await refused('createTicket', { status: 204 })).toMatchObject({
    code: 'BACKEND_BAD_RESPONSE',
    retryable: false,
    outcome: 'UNKNOWN',
  });
  expect(await refused('createTicket', { status: 201, body: page, headers: html })).toMatchObject({
    outcome: 'UNKNOWN',
  });
  expect(await refused('createTicket', { status: 404, body: page, headers: html })).toMatchObject({
    outcome: 'NOT_APPLIED',
  });
});

test.for([
  ['application/json', '{"ticket":{"requesterName":"Ada'],
  ['text/csv', 'subject,requesterName\nNo coffee,Ada'],
] as const)(
  'an answer in %s that cannot be read is not logged: it holds a customer’s data',
  async ([type, body]) => {
    await using helpdesk = await startHelpdesk([{ status: 200, body, headers: { 'content-type': type } }]);
    await using opened = openBackend(helpdesk.url);
    await failure(opened.session.tickets.get('tkt_1'));
    expect(opened.logs).toHaveLength(1);
    expect(JSON.stringify(opened.logs)).not.toContain('Ada');
  },
);

test('an empty 401 is a bad key', async () => {
  expect(await refused('getTicket', { status: 401 })).toMatchObject({
    code: 'INVALID_API_KEY',
    category: 'AUTH',
  });
});

test('an answer that breaks the contract names the attribute', async () => {
  const list = {
    tickets: [ticket(), ticket({ subject: 7 })],
    meta: { hasMore: false },
    links: { next: null },
  };
  await using helpdesk = await startHelpdesk([{ status: 200, body: list }]);
  await using opened = openBackend(helpdesk.url);
  const error = await failure(
    opened.session.tickets.list({
      filter: {},
      order: { field: 'CREATED_AT', direction: 'DESC' },
      page: { size: 2, cursor: null },
    }),
  );
  expect(error).toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
    details: { attribute: 'tickets[1].subject' },
    outcome: null,
  });
});

test('BAD_REQUEST is logged as the gateway’s own defect', async () => {
  await using helpdesk = await startHelpdesk([restError('BAD_REQUEST', 400)]);
  await using opened = openBackend(helpdesk.url);
  await failure(opened.session.tickets.get('tkt_1'));
  expect(opened.logs).toMatchObject([
    { level: 'error', fields: { original: 'BAD_REQUEST: Said by the backend' } },
  ]);
});

test('a text of the backend that holds a key or an address reaches the client without them', async () => {
  const error = await refused(
    'createTicket',
    restError('VALIDATION_ERROR', 422, undefined, `Key ${caller.apiKey} at http://10.0.0.7/internal is odd`),
  );
  expect(error.message).not.toMatch(/aclou|10\.0\.0\.7/);
});

const list = (opened: ReturnType<typeof openBackend>, cursor: string | null) =>
  opened.session.tickets.list({
    filter: { assigneeId: 'usr_1' },
    order: { field: 'UPDATED_AT', direction: 'ASC' },
    page: { size: 10, cursor },
  });

test.for([
  ['VALIDATION_ERROR', 422, undefined],
  ['BAD_REQUEST', 400, undefined],
  ['CURSOR_EXPIRED', 400, undefined],
  ['VALIDATION_ERROR', 422, { after: [{ code: 'INVALID', message: 'no' }] }],
  ['VALIDATION_ERROR', 422, { 'page[after]': [{ code: 'INVALID', message: 'no' }] }],
] as const)('%s (%i) to a list with a cursor: the cursor is invalid', async ([code, status, details]) => {
  await using helpdesk = await startHelpdesk([restError(code, status, details)]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(list(opened, 'abc'))).toMatchObject({
    code: 'CURSOR_INVALID',
    category: 'INPUT',
    fields: at(['after']),
  });
  expect(opened.logs).toEqual([]);
});

test('a list with a cursor and without a workspace lacks the workspace', async () => {
  await using helpdesk = await startHelpdesk([restError('MISSING_WORKSPACE', 400)]);
  await using opened = openBackend(helpdesk.url);
  expect((await failure(list(opened, 'abc'))).code).toBe('MISSING_WORKSPACE');
});

test('a list that is refused for something else than its cursor keeps the code', async () => {
  const other = restError('VALIDATION_ERROR', 422, { assignee_id: [{ code: 'INVALID', message: 'no' }] });
  await using helpdesk = await startHelpdesk([other]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(list(opened, 'abc'))).toMatchObject({
    code: 'VALIDATION_ERROR',
    fields: [{ path: null, sourceKey: 'assignee_id', message: 'no' }],
  });
  expect((await failure(list(opened, null))).code).toBe('VALIDATION_ERROR');
});

test('that something else does not exist is an error to a read too', async () => {
  await using helpdesk = await startHelpdesk([restError('WORKSPACE_NOT_FOUND', 404)]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.get('tkt_1'))).toMatchObject({
    code: 'WORKSPACE_NOT_FOUND',
    category: 'NOT_FOUND',
  });
});

test('what does not exist is null to a read, and an error to a write', async () => {
  await using helpdesk = await startHelpdesk([restError('NOT_FOUND', 404)]);
  await using opened = openBackend(helpdesk.url);
  expect(await opened.session.tickets.get('tkt_1')).toBeNull();
  expect(await opened.session.ticketFieldOptions.get('cf_1', 'opt_1')).toBeNull();
  expect((await failure(opened.session.tickets.delete('tkt_1'))).code).toBe('NOT_FOUND');
});
