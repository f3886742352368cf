import { expect, test } from 'vitest';
import { until } from '../../support/wait.ts';
import { openRaw } from './raw-socket.ts';
import { start } from './stub.ts';

test('a client that reads nothing for a while gets every answer once it reads again', async () => {
  await using gateway = await start();
  await using socket = await openRaw(gateway);
  socket.socket.pause();
  const pings = 300;
  for (let id = 0; id < pings; id += 1)
    socket.send({ type: 'ping', payload: { id, filling: 'x'.repeat(50_000) } });
  // What the network does not hold waits with the client, as the gateway has stopped to read.
  await until('the gateway to stop', () => socket.socket.bufferedAmount > 0);
  await using other = await openRaw(gateway);
  other.send({ type: 'ping' });
  expect(await other.next()).toEqual({ type: 'pong' });
  socket.socket.resume();
  await until(
    'all answers',
    () => socket.received.filter(({ type }) => type === 'pong').length === pings,
    10_000,
  );
  expect(socket.received.at(-1)).toMatchObject({ payload: { id: pings - 1 } });
});

test('a message of more than 1,024 parts closes with 1008', async () => {
  await using gateway = await start();
  await using socket = await openRaw(gateway);
  for (let part = 0; part < 1100; part += 1) socket.socket.send('x', { fin: false });
  expect(await socket.closed).toMatchObject({ code: 1008 });
});

test.for(['variables', 'extensions'])(
  '%s nested without end are refused, and the socket goes on',
  async (member) => {
    await using gateway = await start();
    await using socket = await openRaw(gateway);
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    socket.send(
      `{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","${member}":{"a":${deep}}}}`,
    );
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'INVALID_REQUEST' } }],
    });
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
  },
);
