import { expect, test } from 'vitest';
import { connectionCredentials, createAuthenticator } from '../../../src/http/caller.ts';

const anonymous = { keys: [{ workspaceId: 'ws_1', apiKey: 'server-key' }], level: null };
const lending = createAuthenticator({ backendKind: 'HELPDESK', anonymous });
const strict = createAuthenticator({ backendKind: 'HELPDESK', anonymous: null });

const headers =
  (values: Record<string, string> = {}) =>
  (name: string) =>
    values[name] ?? null;

const own = { authorization: 'Bearer own-key', 'x-workspace-id': 'ws_2' };

test.for([
  ['Authorization', own],
  ['a scheme in lower case', { ...own, authorization: 'bearer  own-key ' }],
  ['X-API-Key', { 'x-api-key': 'own-key', 'x-workspace-id': 'ws_2' }],
  ['both', { ...own, 'x-api-key': 'another' }],
] as const)('a key comes in %s', ([, values]) => {
  expect(strict(headers(values)).caller).toMatchObject({
    apiKey: 'own-key',
    workspaceId: 'ws_2',
    source: 'REQUEST',
  });
});

test('a caller’s own key wins over the server’s', () => {
  expect(lending(headers(own)).caller).toMatchObject({ apiKey: 'own-key', source: 'REQUEST' });
});

test('whoever brings no key acts with the server’s, in its workspace', () => {
  const server = { apiKey: 'server-key', workspaceId: 'ws_1', source: 'SERVER' };
  expect(lending(headers()).caller).toMatchObject(server);
  expect(lending(headers({ 'x-workspace-id': 'ws_1' })).caller).toMatchObject(server);
  expect(lending(headers({ authorization: 'Basic cHJveHk=' })).caller).toMatchObject(server);
});

test.for([
  ['no key where one is needed', strict, {}, 'INVALID_API_KEY'],
  ['a workspace alone', strict, { 'x-workspace-id': 'ws_1' }, 'INVALID_API_KEY'],
  ['another workspace without a key', lending, { 'x-workspace-id': 'ws_2' }, 'INSUFFICIENT_API_PERMISSION'],
  ['an empty bearer', lending, { authorization: 'Bearer ' }, 'INVALID_API_KEY'],
  ['an empty key', lending, { 'x-api-key': '' }, 'INVALID_API_KEY'],
  ['a key with blanks', lending, { 'x-api-key': 'a b', 'x-workspace-id': 'ws_1' }, 'INVALID_API_KEY'],
  [
    'a key that ends a header',
    lending,
    { 'x-api-key': 'a\r\nb', 'x-workspace-id': 'ws_1' },
    'INVALID_API_KEY',
  ],
  [
    'a key without end',
    lending,
    { 'x-api-key': 'a'.repeat(513), 'x-workspace-id': 'ws_1' },
    'INVALID_API_KEY',
  ],
  ['a key without a workspace', lending, { 'x-api-key': 'own' }, 'MISSING_WORKSPACE'],
  [
    'a workspace that is none',
    lending,
    { 'x-api-key': 'own', 'x-workspace-id': '../ws' },
    'MISSING_WORKSPACE',
  ],
] as const)('%s is refused', ([, authenticate, values, code]) => {
  expect(authenticate(headers(values))).toMatchObject({ caller: null, fault: { code } });
});

test('scopes tell keys and workspaces apart, budgets keys alone, and neither reveals a key', () => {
  const scope = (apiKey: string, workspaceId: string) =>
    strict(headers({ 'x-api-key': apiKey, 'x-workspace-id': workspaceId })).caller;
  const [one, again, elsewhere, other] = [
    scope('k1', 'w1'),
    scope('k1', 'w1'),
    scope('k1', 'w2'),
    scope('k2', 'w1'),
  ];
  expect(one?.scope).toBe(again?.scope);
  expect(new Set([one?.scope, elsewhere?.scope, other?.scope]).size).toBe(3);
  expect(one?.keyId).toBe(elsewhere?.keyId);
  expect(one?.keyId).not.toBe(other?.keyId);
  for (const hash of [one?.scope, one?.keyId]) expect(hash).toMatch(/^[\w-]{43}$/);
});

test('on a socket the names may be spelled in any case, and only texts count', () => {
  const credentials = connectionCredentials({
    AUTHORIZATION: 'Bearer own-key',
    'X-Workspace-ID': 'ws_2',
    'x-client-id': 1,
  });
  expect(strict(credentials).caller).toMatchObject({ apiKey: 'own-key', workspaceId: 'ws_2' });
  expect(credentials('x-client-id')).toBeNull();
});
