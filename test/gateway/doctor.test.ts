import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createReceiver } from '../../src/backends/helpdesk/receiver.ts';
import { parseConfig } from '../../src/config/config.ts';
import { checkClock } from '../../src/doctor/clock-skew.ts';
import { createGateway } from '../../src/gateway.ts';
import { diagnose } from '../../src/gateway-doctor.ts';
import { startServer, type RunningServer } from '../../src/http/server.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { newSecret } from '../support/delivery.ts';
import { startIssuer } from '../support/issuer.ts';
import { makeJsonFile } from '../support/json-file.ts';
import { handOutTokens } from '../support/tokens.ts';
import { makeFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { startProgram } from '../support/program.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { until, within } from '../support/wait.ts';

type Env = Record<string, string>;

/** What it says about a deployment, and the exit code. */
async function examined(env: Env) {
  const lines: string[] = [];
  const code = await diagnose({ PORT: '0', ...env }, (line) => lines.push(line));
  const text = lines.join('\n');
  for (const secret of [env['HELPDESK_API_KEY'], env['HELPDESK_WEBHOOK_SECRET']]) {
    if (secret) expect(text).not.toContain(secret);
  }
  const of = (subject: string): string[] => lines.filter((line) => line.slice(6).startsWith(subject));
  return { code, text, of };
}

async function sandboxWith(level: 'read' | 'write' | 'admin', env: Env = {}) {
  const sandbox = await startSandbox({ tickets: 10, httpTargets: true });
  onTestFinished(() => sandbox.close());
  const settings: Env = {
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_API_KEY: sandbox.keys[level],
    DATA_DIR: 'off',
    ...env,
  };
  return { sandbox, env: settings };
}

/** A gateway that has registered its webhook. */
async function withGateway(): Promise<{
  sandbox: Sandbox;
  env: Env;
  server: RunningServer;
}> {
  const folder = await makeFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const port = await freePort();
  const { sandbox, env } = await sandboxWith('admin', {
    PORT: String(port),
    DATA_DIR: folder.path,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  });
  const { backend, ...config } = parseConfig(env);
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  const server = await startServer(createGateway({ ...config, backend }), config);
  onTestFinished(() => server.close());
  await until('the webhook', () =>
    sandbox.requests.some(({ method, path }) => `${method} ${path}` === 'POST /webhooks'),
  );
  return { sandbox, env, server };
}

test('without configuration it says that the sandbox runs, and finds nothing to mend', async () => {
  const { code, text, of } = await examined({});
  expect(code).toBe(0);
  expect(of('config')).toEqual([expect.stringMatching(/^ok .*the sandbox runs/)]);
  expect(text).not.toContain('REST');
});

test('each fault of the configuration is a line that names its variable', async () => {
  const { code, of } = await examined({ POLL_SECONDS: 'often', HELPDESK_URL: 'ftp://x' });
  expect(code).toBe(1);
  expect(of('config')).toEqual([
    expect.stringMatching(/^FAIL .*POLL_SECONDS/),
    expect.stringMatching(/^FAIL .*HELPDESK_URL/),
  ]);
});

test('a deployment that is in order is found so, while its gateway runs, for three requests', async () => {
  const { sandbox, env } = await withGateway();
  await until('the store', async () => (await examined(env)).code === 0);
  sandbox.forgetRequests();
  const { code, text, of } = await examined(env);
  expect(text).not.toMatch(/FAIL/);
  expect(code).toBe(0);
  expect(of('port')).toEqual([expect.stringMatching(/^ok .*a gateway runs and is ready/)]);
  expect(of('data')).toEqual([expect.stringMatching(/^ok .*is writable/)]);
  expect(of('clock')).toEqual([expect.stringMatching(/^ok /)]);
  expect(of('key')).toEqual([expect.stringMatching(/^ok .*level ADMIN/)]);
  expect(of('webhook')).toEqual([expect.stringMatching(/^ok .*is active and sends all events/)]);
  expect(of('events')).toEqual([expect.stringMatching(/^warn .*no delivery has come yet/)]);
  expect(text).toContain('REST requests sent with the key: 3.');
  expect(new Set(sandbox.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  sandbox.tickets.create({ subject: 'Told' });
  await sandbox.deliveries.settled();
  expect((await examined(env)).of('events')).toEqual([
    expect.stringMatching(/^ok .*the last delivery came at 20/),
  ]);
});

test('a gateway that goes down is told from one that is ready, and from another program', async () => {
  const { env, server } = await withGateway();
  const closing = server.close(600);
  expect((await examined(env)).of('port')).toEqual([expect.stringMatching(/^warn .*is not ready/)]);
  await closing;
  expect((await examined(env)).of('port')).toEqual([expect.stringMatching(/^ok .*no gateway runs there/)]);
  const other = createServer((_request, response) => response.end('hello')).listen(
    Number(env['PORT']),
    '127.0.0.1',
  );
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const taken = await examined(env);
  expect(taken.of('port')).toEqual([expect.stringMatching(/^FAIL .*taken by another program/)]);
  expect(taken.code).toBe(1);
});

test.for([
  ['read', 'READ'],
  ['write', 'WRITE'],
  ['admin', 'ADMIN'],
] as const)('a key of level %s is found out without changing anything', async ([level, said]) => {
  const { sandbox, env } = await sandboxWith(level);
  const before = sandbox.tickets.count;
  const { code, of } = await examined(env);
  expect(of('key')).toEqual([expect.stringContaining(`level ${said}.`)]);
  expect(code).toBe(0);
  expect(sandbox.tickets.count).toBe(before);
  const changes = sandbox.requests.filter(({ method, status }) => method !== 'GET' && (status ?? 0) < 400);
  expect(changes).toEqual([]);
});

test('PUBLIC_URL with a key that cannot register webhooks is a failure', async () => {
  const { env } = await sandboxWith('write', { PUBLIC_URL: 'http://127.0.0.1:4000' });
  const { code, of } = await examined(env);
  expect(of('key')).toEqual([expect.stringMatching(/^FAIL .*level WRITE.*level admin/)]);
  expect(code).toBe(1);
});

describe('what is wrong with the key', () => {
  test('one that was revoked', async () => {
    const { sandbox, env } = await sandboxWith('admin');
    sandbox.revokeKey(sandbox.keys.admin);
    const { code, of } = await examined(env);
    expect(of('key')).toEqual([expect.stringMatching(/^FAIL .*not known to the helpdesk/)]);
    expect(code).toBe(1);
  });

  test('one of another workspace', async () => {
    const { env } = await sandboxWith('admin', { HELPDESK_WORKSPACE_ID: 'ws_other' });
    expect((await examined(env)).of('key')).toEqual([expect.stringMatching(/^FAIL .*HELPDESK_WORKSPACE_ID/)]);
  });

  test('a helpdesk that is not there', async () => {
    const { sandbox, env } = await sandboxWith('admin');
    await sandbox.goDown();
    const { code, of } = await examined(env);
    expect(of('key')).toEqual([expect.stringMatching(/^FAIL .*could not be tried/)]);
    expect(of('clock')).toEqual([expect.stringMatching(/^warn /)]);
    expect(code).toBe(1);
  });
});

test('of several workspaces each is looked at, and named', async () => {
  const { sandbox, env } = await sandboxWith('admin');
  await using file = await makeJsonFile({
    workspaces: [
      { id: sandbox.workspaceId, apiKey: sandbox.keys.admin },
      { id: 'ws_other', apiKey: sandbox.keys.write },
      { id: 'ws_told', webhookSecrets: [newSecret()] },
    ],
  });
  const { HELPDESK_URL = '' } = env;
  const { code, text, of } = await examined({ HELPDESK_URL, DATA_DIR: 'off', WORKSPACES_FILE: file.path });
  expect(of('key')).toEqual([
    expect.stringMatching(new RegExp(`^ok .*${sandbox.workspaceId}: is valid.*level ADMIN`)),
    expect.stringMatching(/^FAIL .*ws_other: may not read tickets of ws_other/),
    expect.stringMatching(/^ok .*ws_told: none is held/),
  ]);
  expect(of('webhook')).toEqual([
    expect.stringMatching(new RegExp(`^warn .*${sandbox.workspaceId}: none is registered`)),
  ]);
  expect(text).toMatch(/REST requests sent with the 2 keys: \d/);
  for (const key of Object.values(sandbox.keys)) expect(text).not.toContain(key);
  expect(code).toBe(1);
});

describe('who is let in', () => {
  test('by tokens: those that have expired are named, and those that soon will', async () => {
    const { env } = await sandboxWith('write');
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await using tokens = await handOutTokens({
      ada: { level: 'READ' },
      old: { level: 'ADMIN', expiresAt: inDays(-1) },
      ending: { level: 'READ', expiresAt: inDays(3) },
      lasting: { level: 'READ', expiresAt: inDays(90) },
    });
    const { code, text, of } = await examined({ ...env, ...tokens.env });
    expect(of('callers')).toEqual([
      expect.stringMatching(/^ok .*3 of 4 tokens are good/),
      expect.stringMatching(/^warn .*token of old has expired/),
      expect.stringMatching(/^warn .*token of ending ends at 20/),
    ]);
    for (const token of Object.values(tokens.of)) expect(text).not.toContain(token);
    expect(code).toBe(0);
    await using none = await handOutTokens({ old: { level: 'ADMIN', expiresAt: inDays(-1) } });
    const nobody = await examined({ ...env, ...none.env });
    expect(nobody.of('callers')).toContainEqual(expect.stringMatching(/^FAIL .*nobody is let in/));
    expect(nobody.code).toBe(1);
  });

  test('by keys that an issuer publishes: they must be there, and such as can be used', async () => {
    const { env } = await sandboxWith('write');
    await using issuer = await startIssuer();
    const callers = async () => (await examined({ ...env, ...issuer.env })).of('callers');
    expect(await callers()).toEqual([expect.stringMatching(/^ok .*1 of the 1 keys of http.*can be used/)]);
    const answer = (status: number, body: object) => {
      issuer.answer = { status, body: JSON.stringify(body) };
    };
    answer(200, {
      keys: [
        { kty: 'EC', crv: 'P-256', x: 'no', y: 'point' },
        { kty: 'oct', k: 'c2VjcmV0' },
      ],
    });
    expect(await callers()).toEqual([expect.stringMatching(/^FAIL .*none of the 2 keys/)]);
    answer(200, { error: 'moved' });
    expect(await callers()).toEqual([expect.stringMatching(/^FAIL .*cannot be read .*no set of keys/)]);
    answer(500, {});
    expect(await callers()).toEqual([expect.stringMatching(/^FAIL .*cannot be read .*HTTP 500/)]);
  });

  test('by tokens, the running gateway is not shown the helpdesk’s key', async () => {
    const port = await freePort();
    const { env } = await sandboxWith('write', { PORT: String(port) });
    await using tokens = await handOutTokens({ ada: { level: 'READ' } });
    const shown: unknown[] = [];
    const running = createServer((request, response) => {
      shown.push(request.headers.authorization);
      response.end('{"status":"ready"}');
    }).listen(port, '127.0.0.1');
    await once(running, 'listening');
    onTestFinished(() => void running.close());
    const { of } = await examined({ ...env, ...tokens.env });
    expect(of('port')).toEqual([expect.stringMatching(/^ok .*a gateway runs/)]);
    expect(shown.filter((one) => one !== undefined)).toEqual([]);
  });
});

describe('what is wrong with the webhook', () => {
  const hand = newSecret();
  const events = [
    'ticket.created',
    'ticket.updated',
    'ticket.deleted',
    'ticket.assignment.changed',
    'ticket.resolved',
  ];
  /** Registers one as people do. */
  const register = async (sandbox: Sandbox, webhook: object): Promise<void> => {
    const response = await fetch(`${sandbox.url}/webhooks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${sandbox.keys.admin}`,
        'x-workspace-id': sandbox.workspaceId,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ webhook: { name: 'By hand', events, active: true, ...webhook } }),
    });
    expect(response.status).toBe(201);
  };
  const path = ({ workspaceId }: Sandbox) => `/webhooks/helpdesk/${workspaceId}`;
  const publicUrl = 'http://127.0.0.1:4000';

  test.for([
    ['it is not active', { active: false }, /^FAIL .*is not active/],
    ['it lacks events', { events: events.slice(0, 2) }, /^FAIL .*lacks TICKET_DELETED, /],
    ['its secret is not known here', {}, /^warn .*secret that is not known here/],
  ] as const)('%s', async ([, webhook, line]) => {
    const { sandbox, env } = await sandboxWith('admin', { PUBLIC_URL: publicUrl });
    await register(sandbox, { targetUrl: `${publicUrl}${path(sandbox)}`, ...webhook });
    expect((await examined(env)).of('webhook')).toEqual([expect.stringMatching(line)]);
  });

  test('there is none yet, where the gateway would make it', async () => {
    const { env } = await sandboxWith('admin', { PUBLIC_URL: publicUrl });
    const { code, of } = await examined(env);
    expect(of('webhook')).toEqual([expect.stringMatching(/^warn .*none is registered.*Start the gateway/)]);
    expect(code).toBe(0);
  });

  test('there is none, though its secret was configured', async () => {
    const { env } = await sandboxWith('admin', { HELPDESK_WEBHOOK_SECRET: hand });
    const { code, of } = await examined(env);
    expect(of('webhook')).toEqual([expect.stringMatching(/^FAIL .*none is registered/)]);
    expect(code).toBe(1);
  });

  test('one that was made by hand is right wherever its host is, and two are one too many', async () => {
    const { sandbox, env } = await sandboxWith('admin', { HELPDESK_WEBHOOK_SECRET: hand });
    await register(sandbox, { targetUrl: `https://gateway.example.com${path(sandbox)}` });
    expect((await examined(env)).of('webhook')).toEqual([expect.stringMatching(/^ok /)]);
    await register(sandbox, { targetUrl: `https://old.example.com${path(sandbox)}` });
    expect((await examined(env)).of('webhook')).toContainEqual(expect.stringMatching(/^warn .*2 webhooks/));
  });

  test('the gateway’s own points elsewhere since PUBLIC_URL was changed', async () => {
    const { env } = await withGateway();
    await until('the store', async () => (await examined(env)).code === 0);
    const moved = await examined({ ...env, PUBLIC_URL: 'https://new.example.com' });
    expect(moved.of('webhook')).toEqual([
      expect.stringMatching(/^FAIL .*not where PUBLIC_URL says.*mends it/),
    ]);
  });
});

describe('the clock', () => {
  const skewed = async (ms: number) => {
    const server = createServer((_request, response) => {
      response.setHeader('date', new Date(Date.now() + ms).toUTCString());
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    return checkClock(`http://127.0.0.1:${port}/`, 300_000);
  };

  test.for([
    [0, 'OK', /agrees/],
    [-100_000, 'WARN', /is (?:99|100|101) s ahead/],
    [400_000, 'FAIL', /is (?:399|400|401) s behind/],
  ] as const)('off by %i ms', async ([ms, verdict, text]) => {
    expect(await skewed(ms)).toMatchObject({ verdict, text: expect.stringMatching(text) });
  });

  test('the receiver refuses beyond what it says, and not before', () => {
    const receiver = createReceiver();
    const now = 1_800_000_000_000;
    const reasonAt = (signedAt: number) => {
      const headers: Record<string, string> = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(signedAt / 1000),
        'webhook-signature': 'v1,none',
      };
      const delivery = { header: (name: string) => headers[name] ?? null, body: new Uint8Array() };
      const result = receiver.receive(delivery, [newSecret()], now);
      return result.ok ? null : result.reason;
    };
    for (const away of [receiver.toleranceMs, -receiver.toleranceMs]) {
      expect(reasonAt(now + away)).toBe('FORGED');
      expect(reasonAt(now + away + Math.sign(away) * 1000)).toBe('UNTIMELY');
    }
  });
});

test('a folder that is none is a failure', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  const { env } = await sandboxWith('read', { DATA_DIR: file });
  expect((await examined(env)).of('data')).toEqual([expect.stringMatching(/^FAIL .*is no folder/)]);
  const below = await examined({ ...env, DATA_DIR: join(folder.path, 'new', 'deeper') });
  expect(below.of('data')).toEqual([expect.stringMatching(/^ok .*can be made/)]);
});

describe.skipIf(redisMissing)('Redis', () => {
  test('one that writes nothing to disk is warned of, one that does is right, one that is gone is a failure', async () => {
    const { env } = await sandboxWith('read');
    await using weak = await startRedis();
    expect((await examined({ ...env, REDIS_URL: weak.url })).of('redis')).toEqual([
      expect.stringMatching(/^warn .*appendonly no.*Set appendonly yes/),
    ]);
    await using durable = await startRedis({ durable: true });
    expect((await examined({ ...env, REDIS_URL: durable.url })).of('redis')).toEqual([
      expect.stringMatching(/^ok .*keeps what it acknowledges/),
    ]);
    await weak.kill();
    const gone = await examined({ ...env, REDIS_URL: weak.url });
    expect(gone.of('redis')).toEqual([expect.stringMatching(/^FAIL .*does not answer/)]);
    expect(gone.code).toBe(1);
  });
});

test('npm run doctor is that', async () => {
  vi.setConfig({ testTimeout: 60_000 });
  await using program = startProgram('npm', ['run', '--silent', 'doctor'], { PORT: '0' });
  expect(await within('end', program.ended, 40_000)).toBe(0);
  expect(program.output).toMatch(/^ok .*the sandbox runs/);
  expect(program.errors).toBe('');
});
