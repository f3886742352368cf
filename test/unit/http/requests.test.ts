import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until, within } from '../../support/wait.ts';
import { raw } from './raw.ts';
import { post, start, type Running } from './stub.ts';

let gateway: Running;
beforeAll(async () => {
  gateway = await start();
});
afterAll(() => gateway.close());

const request = (lines: readonly string[], body = '') =>
  raw(gateway.port, [...lines, ...(body ? [`content-length: ${body.length}`] : []), '', body].join('\r\n'));

const typename = JSON.stringify({ query: '{ __typename }' });
const jsonLines = (host = `127.0.0.1:${gateway.port}`) => [
  'POST /graphql HTTP/1.1',
  `host: ${host}`,
  'content-type: application/json',
];

test('an absolute target is answered like its path', async () => {
  const line = `POST http://127.0.0.1:${gateway.port}/graphql HTTP/1.1`;
  const reply = await request([line, 'host: evil.example', 'content-type: application/json'], typename);
  expect(reply.status).toBe(200);
  expect(JSON.parse(reply.body)).toMatchObject({ data: { __typename: 'Query' } });
});

test.for([
  [
    'an absolute target of another host',
    ['GET http://evil.example/graphql?query={__typename} HTTP/1.1'],
    421,
  ],
  ['a target that is none', ['GET graphql HTTP/1.1'], 400],
  ['no Host', ['GET /graphql?query={__typename} HTTP/1.1', 'x: y'], 400],
  ['two Hosts', ['GET /graphql HTTP/1.1', 'host: 127.0.0.1', 'host: evil.example'], 400],
  ['a Host with a user', ['GET /graphql HTTP/1.1', 'host: a@b'], 400],
  ['a Host of rubbish', ['GET /graphql HTTP/1.1', 'host: %%%//'], 400],
  ['a Host that rebinds', ['GET /graphql?query={__typename} HTTP/1.1', 'host: evil.example:4000'], 421],
  ['rubbish for HTTP', ['rubbish'], 400],
  [
    'two lengths',
    ['POST /graphql HTTP/1.1', 'host: 127.0.0.1', 'content-length: 2', 'content-length: 3'],
    400,
  ],
] as const)('%s is refused in JSON, and is no defect', async ([, lines, status]) => {
  const own = `host: 127.0.0.1:${gateway.port}`;
  const reply = await request(lines.some((line) => /^(host|x|rubbish)/.test(line)) ? lines : [...lines, own]);
  expect(reply.status).toBe(status);
  if (reply.body !== '')
    expect(JSON.parse(reply.body)).toMatchObject({ errors: [{ message: expect.any(String) }] });
  expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

test.for([
  ['malformed JSON', '{', 400],
  ['nothing', '', 400],
  ['a list', '[{"query":"{__typename}"}]', 400],
  ['null', 'null', 400],
  ['a number', '1', 400],
  ['no query', '{}', 400],
  ['a query that is no string', '{"query":1}', 400],
  ['an operation name that is no string', '{"query":"{__typename}","operationName":1}', 400],
  ['variables in a list', '{"query":"{__typename}","variables":[]}', 400],
  ['extensions in a string', '{"query":"{__typename}","extensions":"x"}', 400],
  ['an unknown member', '{"query":"{__typename}","id":"x"}', 400],
  [
    'variables 200 levels deep',
    `{"query":"{__typename}","variables":{"a":${'['.repeat(200)}${']'.repeat(200)}}}`,
    400,
  ],
] as const)('%s is a bad request under any media type', async ([, body, status]) => {
  for (const accept of ['application/json', 'application/graphql-response+json', '*/*']) {
    const reply = await post(gateway.url, body, { accept });
    expect(reply.status).toBe(status);
    expect(reply.body.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_REQUEST', category: 'INPUT' });
    expect(Object.keys(reply.body.errors?.[0]?.extensions ?? {})).not.toContain('originalError');
  }
});

test.for([
  ['a syntax error', '{'],
  ['an unknown field', '{ nothing }'],
  ['100,000 levels of lists', `{ errorCatalog(x: ${'['.repeat(100_000)}) }`],
  ['100,000 levels of fields', '{ a '.repeat(100_000)],
  ['100,000 fields', `{ ${'a '.repeat(100_000)} }`],
  ['900 levels of fields', `${'{ a '.repeat(900)}${'}'.repeat(900)}`],
] as const)('a document with %s is refused by the rules of GraphQL over HTTP', async ([, query]) => {
  const strict = await post(gateway.url, { query }, { accept: 'application/graphql-response+json' });
  expect(strict.status).toBe(400);
  expect(strict.body.errors?.[0]?.extensions['code']).toMatch(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/);
  const loose = await post(gateway.url, { query }, { accept: 'application/json' });
  expect(loose.status).toBe(200);
  expect(loose.body.errors).toHaveLength(strict.body.errors?.length ?? 0);
});

test('a field name of 900 kB is not repeated to whoever sent it', async () => {
  const { body } = await post(gateway.url, { query: `{ ${'x'.repeat(900_000)} }` });
  expect(JSON.stringify(body).length).toBeLessThan(2000);
});

test.for(['variables={', 'variables=[]', 'variables="x"', 'extensions={', 'variables=1'])(
  'GET with %s is a bad request',
  async (rest) => {
    const response = await fetch(`${gateway.url}?query={__typename}&${rest}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'INVALID_REQUEST' } }] });
  },
);

test('GET runs queries, and a question mark inside them is no end', async () => {
  const response = await fetch(`${gateway.url}?query={__typename}&variables={"a":"?b"}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('a mutation does not run by GET', async () => {
  const query = 'mutation { ticketDelete(input: { id: "tkt_1" }) { deletedId } }';
  const response = await fetch(`${gateway.url}?${new URLSearchParams({ query })}`);
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('POST');
  expect(gateway.asked).toEqual([]);
});

test('a body over the limit is refused before it is sent', async () => {
  const reply = await raw(gateway.port, [...jsonLines(), 'content-length: 1048577', '', ''].join('\r\n'));
  expect(reply.status).toBe(413);
  expect(JSON.parse(reply.body)).toMatchObject({
    errors: [{ extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }],
  });
});

test('a body without a length is refused as soon as it is too long', async () => {
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
  const head = [...jsonLines(), 'transfer-encoding: chunked', '', ''].join('\r\n');
  const reply = await raw(gateway.port, head, ...Array.from({ length: 20 }, () => chunk));
  expect(reply.status).toBe(413);
  expect(JSON.parse(reply.body)).toMatchObject({
    errors: [{ extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }],
  });
});

test('a body without a length is read while it is within the limit', async () => {
  const head = [...jsonLines(), 'transfer-encoding: chunked', '', ''].join('\r\n');
  const reply = await raw(gateway.port, head, `${typename.length.toString(16)}\r\n${typename}\r\n0\r\n\r\n`);
  expect(reply.status).toBe(200);
});

test('a sender that goes on after its refusal is cut', async () => {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  socket.write([...jsonLines(), 'content-length: 9999999', '', ''].join('\r\n'));
  const cut = new Promise((resolve) => socket.once('close', resolve));
  const more = setInterval(() => socket.write('x'.repeat(1000)), 50);
  await expect(within('cut', cut, 8000)).resolves.toBeDefined();
  clearInterval(more);
});

test('an allowed page may ask, without credentials; a foreign one learns nothing', async () => {
  const origin = 'https://app.example.com';
  const allowed = await post(gateway.url, typename, { origin });
  expect(allowed.status).toBe(200);
  expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
  expect(allowed.headers.get('vary')).toBe('Origin');
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();

  const foreign = await post(gateway.url, typename, { origin: 'https://evil.example' });
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  expect(foreign.body.errors?.[0]?.extensions['code']).toBe('ORIGIN_NOT_ALLOWED');
});

test('a browser that asks first is told what it may send', async () => {
  const preflight = (origin: string) =>
    fetch(gateway.url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key',
      },
    });
  const allowed = await preflight('https://app.example.com');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('x-api-key');
  expect((await preflight('https://evil.example')).status).toBe(403);
});

test('who offers a protocol that is not spoken is answered all the same', async () => {
  const reply = await request(
    [...jsonLines(), 'connection: upgrade, http2-settings', 'upgrade: h2c'],
    typename,
  );
  expect(reply.status).toBe(200);
});

test('probes answer, and HEAD has no body', async () => {
  expect(await (await fetch(`${gateway.origin}/healthz`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${gateway.origin}/readyz`)).json()).toMatchObject({ status: 'ready' });
  const head = await fetch(`${gateway.origin}/healthz`, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(await head.text()).toBe('');
});

test('every answer forbids browsers to guess its type', async () => {
  for (const path of ['/graphql?query={__typename}', '/healthz', '/nowhere']) {
    const response = await fetch(`${gateway.origin}${path}`);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await response.body?.cancel();
  }
});

test('a client that goes away aborts what it had asked for', async () => {
  let aborted = false;
  await using slow = await start({
    list: async ({ operation: { signal } }) => {
      await once(signal, 'abort');
      aborted = true;
      signal.throwIfAborted();
    },
  });
  const leave = new AbortController();
  const answer = fetch(`${slow.url}?query={tickets{nodes{id}}}`, { signal: leave.signal });
  await until('the question', () => slow.asked.length === 1);
  leave.abort();
  await expect(answer).rejects.toThrow('aborted');
  await until('the abort', () => aborted);
  expect(slow.logs.filter(({ level }) => level === 'error')).toEqual([]);
});
