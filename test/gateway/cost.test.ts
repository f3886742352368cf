import { expect } from 'vitest';
import {
  testWithGateway,
  startGateway,
  type AskOptions,
  type RunningGateway,
  withoutStore,
} from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { openEventStream } from '../support/sse.ts';

const test = testWithGateway({ env: withoutStore, sandbox: { tickets: 120 } });

/** Someone whom the gateway has never seen: nothing of what it reads is kept yet. */
const stranger = ({ sandbox }: RunningGateway): AskOptions => ({
  key: sandbox.createKey('admin'),
  workspaceId: sandbox.workspaceId,
});

const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

const lists = (count: number): string =>
  `{ ${many(count, (index) => `a${index}: tickets(first: 100) { nodes { subject customFields { field { key } } } }`)} }`;

const tooCostly = (estimated: number, max = 50) => ({
  code: 'OPERATION_TOO_COSTLY',
  category: 'GATEWAY',
  origin: 'GATEWAY',
  retryable: false,
  estimated,
  max,
});

test('20 lists of 100 tickets with their definitions cost 21 calls', async ({ gateway }) => {
  const caller = stranger(gateway);
  gateway.forgetCalls();
  const { errors, extensions } = await gateway.query(lists(20), {}, caller);
  expect(errors).toBeUndefined();
  expect(gateway.calls).toHaveLength(21);
  expect(extensions).toHaveProperty('rateLimit.spent', 21);
});

test('an operation that may cost more than 50 calls is refused before anything is sent', async ({
  gateway,
}) => {
  gateway.forgetCalls();
  const answer = await gateway.query(lists(50));
  expect(answer.status).toBe(400);
  expect(answer.data).toBeUndefined();
  expect(answer.errors).toMatchObject([{ extensions: tooCostly(51) }]);
  expect(answer.extensions).toMatchObject({ rateLimit: { spent: 0 } });
  expect(gateway.calls).toEqual([]);
});

test('variables count as the values that were sent', async ({ gateway }) => {
  gateway.forgetCalls();
  const source = `query ($first: Int!) { ${many(11, (index) => `a${index}: tickets(first: $first) { nodes { id } }`)} }`;
  const refused = await gateway.query(source, { first: 500 });
  expect(refused.errors).toMatchObject([{ extensions: tooCostly(55) }]);
  expect(gateway.calls).toEqual([]);
  const { errors } = await gateway.query(source, { first: 1 });
  expect(errors).toBeUndefined();
  expect(gateway.calls).toHaveLength(11);
});

test('a client that takes plain JSON gets the refusal as an ordinary answer', async ({ gateway }) => {
  const headers = { accept: 'application/json' };
  const answer = await gateway.query(lists(50), {}, { headers });
  expect(answer).toMatchObject({ status: 200, errors: [{ extensions: tooCostly(51) }] });
});

const post = (query: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query }),
});

/** Costs 1 for the check of the key, as many as there are lists, and 1 for the definitions. */
const dearSubscription = `subscription { ticketEvents { cursor ... on TicketEvent { ticket {
  ${many(3, (index) => `c${index}: customFields { field { options(first: 500) { nodes { label } } } }`)} } } } }`;

test('the refusal reaches a client of server-sent events, and ends its stream', async () => {
  await using gateway = await startGateway({ env: { MAX_REST_CALLS_PER_OPERATION: '5' } });
  for (const [source, estimated] of [
    [lists(50), 51],
    [dearSubscription, 22],
  ] as const) {
    await using stream = await openEventStream(gateway.url, post(source));
    const message = await stream.next();
    expect(message?.event).toBe('next');
    expect(JSON.parse(message?.data ?? '')).toMatchObject({
      errors: [{ extensions: tooCostly(estimated, 5) }],
      extensions: { rateLimit: { spent: 0 } },
    });
    expect(await stream.next()).toMatchObject({ event: 'complete' });
  }
  expect(gateway.calls).toEqual([]);
});

test('the refusal reaches a client of a socket, which stays open', async () => {
  await using gateway = await startGateway({ env: { MAX_REST_CALLS_PER_OPERATION: '5' } });
  await using socket = openSocket(gateway.wsUrl);
  for (const [source, estimated] of [
    [lists(50), 51],
    [dearSubscription, 22],
  ] as const) {
    const live = socket.subscribe(source);
    expect(await live.next()).toMatchObject({
      errors: [{ extensions: tooCostly(estimated, 5) }],
      extensions: { rateLimit: { spent: 0 } },
    });
    await live.ended();
  }
  expect(gateway.calls).toEqual([]);
  expect(await socket.subscribe('{ tickets(first: 1) { nodes { id } } }').next()).toHaveProperty(
    'data.tickets',
  );
});

test('a mutation is counted from its input, and refused as a whole', async ({ gateway }) => {
  const ids = Array.from({ length: 17 }, () => gateway.sandbox.tickets.create().id);
  const field = gateway.sandbox.ticketFields
    .all()
    .find(({ id, type }) => type === 'text' && !id.startsWith('system_'));
  const patch = { customFields: [{ field: { id: field?.id ?? '' }, value: { text: 'counted' } }] };
  const source = 'mutation ($input: TicketsUpdateInput!) { ticketsUpdate(input: $input) { results { id } } }';
  gateway.forgetCalls();
  const answer = await gateway.query(source, { input: { ids, patch } });
  expect(answer.errors).toMatchObject([{ extensions: { ...tooCostly(52), outcome: 'NOT_APPLIED' } }]);
  expect(gateway.calls).toEqual([]);
  const { errors, extensions } = await gateway.query(source, { input: { ids: ids.slice(1), patch } });
  expect(errors).toBeUndefined();
  expect(extensions).toHaveProperty('rateLimit.spent', gateway.calls.length);
  expect(gateway.calls.length).toBeLessThanOrEqual(49);
});

test('an argument that is out of range is called that, not too costly', async ({ gateway }) => {
  gateway.forgetCalls();
  const ids = Array.from({ length: 101 }, (_, index) => `tkt_${index}`);
  const list = await gateway.query('{ tickets(first: 100000) { nodes { id } } }');
  const nodes = await gateway.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  for (const { errors } of [list, nodes]) {
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  }
  expect(gateway.calls).toEqual([]);
});

test('definitions that carry no options are asked for them 20 times at most, the rest fail alone', async () => {
  await using gateway = await startGateway();
  for (let index = 0; index < 22; index += 1) {
    gateway.sandbox.ticketFields.create({
      title: `Bare ${index}`,
      fieldKey: `bare_${index}`,
      type: 'dropdown',
    });
  }
  gateway.forgetCalls();
  const { data, errors = [] } = await gateway.query<{
    ticketFields: { nodes: { key: string; options: object | null }[] };
  }>('{ ticketFields(first: 100) { nodes { key options { nodes { label } } } } }');
  expect(gateway.calls).toHaveLength(21);
  expect(errors).toHaveLength(2);
  for (const { extensions } of errors) expect(extensions).toMatchObject(tooCostly(21, 20));
  const bare = data?.ticketFields.nodes.filter(({ key }) => key.startsWith('bare_'));
  expect(bare?.filter(({ options }) => options !== null)).toHaveLength(20);
});
