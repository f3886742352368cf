import { expect } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import {
  startGateway,
  testWithGateway,
  type Answer,
  type AskOptions,
  type RunningGateway,
  withoutStore,
} from '../support/gateway.ts';

const test = testWithGateway({ env: withoutStore });

interface Case {
  /** The code, and how it comes about. */
  readonly title: string;
  readonly fault?: Fault;
  /** What is asked; may prepare the sandbox first. */
  readonly ask: (sandbox: Sandbox) => string;
  /** Who asks, where it is not a new admin of the workspace. */
  readonly as?: (sandbox: Sandbox) => AskOptions;
  readonly path?: readonly (string | number)[];
  readonly expected: Readonly<Record<string, unknown>>;
  /** Requests that reach the backend. */
  readonly calls: number;
}

const read = () => '{ tickets(first: 1) { nodes { id } } }';
const create = () => 'mutation { ticketCreate(input: { subject: "Made in a test" }) { ticket { id } } }';
const updateOf = (id: string, patch = '{ subject: "Changed in a test" }') =>
  `mutation { ticketUpdate(input: { id: "${id}", patch: ${patch} }) { ticket { id } } }`;
const update =
  (patch?: string) =>
  ({ tickets }: Sandbox) =>
    updateOf(tickets.create().id, patch);
const customField = ({ ticketFields }: Sandbox, type: 'dropdown' | 'text', options = 1) =>
  ticketFields.create({
    title: `A ${type} of a test`,
    type,
    ...(type === 'dropdown' && {
      options: Array.from({ length: options }, (_, index) => ({
        label: `${index}`,
        value: `value_${index}`,
      })),
    }),
  });
const at = (...path: (string | number)[]) => [expect.objectContaining({ path })];
const admin = (sandbox: Sandbox): AskOptions => ({
  key: sandbox.createKey('admin'),
  workspaceId: sandbox.workspaceId,
});

const cases: readonly Case[] = [
  {
    title: 'INVALID_API_KEY: a key the backend does not know',
    ask: read,
    as: ({ workspaceId }) => ({ key: `aclou_${'0'.repeat(40)}`, workspaceId }),
    path: ['tickets'],
    expected: { code: 'INVALID_API_KEY', category: 'AUTH', origin: 'BACKEND', retryable: false },
    calls: 1,
  },
  {
    title: 'INSUFFICIENT_API_PERMISSION: a key of level READ that writes',
    ask: create,
    as: ({ keys, workspaceId }) => ({ key: keys.read, workspaceId }),
    path: ['ticketCreate'],
    expected: {
      code: 'INSUFFICIENT_API_PERMISSION',
      category: 'AUTH',
      requiredLevel: 'WRITE',
      outcome: 'NOT_APPLIED',
    },
    calls: 1,
  },
  {
    title: 'BAD_REQUEST: the gateway’s own defect, masked',
    fault: { kind: 'error', code: 'BAD_REQUEST', message: 'wrapper object "ticket" is missing' },
    ask: create,
    path: ['ticketCreate'],
    expected: { code: 'BAD_REQUEST', category: 'GATEWAY', retryable: false, outcome: 'NOT_APPLIED' },
    calls: 1,
  },
  {
    title: 'NOT_FOUND: a write to what does not exist',
    ask: () => updateOf('tkt_doesnotexist'),
    path: ['ticketUpdate'],
    expected: {
      code: 'NOT_FOUND',
      category: 'NOT_FOUND',
      outcome: 'NOT_APPLIED',
      fields: at('input', 'id'),
      backend: { kind: 'HELPDESK', status: 404, operation: 'PUT /tickets/:id', attempts: 1 },
    },
    calls: 1,
  },
  {
    title: 'VALIDATION_ERROR: an input the backend refuses',
    fault: {
      kind: 'error',
      code: 'VALIDATION_ERROR',
      details: { requesterEmail: [{ code: 'INVALID', message: 'No such domain' }] },
    },
    ask: update('{ requester: { email: "ada@example.invalid" } }'),
    path: ['ticketUpdate'],
    expected: {
      code: 'VALIDATION_ERROR',
      category: 'INPUT',
      outcome: 'NOT_APPLIED',
      fields: [
        {
          path: ['input', 'patch', 'requester', 'email'],
          code: 'INVALID',
          message: 'No such domain',
          sourceKey: 'requesterEmail',
        },
      ],
    },
    calls: 1,
  },
  {
    title: 'CONFLICT: a second field with the same key',
    ask: (sandbox) => {
      const { fieldKey } = customField(sandbox, 'text');
      return `mutation { ticketFieldCreate(input: { title: "Twin", key: "${fieldKey}", type: TEXT }) { ticketField { id } } }`;
    },
    path: ['ticketFieldCreate'],
    expected: { code: 'CONFLICT', category: 'CONFLICT', retryable: false, outcome: 'NOT_APPLIED' },
    calls: 1,
  },
  {
    title: 'RATE_LIMIT_EXCEEDED: a 429 that asks for longer than anybody waits',
    fault: { kind: 'error', code: 'RATE_LIMIT_EXCEEDED', retryAfter: 3_600 },
    ask: create,
    path: ['ticketCreate'],
    expected: {
      code: 'RATE_LIMIT_EXCEEDED',
      category: 'RATE_LIMIT',
      retryable: true,
      outcome: 'NOT_APPLIED',
    },
    calls: 1,
  },
  {
    title: 'TICKET_CLOSED: not a matter of permission',
    fault: { kind: 'error', code: 'TICKET_CLOSED' },
    ask: update(),
    path: ['ticketUpdate'],
    expected: { code: 'TICKET_CLOSED', category: 'INPUT', retryable: false, outcome: 'NOT_APPLIED' },
    calls: 1,
  },
  {
    title: 'CLOSED_STATUS_SYSTEM_ONLY: closing by hand',
    ask: update('{ status: CLOSED }'),
    path: ['ticketUpdate'],
    expected: {
      code: 'CLOSED_STATUS_SYSTEM_ONLY',
      category: 'INPUT',
      outcome: 'NOT_APPLIED',
      fields: at('input', 'patch', 'status'),
    },
    calls: 1,
  },
  {
    title: 'IMMUTABLE_FIELD: a change the backend never takes',
    fault: { kind: 'error', code: 'IMMUTABLE_FIELD' },
    ask: (sandbox) =>
      `mutation { ticketFieldUpdate(input: { id: "${customField(sandbox, 'text').id}", patch: { title: "New" } }) { ticketField { id } } }`,
    path: ['ticketFieldUpdate'],
    expected: { code: 'IMMUTABLE_FIELD', category: 'INPUT', fields: at('input', 'id') },
    calls: 1,
  },
  {
    title: 'SYSTEM_FIELD: deleting a field of the helpdesk’s own',
    ask: ({ ticketFields }) => {
      const system = ticketFields.all().find(({ id }) => id.startsWith('system_'));
      return `mutation { ticketFieldDelete(input: { id: "${system?.id}" }) { deletedId } }`;
    },
    path: ['ticketFieldDelete'],
    expected: { code: 'SYSTEM_FIELD', category: 'INPUT', fields: at('input', 'id') },
    calls: 1,
  },
  {
    title: 'INVALID_FIELD_TYPE: an option on a text field',
    ask: (sandbox) =>
      `mutation { ticketFieldOptionCreate(input: { fieldId: "${customField(sandbox, 'text').id}", option: { label: "A", value: "a" } }) { option { id } } }`,
    path: ['ticketFieldOptionCreate'],
    expected: { code: 'INVALID_FIELD_TYPE', category: 'INPUT', fields: at('input', 'fieldId') },
    calls: 1,
  },
  {
    title: 'DUPLICATE_OPTION_VALUE: a value the field has already',
    ask: (sandbox) =>
      `mutation { ticketFieldOptionCreate(input: { fieldId: "${customField(sandbox, 'dropdown').id}", option: { label: "A", value: "value_0" } }) { option { id } } }`,
    path: ['ticketFieldOptionCreate'],
    expected: {
      code: 'DUPLICATE_OPTION_VALUE',
      category: 'CONFLICT',
      fields: at('input', 'option', 'value'),
    },
    calls: 1,
  },
  {
    title: 'TOO_MANY_OPTIONS: the 2,001st',
    ask: (sandbox) =>
      `mutation { ticketFieldOptionCreate(input: { fieldId: "${customField(sandbox, 'dropdown', 2_000).id}", option: { label: "A", value: "a" } }) { option { id } } }`,
    path: ['ticketFieldOptionCreate'],
    expected: { code: 'TOO_MANY_OPTIONS', category: 'INPUT', max: 2_000, fields: at('input', 'option') },
    calls: 1,
  },
  {
    title: 'a code that nobody knows keeps its name',
    fault: { kind: 'error', code: 'SUBSCRIPTION_LAPSED', status: 402, message: 'Pay first' },
    ask: create,
    path: ['ticketCreate'],
    expected: { code: 'SUBSCRIPTION_LAPSED', category: 'INPUT', known: false, retryable: false },
    calls: 1,
  },
  {
    title: 'BACKEND_BUSY: a POST answered 503 is not repeated, and may have been applied',
    fault: { kind: 'text', status: 503, retryAfter: 1 },
    ask: create,
    path: ['ticketCreate'],
    expected: { code: 'BACKEND_BUSY', category: 'BACKEND', outcome: 'UNKNOWN', retryable: false },
    calls: 1,
  },
  {
    title: 'BACKEND_UNAVAILABLE: a 503 that names no time is not retried',
    fault: { kind: 'text', status: 503, times: 3 },
    ask: read,
    path: ['tickets'],
    expected: { code: 'BACKEND_UNAVAILABLE', category: 'BACKEND', retryable: true, origin: 'BACKEND' },
    calls: 1,
  },
  {
    title: 'BACKEND_TIMEOUT: a read answered 504 twice',
    fault: { kind: 'html', status: 504, times: 2 },
    ask: read,
    path: ['tickets'],
    expected: { code: 'BACKEND_TIMEOUT', category: 'TRANSPORT', retryable: true },
    calls: 2,
  },
  {
    title: 'BACKEND_TIMEOUT: a POST is never sent twice',
    fault: { kind: 'html', status: 504, times: 2 },
    ask: create,
    path: ['ticketCreate'],
    expected: { code: 'BACKEND_TIMEOUT', outcome: 'UNKNOWN', retryable: false },
    calls: 1,
  },
  {
    title: 'BACKEND_UNREACHABLE: a POST whose connection broke may have been applied',
    fault: { kind: 'reset', when: 'after-applying' },
    ask: create,
    path: ['ticketCreate'],
    expected: {
      code: 'BACKEND_UNREACHABLE',
      category: 'TRANSPORT',
      outcome: 'UNKNOWN',
      retryable: false,
      backend: { kind: 'HELPDESK', status: null, operation: 'POST /tickets', attempts: 1 },
    },
    calls: 1,
  },
  {
    title: 'BACKEND_BAD_RESPONSE: a page for people instead of an answer',
    fault: { kind: 'html', status: 200 },
    ask: read,
    path: ['tickets'],
    expected: { code: 'BACKEND_BAD_RESPONSE', category: 'BACKEND', retryable: false },
    calls: 1,
  },
  {
    title: 'BACKEND_CONTRACT_MISMATCH: an attribute of a wrong type',
    fault: { kind: 'rewrite', body: () => ({ tickets: [{ id: 7 }], meta: {}, links: {} }) },
    ask: read,
    path: ['tickets'],
    expected: { code: 'BACKEND_CONTRACT_MISMATCH', category: 'BACKEND', retryable: false },
    calls: 1,
  },
  {
    title: 'FILTER_NOT_SUPPORTED: what only a scan finds',
    ask: () => '{ tickets(filter: { tagsAll: ["vip"] }) { nodes { id } } }',
    path: ['tickets'],
    expected: {
      code: 'FILTER_NOT_SUPPORTED',
      category: 'INPUT',
      origin: 'GATEWAY',
      fields: at('filter', 'tagsAll'),
      supported: ['status', 'priority', 'assigneeId'],
      hint: 'scan',
    },
    calls: 0,
  },
  {
    title: 'ORDER_NOT_SUPPORTED: lists merged by a rank that only the backend knows',
    ask: () =>
      '{ tickets(filter: { status: [OPEN, PENDING] }, orderBy: { field: PRIORITY }) { nodes { id } } }',
    path: ['tickets'],
    expected: {
      code: 'ORDER_NOT_SUPPORTED',
      category: 'INPUT',
      origin: 'GATEWAY',
      fields: at('orderBy', 'field'),
      supported: ['CREATED_AT', 'UPDATED_AT'],
      hint: 'scan',
    },
    calls: 0,
  },
  {
    title: 'CURSOR_INVALID: a damaged cursor',
    ask: () => '{ tickets(after: "rubbish") { nodes { id } } }',
    path: ['tickets'],
    expected: { code: 'CURSOR_INVALID', category: 'INPUT', fields: at('after') },
    calls: 0,
  },
  {
    title: 'BAD_USER_INPUT: a page above the largest',
    ask: () => '{ tickets(first: 501) { nodes { id } } }',
    path: ['tickets'],
    expected: { code: 'BAD_USER_INPUT', category: 'INPUT', fields: at('first') },
    calls: 0,
  },
  {
    title: 'BAD_USER_INPUT: a page below none',
    ask: () => '{ tickets(first: -1) { nodes { id } } }',
    path: ['tickets'],
    expected: { code: 'BAD_USER_INPUT', category: 'INPUT', fields: at('first') },
    calls: 0,
  },
  {
    title: 'BAD_USER_INPUT: an id that would lead to another endpoint',
    ask: () => 'mutation { ticketDelete(input: { id: "../webhooks/whk_1" }) { deletedId } }',
    path: ['ticketDelete'],
    expected: { code: 'BAD_USER_INPUT', outcome: 'NOT_APPLIED', fields: at('input', 'id') },
    calls: 0,
  },
];

const firstError = ({ errors }: Answer<unknown>) => errors?.[0];

async function askAs(
  gateway: RunningGateway,
  { as = admin, ask, fault }: Case,
): Promise<[Answer<unknown>, AskOptions]> {
  const caller = as(gateway.sandbox);
  const document = ask(gateway.sandbox);
  gateway.forgetCalls();
  const set = fault && gateway.sandbox.faults.set(fault);
  try {
    return [await gateway.query(document, {}, caller), caller];
  } finally {
    set?.remove();
  }
}

test.for(cases)('$title', async (example, { gateway }) => {
  const [answer, caller] = await askAs(gateway, example);
  const error = firstError(answer);
  expect(answer.errors).toHaveLength(1);
  expect(error?.extensions).toMatchObject(example.expected);
  expect(error?.path).toEqual(example.path);
  expect(answer.status).toBe(200);
  expect(gateway.calls).toHaveLength(example.calls);
  expect(error?.extensions).toMatchObject({
    category: expect.any(String),
    origin: expect.stringMatching(/^(BACKEND|GATEWAY)$/),
    retryable: expect.any(Boolean),
    fields: expect.any(Array),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  const text = JSON.stringify(answer);
  for (const secret of [caller.key ?? '?', gateway.sandbox.url, 'whsec_', '\\n    at ', 'file:']) {
    expect(text).not.toContain(secret);
  }
});

test('OPTION_IN_USE: an option that a ticket has', async ({ gateway }) => {
  const { sandbox } = gateway;
  const field = customField(sandbox, 'dropdown');
  sandbox.tickets.create({ customFields: [{ id: field.id, value: 'value_0' }] });
  const found = await gateway.query(
    `query ($id: ID!) { ticketField(by: { id: $id }) { options { nodes { id } } } }`,
    { id: field.id },
  );
  const [option] = (found.data as { ticketField: { options: { nodes: { id: string }[] } } }).ticketField
    .options.nodes;
  const answer = await gateway.query(
    `mutation ($id: ID!) { ticketFieldOptionDelete(input: { id: $id }) { deletedId } }`,
    { id: option?.id },
  );
  expect(firstError(answer)?.extensions).toMatchObject({
    code: 'OPTION_IN_USE',
    category: 'CONFLICT',
    retryable: false,
    fields: at('input', 'id'),
  });
});

test('CURSOR_MISMATCH: a cursor under another filter or order', async ({ gateway }) => {
  const { data } = await gateway.query('{ tickets(first: 2) { pageInfo { endCursor } } }');
  const after = (data as { tickets: { pageInfo: { endCursor: string } } }).tickets.pageInfo.endCursor;
  gateway.forgetCalls();
  for (const other of [
    'filter: { status: [OPEN] }',
    'orderBy: { field: UPDATED_AT }',
    'orderBy: { field: CREATED_AT, direction: ASC }',
  ]) {
    const answer = await gateway.query(
      `query ($after: String) { tickets(first: 2, after: $after, ${other}) { nodes { id } } }`,
      { after },
    );
    expect(firstError(answer)?.extensions).toMatchObject({ code: 'CURSOR_MISMATCH', fields: at('after') });
  }
  expect(gateway.calls).toEqual([]);
});

test('CURSOR_INVALID: a cursor that the backend accepts no more', async ({ gateway }) => {
  const { data } = await gateway.query('{ tickets(first: 30) { pageInfo { endCursor } } }');
  const after = (data as { tickets: { pageInfo: { endCursor: string } } }).tickets.pageInfo.endCursor;
  gateway.sandbox.expireCursors();
  const answer = await gateway.query(
    'query ($after: String) { tickets(first: 30, after: $after) { nodes { id } } }',
    {
      after,
    },
  );
  expect(firstError(answer)?.extensions).toMatchObject({ code: 'CURSOR_INVALID', fields: at('after') });
});

test('CURSOR_INVALID: so it is where the backend spells its cursors page[after]', async () => {
  await using gateway = await startGateway({ sandbox: { listDialect: 'pagination' } });
  const ask = 'query ($after: String) { tickets(first: 5, after: $after) { pageInfo { endCursor } } }';
  const { data } = await gateway.query(ask);
  const after = (data as { tickets: { pageInfo: { endCursor: string } } }).tickets.pageInfo.endCursor;
  gateway.sandbox.expireCursors();
  expect(firstError(await gateway.query(ask, { after }))?.extensions).toMatchObject({
    code: 'CURSOR_INVALID',
    fields: at('after'),
  });
});

test('RATE_BUDGET_EXHAUSTED: nothing is sent once another program has spent the key', async ({ gateway }) => {
  const caller = admin(gateway.sandbox);
  const { key = '' } = caller;
  const { rateLimit } = gateway.sandbox;
  await gateway.query(read(), {}, caller);
  rateLimit.spend(key, rateLimit.state(key).remaining - 1);
  await gateway.query(read(), {}, caller);
  gateway.forgetCalls();
  const answer = await gateway.query(read(), {}, caller);
  expect(firstError(answer)?.extensions).toMatchObject({
    code: 'RATE_BUDGET_EXHAUSTED',
    category: 'RATE_LIMIT',
    origin: 'GATEWAY',
    retryable: true,
    retryAfterMs: expect.any(Number),
  });
  expect(gateway.calls).toEqual([]);
});

test('a lookup of what does not exist is null without an error', async ({ gateway }) => {
  const answer = await gateway.query('{ ticket(id: "tkt_doesnotexist") { id } }');
  expect(answer).toMatchObject({ status: 200, data: { ticket: null } });
  expect(answer.errors).toBeUndefined();
});

test('one failing call does not empty its siblings', async ({ gateway }) => {
  using _ = { [Symbol.dispose]: () => gateway.sandbox.faults.clear() };
  gateway.sandbox.faults.set({ kind: 'text', status: 503, path: '/webhooks' });
  const answer = await gateway.query(
    '{ tickets(first: 1) { nodes { id } } webhooks { nodes { id } } backend { kind } }',
  );
  expect(answer.data).toMatchObject({
    tickets: { nodes: [{}] },
    webhooks: null,
    backend: { kind: 'HELPDESK' },
  });
  expect(answer.errors).toHaveLength(1);
});

test('a read that meets a passing overload waits as long as it is told, and succeeds', async ({
  gateway,
}) => {
  gateway.forgetCalls();
  gateway.sandbox.faults.set({ kind: 'error', code: 'BUSY', status: 503, retryAfter: 1 });
  const answer = await gateway.query(read());
  expect(answer.errors).toBeUndefined();
  expect(gateway.calls).toEqual(['GET /tickets', 'GET /tickets']);
});

test('what a client may not read is in the log under its traceId', async ({ gateway }) => {
  gateway.sandbox.faults.set({ kind: 'html', status: 500, body: '<h1>stack trace of db-7.internal</h1>' });
  const answer = await gateway.query(read());
  const traceId = firstError(answer)?.extensions?.['traceId'];
  expect(JSON.stringify(answer)).not.toContain('db-7');
  expect(gateway.logs.map(({ fields }) => fields)).toContainEqual(expect.objectContaining({ traceId }));
});

test('every code that a test above meets is in the catalogue, unless the backend made it up', async ({
  gateway,
}) => {
  const { data } = await gateway.query<{
    errorCatalog: { code: string; category: string; retryable: boolean }[];
  }>('{ errorCatalog { code category retryable } }');
  const listed = new Set(data?.errorCatalog.map(({ code }) => code));
  const met = cases
    .filter(({ expected }) => expected['known'] !== false)
    .map(({ expected }) => expected['code']);
  for (const code of met) expect(listed).toContain(code);
});
