/** One gateway in front of several workspaces. */
import { expect, onTestFinished, test as base } from 'vitest';
import { deliver, newSecret, ticketDelivery } from '../support/delivery.ts';
import { freePort } from '../support/free-port.ts';
import { startGateway, type GatewayOptions } from '../support/gateway.ts';
import { LiveEventsDocument, TicketsPageDocument } from '../support/generated/graphql.ts';
import { startIssuer } from '../support/issuer.ts';
import { makeJsonFile } from '../support/json-file.ts';
import { openSocket } from '../support/live.ts';
import { handOutTokens } from '../support/tokens.ts';
import { until } from '../support/wait.ts';

const secrets = { ws_sandbox: newSecret(), ws_other: newSecret() };

/** A gateway that holds the keys of both of the sandbox's workspaces. */
async function startBoth(
  env: Readonly<Record<string, string>>,
  options: Omit<GatewayOptions, 'env' | 'envOf'> = {},
) {
  const file = await makeJsonFile('');
  const gateway = await startGateway({
    ...options,
    serverKey: null,
    env,
    envOf: async (sandbox) => {
      await file.write({
        workspaces: [
          { id: sandbox.workspaceId, apiKey: sandbox.keys.admin, webhookSecrets: [secrets.ws_sandbox] },
          {
            id: 'ws_other',
            apiKey: sandbox.workspace('ws_other').keys.admin,
            webhookSecrets: [secrets.ws_other],
            rateLimit: 50,
          },
        ],
      });
      return {
        HELPDESK_WORKSPACE_ID: '',
        HELPDESK_WEBHOOK_SECRET: '',
        WORKSPACES_FILE: file.path,
      };
    },
  });
  return {
    gateway,
    sandbox: gateway.sandbox,
    other: gateway.sandbox.workspace('ws_other'),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

const test = base.extend('it', { scope: 'file' }, async ({}, { onCleanup }) => {
  const tokens = await handOutTokens({
    ours: { level: 'WRITE', workspaces: ['ws_sandbox'] },
    theirs: { level: 'WRITE', workspaces: ['ws_other'] },
    both: { level: 'READ', workspaces: ['ws_sandbox', 'ws_other'] },
  });
  const both = await startBoth(tokens.env);
  onCleanup(async () => {
    await both[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
  });
  return { ...both, tokens: tokens.of };
});

test('each token sees its own workspace, with that one’s key', async ({ it }) => {
  const { gateway, sandbox, other, tokens } = it;
  for (const [key, workspace] of [
    [tokens.ours, sandbox],
    [tokens.theirs, other],
  ] as const) {
    const { data } = await gateway.query(TicketsPageDocument, { first: 100 }, { key });
    expect(data?.tickets?.edges.map(({ node }) => node.localId)).toEqual(
      workspace.tickets.all().map(({ id }) => id),
    );
  }
});

test('no token reaches another workspace by naming it, or one that is not served', async ({ it }) => {
  const { gateway, tokens } = it;
  gateway.forgetCalls();
  for (const [key, workspaceId] of [
    [tokens.ours, 'ws_other'],
    [tokens.theirs, 'ws_sandbox'],
    [tokens.both, 'ws_third'],
  ] as const) {
    const { status, errors } = await gateway.query(TicketsPageDocument, { first: 1 }, { key, workspaceId });
    expect([status, errors?.[0]?.extensions?.['code']]).toEqual([403, 'INSUFFICIENT_API_PERMISSION']);
  }
  expect(gateway.calls).toEqual([]);
});

test('an id of another workspace finds nothing', async ({ it: { gateway, other, tokens } }) => {
  const [theirs] = other.tickets.all();
  const document = 'query ($id: ID!) { ticket(id: $id) { localId } }';
  const { data } = await gateway.query(document, { id: theirs?.id }, { key: tokens.ours });
  expect(data).toEqual({ ticket: null });
});

test('a token of several workspaces names one', async ({ it: { gateway, other, tokens } }) => {
  const nameless = await gateway.query(TicketsPageDocument, { first: 1 }, { key: tokens.both });
  expect([nameless.status, nameless.errors?.[0]?.extensions?.['code']]).toEqual([400, 'MISSING_WORKSPACE']);
  const ask = { key: tokens.both, workspaceId: 'ws_other' };
  const { data } = await gateway.query(TicketsPageDocument, { first: 1 }, ask);
  expect(other.tickets.get(data?.tickets?.edges[0]?.node.localId ?? '')).toBeDefined();
});

test('each workspace’s receiver takes what its own secret signed, and tells its own listeners', async ({
  it,
}) => {
  const { gateway, tokens } = it;
  const listen = async (key: string) => {
    const socket = openSocket(gateway.wsUrl, { authorization: `Bearer ${key}` });
    onTestFinished(() => socket.close());
    const live = socket.subscribe(LiveEventsDocument);
    await live.next();
    return live;
  };
  const [ours, theirs] = [await listen(tokens.ours), await listen(tokens.theirs)];
  const receiver = (id: string) => `${gateway.origin}/webhooks/helpdesk/${id}`;
  const send = async (id: string, secret: string, subject: string) =>
    (
      await deliver(receiver(id), ticketDelivery('ticket.created', { id: `tkt_${subject}`, subject }), {
        secret,
      })
    ).status;
  expect(await send('ws_other', secrets.ws_sandbox, 'forged')).toBe(401);
  expect(await send('ws_third', secrets.ws_sandbox, 'forged')).toBe(401);
  expect(await send('ws_other', secrets.ws_other, 'theirs')).toBeLessThan(300);
  expect(await send('ws_sandbox', secrets.ws_sandbox, 'ours')).toBeLessThan(300);
  expect((await theirs.next()).data).toMatchObject({ ticketEvents: { ticket: { subject: 'theirs' } } });
  expect((await ours.next()).data).toMatchObject({ ticketEvents: { ticket: { subject: 'ours' } } });
  expect(JSON.stringify(ours.received)).not.toContain('theirs');
});

test('a cursor of one workspace is none of another: of lists, of events, or as the mark of a socket', async ({
  it: { gateway, tokens },
}) => {
  const page = await gateway.query<{ tickets: { pageInfo: { endCursor: string } } }>(
    '{ tickets(first: 2) { pageInfo { endCursor } } }',
    {},
    { key: tokens.theirs },
  );
  const list = await gateway.query(
    'query ($after: String) { tickets(first: 2, after: $after) { nodes { localId } } }',
    { after: page.data?.tickets.pageInfo.endCursor },
    { key: tokens.ours },
  );
  expect(list.errors?.[0]?.extensions?.['code']).toBe('CURSOR_MISMATCH');
  expect(list.data).toEqual({ tickets: null });

  const document = `subscription ($after: String) {
    ticketEvents(after: $after) { __typename cursor ... on TicketEvent { ticket { subject } } }
  }`;
  const connect = (key: string, more: Readonly<Record<string, unknown>> = {}) => {
    const socket = openSocket(gateway.wsUrl, { authorization: `Bearer ${key}`, ...more });
    onTestFinished(() => socket.close());
    return socket;
  };
  const first = (await connect(tokens.theirs).subscribe(document).next()) as {
    data: { ticketEvents: { cursor: string } };
  };
  const { cursor } = first.data.ticketEvents;
  const delivered = await deliver(
    `${gateway.origin}/webhooks/helpdesk/ws_other`,
    ticketDelivery('ticket.updated', { id: 'tkt_beyond', subject: 'beyond the border' }),
    { secret: secrets.ws_other },
  );
  expect(delivered.status).toBe(200);
  const streams = [
    connect(tokens.ours).subscribe(document, { after: cursor }),
    connect(tokens.ours, { resumeFrom: cursor }).subscribe(document),
  ];
  for (const stream of streams) {
    // It says that it cannot go on from there, and then follows its own workspace.
    expect((await stream.next()).data).toMatchObject({ ticketEvents: { __typename: 'StreamReady' } });
  }
  const told = await deliver(
    `${gateway.origin}/webhooks/helpdesk/ws_sandbox`,
    ticketDelivery('ticket.updated', { id: 'tkt_within', subject: 'within the border' }),
    { secret: secrets.ws_sandbox },
  );
  expect(told.status).toBe(200);
  for (const stream of streams) {
    await until('its own event', () => JSON.stringify(stream.received).includes('within the border'));
    expect(JSON.stringify(stream.received)).not.toContain('beyond the border');
  }
});

base('a token of an issuer acts in the workspace of its claim', async () => {
  await using issuer = await startIssuer();
  await using it = await startBoth(issuer.env);
  const ask = async (claims: Record<string, unknown>, workspaceId?: string) => {
    const key = await issuer.sign(claims);
    const answer = await it.gateway.query(
      TicketsPageDocument,
      { first: 1 },
      { key, ...(workspaceId !== undefined && { workspaceId }) },
    );
    const id = answer.data?.tickets?.edges[0]?.node.localId ?? '';
    return { id, code: answer.errors?.[0]?.extensions?.['code'] };
  };
  const ours = await ask({ workspace: 'ws_sandbox' });
  const theirs = await ask({ workspace: ['ws_other', 'ws_unknown'] });
  const chosen = await ask({ workspace: ['ws_sandbox', 'ws_other'] }, 'ws_other');
  expect(it.sandbox.tickets.get(ours.id)).toBeDefined();
  for (const { id } of [theirs, chosen]) expect(it.other.tickets.get(id)).toBeDefined();
  const both = await ask({ workspace: ['ws_sandbox', 'ws_other'] });
  expect(both.code).toBe('MISSING_WORKSPACE');
  for (const refused of [
    await ask({}),
    await ask({}, 'ws_other'),
    await ask({ workspace: 'ws_sandbox' }, 'ws_other'),
  ]) {
    expect(refused.code).toBe('INSUFFICIENT_API_PERMISSION');
  }
});

base(
  'whoever brings no key names the workspace, and a key of one’s own goes anywhere it is good',
  async () => {
    await using it = await startBoth({});
    const { gateway, sandbox, other } = it;
    const nameless = await gateway.query(TicketsPageDocument, { first: 1 });
    expect([nameless.status, nameless.errors?.[0]?.extensions?.['code']]).toEqual([400, 'MISSING_WORKSPACE']);
    for (const [workspaceId, workspace] of [
      ['ws_sandbox', sandbox],
      ['ws_other', other],
    ] as const) {
      const { data } = await gateway.query(TicketsPageDocument, { first: 1 }, { workspaceId });
      expect(workspace.tickets.get(data?.tickets?.edges[0]?.node.localId ?? '')).toBeDefined();
    }
    const unknown = await gateway.query(TicketsPageDocument, { first: 1 }, { workspaceId: 'ws_third' });
    expect(unknown.status).toBe(403);
    const own = { key: other.keys.read, workspaceId: 'ws_other' };
    expect((await gateway.query(TicketsPageDocument, { first: 1 }, own)).errors).toBeUndefined();
  },
);

base('it registers a webhook with each of them, and hears of both', async () => {
  const port = await freePort();
  const env = { PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };
  await using it = await startBoth(env, {
    sandbox: { httpTargets: true },
    parts: { background: true },
  });
  const targetsOf = (workspace: Pick<typeof it.sandbox, 'webhooks'>) =>
    workspace.webhooks.all().map(({ targetUrl }) => targetUrl);
  const target = (id: string) => `http://127.0.0.1:${port}/webhooks/helpdesk/${id}`;
  await until('both webhooks', () => targetsOf(it.other).includes(target('ws_other')));
  // The harness has made one there as well.
  const ours = () => targetsOf(it.sandbox).filter((url) => url === target('ws_sandbox'));
  await until('both webhooks', () => ours().length === 2);
  expect(targetsOf(it.other)).not.toContain(target('ws_sandbox'));
  const socket = openSocket(it.gateway.wsUrl, { 'x-workspace-id': 'ws_other' });
  onTestFinished(() => socket.close());
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  it.other.tickets.create({ subject: 'By its own webhook' });
  expect((await live.next()).data).toMatchObject({
    ticketEvents: { ticket: { subject: 'By its own webhook' } },
  });
});

base('each of them is swept with its own key, within its own limit', { timeout: 30_000 }, async () => {
  await using it = await startBoth({ POLL_SECONDS: '1' }, { parts: { background: true } });
  const socket = openSocket(it.gateway.wsUrl, { 'x-workspace-id': 'ws_other' });
  onTestFinished(() => socket.close());
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  const swept = (id: string) =>
    it.sandbox.requests.some(
      ({ workspaceId, query, answeredAt }) =>
        workspaceId === id && query['sort_by'] === 'updated_at' && answeredAt !== null,
    );
  // What was there before the first sweep is no news.
  await until('the first sweeps', () => swept('ws_sandbox') && swept('ws_other'));
  it.other.tickets.create({ subject: 'Found by asking' }, { webhook: false });
  expect((await live.next()).data).toMatchObject({
    ticketEvents: { ticket: { subject: 'Found by asking' } },
  });
  const limits = it.gateway.logs.filter(({ message }) => message.includes('limit changed'));
  expect(limits.map(({ fields }) => fields)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ from: 400, to: 100_000 }),
      expect.objectContaining({ from: 50, to: 100_000 }),
    ]),
  );
});
