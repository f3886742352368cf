import { expect, test } from 'vitest';
import { secretFault } from '../../src/backends/helpdesk/signature.ts';
import { ConfigError } from '../../src/config/reader.ts';
import { parseConfig } from '../../src/config/config.ts';

const secretOf = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;
const secret = secretOf('a secret of twenty-four b');
const other = secretOf('another, of a different length');

const real = {
  HELPDESK_URL: 'https://acme.example.com/helpdesk/api/v1',
  HELPDESK_API_KEY: 'aclou_0123',
  HELPDESK_WORKSPACE_ID: 'ws_1',
};

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable }) => variable);
  }
};

test('with nothing set, the sandbox is served on loopback to whoever asks', () => {
  expect(parseConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    shutdownDelayMs: 0,
    logLevel: 'info',
    auth: { mode: 'ANONYMOUS', level: null },
    corsOrigins: [],
    trustProxy: 0,
    maxRestCallsPerOperation: 50,
    documents: {
      maxDepth: 15,
      maxAliases: 200,
      maxRootFields: 200,
      maxDirectives: 50,
      maxTokens: 2000,
      maxResolvedFields: 100_000,
      introspection: true,
      fieldSuggestions: true,
      trusted: { mode: 'OFF', file: null },
    },
    redisUrl: null,
    maxSocketsPerKey: null,
    maxSocketsPerAddress: null,
    events: {
      dataDir: null,
      maxAgeMs: 86_400_000,
      maxCount: 100_000,
      pollMs: 5000,
      sweepWithCallerKey: false,
      publicUrl: null,
      maxRefusedPerMinute: 300,
    },
    cache: { maxBytes: 67_108_864, liveMs: 300_000, otherwiseMs: 2_000, staleIfLimited: true },
    backend: null,
    sandbox: { tickets: 500, agentsEveryMs: 5000 },
    telemetry: {
      metricsPort: null,
      metricsHost: '127.0.0.1',
      metricsToken: null,
      operationLog: null,
      slowMs: null,
      tracing: null,
    },
    warnings: [],
  });
});

test('three variables point it at a real helpdesk', () => {
  expect(parseConfig(real).backend).toEqual({
    kind: 'HELPDESK',
    url: 'https://acme.example.com/helpdesk/api/v1',
    rateLimit: 400,
    customFieldsOnPut: 'merge',
    workspaces: [{ id: 'ws_1', apiKey: 'aclou_0123', webhookSecrets: [], rateLimit: null }],
  });
});

test('a helpdesk whose PUT drops the custom fields that it does not name is told by a variable', () => {
  const { backend } = parseConfig({ ...real, HELPDESK_CUSTOM_FIELDS_ON_PUT: 'replace' });
  expect(backend?.customFieldsOnPut).toBe('replace');
});

test('a URL alone serves callers who bring their keys', () => {
  const config = parseConfig({ HELPDESK_URL: real.HELPDESK_URL });
  expect(config.auth.mode).toBe('PASS_THROUGH');
  expect(config.backend?.workspaces).toEqual([]);
});

test('events of a real helpdesk are kept on disk, in Redis where there is one, and in memory if that is wanted', () => {
  const dataDirOf = (env: Record<string, string>) => parseConfig({ ...real, ...env }).events.dataDir;
  expect(dataDirOf({})).toBe('.data');
  expect(dataDirOf({ DATA_DIR: '/var/lib/gateway' })).toBe('/var/lib/gateway');
  expect(dataDirOf({ DATA_DIR: 'off' })).toBeNull();
  expect(dataDirOf({ REDIS_URL: 'redis://127.0.0.1' })).toBeNull();
});

test('the schema is told where nobody else can ask, or on the sandbox; proposals follow it', () => {
  const documentsOf = (env: Record<string, string>) => {
    const { introspection, fieldSuggestions } = parseConfig(env).documents;
    return { introspection, fieldSuggestions };
  };
  const told = { introspection: true, fieldSuggestions: true };
  const closed = { introspection: false, fieldSuggestions: false };
  expect(documentsOf(real)).toEqual(told);
  expect(documentsOf({ HOST: '0.0.0.0' })).toEqual(told);
  expect(documentsOf({ ...real, HOST: '0.0.0.0' })).toEqual(closed);
  expect(documentsOf({ ...real, HOST: '0.0.0.0', INTROSPECTION: 'true' })).toEqual(told);
  expect(documentsOf({ INTROSPECTION: 'false' })).toEqual(closed);
  expect(documentsOf({ FIELD_SUGGESTIONS: 'false' })).toEqual({ ...told, fieldSuggestions: false });
});

test('trusted documents need a mode and a list, both said', () => {
  expect(faultsOf({ TRUSTED_DOCUMENTS: 'only' })).toEqual(['TRUSTED_DOCUMENTS_FILE']);
  expect(faultsOf({ TRUSTED_DOCUMENTS_FILE: 'list.json' })).toEqual(['TRUSTED_DOCUMENTS']);
  expect(faultsOf({ TRUSTED_DOCUMENTS: 'some', TRUSTED_DOCUMENTS_FILE: 'list.json' })).toEqual([
    'TRUSTED_DOCUMENTS',
  ]);
  const both = { TRUSTED_DOCUMENTS: 'also', TRUSTED_DOCUMENTS_FILE: 'list.json' };
  expect(parseConfig(both).documents.trusted).toEqual({ mode: 'ALSO', file: 'list.json' });
  const off = parseConfig({ ...both, TRUSTED_DOCUMENTS: 'off' });
  expect(off.documents.trusted).toEqual({ mode: 'OFF', file: null });
});

test('a public address without a key that could register it is a fault', () => {
  expect(faultsOf({ HELPDESK_URL: real.HELPDESK_URL, PUBLIC_URL: 'https://gateway.example.com' })).toEqual([
    'PUBLIC_URL',
  ]);
});

test('several secrets are separated by spaces', () => {
  const config = parseConfig({ ...real, HELPDESK_WEBHOOK_SECRET: ` ${secret}  ${other} ` });
  expect(config.backend?.workspaces[0]?.webhookSecrets).toEqual([secret, other]);
});

test('a secret may serve a workspace whose key the server does not hold', () => {
  const { HELPDESK_API_KEY: _, ...env } = real;
  const config = parseConfig({ ...env, HELPDESK_WEBHOOK_SECRET: secret });
  expect(config.backend?.workspaces).toEqual([
    { id: 'ws_1', apiKey: null, webhookSecrets: [secret], rateLimit: null },
  ]);
});

test('every fault is named at once, each with its variable', () => {
  const env = {
    PORT: '70000',
    HOST: 'http://here',
    HELPDESK_URL: 'http://acme.example.com',
    HELPDESK_API_KEY: 'with blanks',
    HELPDESK_WEBHOOK_SECRET: 'whsec_',
    HELPDESK_RATE_LIMIT: '0',
    HELPDESK_CUSTOM_FIELDS_ON_PUT: 'keep',
    AUTH_MODE: 'oauth',
    ALLOW_ANONYMOUS: 'perhaps',
    CORS_ORIGINS: '*',
    LOG_LEVEL: 'loud',
    SANDBOX_TICKETS: 'many',
    SANDBOX_AGENTS: 'soon',
    TRUST_PROXY: 'true',
    EVENT_RETENTION_HOURS: '0',
    EVENT_RETENTION_COUNT: '5',
    POLL_SECONDS: '0.5',
    SWEEP_WITH_CALLER_KEY: 'never',
    PUBLIC_URL: 'http://gateway.example.com',
    MAX_SOCKETS_PER_KEY: '0',
    MAX_SOCKETS_PER_ADDRESS: 'x',
  };
  expect(faultsOf(env).toSorted()).toEqual([...Object.keys(env), 'HELPDESK_WORKSPACE_ID'].toSorted());
});

test('the message names every variable and repeats no value', () => {
  const env = {
    ...real,
    HELPDESK_API_KEY: 'aclou_0123 aclou_4567',
    HELPDESK_WEBHOOK_SECRET: 'whsec_?secret',
  };
  expect(() => parseConfig(env)).toThrow(/HELPDESK_API_KEY: .*\n.*HELPDESK_WEBHOOK_SECRET: /);
  expect(() => parseConfig(env)).toThrow(
    expect.objectContaining({ message: expect.not.stringMatching(/aclou_|\?secret/) }),
  );
});

test.for([
  [
    'a key without a URL',
    { HELPDESK_API_KEY: 'aclou_0123', HELPDESK_WORKSPACE_ID: 'ws_1' },
    ['HELPDESK_URL'],
  ],
  [
    'a key without its workspace',
    { HELPDESK_URL: real.HELPDESK_URL, HELPDESK_API_KEY: 'k' },
    ['HELPDESK_WORKSPACE_ID'],
  ],
  [
    'a workspace without key or secret',
    { HELPDESK_URL: real.HELPDESK_URL, HELPDESK_WORKSPACE_ID: 'ws_1' },
    ['HELPDESK_API_KEY'],
  ],
  ['anonymous without a key', { HELPDESK_URL: real.HELPDESK_URL, AUTH_MODE: 'anonymous' }, ['AUTH_MODE']],
  ['anonymous for the whole network', { ...real, AUTH_MODE: 'anonymous', HOST: '0.0.0.0' }, ['AUTH_MODE']],
  ['an origin with a path', { CORS_ORIGINS: 'https://app.example.com/x' }, ['CORS_ORIGINS']],
  ['an origin that is no web page', { CORS_ORIGINS: 'ftp://app.example.com' }, ['CORS_ORIGINS']],
  ['a URL with a password', { HELPDESK_URL: 'https://me:pw@acme.example.com' }, ['HELPDESK_URL']],
] as const)('%s is a fault', ([, env, variables]) => {
  expect(faultsOf(env)).toEqual(variables);
});

test.for([
  ['http://127.0.0.1:8080/helpdesk/api/v1/', 'http://127.0.0.1:8080/helpdesk/api/v1'],
  ['http://localhost/helpdesk/api/v1', 'http://localhost/helpdesk/api/v1'],
  ['http://[::1]:9/helpdesk/api/v1', 'http://[::1]:9/helpdesk/api/v1'],
] as const)('on loopback http will do: %s', ([url, expected]) => {
  expect(parseConfig({ ...real, HELPDESK_URL: url }).backend?.url).toBe(expected);
});

test.for([
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://128.0.0.1',
  'ftp://127.0.0.1',
])('elsewhere the key would travel readable: %s', (url) => {
  expect(faultsOf({ ...real, HELPDESK_URL: url })).toEqual(['HELPDESK_URL']);
});

test.for([
  [{}, 'ANONYMOUS'],
  [{ HOST: '::1' }, 'ANONYMOUS'],
  [{ HOST: 'localhost' }, 'ANONYMOUS'],
  [{ HOST: '0.0.0.0' }, 'PASS_THROUGH'],
  [{ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }, 'ANONYMOUS'],
  [{ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'false' }, 'PASS_THROUGH'],
  [{ HOST: '127.evil.example' }, 'PASS_THROUGH'],
  [{ AUTH_MODE: 'pass-through' }, 'PASS_THROUGH'],
  [{ AUTH_MODE: 'anonymous', HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }, 'ANONYMOUS'],
] as const)('who may ask follows from key and address: %j is %s', ([env, mode]) => {
  expect(parseConfig({ ...real, ...env }).auth.mode).toBe(mode);
  // The sandbox comes with a key of its own.
  expect(parseConfig(env).auth.mode).toBe(mode);
});

test('origins are separated by commas or blanks, and written as browsers do', () => {
  expect(
    parseConfig({ CORS_ORIGINS: 'https://App.example.com:443/, http://localhost:3000' }).corsOrigins,
  ).toEqual(['https://app.example.com', 'http://localhost:3000']);
});

test.for([
  ['off', null],
  ['OFF', null],
  ['0.5', 500],
  ['60', 60_000],
] as const)('SANDBOX_AGENTS=%s is %s ms', ([text, ms]) => {
  expect(parseConfig({ SANDBOX_AGENTS: text }).sandbox.agentsEveryMs).toBe(ms);
});

test.for([
  ['0', 0],
  ['2', 2],
  ['false', 0],
] as const)('TRUST_PROXY=%s believes %i proxies', ([text, count]) => {
  expect(parseConfig({ TRUST_PROXY: text }).trustProxy).toBe(count);
});

test.for(['true', '17', '-1', '1.5', '10.0.0.0/8', '4000'])('TRUST_PROXY=%s is a fault', (text) => {
  expect(faultsOf({ TRUST_PROXY: text })).toEqual(['TRUST_PROXY']);
});

test('an empty variable counts as not set', () => {
  expect(parseConfig({ HELPDESK_URL: '', PORT: ' ', AUTH_MODE: '' })).toEqual(parseConfig({}));
});

test('what has no effect is said, and stops nothing', () => {
  const { warnings } = parseConfig({
    ...real,
    JWT_AUDIENCE: 'gateway',
    DATA_DIR: '/data',
    REDIS_URL: 'redis://127.0.0.1',
    SANDBOX_TICKETS: '5',
  });
  expect(warnings).toHaveLength(3);
  for (const name of ['JWT_AUDIENCE', 'DATA_DIR', 'SANDBOX_TICKETS']) expect(warnings.join()).toContain(name);
});

test.for<[string, Record<string, string>, string]>([
  ['a lent key', { ...real, SWEEP_WITH_CALLER_KEY: 'true' }, 'SWEEP_WITH_CALLER_KEY'],
  ['a lent key beside the sandbox', { SWEEP_WITH_CALLER_KEY: 'true' }, 'SWEEP_WITH_CALLER_KEY'],
  ['a pace', { HELPDESK_URL: real.HELPDESK_URL, POLL_SECONDS: '10' }, 'POLL_SECONDS'],
])('what no sweep uses gives a warning: %s', ([, env, name]) => {
  const { warnings } = parseConfig(env);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`${name} is set, and has no effect`);
});

test.for<[string, Record<string, string>]>([
  ['a pace of the own key', { ...real, POLL_SECONDS: '10' }],
  ['a pace of the sandbox’s', { POLL_SECONDS: '10' }],
  [
    'a pace of a lent key',
    { HELPDESK_URL: real.HELPDESK_URL, POLL_SECONDS: '10', SWEEP_WITH_CALLER_KEY: 'true' },
  ],
  ['no lent key, said so', { ...real, SWEEP_WITH_CALLER_KEY: 'false' }],
])('what a sweep uses gives none: %s', ([, env]) => {
  expect(parseConfig(env).warnings).toEqual([]);
});

test.for(['redis://127.0.0.1:6379', 'rediss://user:secret@redis.example.com/2'])(
  'budgets are shared in the Redis that REDIS_URL names: %s',
  (text) => {
    expect(parseConfig({ REDIS_URL: text }).redisUrl).toBe(text);
  },
);

test.for(['127.0.0.1:6379', 'http://redis.example.com', 'redis://', 'redis'])(
  'what is no URL of a Redis is refused: %s',
  (text) => {
    expect(faultsOf({ REDIS_URL: text })).toEqual(['REDIS_URL']);
  },
);

test.for(
  [16, 17, 18, 19, 20, 21, 22, 23, 24].flatMap((length) =>
    ['', '=', '=='].map((end) => [length, end] as const),
  ),
)(
  'a secret of %i characters and "%s" starts the gateway just where it can verify a delivery',
  ([length, end]) => {
    const given = `whsec_${'A'.repeat(length)}${end}`;
    const start = () =>
      parseConfig({
        HELPDESK_URL: 'https://acme.example/helpdesk/api/v1',
        HELPDESK_API_KEY: `aclou_${'0'.repeat(40)}`,
        HELPDESK_WORKSPACE_ID: 'ws_acme',
        HELPDESK_WEBHOOK_SECRET: given,
      });
    if (secretFault(given) === null) expect(start).not.toThrow();
    else expect(start).toThrow('HELPDESK_WEBHOOK_SECRET');
  },
);
