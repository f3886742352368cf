/** Who may call, and for which workspaces: `AUTH_MODE` and the files that belong to it. */
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/reader.ts';
import { makeJsonFile } from '../support/json-file.ts';

const real = {
  HELPDESK_URL: 'https://acme.example.com/helpdesk/api/v1',
  HELPDESK_API_KEY: 'aclou_0123',
  HELPDESK_WORKSPACE_ID: 'ws_1',
};
const url = { HELPDESK_URL: real.HELPDESK_URL };
const jwks = {
  AUTH_MODE: 'jwt',
  JWT_JWKS_URL: 'https://id.example.com/jwks.json',
  JWT_ISSUER: 'https://id.example.com/',
  JWT_AUDIENCE: 'gateway, other',
};
const secret = 'a secret of more than thirty-two bytes';
const sha256 = 'ab'.repeat(32);

async function file(content: unknown): Promise<string> {
  const made = await makeJsonFile(content);
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made.path;
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable, message }) => `${variable} ${message}`);
  }
}

test('tokens of an issuer are checked with the keys that it publishes', () => {
  expect(parseConfig({ ...real, ...jwks }).auth).toEqual({
    mode: 'JWT',
    keys: { jwksUrl: 'https://id.example.com/jwks.json' },
    issuers: ['https://id.example.com/'],
    audiences: ['gateway', 'other'],
    claims: { workspace: 'workspace', level: 'level', endUser: 'sub' },
  });
});

test('or with a secret that it shares, and claims may have other names', () => {
  const env = { ...real, AUTH_MODE: 'jwt', JWT_SECRET: secret, JWT_LEVEL_CLAIM: '/app/level' };
  expect(parseConfig(env).auth).toMatchObject({
    keys: { secret },
    issuers: [],
    audiences: [],
    claims: { level: '/app/level' },
  });
});

test('whoever brings no key may be held to a level', () => {
  expect(parseConfig({ ANONYMOUS_LEVEL: 'read' }).auth).toEqual({ mode: 'ANONYMOUS', level: 'READ' });
});

test('tokens and workspaces come from files', async () => {
  const GATEWAY_TOKENS_FILE = await file({
    tokens: [
      { name: 'reporting', sha256: sha256.toUpperCase(), level: 'READ', workspaces: ['ws_a'] },
      {
        name: 'desk',
        sha256: 'cd'.repeat(32),
        level: 'WRITE',
        workspaces: ['ws_a', 'ws_b'],
        expiresAt: '2027-01-31T00:00:00Z',
      },
    ],
  });
  const WORKSPACES_FILE = await file({
    workspaces: [
      { id: 'ws_a', apiKey: 'key_a', webhookSecrets: ['whsec_MTIzNDU2Nzg5MDEyMzQ1Ng=='], rateLimit: 100 },
      { id: 'ws_b', apiKey: 'key_b' },
    ],
  });
  const config = parseConfig({ ...url, AUTH_MODE: 'tokens', GATEWAY_TOKENS_FILE, WORKSPACES_FILE });
  expect(config.auth).toEqual({
    mode: 'TOKENS',
    tokens: [
      { name: 'reporting', sha256, level: 'READ', workspaces: ['ws_a'], expiresAt: null },
      {
        name: 'desk',
        sha256: 'cd'.repeat(32),
        level: 'WRITE',
        workspaces: ['ws_a', 'ws_b'],
        expiresAt: Date.UTC(2027, 0, 31),
      },
    ],
  });
  expect(config.backend?.workspaces).toEqual([
    { id: 'ws_a', apiKey: 'key_a', webhookSecrets: ['whsec_MTIzNDU2Nzg5MDEyMzQ1Ng=='], rateLimit: 100 },
    { id: 'ws_b', apiKey: 'key_b', webhookSecrets: [], rateLimit: null },
  ]);
});

test('with a file of workspaces the defaults follow from its keys', async () => {
  const keyed = await file({ workspaces: [{ id: 'ws_a', apiKey: 'key_a' }] });
  const keyless = await file({ workspaces: [{ id: 'ws_a' }] });
  const modeOf = (WORKSPACES_FILE: string, more = {}) =>
    parseConfig({ ...url, WORKSPACES_FILE, ...more }).auth.mode;
  expect(modeOf(keyed)).toBe('ANONYMOUS');
  expect(modeOf(keyed, { HOST: '0.0.0.0' })).toBe('PASS_THROUGH');
  expect(modeOf(keyless)).toBe('PASS_THROUGH');
});

test.for<[string, Record<string, string>, string]>([
  ['keys of an issuer and a secret', { ...jwks, JWT_SECRET: secret }, 'JWT_SECRET'],
  ['neither', { AUTH_MODE: 'jwt' }, 'JWT_JWKS_URL'],
  ['a secret that can be guessed', { AUTH_MODE: 'jwt', JWT_SECRET: 'password' }, 'JWT_SECRET'],
  [
    'keys over a wire that anybody can write to',
    { ...jwks, JWT_JWKS_URL: 'http://id.example.com' },
    'JWT_JWKS_URL',
  ],
  ['tokens of any issuer', { ...jwks, JWT_ISSUER: '' }, 'JWT_ISSUER'],
  ['tokens for any service', { ...jwks, JWT_AUDIENCE: '' }, 'JWT_AUDIENCE'],
  ['no file of tokens', { AUTH_MODE: 'tokens' }, 'GATEWAY_TOKENS_FILE'],
  ['keys of an issuer and no mode', { ...jwks, AUTH_MODE: '' }, 'AUTH_MODE'],
  ['a secret and no mode', { JWT_SECRET: secret }, 'AUTH_MODE'],
  ['a file of tokens and no mode', { GATEWAY_TOKENS_FILE: '/nowhere.json' }, 'AUTH_MODE'],
  ['a level that does not exist', { ANONYMOUS_LEVEL: 'all' }, 'ANONYMOUS_LEVEL'],
])('%s is a fault', ([, env, variable]) => {
  const faults = faultsOf({ ...real, ...env });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(new RegExp(`^${variable} `));
  expect(faults.join()).not.toContain(secret);
});

test('holders of tokens need a key to act with', () => {
  expect(faultsOf({ ...url, ...jwks })).toEqual([expect.stringContaining('AUTH_MODE jwt needs a key')]);
});

test('what another mode reads has no effect, and that is said', () => {
  const { warnings } = parseConfig({ ...real, ...jwks, AUTH_MODE: 'pass-through', ANONYMOUS_LEVEL: 'READ' });
  expect(warnings).toHaveLength(4);
  for (const name of ['JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'ANONYMOUS_LEVEL'])
    expect(warnings.join()).toContain(`${name} is set, and has no effect`);
});

const token = { name: 'a', sha256, level: 'READ' };

test.for<[string, unknown, string]>([
  ['no JSON', '{"tokens": [', 'the file is no JSON'],
  ['another shape', [token], ''],
  ['no tokens', { tokens: [] }, 'tokens must hold one token at least'],
  [
    'a token in the place of its hash',
    { tokens: [{ ...token, sha256: 'gwt_secret' }] },
    'tokens.0.sha256 must be a SHA-256',
  ],
  [
    'a level of its own',
    { tokens: [{ ...token, level: 'OWNER' }] },
    'tokens.0.level must be READ, WRITE or ADMIN',
  ],
  ['no level', { tokens: [{ name: 'a', sha256 }] }, 'tokens.0.level must be READ, WRITE or ADMIN'],
  ['a day', { tokens: [{ ...token, expiresAt: '2027-01-31' }] }, 'tokens.0.expiresAt must be an instant'],
  [
    'a misspelt member',
    { tokens: [{ ...token, expires: 1 }] },
    'tokens.0 has a member that means nothing: expires',
  ],
  [
    'a secret for a name',
    { tokens: [{ ...token, gwt_secret: 1 }] },
    'tokens.0 has a member that means nothing',
  ],
  [
    'one name twice',
    { tokens: [token, { ...token, sha256: 'cd'.repeat(32) }] },
    'tokens must have each name once',
  ],
  ['one token twice', { tokens: [token, { ...token, name: 'b' }] }, 'tokens must have each token once'],
  [
    'a workspace that is not served',
    { tokens: [{ ...token, workspaces: ['ws_2'] }] },
    'a names workspaces that the gateway holds no key of: ws_2',
  ],
])('a file of tokens with %s is a fault that repeats no secret', async ([, content, message]) => {
  const GATEWAY_TOKENS_FILE = await file(content);
  const faults = faultsOf({ ...real, AUTH_MODE: 'tokens', GATEWAY_TOKENS_FILE });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(`GATEWAY_TOKENS_FILE ${message}`);
  expect(faults.join()).not.toContain('gwt_secret');
});

test('where several workspaces are served, a token says for which it is', async () => {
  const GATEWAY_TOKENS_FILE = await file({ tokens: [token] });
  const WORKSPACES_FILE = await file({
    workspaces: [
      { id: 'ws_a', apiKey: 'key_a' },
      { id: 'ws_b', apiKey: 'key_b' },
    ],
  });
  expect(faultsOf({ ...url, AUTH_MODE: 'tokens', GATEWAY_TOKENS_FILE, WORKSPACES_FILE })).toEqual([
    expect.stringContaining('GATEWAY_TOKENS_FILE a names no workspaces'),
  ]);
});

test.for<[string, unknown, string]>([
  ['no JSON', '{', 'the file is no JSON'],
  ['no workspaces', { workspaces: [] }, 'workspaces must name one workspace at least'],
  ['one twice', { workspaces: [{ id: 'a' }, { id: 'a' }] }, 'workspaces must name each workspace once'],
  ['an id that is none', { workspaces: [{ id: '../a' }] }, 'workspaces.0.id must be a workspace id'],
  [
    'a key with blanks',
    { workspaces: [{ id: 'a', apiKey: 'key secret' }] },
    'workspaces.0.apiKey must be printable ASCII',
  ],
  [
    'a secret that signs nothing',
    { workspaces: [{ id: 'a', webhookSecrets: ['secret'] }] },
    'workspaces.0.webhookSecrets.0 must be a secret',
  ],
  [
    'a limit that is none',
    { workspaces: [{ id: 'a', rateLimit: 0 }] },
    'workspaces.0.rateLimit must be a whole number',
  ],
  [
    'a misspelt member',
    { workspaces: [{ id: 'a', apikey: 'secret' }] },
    'workspaces.0 has a member that means nothing: apikey',
  ],
])('a file of workspaces with %s is a fault that repeats no secret', async ([, content, message]) => {
  const faults = faultsOf({ ...url, WORKSPACES_FILE: await file(content) });
  expect(faults).toEqual([expect.stringContaining(`WORKSPACES_FILE ${message}`)]);
  expect(faults.join().replace('must be a secret: whsec_', '')).not.toContain('secret');
});

test('a file that is not there is a fault', () => {
  expect(faultsOf({ ...url, WORKSPACES_FILE: '/nowhere/workspaces.json' })).toEqual([
    'WORKSPACES_FILE the file cannot be read (ENOENT)',
  ]);
});

test('one workspace comes from variables or all of them from a file', async () => {
  const WORKSPACES_FILE = await file({ workspaces: [{ id: 'ws_a', apiKey: 'key_a' }] });
  expect(faultsOf({ ...real, WORKSPACES_FILE })).toEqual([
    expect.stringContaining('WORKSPACES_FILE cannot stand beside HELPDESK_API_KEY, HELPDESK_WORKSPACE_ID'),
  ]);
  expect(faultsOf({ WORKSPACES_FILE })).toEqual([expect.stringContaining('HELPDESK_URL is missing')]);
});
