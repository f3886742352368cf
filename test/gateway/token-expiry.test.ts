import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { startIssuer, type Issuer } from '../support/issuer.ts';
import { openSocket } from '../support/live.ts';
import { openEventStream } from '../support/sse.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { until } from '../support/wait.ts';
import { openRaw, type RawSocket } from '../unit/http/raw-socket.ts';

/** Seconds by which clocks may differ: a token is good for that much longer. */
const tolerance = 30;

/** A gateway on a clock that only the test moves, and tokens of 60 s. */
async function open(env: Readonly<Record<string, string>> = {}) {
  const clock = createVirtualClock(Date.now());
  const issuer = await startIssuer();
  const gateway = await startGateway({ clock, env: { ...issuer.env, ...env } });
  const sign = (claims: Parameters<Issuer['sign']>[0] = {}, lastsS = 60) =>
    issuer.sign({ sub: 'anna', ...claims }, { now: clock.now(), lastsS });
  const connect = async (token: string): Promise<RawSocket> => {
    const socket = await openRaw(gateway, { authorization: `Bearer ${token}` });
    onTestFinished(() => socket[Symbol.asyncDispose]());
    return socket;
  };
  /** A ping, and the answer to it or the end of the socket. */
  const ping = async (socket: RawSocket, payload: object) => {
    socket.send({ type: 'ping', payload });
    return Promise.race([socket.next().catch(() => null), socket.closed]);
  };
  return {
    clock,
    issuer,
    gateway,
    sign,
    connect,
    ping,
    renew: async (socket: RawSocket, token: string) => ping(socket, { authorization: `Bearer ${token}` }),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

const isOpen = ({ socket }: RawSocket): boolean => socket.readyState === socket.OPEN;

const query = '{ __typename }';

test('a token that expires closes its socket with 4403, and leaves no timer', async () => {
  await using it = await open();
  const before = it.clock.timers;
  const socket = await it.connect(await it.sign());
  expect(it.clock.timers).toBe(before + 1);
  await it.clock.advance((60 + tolerance - 1) * 1000);
  socket.send({ type: 'subscribe', id: '1', payload: { query } });
  expect(await socket.next()).toMatchObject({ type: 'next', payload: { data: { __typename: 'Query' } } });
  await it.clock.advance(1000);
  expect(await socket.closed).toEqual({ code: 4403, reason: 'TOKEN_EXPIRED' });
  await until('no timer', () => it.clock.timers === before);
});

test('a socket that is closed before keeps no timer of its token', async () => {
  await using it = await open();
  const before = it.clock.timers;
  const socket = await it.connect(await it.sign());
  expect(it.clock.timers).toBe(before + 1);
  socket.socket.close(1000);
  await until('no timer', () => it.clock.timers === before);
});

test('a fresh token in a ping takes the place of the old one', async () => {
  await using it = await open();
  const socket = await it.connect(await it.sign());
  await it.clock.advance(50_000);
  const fresh = await it.sign();
  const expiresAt = new Date((Math.floor(it.clock.now() / 1000) + 60 + tolerance) * 1000).toISOString();
  // The token is not sent back.
  expect(await it.renew(socket, fresh)).toEqual({ type: 'pong', payload: { expiresAt } });
  await it.clock.advance(50_000);
  expect(isOpen(socket)).toBe(true);
  socket.send({ type: 'subscribe', id: '1', payload: { query } });
  expect(await socket.next()).toMatchObject({ type: 'next' });
  await it.clock.advance(40_000);
  expect(await socket.closed).toEqual({ code: 4403, reason: 'TOKEN_EXPIRED' });
});

test('subscriptions go on with the fresh token, and miss nothing', async () => {
  await using it = await open();
  const socket = await it.connect(await it.sign());
  socket.send({
    type: 'subscribe',
    id: '1',
    payload: { query: 'subscription { ticketEvents { ... on TicketEvent { ticket { subject } } } }' },
  });
  await socket.next();
  await it.clock.advance(50_000);
  await it.renew(socket, await it.sign());
  await it.clock.advance(50_000);
  it.gateway.sandbox.tickets.create({ subject: 'After the old token' });
  expect(await socket.next()).toMatchObject({
    id: '1',
    payload: { data: { ticketEvents: { ticket: { subject: 'After the old token' } } } },
  });
});

test('operations that begin after a fresh token have its level', async () => {
  await using it = await open();
  const socket = await it.connect(await it.sign({ level: 'READ' }));
  const payload = { query: '{ webhooks(first: 1) { nodes { id } } }' };
  socket.send({ type: 'subscribe', id: '1', payload });
  expect(await socket.next()).toMatchObject({
    payload: { errors: [{ extensions: { code: 'INSUFFICIENT_API_PERMISSION' } }] },
  });
  await socket.next();
  await it.renew(socket, await it.sign({ level: 'ADMIN' }));
  socket.send({ type: 'subscribe', id: '2', payload });
  expect(await socket.next()).toMatchObject({ payload: { data: { webhooks: {} } } });
});

test.for<[string, (it: Awaited<ReturnType<typeof open>>) => Promise<string>, string]>([
  ['of somebody else', (it) => it.sign({ sub: 'berta' }), 'A token of somebody else'],
  ['of nobody in particular', (it) => it.sign({ sub: '' }), 'A token of somebody else'],
  ['of another workspace', (it) => it.sign({ workspace: 'ws_other' }), 'INSUFFICIENT_API_PERMISSION'],
  ['that has expired', (it) => it.sign({}, -60), 'TOKEN_EXPIRED'],
  ['that is none', () => Promise.resolve('aclou_0123'), 'INVALID_API_KEY'],
])('a token %s ends the socket', async ([, tokenOf, reason]) => {
  await using it = await open();
  const socket = await it.connect(await it.sign());
  it.gateway.forgetCalls();
  await it.renew(socket, await tokenOf(it));
  expect(await socket.closed).toEqual({ code: 4403, reason });
  expect(it.gateway.calls).toEqual([]);
});

test('where a fresh token cannot be checked, the old one is good as long as it was', async () => {
  await using it = await open();
  const socket = await it.connect(await it.sign());
  await it.issuer.rotate();
  it.issuer.answer = { status: 503, body: '' };
  await it.clock.advance(50_000);
  const expiresAt = new Date((Math.floor(it.clock.now() / 1000) + 40) * 1000).toISOString();
  expect(await it.renew(socket, await it.sign())).toEqual({ type: 'pong', payload: { expiresAt } });
  await it.clock.advance(39_000);
  expect(isOpen(socket)).toBe(true);
  await it.clock.advance(1000);
  expect(await socket.closed).toMatchObject({ code: 4403 });
});

test('pings without a token are answered as ever, also before anybody has said who it is', async () => {
  await using it = await open();
  const socket = await it.connect(await it.sign());
  expect(await it.ping(socket, { sent: 1 })).toEqual({ type: 'pong', payload: { sent: 1 } });
  socket.send({ type: 'ping' });
  expect(await socket.next()).toEqual({ type: 'pong' });
  await using silent = await openRaw(it.gateway, null);
  expect(await it.renew(silent, await it.sign())).toEqual({ type: 'pong', payload: { expiresAt: null } });
});

test('who follows the same events with the same key hears on when another’s token expires', async () => {
  await using it = await open();
  const document = 'subscription { ticketEvents { __typename } }';
  const first = openSocket(it.gateway.wsUrl, { authorization: `Bearer ${await it.sign()}` });
  onTestFinished(() => first.close());
  const second = openSocket(it.gateway.wsUrl, {
    authorization: `Bearer ${await it.sign({ sub: 'berta' }, 600)}`,
  });
  onTestFinished(() => second.close());
  const [ended, lasting] = [first.subscribe(document), second.subscribe(document)];
  await ended.next();
  await lasting.next();
  await it.clock.advance((60 + tolerance) * 1000);
  await expect(ended.ended()).rejects.toMatchObject({ code: 4403 });
  it.gateway.sandbox.tickets.create({ subject: 'Later' });
  expect((await lasting.next()).data).toEqual({ ticketEvents: { __typename: 'TicketEvent' } });
});

test('an event stream ends with its token, and says so', async () => {
  await using it = await open();
  const stream = await openEventStream(it.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await it.sign()}` },
    body: JSON.stringify({ query: 'subscription { ticketEvents { __typename } }' }),
  });
  onTestFinished(() => stream.close());
  expect((await stream.next())?.data).toContain('StreamReady');
  it.gateway.sandbox.tickets.create({ subject: 'In time' });
  expect((await stream.next())?.data).toContain('TicketEvent');
  await it.clock.advance((60 + tolerance) * 1000);
  const last = JSON.parse((await stream.next())?.data ?? '{}') as object;
  expect(last).toMatchObject({
    errors: [{ extensions: { code: 'TOKEN_EXPIRED', category: 'AUTH', retryable: false } }],
  });
  expect(await stream.next()).toMatchObject({ event: 'complete' });
  expect(await stream.next()).toBeNull();
});

test('a key of one’s own does not expire, and its socket asks for nothing fresh', async () => {
  await using gateway = await startGateway({ serverKey: null });
  const params = { 'x-api-key': gateway.sandbox.keys.read, 'x-workspace-id': gateway.sandbox.workspaceId };
  await using socket = await openRaw(gateway, params);
  socket.send({ type: 'ping', payload: { 'x-api-key': gateway.sandbox.keys.admin } });
  expect(await socket.next()).toEqual({ type: 'pong', payload: { expiresAt: null } });
  socket.send({ type: 'subscribe', id: '1', payload: { query: '{ webhooks(first: 1) { nodes { id } } }' } });
  expect(await socket.next()).toMatchObject({
    payload: { errors: [{ extensions: { code: 'INSUFFICIENT_API_PERMISSION' } }] },
  });
});
