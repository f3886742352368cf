import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { until, within } from '../../support/wait.ts';
import { deliver, listen, openRaw, subscribe } from './raw-socket.ts';
import { start, type Running, type StartOptions } from './stub.ts';

let gateway: Running;
beforeAll(async () => {
  gateway = await start({
    list: ({ operation: { signal } }) => (holding ? aborted(signal) : Promise.resolve()),
  });
});
afterAll(() => gateway.close());

/** While true, a list of tickets is answered only when it is aborted. */
let holding = false;
const aborted = async (signal: AbortSignal) => {
  await once(signal, 'abort');
  signal.throwIfAborted();
};

const slow = (id: string) => subscribe(id, '{ tickets { nodes { id } } }');

const open = (to: Running = gateway, init: object | null = {}, headers?: Record<string, string>) =>
  openRaw(to, init, headers);

const another = (options: StartOptions) => start(options);

test.for([
  ['a syntax error', '{'],
  ['an empty query', ''],
  ['an unknown field', '{ nothing }'],
  ['100,000 levels', '[{ a '.repeat(20_000)],
] as const)('%s ends its own operation and no other', async ([, query]) => {
  await using socket = await open();
  socket.send(listen('live'));
  expect(await socket.next()).toMatchObject({ id: 'live', type: 'next' });
  socket.send(subscribe('bad', query));
  const error = await socket.next();
  expect(error).toMatchObject({ id: 'bad', type: 'error', payload: [{ extensions: { category: 'INPUT' } }] });
  expect(JSON.stringify(error)).not.toContain('http');
  await deliver(gateway, `syntax ${query.length}`);
  expect(await socket.next()).toMatchObject({ id: 'live', type: 'next' });
});

test.for([
  ['one of several', 'query A { __typename } query B { __typename }', undefined],
  ['one that is not there', 'query A { __typename }', 'B'],
] as const)(
  'an operation that cannot be picked is the request’s fault: %s',
  async ([, query, operationName]) => {
    await using socket = await open();
    const failures = () => gateway.logs.filter(({ level }) => level === 'error').length;
    const before = failures();
    socket.send({ type: 'subscribe', id: '1', payload: { query, operationName } });
    expect(await socket.next()).toMatchObject({
      id: '1',
      type: 'error',
      payload: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE', category: 'INPUT' } }],
    });
    expect(failures()).toBe(before);
  },
);

test('variables without end are refused', async () => {
  await using socket = await open();
  const deep = `{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}}`;
  socket.send(deep);
  expect(await socket.next()).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'INVALID_REQUEST' } }],
  });
});

test('an id of 500 characters that is taken closes with 4409', async () => {
  await using socket = await open();
  const id = 'x'.repeat(500);
  socket.send(listen(id));
  await socket.next();
  socket.send(listen(id));
  expect(await socket.closed).toMatchObject({ code: 4409 });
});

test.for([
  ['what only a server may say', { type: 'connection_ack' }],
  ['a result', { type: 'next', id: '1', payload: { data: {} } }],
  ['no JSON', 'hello'],
  ['a list', '[]'],
  ['an unknown type', { type: 'start', id: '1' }],
  ['no id', { type: 'subscribe', payload: { query: '{ __typename }' } }],
  ['a query that is no string', { type: 'subscribe', id: '1', payload: { query: 1 } }],
] as const)('%s closes with 4400', async ([, message]) => {
  await using socket = await open();
  socket.send(message);
  expect(await socket.closed).toMatchObject({ code: 4400 });
});

test('bytes that are no text close with 4400', async () => {
  await using socket = await open();
  socket.socket.send(Buffer.from(JSON.stringify({ type: 'ping' })), { binary: true });
  expect(await socket.closed).toMatchObject({ code: 4400 });
});

test('an operation before connection_init closes with 4401, a second connection_init with 4429', async () => {
  await using early = await open(gateway, null);
  early.send(listen('1'));
  expect(await early.closed).toMatchObject({ code: 4401 });
  await using twice = await open();
  twice.send({ type: 'connection_init' });
  expect(await twice.closed).toMatchObject({ code: 4429 });
});

test('a socket that says nothing is closed with 4408', async () => {
  await using impatient = await another({ parts: { limits: { socketInitMs: 50 } } });
  await using socket = await open(impatient, null);
  expect(await socket.closed).toMatchObject({ code: 4408 });
});

test('a message over the limit closes with 1009, also before connection_init', async () => {
  await using strict = await another({ parts: { limits: { maxMessageBytes: 1000 } } });
  await using socket = await open(strict, null);
  socket.send(JSON.stringify({ type: 'connection_init', payload: { a: 'x'.repeat(1000) } }));
  expect(await socket.closed).toMatchObject({ code: 1009 });
});

test('a socket carries so many operations and no more', async () => {
  await using strict = await another({ parts: { limits: { maxOperationsPerSocket: 2 } } });
  await using socket = await open(strict);
  for (const id of ['1', '2']) {
    socket.send(listen(id));
    expect(await socket.next()).toMatchObject({ id, type: 'next' });
  }
  socket.send(listen('3'));
  expect(await socket.next()).toMatchObject({
    id: '3',
    type: 'error',
    payload: [{ extensions: { code: 'INVALID_REQUEST' } }],
  });
  socket.send({ type: 'complete', id: '1' });
  socket.send({ type: 'ping' });
  expect(await socket.next()).toMatchObject({ type: 'pong' });
  socket.send(listen('4'));
  expect(await socket.next()).toMatchObject({ id: '4', type: 'next' });
});

test('one id completed and used again 2,000 times hears each event once', async () => {
  await using socket = await open();
  const query = 'subscription { ticketEvents { ... on TicketEvent { eventId } } }';
  for (let count = 0; count < 2000; count += 1) {
    socket.send(subscribe('same', query));
    socket.send({ type: 'complete', id: 'same' });
  }
  // What this one is told has a name of its own, and the first it is told is that it stands.
  socket.send(subscribe('same', query.replace('ticketEvents', 'last: ticketEvents')));
  const texts = () => socket.received.map(({ payload }) => JSON.stringify(payload ?? null));
  // Each of the pairs has a turn of its own.
  await until('the last one', () => texts().some((text) => text.includes('"last"')), 60_000);
  for (const id of ['again 1', 'again 2']) await deliver(gateway, id);
  const heard = () => texts().flatMap((text) => /"eventId":"([^"]*)"/.exec(text)?.[1] ?? []);
  await until('both events', () => heard().includes('{again 2'));
  socket.send({ type: 'ping' });
  await until('pong', () => socket.received.some(({ type }) => type === 'pong'));
  expect(heard()).toEqual(['{again 1', '{again 2']);
}, 90_000);

test('completing an operation aborts what it had asked for', async () => {
  holding = true;
  try {
    await using socket = await open();
    const before = gateway.asked.length;
    socket.send(slow('1'));
    await until('the question', () => gateway.asked.length > before);
    const signal = gateway.asked.at(-1)?.operation.signal;
    expect(signal?.aborted).toBe(false);
    socket.send({ type: 'complete', id: '1' });
    await until('the abort', () => signal?.aborted === true);
    socket.send({ type: 'ping' });
    expect(await socket.next()).toMatchObject({ type: 'pong' });
  } finally {
    holding = false;
  }
});

test('a socket that goes away aborts what its operations had asked for', async () => {
  holding = true;
  try {
    const socket = await open();
    const before = gateway.asked.length;
    socket.send(slow('1'));
    await until('the question', () => gateway.asked.length > before);
    socket.socket.terminate();
    const signal = gateway.asked.at(-1)?.operation.signal;
    await until('the abort', () => signal?.aborted === true);
    expect(signal?.aborted).toBe(true);
  } finally {
    holding = false;
  }
});

test('who may not use the socket learns why: 4403', async () => {
  await using strict = await another({ config: { auth: { mode: 'PASS_THROUGH' } } });
  const refusals = [
    [{}, 'INVALID_API_KEY'],
    [{ 'x-api-key': 'own' }, 'MISSING_WORKSPACE'],
  ] as const;
  for (const [params, reason] of refusals) {
    await using socket = await open(strict, null);
    socket.send({ type: 'connection_init', payload: params });
    expect(await socket.closed).toEqual({ code: 4403, reason });
  }
  await using stranger = await open(gateway, null);
  stranger.send({ type: 'connection_init', payload: { 'X-Workspace-Id': 'ws_2' } });
  expect(await stranger.closed).toEqual({ code: 4403, reason: 'INSUFFICIENT_API_PERMISSION' });
});

test('who asks is said in connectionParams', async () => {
  await using socket = await open(gateway, {
    Authorization: 'Bearer own-key',
    'X-Workspace-Id': 'ws_2',
    'X-Client-Id': 'tab-1',
  });
  const before = gateway.asked.length;
  socket.send(slow('1'));
  await until('the question', () => gateway.asked.length > before);
  expect(gateway.asked.at(-1)).toMatchObject({
    caller: { apiKey: 'own-key', workspaceId: 'ws_2', source: 'REQUEST' },
    operation: { client: 'id:tab-1', priority: 'QUERY' },
  });
});

test.for([
  ['a foreign page', { origin: 'https://evil.example' }, 403],
  ['another host', { host: 'evil.example' }, 421],
] as const)('%s gets no socket', async ([, headers, status]) => {
  const socket = new WebSocket(gateway.wsUrl, 'graphql-transport-ws', { headers });
  const [error] = (await within('refusal', once(socket, 'error'))) as [Error];
  expect(error.message).toContain(String(status));
});

test('a socket is opened at /graphql only', async () => {
  const socket = new WebSocket(gateway.wsUrl.replace('/graphql', '/healthz'), 'graphql-transport-ws');
  const [error] = (await within('refusal', once(socket, 'error'))) as [Error];
  expect(error.message).toContain('404');
});

test('a page that is listed gets a socket', async () => {
  await using socket = await open(gateway, {}, { origin: 'https://app.example.com' });
  socket.send(subscribe('1', '{ __typename }'));
  expect(await socket.next()).toMatchObject({ type: 'next', payload: { data: { __typename: 'Query' } } });
});

test('answers carry the budget, events do not', async () => {
  await using socket = await open();
  socket.send(subscribe('1', '{ __typename }'));
  expect(await socket.next()).toMatchObject({ payload: { extensions: { rateLimit: { spent: 0 } } } });
  await socket.next();
  socket.send(listen('2'));
  expect(await socket.next()).not.toHaveProperty('payload.extensions');
});

test('an operation that fails in a way nobody foresaw is masked, and logged under its trace id', async () => {
  const failing = () => Promise.reject(new TypeError('secret detail'));
  await using broken = await another({ list: failing });
  await using socket = await open(broken);
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const extensions = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  socket.send({ type: 'subscribe', id: '1', payload: { query: '{ tickets { nodes { id } } }', extensions } });
  const message = await socket.next();
  expect(message).toMatchObject({
    payload: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', traceId } }] },
  });
  expect(JSON.stringify(message)).not.toContain('secret detail');
  expect(broken.logs).toContainEqual(
    expect.objectContaining({ level: 'error', fields: expect.objectContaining({ traceId }) }),
  );
});

test('a socket whose client does not answer pings is cut', async () => {
  await using watchful = await another({ parts: { limits: { socketPingMs: 50 } } });
  const socket = new WebSocket(watchful.wsUrl, 'graphql-transport-ws', { autoPong: false });
  const [code] = (await within('cut', once(socket, 'close'))) as [number];
  expect(code).toBe(1006);
  await using healthy = await open(watchful);
  for (let pings = 0; pings < 4; pings += 1) await within('ping', once(healthy.socket, 'ping'));
  expect(healthy.socket.readyState).toBe(WebSocket.OPEN);
});

test('a gateway that closes tells its sockets, ends operations that take too long, and takes no more', async () => {
  let hold = false;
  const closing = await start({
    parts: { limits: { socketAnswersMs: 100 } },
    list: ({ operation: { signal } }) => (hold ? aborted(signal) : Promise.resolve()),
  });
  await using socket = await open(closing);
  socket.send(listen('live'));
  await socket.next();
  hold = true;
  const before = closing.asked.length;
  socket.send(slow('slow'));
  await until('the question', () => closing.asked.length > before);
  const closed = closing.close();
  expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
  await within('end', closed);
  expect(closing.asked.at(-1)?.operation.signal.aborted).toBe(true);
  expect(closing.closed).toBe(true);
});
