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
