import { expect } from 'vitest';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { besideOn, startGateway, testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

// Changes are announced, so that what was read is trusted.
const test = testWithGateway({ parts: { registered: () => true } });

const ticketQuery = 'query ($id: ID!) { ticket(id: $id) { localId subject } }';
const listQuery = '{ tickets(first: 5) { nodes { localId } } }';

const someId = ({ sandbox }: RunningGateway): string => sandbox.tickets.all()[0]?.id ?? '';
const noCache = { headers: { 'cache-control': 'max-age=0, No-Cache' } };

/** A change that no webhook tells. */
const changeSilently = ({ sandbox }: RunningGateway, id: string, subject: string): void => {
  sandbox.tickets.update(id, { subject }, { webhook: false });
};

test('Cache-Control: no-cache asks for how things are now, for tickets, lists and definitions alike', async ({
  gateway,
}) => {
  const id = someId(gateway);
  await gateway.query(ticketQuery, { id });
  changeSilently(gateway, id, 'Nobody told of this');
  const fresh = await gateway.query(ticketQuery, { id }, noCache);
  expect(fresh.data).toMatchObject({ ticket: { subject: 'Nobody told of this' } });
  const documents = [listQuery, '{ ticketField(by: { key: "plan" }) { title } }'];
  for (const document of documents) await gateway.query(document);
  gateway.forgetCalls();
  for (const document of documents) await gateway.query(document);
  expect(gateway.calls).toEqual([]);
  for (const document of documents) await gateway.query(document, {}, noCache);
  expect(gateway.calls).toEqual(['GET /tickets', 'GET /ticket_fields']);
});

test('on a socket extensions.cache says the same', async ({ gateway }) => {
  const id = someId(gateway);
  await using socket = openSocket(gateway.wsUrl);
  await socket.subscribe(ticketQuery, { id }).next();
  changeSilently(gateway, id, 'Nobody told of this either');
  const ask = (extensions: Record<string, unknown>) =>
    socket.subscribe(ticketQuery, { id }, { extensions }).next();
  expect(await ask({ cache: 'no-cache' })).toMatchObject({
    data: { ticket: { subject: 'Nobody told of this either' } },
    extensions: { rateLimit: { spent: 1 } },
  });
  expect(await ask({})).toMatchObject({ extensions: { rateLimit: { spent: 0, cacheHits: 1 } } });
});

test.for([
  [{ cache: 'only-if-cached' }, 'extensions.cache'],
  [{ cache: true }, 'extensions.cache'],
  [{ readAfter: 7 }, 'readAfter'],
  [{ readAfter: 'not a cursor' }, 'readAfter'],
  [{ readAfter: 'x'.repeat(257) }, 'readAfter'],
] as const)('%j is refused before anything is sent', async ([extensions, sourceKey], { gateway }) => {
  await using socket = openSocket(gateway.wsUrl);
  gateway.forgetCalls();
  const { errors } = await socket.subscribe(listQuery, {}, { extensions }).next();
  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: null, sourceKey }],
  });
  expect(gateway.calls).toEqual([]);
});

test('a readAfter that this log does not know, asks the backend', async ({ gateway }) => {
  const id = someId(gateway);
  await gateway.query(ticketQuery, { id });
  gateway.forgetCalls();
  const answer = await gateway.query(ticketQuery, { id }, { headers: { readAfter: 'MTpub25lOjU6YWJj' } });
  expect(answer.errors).toBeUndefined();
  expect(gateway.calls).toEqual([`GET /tickets/${id}`]);
});

test('the answer to a write says after what to read, that of a query does not', async ({ gateway }) => {
  const id = someId(gateway);
  const wrote = await gateway.query(
    'mutation ($id: ID!) { ticketUpdate(input: { id: $id, patch: { subject: "Mine" } }) { ticket { localId } } }',
    { id },
  );
  expect(wrote.extensions).toMatchObject({ readAfter: expect.stringMatching(/^[\w-]+$/) });
  expect((await gateway.query(ticketQuery, { id })).extensions).not.toHaveProperty('readAfter');
  const { readAfter } = wrote.extensions as { readAfter: string };
  gateway.forgetCalls();
  const read = await gateway.query(ticketQuery, { id }, { headers: { readAfter } });
  expect(read.data).toMatchObject({ ticket: { subject: 'Mine' } });
  // The log was taken in that far, so that what is kept is new enough.
  expect(gateway.calls).toEqual([]);
});

test.skipIf(redisMissing)(
  'whoever returns readAfter to another gateway reads what was written through the first',
  async () => {
    await using redis = await startRedis({ durable: true });
    const parts = { registered: () => true };
    await using one = await startGateway({ env: { REDIS_URL: redis.url }, parts });
    const { sandbox } = one;
    await using other = await startGateway({
      env: { REDIS_URL: redis.url, ...besideOn(sandbox) },
      parts,
    });
    const id = someId(one);
    for (let round = 1; round <= 20; round++) {
      await other.query(ticketQuery, { id });
      const subject = `Round ${round}`;
      const { extensions } = await one.query(
        'mutation ($id: ID!, $patch: TicketPatch!) { ticketUpdate(input: { id: $id, patch: $patch }) { ticket { localId } } }',
        { id, patch: { subject } },
      );
      const { readAfter } = extensions as { readAfter: string };
      const read = await other.query(ticketQuery, { id }, { headers: { readAfter } });
      expect(read.data).toMatchObject({ ticket: { subject } });
    }
  },
);

/** A gateway whose key somebody else has spent, after `warm` was asked; nothing that it knows is young enough any more. */
async function startSpent(env: Record<string, string>, warm: (gateway: RunningGateway) => Promise<unknown>) {
  const clock = createVirtualClock();
  const gateway = await startGateway({ clock, env, sandbox: { clock, rateLimit: { limit: 400 } } });
  await warm(gateway);
  await clock.advance(5_000);
  const { rateLimit, keys } = gateway.sandbox;
  rateLimit.spend(keys.admin, rateLimit.state(keys.admin).remaining - 1);
  // Tells the gateway.
  await gateway.query('{ webhooks { nodes { localId } } }');
  gateway.forgetCalls();
  return gateway;
}

const screen = `query ($id: ID!) {
  one: ticket(id: $id) { localId subject }
  list: tickets(first: 2) { nodes { localId customFields { raw } assignee { id } } }
  many: nodes(ids: [$id]) { id }
  never: tickets(first: 3, filter: { status: [PENDING] }) { nodes { localId } }
}`;
const globalId = async (gateway: RunningGateway): Promise<string> => {
  const { data } = await gateway.query('{ tickets(first: 1) { nodes { id } } }');
  return (data as { tickets: { nodes: { id: string }[] } }).tickets.nodes[0]?.id ?? '';
};
const warmScreen = async (gateway: RunningGateway): Promise<void> => {
  const document = screen.replace(/ {2}never.*\n/, '');
  await gateway.query(document, { id: await globalId(gateway) });
};

test('a spent budget leaves queries the last known answers, which say where they are and how old', async () => {
  let id = '';
  await using gateway = await startSpent({}, async (warming) => {
    id = await globalId(warming);
    await warmScreen(warming);
  });
  const answer = await gateway.query(screen, { id }, { headers: { 'x-deadline-ms': '1000' } });
  expect(gateway.calls).toEqual([]);
  expect(answer.data).toMatchObject({ one: { subject: expect.any(String) }, list: { nodes: [{}, {}] } });
  expect(answer.errors?.map(({ path, extensions }) => [path, extensions?.['code']])).toEqual([
    [['never'], 'RATE_BUDGET_EXHAUSTED'],
  ]);
  const { stale } = answer.extensions as { stale: { path: unknown[]; ageMs: number }[] };
  expect(stale.map(({ path }) => path.join('.')).toSorted()).toEqual(['list', 'many.0', 'one']);
  for (const { ageMs } of stale) expect(ageMs).toBeGreaterThanOrEqual(5_000);
});

test('definitions of custom fields are among them once their minute is over', async () => {
  let id = '';
  const clock = createVirtualClock();
  await using gateway = await startGateway({ clock, sandbox: { clock, rateLimit: { limit: 400 } } });
  id = await globalId(gateway);
  const document = '{ tickets(first: 2) { nodes { localId customFields { raw } } } }';
  await gateway.query(document, { id });
  await clock.advance(61_000);
  const { rateLimit, keys } = gateway.sandbox;
  await gateway.query('{ webhooks { nodes { localId } } }');
  rateLimit.spend(keys.admin, rateLimit.state(keys.admin).remaining - 1);
  await gateway.query('{ webhooks { nodes { localId } } }');
  const { data, extensions } = await gateway.query(document, {}, { headers: { 'x-deadline-ms': '1000' } });
  expect(data).toMatchObject({ tickets: { nodes: [{ customFields: expect.any(Array) }, {}] } });
  const { stale } = extensions as { stale: { path: unknown[] }[] };
  expect(stale.map(({ path }) => path.join('.'))).toEqual(
    expect.arrayContaining(['tickets', 'tickets.nodes.0.customFields']),
  );
});

test.for([
  ['STALE_IF_LIMITED=false', { STALE_IF_LIMITED: 'false' }, {}],
  ['whoever asks for fresh data', {}, { 'cache-control': 'no-cache' }],
] as const)('%s takes the error instead', async ([, env, headers]) => {
  await using gateway = await startSpent(env, (warming) => warming.query(listQuery));
  const answer = await gateway.query(listQuery, {}, { headers: { 'x-deadline-ms': '1000', ...headers } });
  expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_BUDGET_EXHAUSTED' });
  expect(answer.extensions).not.toHaveProperty('stale');
});

test('so does a mutation', async () => {
  let id = '';
  await using gateway = await startSpent({}, (warming) => {
    id = someId(warming);
    return warming.query(ticketQuery, { id });
  });
  const answer = await gateway.query(
    'mutation ($id: ID!) { ticketUpdate(input: { id: $id, patch: { tags: [] } }) { ticket { localId } } }',
    { id },
    { headers: { 'x-deadline-ms': '1000' } },
  );
  expect(answer.errors?.[0]?.extensions).toMatchObject({
    code: 'RATE_BUDGET_EXHAUSTED',
    outcome: 'NOT_APPLIED',
  });
});
