import { describe, expect } from 'vitest';
import { ask, errorOf, testWithSandbox } from './support.ts';

const test = testWithSandbox();

describe('keys', () => {
  test('look like the contract says and differ by level and workspace', ({ sandbox }) => {
    const keys = [sandbox.keys, sandbox.workspace('ws_other').keys].flatMap((levels) =>
      Object.values(levels),
    );
    expect(new Set(keys).size).toBe(6);
    for (const key of keys) expect(key).toMatch(/^aclou_[0-9a-f]{40}$/);
  });

  test('are taken as Bearer token and as X-API-Key', async ({ sandbox }) => {
    const bearer = await ask(sandbox, 'GET /tickets');
    const header = await ask(sandbox, 'GET /tickets', {
      headers: { authorization: '', 'x-api-key': sandbox.keys.read },
    });
    expect([bearer.status, header.status]).toEqual([200, 200]);
  });

  test.for([
    ['missing', ''],
    ['unknown', `Bearer aclou_${'0'.repeat(40)}`],
    ['sent under another scheme', 'Basic abc'],
  ] as const)('that are %s are INVALID_API_KEY', async ([, authorization], { sandbox }) => {
    const answer = await ask(sandbox, 'GET /tickets', { headers: { authorization } });
    expect(errorOf(answer)).toBe('401 INVALID_API_KEY');
    expect(answer.body.error).toMatchObject({ status: 401, message: expect.any(String) });
  });

  test('that were revoked are INVALID_API_KEY from then on', async ({ sandbox }) => {
    const key = sandbox.createKey('write');
    const headers = { authorization: `Bearer ${key}` };
    expect((await ask(sandbox, 'GET /tickets', { headers })).status).toBe(200);
    sandbox.revokeKey(key);
    expect(errorOf(await ask(sandbox, 'GET /tickets', { headers }))).toBe('401 INVALID_API_KEY');
  });
});

describe('workspaces', () => {
  test('must be named', async ({ sandbox }) => {
    const answer = await ask(sandbox, 'GET /tickets', { headers: { 'x-workspace-id': '' } });
    expect(errorOf(answer)).toBe('400 MISSING_WORKSPACE');
  });

  test('are not open to the keys of another', async ({ sandbox }) => {
    const answer = await ask(sandbox, 'GET /tickets', { headers: { 'x-workspace-id': 'ws_other' } });
    expect(errorOf(answer)).toBe('403 INSUFFICIENT_API_PERMISSION');
  });

  test('hold tickets of their own', async ({ sandbox }) => {
    const other = sandbox.workspace('ws_other');
    const [ticket] = other.tickets.all();
    const headers = { authorization: `Bearer ${other.keys.read}`, 'x-workspace-id': 'ws_other' };
    expect(other.tickets.count).toBe(40);
    expect((await ask(sandbox, `GET /tickets/${ticket?.id}`, { headers })).status).toBe(200);
    expect(errorOf(await ask(sandbox, `GET /tickets/${ticket?.id}`))).toBe('404 NOT_FOUND');
  });
});

/** Each endpoint with the least level that it takes. */
const endpoints = [
  ['read', 'GET /tickets'],
  ['read', 'GET /tickets/x'],
  ['write', 'POST /tickets'],
  ['write', 'PUT /tickets/x'],
  ['write', 'DELETE /tickets/x'],
  ['read', 'GET /ticket_fields'],
  ['read', 'GET /ticket_fields/x'],
  ['admin', 'POST /ticket_fields'],
  ['admin', 'PUT /ticket_fields/x'],
  ['admin', 'DELETE /ticket_fields/x'],
  ['read', 'GET /ticket_fields/x/options'],
  ['read', 'GET /ticket_fields/x/options/y'],
  ['admin', 'POST /ticket_fields/x/options'],
  ['admin', 'PUT /ticket_fields/x/options/y'],
  ['admin', 'DELETE /ticket_fields/x/options/y'],
  ['admin', 'GET /webhooks'],
  ['admin', 'GET /webhooks/x'],
  ['admin', 'POST /webhooks'],
  ['admin', 'PUT /webhooks/x'],
  ['admin', 'DELETE /webhooks/x'],
] as const;
const levels = ['read', 'write', 'admin'] as const;

describe('levels', () => {
  test.for(endpoints)('%s is the least that takes %s', async ([least, line], { sandbox }) => {
    for (const level of levels) {
      const answer = await ask(sandbox, line, { level });
      const allowed = levels.indexOf(level) >= levels.indexOf(least);
      if (allowed) expect(answer.status).not.toBe(403);
      else expect(errorOf(answer)).toBe('403 INSUFFICIENT_API_PERMISSION');
    }
  });
});

describe('addresses', () => {
  test.for([
    'GET /nothing',
    'PATCH /tickets',
    'GET /tickets/',
    'GET /tickets/a/b',
    'GET /ticket_fields/a/choices',
  ])('%s is NOT_FOUND', async (line, { sandbox }) => {
    expect(errorOf(await ask(sandbox, line))).toBe('404 NOT_FOUND');
  });

  test('outside the base path get a page, as from any web server', async ({ sandbox }) => {
    const answer = await ask(sandbox, `GET ${new URL('/api/v2/tickets', sandbox.url).href}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('text/html');
  });
});

describe('the record of requests', () => {
  test('tells method, path, query, body, level and outcome in the order of arrival', async ({ sandbox }) => {
    await ask(sandbox, 'GET /tickets?status=open&page_size=2', { level: 'read' });
    await ask(sandbox, 'POST /tickets', { level: 'write', body: { ticket: {} } });
    await ask(sandbox, 'GET /tickets/tkt_none', { headers: { authorization: '' } });
    expect(sandbox.requests).toMatchObject([
      {
        method: 'GET',
        path: '/tickets',
        pattern: '/tickets',
        query: { status: 'open', page_size: '2' },
        body: undefined,
        workspaceId: 'ws_sandbox',
        keyLevel: 'read',
        status: 200,
      },
      { method: 'POST', path: '/tickets', body: { ticket: {} }, keyLevel: 'write', status: 422 },
      { method: 'GET', path: '/tickets/tkt_none', pattern: '/tickets/:id', keyLevel: null, status: 401 },
    ]);
    sandbox.forgetRequests();
    expect(sandbox.requests).toEqual([]);
  });
});
