import { expect } from 'vitest';
import { z } from 'zod';
import { testWithGateway, type AskOptions, type RunningGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { until } from '../support/wait.ts';

/** A third of it may go at once; the rest is spread over the window, a call every 150 ms. */
const limit = 600;
const test = testWithGateway({
  sandbox: { rateLimit: { limit } },
  env: { MAX_REST_CALLS_PER_OPERATION: '1000' },
});

type Key = Required<Pick<AskOptions, 'key' | 'workspaceId'>>;

const newKey = ({ sandbox }: RunningGateway): Key => ({
  key: sandbox.createKey('write'),
  workspaceId: sandbox.workspaceId,
});

const read = (name: string) => `{ ticket(id: "tkt_${name}") { id } }`;

/** Spends what may go at once, until every further call has to wait for its turn. */
async function saturate(gateway: RunningGateway, key: Key): Promise<void> {
  for (let batch = 150; ; batch = 10) {
    const fields = Array.from(
      { length: batch },
      (_, index) => `t${index}: ticket(id: "tkt_${index}") { id }`,
    );
    const { errors, extensions } = await gateway.query(`{ ${fields.join('\n')} }`, {}, key);
    expect(errors).toBeUndefined();
    const { waitedMs } = bill.parse(extensions);
    if (batch === 10 && waitedMs > 300) return;
  }
}

/** Of an answer's extensions. */
const bill = z
  .object({ rateLimit: z.object({ waitedMs: z.number() }) })
  .transform(({ rateLimit }) => rateLimit);

async function queuedOf(gateway: RunningGateway, key: Key): Promise<number> {
  const { data } = await gateway.query<{ rateLimit: { queued: number } }>(
    '{ rateLimit { queued } }',
    {},
    key,
  );
  return data?.rateLimit.queued ?? 0;
}

/** One client asks for many tickets at a time, each in an operation of its own; none is awaited here. */
const askMany = (gateway: RunningGateway, key: Key, client: string, count: number, signal?: AbortSignal) =>
  Array.from({ length: count }, (_, index) =>
    gateway.query(
      read(`${client}${index}`),
      {},
      {
        ...key,
        headers: { 'x-client-id': client, 'x-deadline-ms': '30000' },
        ...(signal && { signal }),
      },
    ),
  );

/** Tickets that the backend was asked for, of these clients. */
const askedFor = (gateway: RunningGateway, clients: RegExp): string[] =>
  gateway.calls
    .flatMap((call) => /^GET \/tickets\/tkt_([a-z]+\d+)$/.exec(call)?.[1] ?? [])
    .filter((name) => clients.test(name));

const exhausted = (outcome: object) => ({
  message: 'The key’s requests for this minute are spent. Nothing was sent.',
  extensions: {
    code: 'RATE_BUDGET_EXHAUSTED',
    category: 'RATE_LIMIT',
    origin: 'GATEWAY',
    retryable: true,
    retryAfterMs: expect.any(Number),
    ...outcome,
    fields: [],
    backend: null,
    traceId: expect.stringMatching(/^[\da-f]{32}$/),
  },
});

test('a client that comes later takes turns with one that asks for much', async ({ gateway }) => {
  const key = newKey(gateway);
  await saturate(gateway, key);
  const enough = new AbortController();
  const many = Promise.allSettled(askMany(gateway, key, 'many', 40, enough.signal));
  await until('a queue', async () => (await queuedOf(gateway, key)) > 25);
  await Promise.all(askMany(gateway, key, 'few', 5));
  const order = askedFor(gateway, /^(many|few)/).map((name) => name.startsWith('few'));
  expect(await queuedOf(gateway, key)).toBeGreaterThan(5);
  enough.abort();
  await many;
  const between = order.slice(order.indexOf(true), order.lastIndexOf(true)).filter((few) => !few);
  // One between two; calls of one moment may reach the backend in either order.
  expect(between.length).toBeGreaterThanOrEqual(3);
  expect(between.length).toBeLessThanOrEqual(5);
});

test('whoever goes away gives its places back', async ({ gateway }) => {
  const key = newKey(gateway);
  await saturate(gateway, key);
  const leaving = new AbortController();
  const left = Promise.allSettled(askMany(gateway, key, 'gone', 40, leaving.signal));
  await until('a queue', async () => (await queuedOf(gateway, key)) > 25);
  leaving.abort();
  await left;
  await until('an empty queue', async () => (await queuedOf(gateway, key)) === 0);
  const sent = askedFor(gateway, /^gone/).length;
  expect(sent).toBeLessThan(20);
  // Behind forty calls it would have been too late for this one.
  const { errors } = await gateway.query(
    read('next'),
    {},
    {
      ...key,
      headers: { 'x-client-id': 'gone', 'x-deadline-ms': '1500' },
    },
  );
  expect(errors).toBeUndefined();
  expect(askedFor(gateway, /^gone/)).toHaveLength(sent);
});

test('an operation that is completed on its socket gives its place back', async ({ gateway }) => {
  const key = newKey(gateway);
  await saturate(gateway, key);
  await using socket = openSocket(gateway.wsUrl, { 'x-api-key': key.key, 'x-workspace-id': key.workspaceId });
  const waiting = Array.from({ length: 40 }, (_, index) => socket.subscribe(read(`closed${index}`)));
  await until('a queue', async () => (await queuedOf(gateway, key)) > 25);
  await Promise.all(waiting.map((each) => each.close()));
  await until('an empty queue', async () => (await queuedOf(gateway, key)) === 0);
  expect(askedFor(gateway, /^closed/).length).toBeLessThan(20);
});

test.for([
  ['a query', '{ tickets(first: 1) { nodes { id } } }', {}],
  [
    'a mutation',
    'mutation { ticketCreate(input: { subject: "Too late" }) { ticket { id } } }',
    { outcome: 'NOT_APPLIED' },
  ],
] as const)(
  '%s that cannot be sent in time is refused at once, unsent',
  async ([, document, outcome], { gateway }) => {
    const key = newKey(gateway);
    gateway.sandbox.rateLimit.spend(key.key, limit - 1);
    expect((await gateway.query(read('last'), {}, key)).errors).toBeUndefined();
    gateway.forgetCalls();
    const began = performance.now();
    const { status, data, errors, extensions } = await gateway.query(document, {}, key);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(status).toBe(200);
    expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
    expect(errors).toEqual([expect.objectContaining(exhausted(outcome))]);
    // Until the window is over, which began moments ago.
    expect(errors?.[0]?.extensions?.['retryAfterMs']).toSatisfy((ms: number) => ms > 40_000 && ms < 65_000);
    expect(extensions).toMatchObject({ rateLimit: { limit, remaining: 0, spent: 0 } });
    expect(gateway.calls).toEqual([]);
  },
);

test('a client may say that it waits less, or longer', async ({ gateway }) => {
  const key = newKey(gateway);
  await saturate(gateway, key);
  const enough = new AbortController();
  const many = Promise.allSettled(askMany(gateway, key, 'patient', 80, enough.signal));
  // All but a few: with the usual 10 s those behind the sixtieth would have been refused.
  await until('a queue', async () => (await queuedOf(gateway, key)) > 70);
  const impatient = { ...key, headers: { 'x-client-id': 'patient', 'x-deadline-ms': '300' } };
  const { errors } = await gateway.query(read('impatient1'), {}, impatient);
  expect(errors).toMatchObject([exhausted({})]);
  await using socket = openSocket(gateway.wsUrl, {
    'x-api-key': key.key,
    'x-workspace-id': key.workspaceId,
    'X-Client-Id': 'patient',
  });
  const hurried = socket.subscribe(read('impatient2'), undefined, { extensions: { deadlineMs: 300 } });
  expect((await hurried.next()).errors).toMatchObject([exhausted({})]);
  expect(askedFor(gateway, /^impatient/)).toEqual([]);
  enough.abort();
  await many;
});
