import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { serveWithGateway } from '../examples/embedded.ts';
import { askGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { openEventStream } from '../support/sse.ts';
import { within } from '../support/wait.ts';

test('a program of one’s own answers beside the gateway, subscriptions come over its upgrade, and all ends with it', async () => {
  await using sandbox = await startSandbox({ tickets: 5 });
  const { server, close } = await serveWithGateway({
    PORT: '0',
    DATA_DIR: 'off',
    LOG_LEVEL: 'silent',
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_API_KEY: sandbox.keys.admin,
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/graphql`;

  expect(await (await fetch(`${origin}/`)).json()).toMatchObject({
    data: { tickets: { nodes: [{ subject: expect.any(String) }] } },
  });
  expect(await askGateway(url, '{ tickets(first: 1) { nodes { id } } }', {})).toMatchObject({
    data: { tickets: { nodes: [{}] } },
  });
  expect((await fetch(`${origin}/readyz`)).status).toBe(200);

  const closed = Promise.withResolvers<unknown>();
  await using socket = openSocket(url.replace('http', 'ws'));
  socket.client.on('closed', closed.resolve);
  const live = socket.subscribe('subscription { ticketEvents { __typename } }');
  expect(await live.next()).toMatchObject({ data: { ticketEvents: { __typename: 'StreamReady' } } });
  await askGateway(url, 'mutation { ticketCreate(input: { subject: "Own" }) { ticket { id } } }', {});
  expect(await live.next()).toMatchObject({ data: { ticketEvents: { __typename: 'TicketEvent' } } });

  await using stream = await openEventStream(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'subscription { ticketEvents { __typename } }' }),
  });
  expect(await stream.next()).toMatchObject({ event: 'next' });

  const gone = once(server, 'close');
  await within('end', close());
  await gone;
  expect(await within('close of the socket', closed.promise)).toMatchObject({ code: 1001 });
  await expect(stream.next()).rejects.toThrow('terminated');
});
