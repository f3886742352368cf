import { EventSource } from 'undici';
import { expect, test, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { askGateway } from '../support/gateway.ts';
import { makeFolder } from '../support/folder.ts';
import { openSocket } from '../support/live.ts';
import { nodeStart, type StartedGateway } from '../support/program.ts';
import { until, within } from '../support/wait.ts';

// Starting a program takes seconds where others keep the machine busy.
vi.setConfig({ testTimeout: 60_000 });

interface Running extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly gateway: StartedGateway;
  readonly url: string;
}

const environmentFor = ({ url, workspaceId, keys }: Sandbox): Record<string, string> => ({
  HELPDESK_URL: url,
  HELPDESK_WORKSPACE_ID: workspaceId,
  HELPDESK_API_KEY: keys.admin,
  // No sweep comes between.
  POLL_SECONDS: '60',
  DATA_DIR: 'off',
  // Whoever asks the same has a request of its own under way.
  CACHE_MAX_BYTES: '0',
});

async function run(
  env: Readonly<Record<string, string>> = {},
  imports: readonly string[] = [],
): Promise<Running> {
  const sandbox = await startSandbox({ tickets: 20 });
  const gateway = await nodeStart({ ...environmentFor(sandbox), ...env }, imports);
  return {
    sandbox,
    gateway,
    url: `${gateway.origin}/graphql`,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await sandbox.close();
    },
  };
}

const list = '{ tickets(first: 1) { nodes { id } } }';
const create = 'mutation { ticketCreate(input: { subject: "Made while going" }) { ticket { subject } } }';

/** Resolves once the sandbox has got so many requests of this kind. */
const asked = (sandbox: Sandbox, method: string, path: string, times = 1): Promise<void> =>
  until(`${method} ${path}`, () => {
    const fitting = sandbox.requests.filter((request) => request.method === method && request.path === path);
    return fitting.length >= times;
  });

test.concurrent(
  'load balancers are told first: for a while it is not ready, serves all the same, and keeps no connection',
  async () => {
    await using running = await run({ SHUTDOWN_DELAY_SECONDS: '3' });
    const { gateway, url } = running;
    const ready = () => fetch(`${gateway.origin}/readyz`);
    expect((await ready()).status).toBe(200);
    gateway.signal('SIGTERM');
    await until('not ready', async () => (await ready()).status === 503);
    const answer = await fetch(`${url}?query=${encodeURIComponent(list)}`);
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.json()).toMatchObject({ data: { tickets: { nodes: [{}] } } });
    expect((await fetch(`${gateway.origin}/healthz`)).status).toBe(200);
    expect(await within('end', gateway.ended, 10_000)).toBe(0);
    await expect(ready()).rejects.toThrow('fetch failed');
  },
);

test.concurrent(
  'queries and mutations under way get their answers, over HTTP and over a socket, which is then told 1001',
  async () => {
    await using running = await run();
    const { gateway, sandbox, url } = running;
    const closed = Promise.withResolvers<unknown>();
    await using socket = openSocket(url.replace('http', 'ws'));
    socket.client.on('closed', closed.resolve);
    const listener = socket.subscribe('subscription { ticketEvents { __typename } }');
    await listener.next();
    sandbox.setLatency(1500);
    sandbox.forgetRequests();
    const answers = [askGateway(url, list, {}), askGateway(url, create, {})];
    const overSocket = [socket.subscribe(list), socket.subscribe(create)];
    await asked(sandbox, 'POST', '/tickets', 2);
    await asked(sandbox, 'GET', '/tickets', 2);
    gateway.signal('SIGTERM');
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ status: 200, errors: undefined });
    }
    for (const operation of overSocket) {
      expect(await operation.next()).not.toHaveProperty('errors');
      await operation.ended();
    }
    expect(await within('close of the socket', closed.promise)).toMatchObject({ code: 1001 });
    expect(await within('end', gateway.ended, 10_000)).toBe(0);
    expect(gateway.errors).toBe('');
  },
);

test.concurrent(
  'an EventSource that loses its gateway goes on with the next one, and misses nothing',
  async () => {
    await using folder = await makeFolder();
    await using running = await run({ DATA_DIR: folder.path });
    const { gateway, sandbox, url } = running;
    const query = 'subscription { ticketEvents { __typename ... on TicketEvent { ticket { subject } } } }';
    const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`);
    const heard: string[] = [];
    let completed = false;
    source.addEventListener('next', (event) => {
      if ('data' in event) heard.push(String(event.data));
    });
    source.addEventListener('complete', () => (completed = true));
    try {
      await until('the stream', () => heard.length === 1);
      gateway.signal('SIGTERM');
      expect(await within('end', gateway.ended, 10_000)).toBe(0);
      const port = new URL(gateway.origin).port;
      await using next = await nodeStart({ ...environmentFor(sandbox), DATA_DIR: folder.path, PORT: port });
      await askGateway(`${next.origin}/graphql`, create, {});
      await until('what was missed', () => heard.some((data) => data.includes('Made while going')), 15_000);
      expect(completed).toBe(false);
      expect(heard.join()).not.toContain('StreamGap');
    } finally {
      source.close();
    }
  },
);

test.concurrent('a second signal ends it at once', async () => {
  await using running = await run();
  const { gateway, sandbox, url } = running;
  sandbox.faults.set({ kind: 'silence', path: '/tickets', times: 100 });
  const answer = askGateway(url, list, {});
  await asked(sandbox, 'GET', '/tickets');
  gateway.signal('SIGTERM');
  await until('nobody listens', () =>
    fetch(`${gateway.origin}/readyz`).then(
      () => false,
      () => true,
    ),
  );
  gateway.signal('SIGTERM');
  await expect(answer).rejects.toThrow('fetch failed');
  expect(await within('end', gateway.ended, 2000)).toBe(1);
});

test.concurrent(
  'a backend that never answers does not keep it: the operation gets its error, and all is over within the bound',
  async () => {
    await using running = await run();
    const { gateway, sandbox, url } = running;
    // Until a first answer tells of the budget, one call is sent at a time.
    await askGateway(url, list, {});
    sandbox.forgetRequests();
    sandbox.faults.set({ kind: 'silence', path: '/tickets', times: 100 });
    await using socket = openSocket(url.replace('http', 'ws'));
    const overSocket = socket.subscribe(list);
    const answer = askGateway(url, list, {});
    await asked(sandbox, 'GET', '/tickets', 2);
    gateway.signal('SIGTERM');
    const timedOut = { errors: [{ extensions: { category: 'TRANSPORT', retryable: true } }] };
    expect(await within('the answer', answer, 12_000)).toMatchObject(timedOut);
    expect(await overSocket.next()).toMatchObject(timedOut);
    expect(await within('end', gateway.ended, 12_000)).toBe(0);
  },
);

/** A fault of the program itself, on demand. Its secrets are put together there: stacks name this text as a file. */
const faultOnSignal = (throwing: string): string =>
  `data:text/javascript,process.on('SIGUSR2',()=>{const text=['key%20aclou','0'.repeat(40)].join('_')+'%20of%20ada'+String.fromCharCode(64)+'example.com';${throwing}})`;

test.concurrent.for([
  ['thrown', 'throw%20new%20Error(text)'],
  ['rejected', 'Promise.reject(new%20Error(text))'],
] as const)(
  'an error %s where nobody catches it is logged without secrets, and ends the process in order',
  async ([how, throwing]) => {
    await using running = await run({ SHUTDOWN_DELAY_SECONDS: '0' }, [faultOnSignal(throwing)]);
    const { gateway, sandbox, url } = running;
    sandbox.setLatency(1000);
    sandbox.forgetRequests();
    const answer = askGateway(url, list, {});
    await asked(sandbox, 'GET', '/tickets');
    gateway.signal('SIGUSR2');
    expect(await answer).toMatchObject({ status: 200, errors: undefined });
    expect(await within('end', gateway.ended, 10_000)).toBe(1);
    const [line = ''] = gateway.errors.split('\n').filter((text) => text.includes('nobody caught'));
    expect(JSON.parse(line)).toMatchObject({
      origin: how === 'thrown' ? 'uncaughtException' : 'unhandledRejection',
      error: { name: 'Error', message: 'key [removed] of [removed]' },
    });
    expect(gateway.errors).not.toMatch(/aclou_|ada@/);
  },
);
