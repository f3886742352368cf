import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startServer, type Handler, type ListenOptions } from '../../../src/http/server.ts';
import { until, within } from '../../support/wait.ts';
import { raw } from './raw.ts';

/** Begins answers and ends them when it is told to. */
function holdingHandler() {
  const held: (() => void)[] = [];
  const handler: Handler = {
    handle: async (request, response) => {
      response.on('error', () => undefined);
      if (request.url === '/stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(':\n\n');
      }
      held.push(() => response.end('served'));
    },
    upgrade: (_request, socket) => {
      socket.destroy();
    },
    start: () => undefined,
    drain: () => undefined,
    dispose: async () => undefined,
  };
  return { handler, held };
}

async function serve(options: ListenOptions = {}) {
  const { handler, held } = holdingHandler();
  const server = await startServer(handler, options);
  return { server, held, [Symbol.asyncDispose]: () => server.close() };
}

/** However it comes to that: a reset is an end too. */
const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('a connection that has more than 64 requests under way is cut, and others are not', async () => {
  await using running = await serve();
  const { server, held } = running;
  const modest = connect(server.port, '127.0.0.1').on('error', () => undefined);
  modest.write(get().repeat(64));
  await until('64 requests', () => held.length === 64);
  const greedy = connect(server.port, '127.0.0.1').on('error', () => undefined);
  greedy.write(get().repeat(5000));
  await within('cut', closeOf(greedy));
  expect(held.length).toBeLessThanOrEqual(128);
  let text = '';
  modest.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  for (const end of held) end();
  await until('64 answers', () => text.split('served').length === 65);
  modest.destroy();
});

test('answers under way of a connection that was cut are forgotten', async () => {
  const running = await serve();
  const greedy = connect(running.server.port, '127.0.0.1').on('error', () => undefined);
  greedy.write(get().repeat(100));
  await within('cut', closeOf(greedy));
  // Otherwise it would wait for them for two seconds.
  const closed = running.server.close().then(() => 'closed');
  expect(await within('end', closed, 1000)).toBe('closed');
});

test('a request that comes too slowly is ended with 408, however it is spread', async () => {
  await using running = await serve({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
  const socket = connect(running.server.port, '127.0.0.1').on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
  const drip = setInterval(() => socket.write('x'), 10);
  await within('end', closeOf(socket));
  clearInterval(drip);
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  const slowHead = connect(running.server.port, '127.0.0.1').on('error', () => undefined);
  const dripHead = setInterval(() => slowHead.write('x'), 10);
  const answered = once(slowHead.setEncoding('latin1'), 'data') as Promise<[string]>;
  slowHead.write('GET / HTTP/1.1\r\n');
  expect((await within('answer', answered))[0]).toMatch(/^HTTP\/1\.1 408 /);
  clearInterval(dripHead);
  slowHead.destroy();
});

test.for([
  ['headers of more than 16 KiB', `${get().slice(0, -2)}x: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ['more than 200 header lines', `${get().slice(0, -2)}${'a: b\r\n'.repeat(200)}\r\n`, 431],
  [
    'extensions of chunks without end',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
    413,
  ],
  [
    'a length and chunks, which two servers may read in two ways',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a header that is folded', `${get().slice(0, -2)}a: b\r\n c: d\r\n\r\n`, 400],
  ['a line break in a header', `${get().slice(0, -2)}a: b\rc: d\r\n\r\n`, 400],
] as const)('%s: refused', async ([, request, status]) => {
  await using running = await serve();
  const reply = await raw(running.server.port, request);
  expect(reply.status).toBe(status);
  expect(JSON.parse(reply.body)).toMatchObject({ errors: [{ extensions: { code: 'INVALID_REQUEST' } }] });
});

test('rubbish behind a request puts no second answer into the first one', async () => {
  await using running = await serve();
  const socket = connect(running.server.port, '127.0.0.1').on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.write(get('/stream'));
  await until('the stream', () => text.includes(':\n\n'));
  socket.write('rubbish\r\n\r\n');
  await within('cut', closeOf(socket));
  expect(text).not.toContain('HTTP/1.1 400');
});
