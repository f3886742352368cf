import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { openSocket } from '../../support/live.ts';
import { post, start, type Running } from './stub.ts';

const clock = createVirtualClock();
const query = '{ tickets { edges { cursor } } }';

let gateway: Running;
let proxied: Running;
beforeAll(async () => {
  gateway = await start({ parts: { clock } });
  proxied = await start({ parts: { clock }, config: { trustProxy: 1 } });
});
afterAll(() => Promise.all([gateway.close(), proxied.close()]));

/** What the backend was told last: whose turn it is, and how many milliseconds are left. */
const told = ({ asked }: Running) => {
  const operation = asked.at(-1)?.operation;
  return { client: operation?.client, deadlineMs: (operation?.deadline ?? 0) - clock.now() };
};

const overSocket = async (
  { wsUrl }: Running,
  payload: object,
  connectionParams: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) => {
  await using socket = openSocket(wsUrl, connectionParams, headers);
  return await socket.subscribe(query, undefined, payload).next();
};

test('an operation has 10 s unless its client says otherwise', async () => {
  await post(gateway.url, { query });
  expect(told(gateway).deadlineMs).toBe(10_000);
  await overSocket(gateway, {});
  expect(told(gateway).deadlineMs).toBe(10_000);
});

test.for([
  ['a header', {}, { 'x-deadline-ms': '2500' }, 2500],
  ['extensions', { extensions: { deadlineMs: 60_000 } }, {}, 60_000],
  ['both, of which the shorter holds', { extensions: { deadlineMs: 400 } }, { 'x-deadline-ms': '300' }, 300],
] as const)('over HTTP a client gives its deadline by %s', async ([, body, headers, expected]) => {
  expect((await post(gateway.url, { query, ...body }, headers)).body.errors).toBeUndefined();
  expect(told(gateway).deadlineMs).toBe(expected);
});

test('a GET gives its deadline likewise', async () => {
  const url = `${gateway.url}?query=${encodeURIComponent(query)}`;
  await fetch(`${url}&extensions={"deadlineMs":700}`);
  expect(told(gateway).deadlineMs).toBe(700);
  await fetch(url, { headers: { 'x-deadline-ms': '800' } });
  expect(told(gateway).deadlineMs).toBe(800);
});

test('on a socket each operation gives its own deadline', async () => {
  await overSocket(gateway, { extensions: { deadlineMs: 1500 } });
  expect(told(gateway).deadlineMs).toBe(1500);
});

test.for([
  ['the header', {}, { 'x-deadline-ms': 'soon' }, 'X-Deadline-Ms'],
  ['the extensions', { extensions: { deadlineMs: '5' } }, {}, 'extensions.deadlineMs'],
] as const)('a deadline that is none is refused, by name: %s', async ([, body, headers, sourceKey]) => {
  const before = gateway.asked.length;
  const reply = await post(gateway.url, { query, ...body }, headers);
  expect(reply).toMatchObject({
    status: 400,
    body: {
      errors: [
        {
          message: expect.stringContaining(sourceKey),
          extensions: {
            code: 'BAD_USER_INPUT',
            category: 'INPUT',
            retryable: false,
            fields: [{ sourceKey }],
          },
        },
      ],
    },
  });
  expect(gateway.asked).toHaveLength(before);
});

test('on a socket a deadline that is none refuses the operation, not the socket', async () => {
  await using socket = openSocket(gateway.wsUrl);
  const refused = await socket.subscribe(query, undefined, { extensions: { deadlineMs: 0 } }).next();
  expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  expect((await socket.subscribe(query).next()).errors).toBeUndefined();
});

test('a client takes turns under its name, else under its address', async () => {
  await post(gateway.url, { query }, { 'x-client-id': 'web-1' });
  expect(told(gateway).client).toBe('id:web-1');
  await post(gateway.url, { query }, { 'x-client-id': 'two words', 'x-forwarded-for': '203.0.113.5' });
  expect(told(gateway).client).toBe('ip:127.0.0.1');
  await overSocket(gateway, {}, { 'X-Client-Id': 'web-2' });
  expect(told(gateway).client).toBe('id:web-2');
  await overSocket(gateway, {}, {}, { 'x-forwarded-for': '203.0.113.5' });
  expect(told(gateway).client).toBe('ip:127.0.0.1');
});

test('behind a trusted proxy the address is the one that the proxy adds', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.5' };
  await post(proxied.url, { query }, headers);
  expect(told(proxied).client).toBe('ip:203.0.113.5');
  await overSocket(proxied, {}, {}, headers);
  expect(told(proxied).client).toBe('ip:203.0.113.5');
});

test('whether a key may listen is asked with a deadline and a turn that are nobody’s own', async () => {
  const listening = await start({ parts: { clock } });
  const socket = openSocket(listening.wsUrl, { 'x-client-id': 'hasty' });
  const request = { extensions: { deadlineMs: 50 } };
  await socket.subscribe('subscription { ticketEvents { __typename } }', undefined, request).next();
  expect(told(listening)).toEqual({ client: 'gateway:listeners', deadlineMs: 10_000 });
  await socket.close();
  await listening.close();
});

test('a host that tells no address makes every request a client of its own', async () => {
  const ask = () =>
    gateway.gateway.fetch(
      new Request('http://127.0.0.1/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      }),
    );
  await ask();
  const { client } = told(gateway);
  expect(client).toMatch(/^connection:\d+$/);
  await ask();
  expect(told(gateway).client).not.toBe(client);
});

test('a page may send both headers', async () => {
  const reply = await fetch(gateway.url, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example.com' },
  });
  const allowed = reply.headers.get('access-control-allow-headers') ?? '';
  expect(allowed.split(', ')).toEqual(expect.arrayContaining(['x-client-id', 'x-deadline-ms']));
});
