import { expect } from 'vitest';
import {
  startGateway,
  testWithGateway,
  type AskOptions,
  type RunningGateway,
  withoutStore,
} from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { openEventStream } from '../support/sse.ts';

const limit = 100_000;
const test = testWithGateway({ env: withoutStore, sandbox: { tickets: 30, rateLimit: { limit } } });

const stranger = ({ sandbox }: RunningGateway): Required<Pick<AskOptions, 'key' | 'workspaceId'>> => ({
  key: sandbox.createKey('admin'),
  workspaceId: sandbox.workspaceId,
});

const bill = (spent: number) => ({
  limit,
  remaining: expect.any(Number),
  resetAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  spent,
  waitedMs: expect.any(Number),
  cacheHits: expect.any(Number),
  shared: expect.any(Number),
});

const page = '{ tickets(first: 1) { nodes { id } } }';
/** Of an answer that came before anything was known of the key. */
const blank = { limit: null, remaining: null, resetAt: null, spent: 0, waitedMs: 0, cacheHits: 0, shared: 0 };

test.for([
  ['data', page, {}, 1],
  ['a lookup that finds nothing', '{ ticket(id: "tkt_nothere") { id } }', {}, 1],
  ['an argument that is refused', '{ tickets(first: 501) { nodes { id } } }', {}, 0],
  ['an error beside data', '{ ticket(id: "no id") { id } tickets(first: 1) { nodes { id } } }', {}, 1],
  ['a mutation that fails', 'mutation { ticketDelete(input: { id: "tkt_nothere" }) { deletedId } }', {}, 1],
  ['no fields that cost anything', '{ backend { kind } __typename }', {}, 0],
  ['a document that is no GraphQL', '{', {}, 0],
  ['a document that does not fit the schema', '{ nothing }', {}, 0],
  [
    'a variable that does not fit',
    'query ($first: Int!) { tickets(first: $first) { nodes { id } } }',
    { first: 'x' },
    0,
  ],
  ['a subscription without a stream', 'subscription { ticketEvents { cursor } }', {}, 0],
] as const)('the answer with %s carries the bill', async ([, source, variables, spent], { gateway }) => {
  const caller = stranger(gateway);
  await gateway.query(page, {}, caller);
  const { extensions } = await gateway.query(source, variables, caller);
  expect(extensions).toEqual({ rateLimit: bill(spent) });
});

test('a backend that fails is on the bill too', async ({ gateway }) => {
  using _ = { [Symbol.dispose]: () => gateway.sandbox.faults.clear() };
  const caller = stranger(gateway);
  await gateway.query(page, {}, caller);
  gateway.sandbox.faults.set({ kind: 'html', status: 500, path: '/tickets' });
  const { errors, extensions } = await gateway.query(page, {}, caller);
  expect(errors).toHaveLength(1);
  expect(extensions).toEqual({ rateLimit: bill(1) });
});

test('what is at hand or already on its way is told, and costs nothing', async ({ gateway }) => {
  const caller = stranger(gateway);
  const byKey = '{ ticketField(by: { key: "nobody" }) { id } }';
  const first = await gateway.query(byKey, {}, caller);
  expect(first.extensions).toMatchObject({ rateLimit: { spent: 1, cacheHits: 0 } });
  const second = await gateway.query(byKey, {}, caller);
  expect(second.extensions).toMatchObject({ rateLimit: { spent: 0, cacheHits: 1 } });
});

test('a query on a socket carries the bill, the events of a subscription do not', async ({ gateway }) => {
  await gateway.query(page);
  await using socket = openSocket(gateway.wsUrl);
  expect(await socket.subscribe(page).next()).toMatchObject({ extensions: { rateLimit: bill(1) } });
  const failing = await socket.subscribe('{ ticket(id: "no id") { id } }').next();
  expect(failing).toMatchObject({ errors: [{}], extensions: { rateLimit: bill(0) } });
  const live = socket.subscribe('subscription { ticketEvents { __typename } }');
  expect(await live.next()).toEqual({ data: { ticketEvents: { __typename: 'StreamReady' } } });
  gateway.sandbox.tickets.create();
  expect(await live.next()).toEqual({ data: { ticketEvents: { __typename: 'TicketEvent' } } });
});

test('a query over server-sent events carries the bill, the events of a subscription do not', async ({
  gateway,
}) => {
  await gateway.query(page);
  const open = (query: string) =>
    openEventStream(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
  await using answer = await open(page);
  expect(JSON.parse((await answer.next())?.data ?? '')).toMatchObject({ extensions: { rateLimit: bill(1) } });
  await using live = await open('subscription { ticketEvents { __typename } }');
  expect(JSON.parse((await live.next())?.data ?? '')).toEqual({
    data: { ticketEvents: { __typename: 'StreamReady' } },
  });
});

test('a subscription that does not begin is answered with the bill', async ({ gateway }) => {
  const { key } = stranger(gateway);
  const { workspaceId } = gateway.sandbox.workspace('ws_other');
  const foreign = await openEventStream(gateway.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'x-workspace-id': workspaceId,
    },
    body: JSON.stringify({ query: 'subscription { ticketEvents { __typename } }' }),
  });
  expect(JSON.parse((await foreign.next())?.data ?? '')).toMatchObject({
    errors: [{ extensions: { category: 'AUTH' } }],
    extensions: { rateLimit: bill(1) },
  });
  await foreign.close();
});

test('Query.rateLimit tells what the bill tells, and spends nothing', async ({ gateway }) => {
  const caller = stranger(gateway);
  await gateway.query(page, {}, caller);
  gateway.forgetCalls();
  const { data, extensions } = await gateway.query(
    '{ rateLimit { limit remaining resetAt observedAt queued } }',
    {},
    caller,
  );
  expect(gateway.calls).toEqual([]);
  const { spent, waitedMs, cacheHits, shared, ...left } = Object(extensions?.['rateLimit']);
  expect(data).toEqual({ rateLimit: { ...left, observedAt: expect.any(String), queued: 0 } });
  expect({ spent, waitedMs, cacheHits, shared }).toEqual({ spent: 0, waitedMs: 0, cacheHits: 0, shared: 0 });
});

test('both speak of the caller’s own key', async ({ gateway }) => {
  const [spender, other] = [stranger(gateway), stranger(gateway)];
  gateway.sandbox.rateLimit.spend(spender.key, 1000);
  await gateway.query(page, {}, spender);
  const ask = '{ rateLimit { remaining } }';
  const spentMuch = await gateway.query(ask, {}, spender);
  expect(spentMuch.data).toEqual({ rateLimit: { remaining: limit - 1001 } });
  expect(spentMuch.extensions).toMatchObject({ rateLimit: { remaining: limit - 1001 } });
  const never = await gateway.query(ask, {}, other);
  expect(never).toMatchObject({ data: { rateLimit: null }, extensions: { rateLimit: blank } });
  await gateway.query(page, {}, other);
  const little = await gateway.query(ask, {}, other);
  expect(little.data).toEqual({ rateLimit: { remaining: limit - 1 } });
  expect(little.extensions).toMatchObject({ rateLimit: { remaining: limit - 1 } });
});

test('who has no key has no bill', async () => {
  await using gateway = await startGateway({ serverKey: null });
  for (const source of ['{ backend { kind } }', page, '{']) {
    expect((await gateway.query(source)).extensions).toBeUndefined();
  }
});
