import { describe, expect } from 'vitest';
import type { Fault } from '../../../src/sandbox/faults.ts';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { ask, errorOf, testWithSandbox } from './support.ts';
import { within } from '../../support/wait.ts';

const test = testWithSandbox({ tickets: 5 });

const subject = { ticket: { subject: 'Made in spite of it' } };

describe('errors of the API', () => {
  test('TICKET_CLOSED comes by fault only, with the status of its code', async ({ sandbox }) => {
    sandbox.faults.set({
      kind: 'error',
      code: 'TICKET_CLOSED',
      message: 'The ticket is closed',
      method: 'PUT',
    });
    const [ticket] = sandbox.tickets.all();
    const answer = await ask(sandbox, `PUT /tickets/${ticket?.id}`, { body: { ticket: { subject: 'x' } } });
    expect(errorOf(answer)).toBe('403 TICKET_CLOSED');
    expect(answer.body.error.message).toBe('The ticket is closed');
    expect(sandbox.tickets.get(ticket?.id ?? '')).toBe(ticket);
  });

  test('of any code, status and details can be had, with Retry-After', async ({ sandbox }) => {
    const details = { subject: [{ code: 'ODD', message: 'Odd' }] };
    sandbox.faults.set({ kind: 'error', code: 'BRAND_NEW', status: 418, details });
    sandbox.faults.set({ kind: 'error', code: 'BUSY', status: 503, retryAfter: 2 });
    const odd = await ask(sandbox, 'GET /tickets');
    expect(errorOf(odd)).toBe('418 BRAND_NEW');
    expect(odd.body.error.details).toEqual(details);
    const busy = await ask(sandbox, 'GET /tickets');
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await ask(sandbox, 'GET /tickets')).status).toBe(200);
  });

  test('count in the window, and carry its headers; a proxy’s do neither', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'error', code: 'X', status: 500 });
    sandbox.faults.set({ kind: 'html', status: 503 });
    const own = await ask(sandbox, 'GET /tickets');
    expect(own.headers.get('x-ratelimit-remaining')).toBe('99999');
    const page = await ask(sandbox, 'GET /tickets');
    expect(page.headers.get('x-ratelimit-remaining')).toBeNull();
    expect((await ask(sandbox, 'GET /tickets')).headers.get('x-ratelimit-remaining')).toBe('99998');
  });

  test('can come after the write was applied', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'text', status: 504, applied: true });
    const answer = await ask(sandbox, 'POST /tickets', { body: subject });
    expect([answer.status, answer.text]).toEqual([504, 'upstream error']);
    expect(sandbox.tickets.all()[0]?.subject).toBe('Made in spite of it');
  });
});

describe('answers that are none of the API’s', () => {
  test.for([
    [{ kind: 'html' }, 502, 'text/html', /^<!DOCTYPE html>/],
    [{ kind: 'text', status: 500, body: 'no database' }, 500, 'text/plain', /^no database$/],
    [{ kind: 'empty', status: 401 }, 401, null, /^$/],
    [{ kind: 'empty', status: 204 }, 204, null, /^$/],
    [{ kind: 'truncated' }, 200, 'application/json; charset=utf-8', /^\{"tickets":\[/],
  ] as const satisfies readonly (readonly [Fault, number, string | null, RegExp])[])(
    '%j',
    async ([fault, status, type, text], { sandbox }) => {
      sandbox.faults.set(fault);
      const answer = await ask(sandbox, 'GET /tickets');
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe(type);
      expect(answer.text).toMatch(text);
      expect(() => answer.body).toThrow(SyntaxError);
    },
  );

  test('a redirect points where it is told', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'redirect', location: 'http://127.0.0.2:9/steal' });
    const answer = await ask(sandbox, 'GET /tickets');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://127.0.0.2:9/steal']);
  });

  test('headers can be missing from one answer', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'missing-headers' });
    sandbox.faults.set({ kind: 'missing-headers', names: ['Date', 'Content-Type'] });
    const { headers } = await ask(sandbox, 'GET /tickets');
    for (const name of [
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'date',
      'content-type',
    ]) {
      expect(headers.get(name)).toBeNull();
    }
    expect((await ask(sandbox, 'GET /tickets')).headers.get('x-ratelimit-limit')).not.toBeNull();
  });

  test('a body can be rewritten into what the contract does not know', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'rewrite', body: (body) => ({ ...Object(body), surprise: true }) });
    expect((await ask(sandbox, 'GET /tickets?page_size=1')).body).toMatchObject({ surprise: true });
  });
});

describe('connections', () => {
  test.for([
    ['before-reading', false],
    ['after-reading', false],
    ['after-applying', true],
    ['in-body', true],
  ] as const)('reset %s apply a write: %s', async ([when, applied], { sandbox }) => {
    sandbox.faults.set({ kind: 'reset', when });
    await expect(ask(sandbox, 'POST /tickets', { body: subject })).rejects.toThrow(/fetch failed|terminated/);
    expect(sandbox.tickets.count).toBe(applied ? 6 : 5);
    expect(sandbox.requests).toMatchObject([{ method: 'POST', status: when === 'in-body' ? 201 : null }]);
  });

  test.for([
    { kind: 'silence' },
    { kind: 'endless' },
    { kind: 'endless', how: 'drip' },
  ] as const satisfies Fault[])('%j keeps a client waiting until it gives up', async (fault, { sandbox }) => {
    sandbox.faults.set(fault);
    const signal = AbortSignal.timeout(150);
    const read = async () => {
      const headers = { authorization: `Bearer ${sandbox.keys.read}`, 'x-workspace-id': sandbox.workspaceId };
      const response = await fetch(`${sandbox.url}/tickets`, { headers, signal });
      return response.text();
    };
    await expect(read()).rejects.toThrow(/timeout/);
  });

  test('are refused while the sandbox is down, and taken again afterwards', async ({ sandbox }) => {
    await sandbox.goDown();
    const refused: unknown = await ask(sandbox, 'GET /tickets').catch((error: unknown) => error);
    expect(refused).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await sandbox.comeBack();
    expect((await ask(sandbox, 'GET /tickets')).status).toBe(200);
  });

  test('that hang do not keep the sandbox from closing', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'endless', how: 'drip' });
    const hanging = ask(sandbox, 'GET /tickets').catch((error: unknown) => error);
    await expect.poll(() => sandbox.requests.length).toBe(1);
    await within('closing', sandbox.close());
    expect(await hanging).toBeInstanceOf(Error);
  });
});

describe('aim', () => {
  test('is by method, pattern, path and key', async ({ sandbox }) => {
    const [ticket] = sandbox.tickets.all();
    const other = sandbox.createKey('admin');
    sandbox.faults.set({
      kind: 'empty',
      status: 500,
      method: 'GET',
      path: '/tickets/:id',
      key: sandbox.keys.admin,
    });
    sandbox.faults.set({ kind: 'empty', status: 501, path: /^\/ticket_fields\/cf_/ });
    const status = async (line: string, key = sandbox.keys.admin) =>
      (await ask(sandbox, line, { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await status('GET /tickets')).toBe(200);
    expect(await status('DELETE /tickets/tkt_none')).toBe(404);
    expect(await status(`GET /tickets/${ticket?.id}`, other)).toBe(200);
    expect(await status('GET /ticket_fields/system_tags')).toBe(200);
    expect(await status('GET /ticket_fields/cf_none')).toBe(501);
    expect(await status(`GET /tickets/${ticket?.id}`)).toBe(500);
    expect(await status(`GET /tickets/${ticket?.id}`)).toBe(200);
  });

  test('is by count: some pass, some are hit, then it is over', async ({ sandbox }) => {
    const fault = sandbox.faults.set({ kind: 'empty', status: 500, skip: 1, times: 2 });
    const statuses: number[] = [];
    for (let at = 0; at < 5; at += 1) statuses.push((await ask(sandbox, 'GET /tickets')).status);
    expect(statuses).toEqual([200, 500, 500, 200, 200]);
    expect(fault.hits).toBe(2);
  });

  test('is by chance, until it is taken away', async ({ sandbox }) => {
    const fault = sandbox.faults.set({ kind: 'empty', status: 500, probability: 0.3 });
    for (let at = 0; at < 60; at += 1) await ask(sandbox, 'GET /ticket_fields/cf_none');
    expect(fault.hits).toBeGreaterThan(5);
    expect(fault.hits).toBeLessThan(40);
    fault.remove();
    sandbox.faults.set({ kind: 'empty', status: 500, times: 100 });
    sandbox.faults.clear();
    expect((await ask(sandbox, 'GET /tickets')).status).toBe(200);
  });

  test('of two blows at one request lets the second wait for the next', async ({ sandbox }) => {
    sandbox.faults.set({ kind: 'empty', status: 500 });
    sandbox.faults.set({ kind: 'empty', status: 503 });
    const statuses: number[] = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await ask(sandbox, 'GET /tickets')).status);
    expect(statuses).toEqual([500, 503, 200]);
  });
});

describe('latency', () => {
  test('holds an answer back for as long as it is told', async () => {
    const clock = createVirtualClock();
    await using sandbox = await startSandbox({ tickets: 1, clock });
    const heldBack = async (ms: number) => {
      sandbox.forgetRequests();
      const answer = ask(sandbox, 'GET /tickets');
      await expect.poll(() => sandbox.requests.length).toBe(1);
      await expect.poll(() => clock.timers).toBe(1);
      await clock.advance(ms - 1);
      expect(sandbox.requests[0]?.answeredAt).toBeNull();
      await clock.advance(1);
      expect((await answer).status).toBe(200);
    };
    sandbox.faults.set({ kind: 'latency', ms: 120 });
    await heldBack(120);
    sandbox.setLatency(60);
    await heldBack(60);
    sandbox.faults.set({ kind: 'latency', ms: 40 });
    await heldBack(100);
  });
});
