import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startServer, type Handler } from '../../../src/http/server.ts';
import { raw } from './raw.ts';

const handler: Handler = {
  handle: async (_request, response) => {
    response.end('served');
  },
  upgrade: (_request, socket) => {
    socket.destroy();
  },
  start: () => undefined,
  drain: () => undefined,
  dispose: async () => undefined,
};

test('a connection that asks nothing is ended with 408, which makes browsers ask again elsewhere', async () => {
  const server = await startServer(handler, { headersTimeoutMs: 50 });
  try {
    expect((await raw(server.port)).status).toBe(408);
    expect((await raw(server.port, 'GET / HTTP/1.1\r\n')).status).toBe(408);
  } finally {
    await server.close();
  }
});

test('what is no HTTP is answered 400', async () => {
  const server = await startServer(handler);
  try {
    expect((await raw(server.port, 'hello\r\n\r\n')).status).toBe(400);
  } finally {
    await server.close();
  }
});

test('a request whose head was not complete when the server closed is refused, and can be sent again', async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const server = await startServer({
    ...handler,
    handle: async (_request, response) => {
      begun.resolve();
      await held.promise;
      response.end('served');
    },
  });
  const early = connect(server.port, '127.0.0.1');
  await once(early, 'connect');
  early.write('GET / HTTP/1.1\r\n');
  const first = fetch(`http://127.0.0.1:${server.port}/`);
  await begun.promise;
  const closed = server.close();
  early.write('host: x\r\n\r\n');
  let late = '';
  early.setEncoding('utf8').on('data', (text: string) => (late += text));
  await once(early, 'close');
  expect(late).toMatch(/^HTTP\/1\.1 503 [^]*"UNAVAILABLE"/);
  expect(late).toMatch(/^connection: close\r$/im);
  expect(late).toMatch(/^retry-after: 1\r$/im);
  held.resolve();
  expect(await first).toMatchObject({ status: 200 });
  await closed;
});

test('an answer under way when the server closes is the last of its connection', async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const server = await startServer({
    ...handler,
    handle: async (_request, response) => {
      begun.resolve();
      await held.promise;
      response.end('served');
    },
  });
  const answer = fetch(`http://127.0.0.1:${server.port}/`);
  await begun.promise;
  const closed = server.close();
  held.resolve();
  expect((await answer).headers.get('connection')).toBe('close');
  await closed;
});
