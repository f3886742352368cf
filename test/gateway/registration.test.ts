import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { backends } from '../../src/backends/registry.ts';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { registrationPlace } from '../../src/gateway-events.ts';
import { createGateway, type GatewayParts } from '../../src/gateway.ts';
import { startServer } from '../../src/http/server.ts';
import { createLimiterRegistry } from '../../src/rate-limit/memory-limiter.ts';
import { rotateCommand } from '../../src/registration/rotate-command.ts';
import { receiverUrl } from '../../src/registration/target.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createFileState } from '../../src/state/file-state.ts';
import { createMemoryState } from '../../src/state/memory-state.ts';
import { deliver, ticketDelivery } from '../support/delivery.ts';
import { freePort } from '../support/free-port.ts';
import { LiveEventsDocument, WebhooksPageDocument } from '../support/generated/graphql.ts';
import { askGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';
import { createRecordingLog } from '../unit/registration/support.ts';

const root = await mkdtemp(join(tmpdir(), 'registration-'));
afterAll(() => rm(root, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(root, String((folders += 1)));

const openSandbox = () =>
  startSandbox({
    tickets: 40,
    httpTargets: true,
    rateLimit: { limit: 100_000 },
    deliveries: { retryDelaysMs: [50, 50, 100, 500] },
  });

interface Options {
  readonly folder: string;
  /** Where others reach it, which may be another gateway. */
  readonly port: number;
  readonly listenOn?: number;
  readonly apiKey?: string;
  /** More of its environment. @default none */
  readonly env?: Readonly<Record<string, string>>;
  readonly parts?: Omit<GatewayParts, 'log'>;
}

function configOf(
  sandbox: Sandbox,
  { folder, port, listenOn = port, apiKey = sandbox.keys.admin, env }: Options,
) {
  const { backend, ...config } = parseConfig({
    PORT: String(listenOn),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATA_DIR: folder,
    HELPDESK_URL: sandbox.url,
    HELPDESK_WORKSPACE_ID: sandbox.workspaceId,
    HELPDESK_API_KEY: apiKey,
    ...env,
  });
  if (backend === null) throw new Error('the sandbox was not taken for a backend');
  return { ...config, backend };
}

/** A gateway that holds its own webhook. */
async function startRegistered(sandbox: Sandbox, options: Options) {
  const { log, lines } = createRecordingLog();
  const config = configOf(sandbox, options);
  const gateway = createGateway(config, { ...options.parts, log });
  const server = await startServer(gateway, config);
  const url = `${server.url}/graphql`;
  return {
    lines,
    targetUrl: receiverUrl(`http://127.0.0.1:${options.port}`, 'HELPDESK', sandbox.workspaceId),
    receiver: receiverUrl(server.url, 'HELPDESK', sandbox.workspaceId),
    url,
    wsUrl: url.replace('http', 'ws'),
    registered: () =>
      until('the webhook', async () => {
        const { data } = await askGateway(url, WebhooksPageDocument, {});
        return data?.webhooks?.edges.some(({ node }) => node.feedsThisGateway) ?? false;
      }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The command that rotates, as another process runs it. */
async function rotate(sandbox: Sandbox, options: Options) {
  const said: string[] = [];
  const { log, lines } = createRecordingLog();
  const config = configOf(sandbox, options);
  const rateLimit = createLimiterRegistry({ defaultLimit: 100_000, clock: systemClock, log });
  const backend = backends.HELPDESK({ ...config.backend, rateLimit, log, clock: systemClock });
  const state = createFileState({ folder: options.folder });
  const tools = { config, backend, state, log, clock: systemClock };
  const place = registrationPlace({ ...tools, workspaceId: sandbox.workspaceId, priority: 'MUTATION' });
  if (place === null) throw new Error('nothing is registered');
  const code = await rotateCommand({
    ...place,
    say: (line) => said.push(line),
    signal: AbortSignal.timeout(10_000),
    drainMs: 1_000,
  });
  await Promise.all([state.close(), backend.close()]);
  return { code, said, lines };
}

test('a gateway makes its webhook, hears by it, marks it, and finds it again after a restart', async () => {
  await using sandbox = await openSandbox();
  const [folder, port] = [newFolder(), await freePort()];
  {
    await using gateway = await startRegistered(sandbox, { folder, port });
    await gateway.registered();
    const [webhook, ...others] = sandbox.webhooks.all();
    expect(others).toEqual([]);
    expect(webhook).toMatchObject({ targetUrl: gateway.targetUrl, active: true });
    expect(webhook?.name).toBe(`GraphQL gateway at 127.0.0.1:${port}`);
    sandbox.webhooks.register({ name: 'Somebody’s', targetUrl: 'http://127.0.0.1:1/' });

    const { data } = await askGateway(gateway.url, WebhooksPageDocument, {});
    expect(data?.webhooks?.edges.map(({ node }) => [node.localId, node.feedsThisGateway])).toEqual([
      [webhook?.id, true],
      [expect.any(String), false],
    ]);

    await using socket = openSocket(gateway.wsUrl);
    const live = socket.subscribe(LiveEventsDocument);
    await live.next();
    sandbox.tickets.create({ subject: 'Heard' });
    expect(await live.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject: 'Heard' } } } });
  }
  await using gateway = await startRegistered(sandbox, { folder, port });
  await gateway.registered();
  expect(sandbox.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  const path = join(folder, 'state.json');
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  const [webhook] = sandbox.webhooks.all();
  expect(await readFile(path, 'utf8')).toContain(webhook?.signingSecret);
});

test('an inactive webhook of ours is switched on again at the start', async () => {
  await using sandbox = await openSandbox();
  const [folder, port] = [newFolder(), await freePort()];
  {
    await using gateway = await startRegistered(sandbox, { folder, port });
    await gateway.registered();
  }
  const [webhook] = sandbox.webhooks.all();
  await fetch(`${sandbox.url}/webhooks/${webhook?.id}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${sandbox.keys.admin}`,
      'x-workspace-id': sandbox.workspaceId,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ webhook: { active: false, events: ['ticket.created'] } }),
  });
  expect(sandbox.webhooks.all()).toMatchObject([{ active: false }]);
  await using gateway = await startRegistered(sandbox, { folder, port });
  await until('the repair', () => sandbox.webhooks.all().every(({ active }) => active));
  expect(sandbox.webhooks.all()).toMatchObject([{ id: webhook?.id, events: { length: 5 } }]);
  await gateway.registered();
});

test('two gateways on one store make one webhook, and both take its deliveries', async () => {
  await using sandbox = await openSandbox();
  const [state, port] = [createMemoryState(), await freePort()];
  const start = (listenOn: number) =>
    startRegistered(sandbox, { folder: 'off', port, listenOn, parts: { state } });
  await using one = await start(port);
  await using other = await start(0);
  await one.registered();
  const [webhook, ...more] = sandbox.webhooks.all();
  expect(more).toEqual([]);
  for (const gateway of [one, other]) {
    const body = ticketDelivery('ticket.created', { id: 'tkt_x' });
    // Within a second of its last look a gateway does not look again: the sender comes back.
    await until('a delivery that is taken', async () => {
      const response = await deliver(gateway.receiver, body, { secret: webhook?.signingSecret ?? '' });
      return response.ok;
    });
  }
  expect(sandbox.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test.skipIf(redisMissing)(
  'a gateway without a public address takes deliveries of the webhook that another one on its Redis keeps',
  async () => {
    await using sandbox = await openSandbox();
    await using redis = await startRedis();
    const [folder, port, env] = ['off', await freePort(), { REDIS_URL: redis.url }];
    await using other = await startRegistered(sandbox, {
      folder,
      port,
      listenOn: 0,
      env: { ...env, PUBLIC_URL: '' },
    });
    await using keeper = await startRegistered(sandbox, { folder, port, env });
    await keeper.registered();
    const [webhook, ...more] = sandbox.webhooks.all();
    expect(more).toEqual([]);
    const body = ticketDelivery('ticket.created', { id: 'tkt_x' });
    await until('a delivery that is taken', async () => {
      const response = await deliver(other.receiver, body, { secret: webhook?.signingSecret ?? '' });
      return response.ok;
    });
    expect(sandbox.webhooks.all()).toHaveLength(1);
  },
);

test('a rotation by command, while events flow, loses nothing and repeats nothing', async () => {
  await using sandbox = await openSandbox();
  const [folder, port] = [newFolder(), await freePort()];
  await using gateway = await startRegistered(sandbox, { folder, port });
  await gateway.registered();
  const [before] = sandbox.webhooks.all();
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();

  const made: string[] = [];
  const seeded = sandbox.tickets.all().map(({ id }) => id);
  let rotated = false;
  const flow = async (): Promise<void> => {
    for (let round = 0; !rotated || round < 40; round += 1) {
      made.push(`TICKET_CREATED ${sandbox.tickets.create({ subject: `Round ${round}` }).id}`);
      const known = seeded.pop();
      if (known !== undefined) {
        sandbox.tickets.update(known, { subject: `Round ${round}` });
        made.push(`TICKET_UPDATED ${known}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
      // On a crowded machine more would be under way than the old webhook is given time for, and go with it.
      if (round % 5 === 0) await sandbox.deliveries.settled();
    }
  };
  const flowing = flow();
  await until('the first events', () => live.received.length > 5);
  const { code, said, lines } = await rotate(sandbox, { folder, port });
  rotated = true;
  await flowing;
  expect(code).toBe(0);
  await sandbox.deliveries.settled();

  const [after, ...others] = sandbox.webhooks.all();
  expect(others).toEqual([]);
  expect(after?.id).not.toBe(before?.id);
  expect(after?.signingSecret).not.toBe(before?.signingSecret);
  const heard = () =>
    live.received.flatMap(({ data }) =>
      data?.ticketEvents.__typename === 'TicketEvent'
        ? [`${data.ticketEvents.type} ${data.ticketEvents.ticket?.localId}`]
        : [],
    );
  await until('the last event', () => heard().length >= made.length);
  expect(heard().toSorted()).toEqual(made.toSorted());
  const byNew = sandbox.deliveries.attempts.filter(({ webhookId }) => webhookId === after?.id);
  expect(byNew.some(({ status }) => status === 200)).toBe(true);

  expect(said).toEqual([
    `Rotating the webhook of ${sandbox.workspaceId} for ${gateway.targetUrl}`,
    expect.stringContaining(`Made     ${after?.id}`),
    expect.stringContaining(`Deleted  ${before?.id}`),
  ]);
  const texts = JSON.stringify([said, gateway.lines, lines]);
  for (const webhook of [before, after]) {
    expect(texts).not.toContain(webhook?.signingSecret.slice('whsec_'.length, -2));
  }
});

test('a key that is not admin leaves a gateway that serves and says what to do', async () => {
  await using sandbox = await openSandbox();
  const [folder, port] = [newFolder(), await freePort()];
  await using gateway = await startRegistered(sandbox, { folder, port, apiKey: sandbox.keys.write });
  await until('the advice', () => gateway.lines.some(([level]) => level === 'error'));
  const [, message] = gateway.lines.find(([level]) => level === 'error') ?? [];
  expect(message).toContain('HELPDESK_API_KEY');
  expect(sandbox.webhooks.all()).toEqual([]);
  const { data } = await askGateway(gateway.url, '{ kind: __typename }', {});
  expect(data).toEqual({ kind: 'Query' });
});
