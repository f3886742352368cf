import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { within } from '../../support/wait.ts';
import { listen, openRaw } from './raw-socket.ts';
import { start, type Running } from './stub.ts';

/** How a request for a socket is refused. */
async function refused({ wsUrl }: Running, headers: Record<string, string> = {}) {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws', { headers });
  socket.on('error', () => undefined);
  const answered = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
  const [, response] = await within('refusal', answered);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  socket.terminate();
  return {
    status: response.statusCode,
    retryAfter: response.headers['retry-after'],
    body: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
  };
}

const tooMany = { errors: [{ extensions: { code: 'TOO_MANY_SOCKETS', retryable: true } }] };

test('a gateway holds so many sockets and no more, until one closes', async () => {
  await using gateway = await start({ parts: { limits: { maxSockets: 2 } } });
  const first = await openRaw(gateway);
  await using another = await openRaw(gateway);
  expect(another.received).toMatchObject([{ type: 'connection_ack' }]);
  expect(await refused(gateway)).toMatchObject({ status: 503, retryAfter: '10', body: tooMany });
  await first[Symbol.asyncDispose]();
  await using next = await openRaw(gateway);
  expect(next.received).toMatchObject([{ type: 'connection_ack' }]);
});

test('an address holds so many sockets, if that is set, and others theirs', async () => {
  await using gateway = await start({ config: { trustProxy: 1, maxSocketsPerAddress: 1 } });
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const first = await openRaw(gateway, {}, from('10.0.0.1'));
  expect(await refused(gateway, from('10.0.0.1'))).toMatchObject({
    status: 429,
    retryAfter: '10',
    body: tooMany,
  });
  await using other = await openRaw(gateway, {}, from('10.0.0.2'));
  await first[Symbol.asyncDispose]();
  await using again = await openRaw(gateway, {}, from('10.0.0.1'));
  for (const { received } of [other, again]) expect(received).toMatchObject([{ type: 'connection_ack' }]);
});

test('a key holds so many sockets, if that is set, and others theirs', async () => {
  await using gateway = await start({ config: { maxSocketsPerKey: 1 } });
  const first = await openRaw(gateway);
  await using second = await openRaw(gateway, null);
  second.send({ type: 'connection_init' });
  expect(await second.closed).toEqual({ code: 1013, reason: 'TOO_MANY_SOCKETS' });
  await using other = await openRaw(gateway, {
    authorization: 'Bearer another',
    'x-workspace-id': 'ws_1',
  });
  await first[Symbol.asyncDispose]();
  await using again = await openRaw(gateway);
  for (const { received } of [other, again]) expect(received).toMatchObject([{ type: 'connection_ack' }]);
});

test.for([
  [
    'a refused socket',
    'GET /graphql HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket',
  ],
  ['what is no HTTP', 'hello'],
] as const)('a client that never closes its half holds up nobody: %s', async ([, head]) => {
  const gateway = await start();
  const client = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined).resume();
  client.write(`${head}\r\n\r\n`);
  try {
    await within('refusal', once(client, 'end'));
    const closed = gateway.close().then(() => 'closed');
    expect(await within('end of the gateway', closed, 1500)).toBe('closed');
  } finally {
    client.destroy();
  }
});

test('a gateway that goes tells its clients one after the other, within a bound, and takes no more', async () => {
  const gateway = await start({ parts: { limits: { socketDrainMs: 400 } } });
  const sockets = await Promise.all(Array.from({ length: 100 }, () => openRaw(gateway)));
  for (const socket of sockets) socket.send(listen('live'));
  const times: number[] = [];
  const codes = new Set<number>();
  const begin = performance.now();
  for (const { socket } of sockets) {
    socket.on('close', (code) => {
      codes.add(code);
      times.push(performance.now() - begin);
    });
  }
  await within('end', gateway.close());
  expect([...codes]).toEqual([1001]);
  expect(times).toHaveLength(100);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(20);
});
