/** Repeated queries are answered from what went out before; nobody can tell, but by the time it takes. */
import { request } from 'node:http';
import { expect } from 'vitest';
import type { EventLog } from '../../src/events/log/log.ts';
import { createMemoryLog } from '../../src/events/log/memory-log.ts';
import { schema } from '../../src/graphql/schema.ts';
import {
  callerHeaders,
  startGateway,
  testWithGateway,
  withoutStore,
  type AskOptions,
  type RunningGateway,
} from '../support/gateway.ts';
import { handOutTokens } from '../support/tokens.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

// Changes are announced, so that what was read is trusted.
const live = { parts: { registered: () => true } };
const test = testWithGateway(live);

const one = 'query One($id: ID!) { ticket(id: $id) { localId subject status } }';
const some = '{ tickets(first: 3) { nodes { localId subject } } }';

const idAt = ({ sandbox }: RunningGateway, index: number): string => sandbox.tickets.all()[index]?.id ?? '';

/** How many answers went out again while `step` ran. */
async function encodedIn({ answers }: RunningGateway, step: () => Promise<unknown>): Promise<number> {
  const before = answers?.served ?? 0;
  await step();
  return (answers?.served ?? 0) - before;
}

const times = async (count: number, step: () => Promise<unknown>): Promise<void> => {
  for (let time = 0; time < count; time += 1) await step();
};

/** Asked until its answer is kept: by a request, from the store, as it went out. */
async function warm(gateway: RunningGateway, ask: () => Promise<unknown>): Promise<void> {
  await times(2, ask);
  expect(await encodedIn(gateway, ask)).toBe(1);
}

interface RawAnswer {
  readonly status: number | undefined;
  /** In turns, as they came. */
  readonly headers: readonly string[];
  readonly body: string;
}

const differing = ['Date', 'x-request-id'];

/** One request, and every byte of its answer but those that no two answers have in common. */
const exchange = (
  url: string,
  { method = 'POST', headers = {}, body = '' }: Readonly<Partial<Asked>>,
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const isPlain = body !== '' && !('transfer-encoding' in headers);
    const length = isPlain ? { 'content-length': Buffer.byteLength(body) } : {};
    const sent = request(url, { method, headers: { ...length, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const lines = response.rawHeaders.map((text, at, all) =>
          at % 2 === 1 && differing.includes(all[at - 1] ?? '') ? '…' : text,
        );
        resolve({ status: response.statusCode, headers: lines, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { 'content-type': 'application/json' };

test.for<[string, (gateway: RunningGateway) => { search?: string } & Partial<Asked>]>([
  ['a POST', (gateway) => ({ headers: json, body: bodyOf(one, { id: idAt(gateway, 0) }) })],
  [
    'a POST that accepts application/graphql-response+json',
    (gateway) => ({
      headers: { ...json, accept: 'application/graphql-response+json' },
      body: bodyOf(one, { id: idAt(gateway, 1) }),
    }),
  ],
  [
    'a POST of a page of our own',
    (gateway) => ({ headers: { ...json, origin: gateway.origin }, body: bodyOf(some) }),
  ],
  [
    'a list with custom fields and letters of all kinds',
    (gateway) => {
      gateway.sandbox.tickets.update(idAt(gateway, 0), { subject: 'Grüße, 你好, 🎟️ \u2028 "x"' });
      return {
        headers: json,
        body: bodyOf('{ tickets(first: 5) { nodes { subject customFields { raw } } } }'),
      };
    },
  ],
  ['a GET', () => ({ method: 'GET', search: `?query=${encodeURIComponent(some)}` })],
])('%s is answered byte for byte as before, but for its time and id', async ([, ask], { gateway }) => {
  const { search = '', ...asked } = ask(gateway);
  const send = () => exchange(`${gateway.url}${search}`, asked);
  await send();
  const [ordinary, encoded] = [await send(), await send()];
  expect(JSON.parse(ordinary.body)).toMatchObject({ extensions: { rateLimit: { spent: 0 } } });
  expect(encoded).toEqual(ordinary);
  expect(await encodedIn(gateway, send)).toBe(1);
});

const bodyOf = (query: string, variables?: object): string => JSON.stringify({ query, variables });

test('a host other than node:http is answered alike', async ({ gateway }) => {
  const body = bodyOf('query Fetched { tickets(first: 2) { nodes { localId } } }');
  const ask = async () => {
    const response = await gateway.fetch(
      new Request(gateway.url, { method: 'POST', headers: { ...json, origin: gateway.origin }, body }),
    );
    const headers = [...response.headers]
      .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
      .filter((line) => !line.startsWith('x-request-id'))
      .toSorted();
    return { status: response.status, headers, body: await response.text() };
  };
  await ask();
  const ordinary = await ask();
  let encoded = ordinary;
  expect(
    await encodedIn(gateway, async () => {
      encoded = await ask();
    }),
  ).toBe(1);
  expect(encoded).toEqual(ordinary);
});

test('each answer has an id of its own, or the one of its caller’s trace', async ({ gateway }) => {
  const idOf = async (headers: Record<string, string>) =>
    (
      await fetch(gateway.url, { method: 'POST', headers: { ...json, ...headers }, body: bodyOf(some) })
    ).headers.get('x-request-id');
  await times(2, () => idOf({}));
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const ids: (string | null)[] = [];
  const ask = async (headers: Record<string, string>) => ids.push(await idOf(headers));
  expect(await encodedIn(gateway, () => times(2, () => ask({})))).toBe(2);
  expect(await encodedIn(gateway, () => ask({ traceparent }))).toBe(1);
  expect(new Set(ids).size).toBe(3);
  expect(ids[2]).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
});

test('the budget that it tells of is the one of now', async ({ gateway }) => {
  const ask = () => gateway.query(some);
  await warm(gateway, ask);
  const left = async () =>
    (await ask()).extensions?.['rateLimit'] as { remaining: number; spent: number; cacheHits: number };
  const before = await left();
  await gateway.query('{ webhooks { nodes { localId } } }');
  expect(await encodedIn(gateway, left)).toBe(1);
  const { remaining, spent, cacheHits } = await left();
  expect({ spent, cacheHits }).toEqual({ spent: 0, cacheHits: 1 });
  expect(remaining).toBe(before.remaining - 1);
});

test('an event, a write and a deletion end it at once', async ({ gateway }) => {
  const id = idAt(gateway, 10);
  const ask = () => gateway.query<{ ticket: { subject: string } | null }>(one, { id });
  const { sandbox } = gateway;
  await warm(gateway, ask);
  sandbox.tickets.update(id, { subject: 'By an event' });
  await sandbox.deliveries.settled();
  expect((await ask()).data?.ticket?.subject).toBe('By an event');
  await warm(gateway, ask);
  await gateway.query(
    'mutation ($id: ID!) { ticketUpdate(input: { id: $id, patch: { subject: "By a write" } }) { ticket { id } } }',
    { id },
  );
  expect((await ask()).data?.ticket?.subject).toBe('By a write');
  await warm(gateway, ask);
  await gateway.query('mutation ($id: ID!) { ticketDelete(input: { id: $id }) { deletedId } }', { id });
  expect((await ask()).data?.ticket).toBeNull();
});

test('a list ends when one of its tickets changes, and stays while another does', async ({ gateway }) => {
  const ask = () => gateway.query<{ tickets: { nodes: { localId: string; subject: string }[] } }>(some);
  await warm(gateway, ask);
  const shown = (await ask()).data?.tickets.nodes ?? [];
  const update = (id: string, subject: string) =>
    gateway.query(
      'mutation ($id: ID!, $subject: String!) { ticketUpdate(input: { id: $id, patch: { subject: $subject } }) { ticket { id } } }',
      { id, subject },
    );
  const other = gateway.sandbox.tickets.all().find(({ id }) => shown.every(({ localId }) => localId !== id));
  await update(other?.id ?? '', 'Not on the page');
  expect(await encodedIn(gateway, ask)).toBe(1);
  await update(shown[1]?.localId ?? '', 'On the page');
  expect((await ask()).data?.tickets.nodes[1]?.subject).toBe('On the page');
});

test('definitions that were written end it', async ({ gateway }) => {
  const ask = () =>
    gateway.query<{ ticketField: { title: string } }>('{ ticketField(by: { key: "plan" }) { id title } }');
  await warm(gateway, ask);
  const id = gateway.sandbox.ticketFields.all().find(({ fieldKey }) => fieldKey === 'plan')?.id ?? '';
  await gateway.query(
    'mutation ($id: ID!) { ticketFieldUpdate(input: { id: $id, patch: { title: "Contract" } }) { ticketField { id } } }',
    { id },
  );
  expect((await ask()).data?.ticketField.title).toBe('Contract');
});

test.for<[string, Record<string, string>, number]>([
  ['Cache-Control: no-cache', { 'cache-control': 'no-cache' }, 200],
  ['X-Deadline-Ms', { 'x-deadline-ms': '5000' }, 200],
  ['an X-Deadline-Ms that is none', { 'x-deadline-ms': 'soon' }, 400],
  ['readAfter', { readafter: 'not-known' }, 200],
  ['a readAfter that is none', { readafter: 'not a cursor' }, 400],
])('%s is heard', async ([, headers, status], { gateway }) => {
  const ask = (more: Record<string, string>) => gateway.query(some, {}, { headers: more });
  await warm(gateway, () => ask({}));
  let answered = 0;
  const heard = async () => {
    answered = (await ask(headers)).status;
  };
  expect(await encodedIn(gateway, heard)).toBe(0);
  expect(answered).toBe(status);
});

test('other variables, another spelling and another media type are other questions', async ({ gateway }) => {
  const ask = (index: number, headers = {}) => gateway.query(one, { id: idAt(gateway, index) }, { headers });
  await warm(gateway, () => ask(20));
  let answer = await ask(21);
  expect(answer.data).toMatchObject({ ticket: { localId: idAt(gateway, 21) } });
  expect(await encodedIn(gateway, () => ask(20, { accept: 'application/json' }))).toBe(0);
  expect(await encodedIn(gateway, () => gateway.query(`${one} `, { id: idAt(gateway, 20) }))).toBe(0);
  answer = await ask(20);
  expect(answer.data).toMatchObject({ ticket: { localId: idAt(gateway, 20) } });
});

test('a page elsewhere learns nothing of it, and one that may ask is told so each time', async ({
  gateway,
}) => {
  const ask = (origin?: string) =>
    exchange(gateway.url, {
      headers: { ...json, ...(origin !== undefined && { origin }) },
      body: bodyOf(some),
    });
  await warm(gateway, () => ask());
  const foreign = await ask('https://evil.example');
  expect(foreign).toMatchObject({
    status: 403,
    body: expect.stringContaining('ORIGIN_NOT_ALLOWED') as string,
  });
  expect((await ask(gateway.origin)).headers).toEqual(
    expect.arrayContaining(['access-control-allow-origin', gateway.origin, 'vary', 'Origin']),
  );
  expect((await ask()).headers).not.toContain('access-control-allow-origin');
  const rebound = await exchange(gateway.url, {
    headers: { ...json, host: 'evil.example' },
    body: bodyOf(some),
  });
  expect(rebound.status).toBe(421);
});

const kept: Readonly<Record<string, { readonly document: string; readonly kept: boolean }>> = {
  backend: { document: '{ backend { kind } }', kept: false },
  errorCatalog: { document: '{ errorCatalog { code } }', kept: false },
  eventStream: { document: '{ tickets(first: 1) { nodes { id } } eventStream { headCursor } }', kept: false },
  node: { document: 'query ($id: ID!) { node(id: $id) { id } }', kept: true },
  nodes: { document: 'query ($id: ID!) { nodes(ids: [$id]) { id } }', kept: true },
  rateLimit: { document: '{ tickets(first: 1) { nodes { id } } rateLimit { remaining } }', kept: false },
  ticket: { document: 'query ($id: ID!) { ticket(id: $id) { id } }', kept: true },
  ticketField: { document: '{ ticketField(by: { key: "plan" }) { id } }', kept: true },
  ticketFields: { document: '{ ticketFields(first: 1) { nodes { id } } }', kept: false },
  tickets: { document: '{ tickets(first: 1) { nodes { id } } }', kept: true },
  webhook: {
    document: 'query ($id: ID!) { ticket(id: $id) { id } webhook(id: "whk_1") { id } }',
    kept: false,
  },
  webhooks: { document: '{ tickets(first: 1) { nodes { id } } webhooks { nodes { id } } }', kept: false },
};

test('of each field that can be asked for it was decided whether its answer goes out again', () => {
  expect(Object.keys(kept)).toEqual(Object.keys(schema.getQueryType()?.getFields() ?? {}).toSorted());
});

test.for(Object.entries(kept))('%s: %j', async ([, { document, kept: isKept }], { gateway }) => {
  const { data } = await gateway.query<{ tickets: { nodes: { id: string }[] } }>(
    '{ tickets(first: 1) { nodes { id } } }',
  );
  const variables = document.includes('$id') ? { id: data?.tickets.nodes[0]?.id } : {};
  const ask = () => gateway.query(document, variables);
  await times(2, ask);
  expect(await encodedIn(gateway, () => times(2, ask))).toBe(isKept ? 2 : 0);
});

test.for<[string, string]>([
  ['an error beside data', '{ tickets(first: 1) { nodes { id } } node(id: "rubbish") { id } }'],
  ['introspection', '{ __schema { queryType { name } } }'],
  ['nothing but the type', '{ __typename }'],
  ['a document that is wrong', '{ nothing }'],
  ['a mutation', 'mutation { ticketDelete(input: { id: "tkt_none" }) { deletedId } }'],
])('%s is never kept', async ([, document], { gateway }) => {
  expect(await encodedIn(gateway, () => times(4, () => gateway.query(document)))).toBe(0);
});

test('what is too long to be told apart cheaply is executed each time', async ({ gateway }) => {
  const long = `# ${'x'.repeat(17_000)}\n${some}`;
  expect(await encodedIn(gateway, () => times(4, () => gateway.query(long)))).toBe(0);
});

test('a body in chunks, of which nobody knew how long it would be, is the same question', async ({
  gateway,
}) => {
  await warm(gateway, () => exchange(gateway.url, { headers: json, body: bodyOf(some) }));
  const chunked = { ...json, 'transfer-encoding': 'chunked' };
  expect(
    await encodedIn(gateway, () => exchange(gateway.url, { headers: chunked, body: bodyOf(some) })),
  ).toBe(1);
});

test('no key sees what another was answered, and no level what a higher one was', async () => {
  const tokens = await handOutTokens({ low: { level: 'READ' }, high: { level: 'ADMIN' } });
  await using gateway = await startGateway({ ...live, env: tokens.env });
  const ask = (key: string) => gateway.query(some, {}, { key });
  await warm(gateway, () => ask(tokens.of.high));
  expect(await encodedIn(gateway, () => ask(tokens.of.low))).toBe(0);
  expect(await encodedIn(gateway, () => ask('gwt_made-up'))).toBe(0);
  await tokens[Symbol.asyncDispose]();

  await using keys = await startGateway({ ...live, serverKey: null });
  const { sandbox } = keys;
  const as = ({ key, workspaceId }: AskOptions) =>
    keys.query(some, {}, { ...(key && { key }), ...(workspaceId && { workspaceId }) });
  const rightful = { key: sandbox.keys.read, workspaceId: sandbox.workspaceId };
  await warm(keys, () => as(rightful));
  const { keys: theirs } = sandbox.workspace('ws_other');
  for (const other of [
    { key: sandbox.keys.admin, workspaceId: sandbox.workspaceId },
    { key: theirs.admin, workspaceId: 'ws_other' },
    { ...rightful, workspaceId: 'ws_other' },
    { key: rightful.key },
    { workspaceId: rightful.workspaceId },
    {},
  ] satisfies AskOptions[]) {
    expect(await encodedIn(keys, () => as(other)), JSON.stringify(callerHeaders(other))).toBe(0);
  }
  expect(await encodedIn(keys, () => as(rightful))).toBe(1);
});

test('a key that the backend has refused gets nothing any more', async () => {
  await using gateway = await startGateway({ ...live, serverKey: null });
  const { sandbox } = gateway;
  const caller = { key: sandbox.keys.read, workspaceId: sandbox.workspaceId };
  await warm(gateway, () => gateway.query(some, {}, caller));
  sandbox.revokeKey(caller.key);
  await gateway.query(some, {}, { ...caller, headers: { 'cache-control': 'no-cache' } });
  const { errors } = await gateway.query(some, {}, caller);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_API_KEY' });
});

test('it is trusted for as long as what it was made of', async () => {
  const clock = createVirtualClock();
  await using gateway = await startGateway({ clock, sandbox: { clock } });
  const ask = () => gateway.query(some);
  await warm(gateway, ask);
  await clock.advance(900);
  expect(await encodedIn(gateway, ask)).toBe(1);
  // No changes announce themselves: two seconds.
  await clock.advance(1_200);
  gateway.forgetCalls();
  expect(await encodedIn(gateway, ask)).toBe(0);
  expect(gateway.calls).toEqual(['GET /tickets']);
});

test('while the event log is out of reach nothing goes out again', async () => {
  const clock = createVirtualClock();
  const log = createMemoryLog({ clock });
  let reachable = true;
  const guarded = <Value>(ask: () => Promise<Value>): Promise<Value> =>
    reachable ? ask() : Promise.reject(new Error('out of reach'));
  const eventLog: EventLog = {
    ...log,
    head: (...given) => guarded(() => log.head(...given)),
    read: (...given) => guarded(() => log.read(...given)),
  };
  await using gateway = await startGateway({ clock, sandbox: { clock }, parts: { ...live.parts, eventLog } });
  const ask = () => gateway.query(some);
  await warm(gateway, ask);
  await clock.advance(1_500);
  // Whether events were missed is asked once a second, by whoever is answered in the ordinary way.
  expect(await encodedIn(gateway, ask)).toBe(0);
  expect(await encodedIn(gateway, ask)).toBe(1);
  reachable = false;
  await clock.advance(1_500);
  gateway.forgetCalls();
  expect(await encodedIn(gateway, () => times(3, ask))).toBe(0);
  expect(gateway.calls).toEqual(['GET /tickets', 'GET /tickets', 'GET /tickets']);
  reachable = true;
});

test('it takes its share of CACHE_MAX_BYTES, and without a store there is none', async () => {
  await using gateway = await startGateway({ ...live, env: { CACHE_MAX_BYTES: '30000' } });
  const ask = (number: number) => gateway.query(`query Q${number} ${some}`);
  for (let number = 0; number < 40; number += 1) await times(2, () => ask(number));
  const { size = 0 } = gateway.answers ?? {};
  expect(size).toBeGreaterThan(3);
  expect(size).toBeLessThan(30);
  expect(await encodedIn(gateway, () => ask(39))).toBe(1);
  await using bare = await startGateway({ env: withoutStore });
  expect(bare.answers).toBeNull();
});

test('whoever counts operations counts these, too', async () => {
  const token = 'a-token-for-prometheus';
  await using gateway = await startGateway({ ...live, env: { METRICS_TOKEN: token } });
  const ask = () => gateway.query('query Counted { tickets(first: 2) { nodes { id } } }');
  await times(2, ask);
  expect(await encodedIn(gateway, () => times(3, ask))).toBe(3);
  const response = await fetch(`${gateway.origin}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const page = await response.text();
  expect(page).toMatch(/^gateway_operations_total\{name="Counted",type="query",outcome="ok"\} 5$/m);
  expect(page).toMatch(/^gateway_cache_reads_total\{result="hit"\} 4$/m);
});
