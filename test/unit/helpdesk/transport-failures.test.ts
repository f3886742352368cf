import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect, test } from 'vitest';
import { jitter } from '../../../src/backends/helpdesk/retry-rules.ts';
import type { BackendError } from '../../../src/domain/errors.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { within } from '../../support/wait.ts';
import { failure, openBackend, startHelpdesk, ticket, type OpenOptions } from './support.ts';
import { certificate } from './certificate.ts';

/** Reads, creates, changes and deletes once each, and says what became of it. */
async function tryAll(url: string, options: OpenOptions = {}) {
  const results: Record<string, Pick<BackendError, 'code' | 'retryable' | 'outcome'> & { attempts: number }> =
    {};
  const calls = {
    GET: async ({ session }: ReturnType<typeof openBackend>) => session.tickets.get('tkt_1'),
    POST: async ({ session }: ReturnType<typeof openBackend>) => session.tickets.create({ subject: 'New' }),
    PUT: async ({ session }: ReturnType<typeof openBackend>) =>
      session.tickets.update('tkt_1', { subject: 'Other' }),
    DELETE: async ({ session }: ReturnType<typeof openBackend>) => session.tickets.delete('tkt_1'),
  };
  for (const [method, call] of Object.entries(calls)) {
    await using opened = openBackend(url, options);
    const { code, retryable, outcome, backend } = (await failure(call(opened))) as BackendError;
    results[method] = { code, retryable, outcome, attempts: backend.attempts };
  }
  return results;
}

async function listen(server: Server): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const never = { code: 'BACKEND_UNREACHABLE', retryable: true, attempts: 1 };
const neverSent = {
  GET: { ...never, outcome: null },
  POST: { ...never, outcome: 'NOT_APPLIED' },
  PUT: { ...never, outcome: 'NOT_APPLIED' },
  DELETE: { ...never, outcome: 'NOT_APPLIED' },
};

test('a name that does not resolve: nothing was sent, and everything may be tried again', async () => {
  expect(await tryAll('https://helpdesk.invalid/helpdesk/api/v1')).toEqual(neverSent);
});

test('a port that nobody listens on: nothing was sent, and everything may be tried again', async () => {
  const { port } = await listen(createTcpServer()).then(async (server) => {
    await server[Symbol.asyncDispose]();
    return server;
  });
  expect(await tryAll(`http://127.0.0.1:${port}/helpdesk/api/v1`)).toEqual(neverSent);
});

test('a certificate that nobody vouches for: nothing was sent, the key least of all', async () => {
  const heard: Buffer[] = [];
  const server = createTlsServer(certificate, (socket) =>
    socket.on('data', (chunk: Buffer) => heard.push(chunk)),
  );
  server.on('tlsClientError', () => undefined);
  await using listening = await listen(server);
  expect(await tryAll(`https://localhost:${listening.port}/helpdesk/api/v1`)).toEqual(neverSent);
  expect(heard).toEqual([]);
});

test('a server that speaks no TLS: nothing was sent', async () => {
  const server = createTcpServer((socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad\r\n\r\n'),
  );
  await using listening = await listen(server);
  expect(await tryAll(`https://localhost:${listening.port}/helpdesk/api/v1`)).toEqual(neverSent);
});

test('a connection that is not accepted in time: nothing was sent', async () => {
  // TLS that is never answered: the connection stands, the handshake does not.
  await using listening = await listen(createTcpServer());
  await using opened = openBackend(`https://localhost:${listening.port}/helpdesk/api/v1`, {
    connectTimeoutMs: 50,
  });
  expect(await failure(opened.session.tickets.create({ subject: 'New' }))).toMatchObject({
    code: 'BACKEND_UNREACHABLE',
    retryable: true,
    outcome: 'NOT_APPLIED',
  });
});

test('a connection that is reset while it is made: nothing was sent', async () => {
  const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await using listening = await listen(server);
  expect(await tryAll(`https://localhost:${listening.port}/helpdesk/api/v1`)).toEqual(neverSent);
});

const lost = { retryable: false, outcome: 'UNKNOWN' };

test('a connection that is reset at the first byte may have carried the whole request', async () => {
  const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await using listening = await listen(server);
  expect(await tryAll(`http://127.0.0.1:${listening.port}/helpdesk/api/v1`)).toEqual({
    GET: { code: 'BACKEND_UNREACHABLE', retryable: true, outcome: null, attempts: 2 },
    POST: { code: 'BACKEND_UNREACHABLE', ...lost, attempts: 1 },
    PUT: { code: 'BACKEND_UNREACHABLE', ...lost, attempts: 2 },
    DELETE: { code: 'BACKEND_UNREACHABLE', ...lost, attempts: 2 },
  });
});

test('a connection cut before the answer: repeated once unless it is a POST; a write may have been done', async () => {
  await using helpdesk = await startHelpdesk([(request) => request.socket.destroy()]);
  expect(await tryAll(helpdesk.url)).toEqual({
    GET: { code: 'BACKEND_UNREACHABLE', retryable: true, outcome: null, attempts: 2 },
    POST: { code: 'BACKEND_UNREACHABLE', ...lost, attempts: 1 },
    PUT: { code: 'BACKEND_UNREACHABLE', ...lost, attempts: 2 },
    DELETE: { code: 'BACKEND_UNREACHABLE', ...lost, attempts: 2 },
  });
  expect(helpdesk.requests.map(({ method }) => method).join(' ')).toBe('GET GET POST PUT PUT DELETE DELETE');
});

test('a connection cut in the middle of the answer counts as cut, and its headers count for the budget', async () => {
  await using helpdesk = await startHelpdesk([
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000', 'x-ratelimit-remaining': '17' });
      response.write('{"ticket":', () => response.socket?.destroy());
    },
    { status: 200, body: { ticket: ticket() } },
  ]);
  await using opened = openBackend(helpdesk.url);
  expect(await opened.session.tickets.get('tkt_1')).toMatchObject({ id: 'tkt_1' });
  expect(opened.settled[0]).toMatchObject({ kind: 'ANSWERED', observation: { remaining: 17 } });
  expect(opened.operation.meter.spent).toBe(2);
});

test('no answer in time: repeated once unless it is a POST; a write may have been done', async () => {
  const clock = createVirtualClock();
  // Time passes only when a request has come: one that waits too long for its connection would be told as never sent.
  await using helpdesk = await startHelpdesk([() => void clock.advance(60 + jitter.from)]);
  expect(await tryAll(helpdesk.url, { attemptTimeoutMs: 60, clock })).toEqual({
    GET: { code: 'BACKEND_TIMEOUT', retryable: true, outcome: null, attempts: 2 },
    POST: { code: 'BACKEND_TIMEOUT', ...lost, attempts: 1 },
    PUT: { code: 'BACKEND_TIMEOUT', ...lost, attempts: 2 },
    DELETE: { code: 'BACKEND_TIMEOUT', ...lost, attempts: 2 },
  });
});

test('the first of two attempts gets half of the time, so that the second one fits', async () => {
  await using helpdesk = await startHelpdesk([() => undefined, { status: 200, body: { ticket: ticket() } }]);
  await using opened = openBackend(helpdesk.url, { patienceMs: 1_000 });
  expect(await opened.session.tickets.get('tkt_1')).not.toBeNull();
  expect(opened.settled.map(({ kind }) => kind)).toEqual(['LOST', 'ANSWERED']);
});

test('a body without end is cut off at the bound', async () => {
  let written = 0;
  const closed = Promise.withResolvers<void>();
  await using helpdesk = await startHelpdesk([
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.on('close', closed.resolve);
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(10_000))) written += 10_000;
      };
      response.on('drain', more);
      response.on('error', () => undefined);
      more();
    },
  ]);
  await using opened = openBackend(helpdesk.url, { maxBodyBytes: 100_000 });
  const error = await failure(opened.session.tickets.get('tkt_1'));
  expect(error).toMatchObject({
    code: 'BACKEND_BAD_RESPONSE',
    retryable: false,
    details: { status: 200, contentType: 'application/json' },
  });
  await within('the end of the connection', closed.promise);
  // What the sockets' buffers hold comes on top of the bound.
  expect(written).toBeLessThan(20_000_000);
});

test('a body that drips without end is given up in time', async () => {
  await using helpdesk = await startHelpdesk([
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    },
  ]);
  await using opened = openBackend(helpdesk.url, { attemptTimeoutMs: 60 });
  expect(await failure(opened.session.tickets.get('tkt_1'))).toMatchObject({ code: 'BACKEND_TIMEOUT' });
});

test('an answer that is not HTTP is a bad response', async () => {
  const server = createTcpServer((socket) =>
    socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n'),
  );
  await using listening = await listen(server);
  await using opened = openBackend(`http://127.0.0.1:${listening.port}/helpdesk/api/v1`);
  expect(await failure(opened.session.tickets.get('tkt_1'))).toMatchObject({
    code: 'BACKEND_BAD_RESPONSE',
    details: { status: null, contentType: null },
  });
});

test.for([301, 302, 303, 307, 308])(
  'a redirect (%i) is an error, and the key goes nowhere else, nor to another path of the host',
  async (status) => {
    await using elsewhere = await startHelpdesk([{ status: 200, body: { ticket: ticket() } }]);
    for (const location of [`${elsewhere.url}/tickets/tkt_1`, '/elsewhere']) {
      await using helpdesk = await startHelpdesk([{ status, headers: { location }, body: '' }]);
      expect(await tryAll(helpdesk.url)).toEqual({
        GET: { code: 'BACKEND_BAD_RESPONSE', retryable: false, outcome: null, attempts: 1 },
        POST: { code: 'BACKEND_BAD_RESPONSE', ...lost, attempts: 1 },
        PUT: { code: 'BACKEND_BAD_RESPONSE', ...lost, attempts: 1 },
        DELETE: { code: 'BACKEND_BAD_RESPONSE', ...lost, attempts: 1 },
      });
      expect(helpdesk.requests).toHaveLength(4);
    }
    expect(elsewhere.requests).toEqual([]);
  },
);

test('what a redirect says of itself is told', async () => {
  await using helpdesk = await startHelpdesk([
    { status: 302, headers: { location: '/elsewhere' }, body: '' },
  ]);
  await using opened = openBackend(helpdesk.url);
  const error = await failure(opened.session.tickets.get('tkt_1'));
  expect(error.details).toEqual({ status: 302, contentType: null });
});

test('a caller who leaves takes a read under way along, which is spent', async () => {
  const arrived = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  await using helpdesk = await startHelpdesk([
    (_request, response) => {
      response.on('close', closed.resolve);
      arrived.resolve();
    },
  ]);
  await using opened = openBackend(helpdesk.url);
  const reading = opened.session.tickets.get('tkt_1');
  await within('the request', arrived.promise);
  const reason = new Error('gone');
  opened.gone.abort(reason);
  await expect(reading).rejects.toBe(reason);
  await within('the end of the connection', closed.promise);
  expect(opened.settled).toEqual([{ kind: 'LOST' }]);
  expect(opened.operation.meter.spent).toBe(1);
});

test('a caller who leaves does not end a write that has left: its fate is told', async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using helpdesk = await startHelpdesk([
    (_request, response) => {
      arrived.resolve();
      void answer.promise.then(() => response.writeHead(201).end(JSON.stringify({ ticket: ticket() })));
    },
  ]);
  await using opened = openBackend(helpdesk.url);
  const creating = opened.session.tickets.create({ subject: 'New' });
  await within('the request', arrived.promise);
  opened.gone.abort(new Error('gone'));
  answer.resolve();
  expect(await creating).toMatchObject({ id: 'tkt_1' });
  expect(opened.settled).toMatchObject([{ kind: 'ANSWERED' }]);
});

test('a caller who leaves while the turn comes sends nothing, and the permit goes back', async () => {
  await using helpdesk = await startHelpdesk([{ status: 200, body: { ticket: ticket() } }]);
  await using opened = openBackend(helpdesk.url, { onTurn: () => opened.gone.abort(new Error('gone')) });
  await expect(opened.session.tickets.get('tkt_1')).rejects.toThrow('gone');
  expect(helpdesk.requests).toEqual([]);
  expect(opened.settled).toEqual([{ kind: 'NOT_SENT' }]);
});

test('a caller who has left already sends nothing', async () => {
  await using helpdesk = await startHelpdesk([{ status: 200, body: { ticket: ticket() } }]);
  await using opened = openBackend(helpdesk.url);
  opened.gone.abort(new Error('gone'));
  await expect(opened.session.tickets.get('tkt_1')).rejects.toThrow('gone');
  expect(helpdesk.requests).toEqual([]);
  expect(opened.settled).toEqual([]);
});

test('a call that never left gives its permit back', async () => {
  await using opened = openBackend('https://helpdesk.invalid/helpdesk/api/v1');
  await failure(opened.session.tickets.get('tkt_1'));
  expect(opened.settled).toEqual([{ kind: 'NOT_SENT' }]);
  expect(opened.operation.meter.spent).toBe(0);
});

test.for([
  'http://helpdesk.example/helpdesk/api/v1',
  'ftp://localhost/',
  'http://127.0.0.1.example/',
  'https://me:pw@localhost/',
])('a backend at %s is refused: keys could be read on the way or in logs', (url) => {
  expect(() => openBackend(url)).toThrow(TypeError);
});
