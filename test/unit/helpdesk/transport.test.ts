import { expect, test } from 'vitest';
import { createTransport, isLoopback } from '../../../src/backends/transport.ts';
import { startHelpdesk } from './support.ts';

const never = new AbortController().signal;

test('a request to another origin never leaves, whoever asks for it', async () => {
  await using elsewhere = await startHelpdesk([{ status: 200 }]);
  await using helpdesk = await startHelpdesk([{ status: 200 }]);
  const transport = createTransport({ url: helpdesk.url });
  await expect(transport.fetch(new Request(elsewhere.url), never)).rejects.toMatchObject({
    name: 'TransportError',
    sent: false,
  });
  expect(elsewhere.requests).toEqual([]);
  await transport.close();
});

test('an answer is handed over as it came: status, headers, body', async () => {
  await using helpdesk = await startHelpdesk([
    (_request, response) => {
      response.writeHead(418, {
        'content-type': 'text/plain; charset=utf-8',
        'x-name': Buffer.from('Zoë').toString('latin1'),
        'set-cookie': ['a=1', 'b=2'],
      });
      response.write('Grüße, ');
      setImmediate(() => response.end('Teekanne 🫖'));
    },
    (_request, response) => response.writeHead(304).end(),
  ]);
  const transport = createTransport({ url: helpdesk.url });
  const sent = new Request(helpdesk.url, { method: 'POST', body: '{"a":1}' });
  const { head, body } = await transport.fetch(sent, never);
  expect(head.status).toBe(418);
  expect(head.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(body).toBe('Grüße, Teekanne 🫖');
  expect(helpdesk.requests[0]?.body).toEqual({ a: 1 });
  expect((await transport.fetch(new Request(helpdesk.url), never)).head.status).toBe(304);
  await transport.close();
});

test('what waits for a connection when it is given up is never sent', async () => {
  const arrived = Promise.withResolvers<void>();
  await using helpdesk = await startHelpdesk([() => arrived.resolve(), { status: 200 }]);
  const transport = createTransport({ url: helpdesk.url, connections: 1 });
  const first = new AbortController();
  const hanging = transport.fetch(new Request(helpdesk.url), first.signal);
  await arrived.promise;
  const second = new AbortController();
  const waiting = transport.fetch(new Request(helpdesk.url, { method: 'POST', body: '{}' }), second.signal);
  // The body is read before the request is queued.
  setImmediate(() => second.abort(new Error('gone')));
  await expect(waiting).rejects.toMatchObject({ fault: 'ABORTED', sent: false });
  first.abort(new Error('gone'));
  await expect(hanging).rejects.toMatchObject({ fault: 'ABORTED', sent: true });
  // The one connection is free again: what comes next is what was asked for next.
  await transport.fetch(new Request(helpdesk.url), never);
  expect(helpdesk.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  await transport.close();
});

test('after closing nothing is sent', async () => {
  await using helpdesk = await startHelpdesk([{ status: 200 }]);
  const transport = createTransport({ url: helpdesk.url });
  await transport.close();
  await expect(transport.fetch(new Request(helpdesk.url), never)).rejects.toMatchObject({ sent: false });
});

test.for([
  ['localhost', true],
  ['api.localhost', true],
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['[::1]', true],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
  ['10.0.0.1', false],
] as const)('%s is loopback: %s', ([host, expected]) => {
  expect(isLoopback(host)).toBe(expected);
});
