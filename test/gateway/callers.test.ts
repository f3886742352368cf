import { expect, test } from 'vitest';
import { startGateway, type AskOptions, type GatewayOptions } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { warmUp } from '../support/warm.ts';

const read = '{ tickets(first: 1) { nodes { id } } }';

interface Case {
  readonly title: string;
  readonly gateway?: GatewayOptions;
  readonly caller: (keys: { admin: string; read: string }, workspaceId: string) => AskOptions;
  /** null: it works. */
  readonly code: string | null;
  readonly status: number;
  /** Level of the key that reached the backend; null: nothing did. */
  readonly actsAs: 'read' | 'admin' | null;
}

const passThrough: GatewayOptions = { serverKey: null };
const cases: readonly Case[] = [
  {
    title: 'pass-through takes Authorization: Bearer',
    gateway: passThrough,
    caller: ({ read: key }, workspaceId) => ({ key, workspaceId }),
    code: null,
    status: 200,
    actsAs: 'read',
  },
  {
    title: 'pass-through takes X-API-Key',
    gateway: passThrough,
    caller: ({ read: key }, workspaceId) => ({ workspaceId, headers: { 'x-api-key': key } }),
    code: null,
    status: 200,
    actsAs: 'read',
  },
  {
    title: 'pass-through without a key is 401, and nothing is sent',
    gateway: passThrough,
    caller: () => ({}),
    code: 'INVALID_API_KEY',
    status: 401,
    actsAs: null,
  },
  {
    title: 'pass-through without a workspace is MISSING_WORKSPACE, and nothing is sent',
    gateway: passThrough,
    caller: ({ read: key }) => ({ key }),
    code: 'MISSING_WORKSPACE',
    status: 400,
    actsAs: null,
  },
  {
    title: 'a key that the server holds does not serve pass-through',
    gateway: { env: { AUTH_MODE: 'pass-through' } },
    caller: () => ({}),
    code: 'INVALID_API_KEY',
    status: 401,
    actsAs: null,
  },
  {
    title: 'on loopback, a server’s key serves whoever brings none',
    caller: () => ({}),
    code: null,
    status: 200,
    actsAs: 'admin',
  },
  {
    title: 'a caller’s own key wins over the server’s',
    caller: ({ read: key }, workspaceId) => ({ key, workspaceId }),
    code: null,
    status: 200,
    actsAs: 'read',
  },
  {
    title: 'a wrong key of the caller’s does not fall back to the server’s',
    caller: (_keys, workspaceId) => ({ key: `aclou_${'f'.repeat(40)}`, workspaceId }),
    code: 'INVALID_API_KEY',
    status: 200,
    actsAs: null,
  },
  {
    title: 'the server’s key never acts for another workspace',
    caller: () => ({ workspaceId: 'ws_other' }),
    code: 'INSUFFICIENT_API_PERMISSION',
    status: 403,
    actsAs: null,
  },
];

test.for(cases)('$title', async ({ gateway: options, caller, code, status, actsAs }) => {
  await using gateway = await startGateway(options);
  const { keys, workspaceId, requests } = gateway.sandbox;
  const answer = await gateway.query(read, {}, caller(keys, workspaceId));
  expect(answer.errors?.[0]?.extensions?.['code'] ?? null).toBe(code);
  expect(answer.status).toBe(status);
  const levels = requests.map(({ keyLevel }) => keyLevel).filter((level) => level !== null);
  expect(levels).toEqual(actsAs === null ? [] : [actsAs]);
});

test.for(cases)('$title, also where everybody else was just answered the same', async (given) => {
  await using gateway = await startGateway(given.gateway);
  const { keys, workspaceId } = gateway.sandbox;
  for (const key of Object.values(keys)) await warmUp(gateway, read, {}, { key, workspaceId });
  const before = gateway.answers?.served ?? 0;
  gateway.forgetCalls();
  const answer = await gateway.query(read, {}, given.caller(keys, workspaceId));
  expect(answer.errors?.[0]?.extensions?.['code'] ?? null).toBe(given.code);
  expect(answer.status).toBe(given.status);
  if (given.code === null) expect(answer.data).toMatchObject({ tickets: { nodes: [{}] } });
  else expect(answer.data?.['tickets'] ?? null).toBeNull();
  // Whoever may ask is one of those who have.
  expect((gateway.answers?.served ?? 0) - before).toBe(given.code === null ? 1 : 0);
});

test('what needs no key works without one: introspection, health, the error catalogue', async () => {
  await using gateway = await startGateway(passThrough);
  const answer = await gateway.query('{ __schema { queryType { name } } __type(name: "Ticket") { name } }');
  expect(answer).toMatchObject({ status: 200, data: { __schema: { queryType: { name: 'Query' } } } });
  const catalogue = await gateway.query('{ errorCatalog { code } }');
  expect(catalogue.errors).toBeUndefined();
  for (const path of ['/healthz', '/readyz']) expect((await fetch(gateway.origin + path)).status).toBe(200);
  expect(gateway.calls).toEqual([]);
});

test('on a socket, a key comes in connectionParams', async () => {
  await using gateway = await startGateway(passThrough);
  const { keys, workspaceId } = gateway.sandbox;
  await using socket = openSocket(gateway.wsUrl, { 'x-api-key': keys.read, 'X-Workspace-Id': workspaceId });
  expect(await socket.subscribe(read).next()).toMatchObject({ data: { tickets: { nodes: [{}] } } });
});

test('a socket of a key that the backend refuses is closed with 4403', async () => {
  await using gateway = await startGateway(passThrough);
  const { workspaceId } = gateway.sandbox;
  await using socket = openSocket(gateway.wsUrl, {
    Authorization: `Bearer aclou_${'0'.repeat(40)}`,
    'X-Workspace-Id': workspaceId,
  });
  const live = socket.subscribe('subscription { ticketEvents { cursor } }');
  // Its client learns why, in the words of every other error, and then loses the socket.
  expect(await live.next()).toMatchObject({ errors: [{ extensions: { code: 'INVALID_API_KEY' } }] });
  await expect(live.ended()).rejects.toMatchObject({ code: 4403, reason: 'INVALID_API_KEY' });
});

test('a gateway that may be reached from elsewhere does not lend its key unless it is told to', async () => {
  const { parseConfig } = await import('../../src/config/config.ts');
  const env = {
    HELPDESK_URL: 'https://acme.example/helpdesk/api/v1',
    HELPDESK_API_KEY: 'aclou_x',
    HELPDESK_WORKSPACE_ID: 'ws_a',
  };
  expect(parseConfig(env).auth.mode).toBe('ANONYMOUS');
  expect(parseConfig({ ...env, HOST: '0.0.0.0' }).auth.mode).toBe('PASS_THROUGH');
  expect(parseConfig({ ...env, HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }).auth.mode).toBe('ANONYMOUS');
  expect(() => parseConfig({ ...env, HOST: '0.0.0.0', AUTH_MODE: 'anonymous' })).toThrow('ALLOW_ANONYMOUS');
});
