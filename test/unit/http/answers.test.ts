import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEventStream } from '../../support/sse.ts';
import { post, secret, start, type Running } from './stub.ts';

const budget = { limit: 400, remaining: 12, resetAt: Date.UTC(2026, 0, 1), observedAt: 0, queued: 0 };

let gateway: Running;
beforeAll(async () => {
  gateway = await start({ budget });
});
afterAll(() => gateway.close());

const typename = { query: '{ __typename }' };
const tickets = { query: '{ tickets { nodes { id } } }' };
const live = { query: 'subscription { ticketEvents { __typename } }' };

test('every answer says what is left, and what it took of it', async () => {
  const { body } = await post(gateway.url, tickets);
  expect(body.extensions).toEqual({
    rateLimit: {
      limit: 400,
      remaining: 12,
      resetAt: '2026-01-01T00:00:00.000Z',
      spent: 1,
      waitedMs: 0,
      cacheHits: 0,
      shared: 0,
    },
  });
});

test('before a first answer the limits are not known', async () => {
  await using fresh = await start();
  const { body } = await post(fresh.url, typename);
  expect(body.extensions).toMatchObject({
    rateLimit: { limit: null, remaining: null, resetAt: null, spent: 0 },
  });
});

test('who is nobody has no budget', async () => {
  await using strict = await start({ budget, config: { auth: { mode: 'PASS_THROUGH' } } });
  const { body } = await post(strict.url, typename);
  expect(body).toEqual({ data: { __typename: 'Query' } });
});

test.for([
  ['no key', {}, 401, 'INVALID_API_KEY'],
  ['no workspace', { 'x-api-key': 'own' }, 400, 'MISSING_WORKSPACE'],
] as const)('with %s an operation is refused before it begins', async ([, headers, status, code]) => {
  await using strict = await start({ config: { auth: { mode: 'PASS_THROUGH' } } });
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const reply = await post(strict.url, tickets, { ...headers, accept });
    expect(reply.status).toBe(status);
    expect(reply.body).not.toHaveProperty('data');
    expect(reply.body.errors?.[0]?.extensions).toMatchObject({ code, category: 'AUTH' });
  }
  expect(strict.asked).toEqual([]);
  expect((await post(strict.url, { query: '{ __schema { queryType { name } } }' }, headers)).status).toBe(
    200,
  );
});

test('a request without a key cannot name another workspace', async () => {
  const reply = await post(gateway.url, tickets, { 'x-workspace-id': 'ws_2' });
  expect(reply.status).toBe(403);
  expect(reply.body.errors?.[0]?.extensions['code']).toBe('INSUFFICIENT_API_PERMISSION');
});

test('what an operation is for decides its turn, its client and its end', async () => {
  const before = Date.now();
  await post(gateway.url, tickets, { 'x-client-id': 'tab-1' });
  const asked = gateway.asked.at(-1)?.operation;
  expect(asked).toMatchObject({ priority: 'QUERY', client: 'id:tab-1' });
  expect(asked?.deadline).toBeGreaterThanOrEqual(before + 10_000);
  expect(asked?.deadline).toBeLessThan(Date.now() + 10_001);
  await post(gateway.url, tickets, { 'x-client-id': 'a b' });
  expect(gateway.asked.at(-1)?.operation.client).toBe('ip:127.0.0.1');
});

test.for([
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', null],
  ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', null],
  ['rubbish', null],
] as const)('traceparent %s is taken for %s', async ([traceparent, traceId]) => {
  await post(gateway.url, tickets, { traceparent });
  const found = gateway.asked.at(-1)?.operation.traceId;
  expect(found).toMatch(/^(?!0{32})[\da-f]{32}$/);
  if (traceId === null) expect(traceparent).not.toContain(found);
  else expect(found).toBe(traceId);
});

test('an error that nobody foresaw is masked, whatever brought it, and logged once under its trace id', async () => {
  await using broken = await start({ list: () => Promise.reject(new TypeError('secret detail')) });
  const { status, body } = await post(broken.url, tickets);
  expect(status).toBe(200);
  expect(JSON.stringify(body)).not.toContain('secret detail');
  const traceId = body.errors?.[0]?.extensions['traceId'];
  expect(broken.logs.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { traceId } }]);
});

test('what fails outside of an operation is masked as well, and logged under its trace id', async () => {
  const lines: object[] = [];
  const silent = () => undefined;
  const failing = () => {
    throw new TypeError('secret detail');
  };
  // The first lines that are logged meet a full disk, in the middle of Yoga's own hooks.
  const error = (fields: object) => (lines.push(fields) <= 2 ? failing() : undefined);
  const log = { debug: silent, info: silent, warn: silent, error };
  await using broken = await start({ parts: { log }, list: failing });
  const { status, body } = await post(broken.url, tickets);
  expect(status).toBe(500);
  expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect(JSON.stringify(body)).not.toMatch(/secret detail|src/);
  expect(lines.at(-1)).toMatchObject({ traceId: body.errors?.[0]?.extensions['traceId'] });
});

test('a subscription needs a transport that can carry it', async () => {
  const reply = await post(gateway.url, live, { accept: 'application/json' });
  expect(reply.body.errors?.[0]?.extensions['code']).toBe('INVALID_REQUEST');
  expect(reply.status).toBe(400);
});

test('an event stream may not be kept or changed on its way', async () => {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(live),
  };
  await using stream = await openEventStream(gateway.url, init);
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  const ready = await stream.next();
  expect(ready).toMatchObject({ event: 'next', id: expect.stringMatching(/^[\w-]+$/) });

  await fetch(`${gateway.origin}/webhooks/helpdesk/ws_1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-secret': secret },
    body: '{stream',
  });
  const event = await stream.next();
  expect(event).toMatchObject({ event: 'next', id: expect.stringMatching(/^[\w-]+$/) });
  expect(event?.id).not.toBe(ready?.id);
  expect(event?.data).not.toContain('extensions');
});

test('a reader of an event stream that leaves ends its subscription', async () => {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(live),
  };
  // A key of its own, so that the backend is asked about it here.
  const headers = { ...init.headers, 'x-api-key': 'listener', 'x-workspace-id': 'ws_1' };
  const stream = await openEventStream(gateway.url, { ...init, headers });
  await stream.next();
  const { signal } = gateway.asked.at(-1)?.operation ?? {};
  expect(signal?.aborted).toBe(false);
  await stream.close();
  await expect.poll(() => signal?.aborted).toBe(true);
});

test('who may not listen is refused with 401 on an event stream too', async () => {
  await using strict = await start({ config: { auth: { mode: 'PASS_THROUGH' } } });
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(live),
  };
  await using stream = await openEventStream(strict.url, init);
  expect(stream.status).toBe(401);
  expect(JSON.parse((await stream.next())?.data ?? '')).toMatchObject({
    errors: [{ extensions: { code: 'INVALID_API_KEY' } }],
  });
  expect((await stream.next())?.event).toBe('complete');
});

test('a browser gets GraphiQL, which may ask this gateway only and be framed by nobody', async () => {
  const response = await fetch(gateway.url, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain(`default-src 'none'`);
  expect(policy).toContain(`connect-src 'self'`);
  expect(policy).toContain(`frame-ancestors 'none'`);
  expect(policy).not.toContain('http');
  const html = await response.text();
  expect(html).not.toMatch(/<(?:script|link)[^>]*(?:src|href)="(?!data:)/);
  const again = await fetch(gateway.url, {
    headers: { accept: 'text/html', 'if-none-match': response.headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
});

test('its tabs are operations that are there', async () => {
  const folder = new URL('../../../schema/operations/', import.meta.url);
  const html = await (await fetch(gateway.url, { headers: { accept: 'text/html' } })).text();
  const files = (await readdir(folder)).filter((name) =>
    /^(tickets-page|ticket-create|ticket-update|live-events|budget)\./.test(name),
  );
  expect(files).toHaveLength(5);
  for (const file of files) {
    const query = await readFile(new URL(file, folder), 'utf8');
    expect(html).toContain(JSON.stringify(query));
  }
});

test('all of it but the socket works as a WHATWG handler', async () => {
  const { fetch: handle } = gateway.gateway;
  const local = { address: '127.0.0.1', port: 80 };
  const ask = (init: RequestInit = {}, path = '/graphql') =>
    handle(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        ...init,
      }),
      { local },
    );
  const answer = await ask({ body: JSON.stringify(typename) });
  expect(await answer.json()).toMatchObject({ data: { __typename: 'Query' } });
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await ask({ body: `{"query":"${'x'.repeat(1_100_000)}"}` })).status).toBe(413);
  expect((await ask({ body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await ask({ method: 'GET' }, '/healthz')).status).toBe(200);
  expect((await handle(new Request('http://evil.example/graphql'), { local })).status).toBe(421);
});

test('a gateway that drains says so, and still answers', async () => {
  await using draining = await start();
  draining.gateway.drain();
  expect((await fetch(`${draining.origin}/readyz`)).status).toBe(503);
  expect((await fetch(`${draining.origin}/healthz`)).status).toBe(200);
  expect((await post(draining.url, typename)).status).toBe(200);
});

test('a server that closes waits for the answers under way, and not for streams', async () => {
  let answer = (): void => undefined;
  const closing = await start({ list: () => new Promise<void>((resolve) => (answer = resolve)) });
  const underWay = post(closing.url, tickets);
  await expect.poll(() => closing.asked.length).toBe(1);
  const closed = closing.close();
  answer();
  expect((await underWay).status).toBe(200);
  await closed;
  await expect(fetch(closing.url)).rejects.toThrow('fetch failed');
});
