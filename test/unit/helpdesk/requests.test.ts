import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caller, failure, openBackend, startHelpdesk, ticket } from './support.ts';

const page = { size: 25, cursor: null };

test('a request carries key, workspace and trace, and asks for plain JSON', async () => {
  await using helpdesk = await startHelpdesk([{ status: 200, body: { ticket: ticket() } }]);
  await using opened = openBackend(helpdesk.url);
  await opened.session.tickets.get('tkt_1');
  const headers = helpdesk.requests[0]?.headers;
  expect(headers).toMatchObject({
    authorization: `Bearer ${caller.apiKey}`,
    'x-workspace-id': 'ws_1',
    accept: 'application/json',
    'accept-encoding': 'identity',
  });
  expect(headers?.['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
});

test('connections are kept and used again', async () => {
  const ports = new Set<number | undefined>();
  await using helpdesk = await startHelpdesk([
    (request, response) => {
      ports.add(request.socket.remotePort);
      response.end(JSON.stringify({ ticket: ticket() }));
    },
  ]);
  await using opened = openBackend(helpdesk.url);
  for (let call = 0; call < 20; call += 1) await opened.session.tickets.get('tkt_1');
  // A second one is opened because undici lets a connection rest for one turn of the event loop.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test('a list is asked for in the resource pages’ spelling, filters and order included', async () => {
  const empty = { tickets: [], meta: { hasMore: false }, links: { next: null } };
  await using helpdesk = await startHelpdesk([{ status: 200, body: empty }]);
  await using opened = openBackend(helpdesk.url);
  await opened.session.tickets.list({
    filter: { status: 'OPEN', priority: 'URGENT', assigneeId: 'usr_1&page_size=1' },
    order: { field: 'UPDATED_AT', direction: 'ASC' },
    page: { size: 40, cursor: 'a b&c=/../' },
  });
  const [path, query] = helpdesk.requests[0]?.path.split('?') ?? [];
  expect(path).toBe('/tickets');
  expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
    status: 'open',
    priority: 'urgent',
    assignee_id: 'usr_1&page_size=1',
    sort_by: 'updated_at',
    sort_order: 'asc',
    page_size: '40',
    after: 'a b&c=/../',
  });
});

test('writes speak the backend’s words and name only what the caller named', async () => {
  await using helpdesk = await startHelpdesk([{ status: 200, body: { ticket: ticket() } }]);
  await using opened = openBackend(helpdesk.url);
  await opened.session.tickets.update('tkt_1', { status: 'RESOLVED', assigneeId: null, customFields: [] });
  await opened.session.tickets.create({
    subject: 'New',
    type: 'TASK',
    customFields: [{ fieldId: 'cf_1', value: ['a'] }],
  });
  expect(helpdesk.requests.map(({ body }) => body)).toEqual([
    { ticket: { status: 'resolved', assigneeId: null } },
    { ticket: { subject: 'New', type: 'task', customFields: [{ id: 'cf_1', value: ['a'] }] } },
  ]);
});

test('every endpoint of the contract is reached at its path', async () => {
  const field = { id: 'cf_1', fieldKey: 'k', title: 'T', type: 'dropdown' };
  const option = { id: 'opt_1', label: 'L', value: 'v' };
  const webhook = { id: 'whk_1', name: 'W', targetUrl: 'https://w.example', createdAt: 't', updatedAt: 't' };
  const meta = { meta: { hasMore: false }, links: {} };
  await using helpdesk = await startHelpdesk(({ method, path }) => {
    if (method === 'DELETE') return { status: 204 };
    const [, kind = ''] = /(tickets|ticket_fields|options|webhooks)[^/]*(?:\/[^/]+)?$/.exec(path) ?? [];
    const one = {
      tickets: ticket(),
      ticket_fields: field,
      options: option,
      webhooks: { ...webhook, signingSecret: 'whsec_x' },
    }[kind];
    const single = {
      tickets: 'ticket',
      ticket_fields: 'ticketField',
      options: 'option',
      webhooks: 'webhook',
    }[kind];
    const plural = kind === 'ticket_fields' ? 'ticketFields' : kind;
    return { status: 200, body: { [single ?? '']: one, [plural]: [one], ...meta } };
  });
  await using opened = openBackend(helpdesk.url);
  const { tickets, ticketFields, ticketFieldOptions, webhooks } = opened.session;
  await tickets.list({ filter: {}, order: { field: 'CREATED_AT', direction: 'DESC' }, page });
  await tickets.get('tkt_1');
  await tickets.create({ subject: 'S' });
  await tickets.update('tkt_1', {});
  await tickets.delete('tkt_1');
  await ticketFields.list({ active: true, order: { field: 'POSITION', direction: 'ASC' }, page });
  await ticketFields.get('system_status');
  await ticketFields.create({
    title: 'T',
    key: 'k',
    type: 'DROPDOWN',
    options: [{ label: 'L', value: 'v' }],
  });
  await ticketFields.update('cf_1', { title: 'T' });
  await ticketFields.delete('cf_1');
  await ticketFieldOptions.list('cf_1', page);
  await ticketFieldOptions.get('cf_1', 'opt_1');
  await ticketFieldOptions.create('cf_1', { label: 'L', value: 'v' });
  await ticketFieldOptions.update('cf_1', 'opt_1', { label: 'L' });
  await ticketFieldOptions.delete('cf_1', 'opt_1');
  await webhooks.list(page);
  await webhooks.get('whk_1');
  expect(
    await webhooks.create({
      name: 'W',
      targetUrl: 'https://w.example',
      events: ['TICKET_ASSIGNMENT_CHANGED'],
    }),
  ).toMatchObject({ signingSecret: 'whsec_x', webhook: { id: 'whk_1', events: [], eventsRaw: [] } });
  await webhooks.update('whk_1', { active: false });
  await webhooks.delete('whk_1');
  expect(helpdesk.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
    'GET /tickets',
    'GET /tickets/tkt_1',
    'POST /tickets',
    'PUT /tickets/tkt_1',
    'DELETE /tickets/tkt_1',
    'GET /ticket_fields',
    'GET /ticket_fields/system_status',
    'POST /ticket_fields',
    'PUT /ticket_fields/cf_1',
    'DELETE /ticket_fields/cf_1',
    'GET /ticket_fields/cf_1/options',
    'GET /ticket_fields/cf_1/options/opt_1',
    'POST /ticket_fields/cf_1/options',
    'PUT /ticket_fields/cf_1/options/opt_1',
    'DELETE /ticket_fields/cf_1/options/opt_1',
    'GET /webhooks',
    'GET /webhooks/whk_1',
    'POST /webhooks',
    'PUT /webhooks/whk_1',
    'DELETE /webhooks/whk_1',
  ]);
  const bodies = helpdesk.requests.map(({ body }) => body).filter((body) => body !== undefined);
  expect(bodies).toContainEqual({
    ticketField: { title: 'T', fieldKey: 'k', type: 'dropdown', options: [{ label: 'L', value: 'v' }] },
  });
  expect(bodies).toContainEqual({
    webhook: { name: 'W', targetUrl: 'https://w.example', events: ['ticket.assignment.changed'] },
  });
});

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('.', '/', '%2e', '%2F', '\\', '?', '#', ';', ':', '@', '\n', '\0', 'a', '_'),
  }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '../webhooks/whk_1',
    '..%2fwebhooks',
    '%2e%2e',
    'a/b',
    'tkt_1?x=1',
    'tkt_1#',
    ' tkt_1',
    'tkt_1 ',
  ),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,140}$/),
);

test('whatever string is given as an id, it is refused, or arrives as exactly that one segment', async () => {
  await using helpdesk = await startHelpdesk(({ method }) =>
    method === 'DELETE'
      ? { status: 204 }
      : { status: 404, body: { error: { code: 'NOT_FOUND', message: '', status: 404 } } },
  );
  await using opened = openBackend(helpdesk.url, { patienceMs: 60_000 });
  const { tickets, ticketFields, ticketFieldOptions, webhooks } = opened.session;
  const ways: readonly [string, (id: string) => Promise<unknown>][] = [
    ['/tickets/*', (id) => tickets.delete(id)],
    ['/tickets/*', (id) => tickets.get(id)],
    ['/ticket_fields/*', (id) => ticketFields.delete(id)],
    ['/webhooks/*', (id) => webhooks.get(id)],
    ['/ticket_fields/*/options/opt_1', (id) => ticketFieldOptions.delete(id, 'opt_1')],
    ['/ticket_fields/cf_1/options/*', (id) => ticketFieldOptions.get('cf_1', id)],
  ];
  let arrived = 0;
  await fc.assert(
    fc.asyncProperty(odd, fc.constantFrom(...ways), async (id, [pattern, call]) => {
      const before = helpdesk.requests.length;
      const error = await call(id).then(
        () => null,
        (reason: unknown) => reason,
      );
      const [request, ...more] = helpdesk.requests.slice(before);
      expect(more).toEqual([]);
      if (request === undefined) {
        expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
      } else {
        arrived += 1;
        expect(error).toBeNull();
        expect(request.path).toBe(pattern.replace('*', id));
      }
    }),
    { numRuns: 400 },
  );
  expect(arrived).toBeGreaterThan(40);
});

test.for(['../webhooks/whk_1', '.', '..', 'tkt_1/', 'tkt%2F1', ''])('the id %j sends nothing', async (id) => {
  await using helpdesk = await startHelpdesk([{ status: 204 }]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.delete(id))).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: ['id'], sourceKey: null }],
  });
  expect(await failure(opened.session.ticketFieldOptions.delete(id, 'opt_1'))).toMatchObject({
    fields: [{ path: ['fieldId'] }],
  });
  expect(helpdesk.requests).toEqual([]);
});

test.for(['aclou_1\r\nX-Evil: 1', 'ключ', ''])('a key like %j sends nothing', async (apiKey) => {
  await using helpdesk = await startHelpdesk([{ status: 200, body: { ticket: ticket() } }]);
  await using opened = openBackend(helpdesk.url);
  const { tickets } = opened.backend.session({ ...caller, apiKey }, opened.operation);
  expect((await failure(tickets.get('tkt_1'))).code).toBe('INVALID_API_KEY');
  const others = opened.backend.session({ ...caller, workspaceId: apiKey }, opened.operation);
  expect((await failure(others.tickets.get('tkt_1'))).code).toBe('MISSING_WORKSPACE');
  expect(helpdesk.requests).toEqual([]);
});
