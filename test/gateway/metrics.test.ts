import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { listenForMetrics } from '../../src/http/metrics-listener.ts';
import { createMetricsRoute } from '../../src/http/metrics-route.ts';
import { deliver, ticketDelivery } from '../support/delivery.ts';
import { startGateway, testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { findLeaks } from '../support/log-search.ts';
import { openEventStream } from '../support/sse.ts';
import { until } from '../support/wait.ts';

const token = 'a-token-for-prometheus';
const env = { METRICS_TOKEN: token, CACHE_MAX_BYTES: '1000000', SLOW_OPERATION_MS: '60000' };
const list = 'query TicketsPage { tickets(first: 2) { edges { node { id } } } }';

const scrape = async ({ origin }: Pick<RunningGateway, 'origin'>): Promise<string> => {
  const response = await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
};

/** The value of one series; null: there is none. @param labels as `name="value"`, in any order */
function valueOf(page: string, name: string, ...labels: readonly string[]): number | null {
  const line = page.split('\n').find((text) => {
    const [, series, held = ''] = /^([a-z\d_]+)(?:\{(.*)\})? /.exec(text) ?? [];
    return series === name && labels.every((label) => held.includes(label));
  });
  return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1));
}

const sharedTest = testWithGateway({ env });

sharedTest('operations are counted by name, type and outcome', async ({ gateway }) => {
  await gateway.query(list);
  await gateway.query(list);
  await gateway.query('query Wrong { tickets(first: -1) { edges { cursor } } }');
  await gateway.query('query Nothing { __typename }');
  await gateway.query('{ nothing }');
  await gateway.query('{');
  const page = await scrape(gateway);
  const counted = (...labels: string[]) => valueOf(page, 'gateway_operations_total', ...labels);
  expect(counted('name="TicketsPage"', 'type="query"', 'outcome="ok"')).toBe(2);
  // Whoever only makes mistakes, or reads nothing that takes a key, gets no series of their own.
  expect(page).not.toMatch(/name="(?:Wrong|Nothing)"/);
  expect(counted('name="other"', 'type="query"', 'outcome="input"')).toBe(1);
  expect(counted('name="other"', 'type="unknown"', 'outcome="input"')).toBe(2);
  expect(valueOf(page, 'gateway_operation_errors_total', 'code="GRAPHQL_VALIDATION_FAILED"')).toBe(1);
  expect(valueOf(page, 'gateway_operation_errors_total', 'code="GRAPHQL_PARSE_FAILED"')).toBe(1);
  const duration = (suffix: string, ...labels: string[]) =>
    valueOf(page, `gateway_operation_duration_seconds_${suffix}`, 'name="TicketsPage"', ...labels);
  expect(duration('count')).toBe(2);
  expect(duration('bucket', 'le="+Inf"')).toBe(2);
  expect(duration('sum')).toBeGreaterThan(0);
});

sharedTest('REST calls are counted by endpoint and status, never by id', async ({ gateway }) => {
  const id = gateway.sandbox.tickets.all()[30]?.id ?? '';
  await gateway.query('query One($id: ID!) { ticket(id: $id) { id } }', { id });
  gateway.sandbox.faults.set({ kind: 'error', code: 'BUSY', status: 503, retryAfter: 0, path: '/tickets' });
  await gateway.query('{ tickets(first: 7) { edges { node { id } } } }');
  const page = await scrape(gateway);
  const answered = (...labels: string[]) => valueOf(page, 'gateway_rest_requests_total', ...labels);
  expect(answered('operation="GET /tickets"', 'status="503"')).toBe(1);
  expect(answered('operation="GET /tickets"', 'status="200"')).toBeGreaterThan(0);
  expect(answered('operation="GET /tickets/:id"', 'status="200"')).toBe(1);
  expect(page).not.toContain(id);
  expect(valueOf(page, 'gateway_rate_limit_wait_seconds_count', 'priority="query"')).toBeGreaterThan(1);
});

sharedTest('the budget of a key is told under its hash', async ({ gateway }) => {
  await gateway.query(list);
  const page = await scrape(gateway);
  const label = /gateway_rate_limit_limit\{(key="[\w-]{12}")\}/.exec(page)?.[1] ?? 'none';
  expect(valueOf(page, 'gateway_rate_limit_limit', label)).toBe(100_000);
  expect(valueOf(page, 'gateway_rate_limit_remaining', label)).toBeLessThan(100_000);
  expect(valueOf(page, 'gateway_rate_limit_queue', label)).toBe(0);
  expect(valueOf(page, 'gateway_rate_limit_longest_stretch_seconds', label)).toBe(0);
  expect(valueOf(page, 'gateway_rate_limit_calls_total', label, 'result="sent"')).toBeGreaterThan(0);
  expect(valueOf(page, 'gateway_keys')).toBe(1);
  expect(valueOf(page, 'gateway_backend_circuit', 'state="closed"')).toBe(1);
});

sharedTest('reads are counted as hits and misses', async ({ gateway }) => {
  const document = '{ tickets(first: 11) { edges { node { id } } } }';
  const reads = async (result: string) =>
    valueOf(await scrape(gateway), 'gateway_cache_reads_total', `result="${result}"`) ?? 0;
  const [hits, misses] = [await reads('hit'), await reads('miss')];
  await gateway.query(document);
  await gateway.query(document);
  expect(await reads('miss')).toBe(misses + 1);
  expect(await reads('hit')).toBe(hits + 1);
  expect(valueOf(await scrape(gateway), 'gateway_cache_bytes')).toBeGreaterThan(0);
});

sharedTest('deliveries are counted by what became of them', async ({ gateway }) => {
  const { receiverUrl, secret } = gateway;
  const body = ticketDelivery('ticket.updated', { id: 'tkt_counted' });
  await deliver(receiverUrl, body, { secret, id: 'msg_counted' });
  await deliver(receiverUrl, body, { secret, id: 'msg_counted' });
  await deliver(receiverUrl, body, { secret, headers: { 'webhook-signature': 'v1,rubbish' } });
  await deliver(`${receiverUrl}_unknown`, body, { secret });
  const page = await scrape(gateway);
  const deliveries = (result: string) =>
    valueOf(page, 'gateway_webhook_deliveries_total', `result="${result}"`);
  expect(['accepted', 'repeated', 'forged', 'unknown_workspace'].map(deliveries)).toEqual([1, 1, 1, 1]);
});

test('a delivery that is held back is counted as that', async () => {
  await using gateway = await startGateway({ env: { ...env, WEBHOOK_MAX_REFUSED_PER_MINUTE: '1' } });
  const forged = { secret: gateway.secret, headers: { 'webhook-signature': 'v1,rubbish' } };
  const statuses: number[] = [];
  for (let time = 0; time < 3; time += 1)
    statuses.push((await deliver(gateway.receiverUrl, ticketDelivery('ticket.updated', {}), forged)).status);
  expect(statuses).toEqual([401, 429, 429]);
  const page = await scrape(gateway);
  const deliveries = (result: string) =>
    valueOf(page, 'gateway_webhook_deliveries_total', `result="${result}"`);
  expect(['forged', 'held_back'].map(deliveries)).toEqual([1, 2]);
});

test('what is refused at the door is counted by its code, wherever the door is', async () => {
  await using gateway = await startGateway({ env: { ...env, MAX_SOCKETS_PER_ADDRESS: '1' } });
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const statuses = [
    await post('{"query":"{ __typename }"}', { origin: 'https://evil.example' }),
    await post('{'),
    await post(`"${'x'.repeat(1_048_576)}"`),
    await post('{}', { 'content-type': 'text/plain' }),
    await fetch(`${gateway.origin}/nothing`),
  ].map(({ status }) => status);
  expect(statuses).toEqual([403, 400, 413, 415, 404]);
  await using first = openSocket(gateway.wsUrl);
  await first.subscribe('subscription { ticketEvents { __typename } }').next();
  const second = new WebSocket(gateway.wsUrl, 'graphql-transport-ws');
  await new Promise((resolve) => second.addEventListener('error', resolve));
  await first.close();
  await until('room', async () => valueOf(await scrape(gateway), 'gateway_sockets') === 0);
  const third = new WebSocket(gateway.wsUrl, 'graphql-transport-ws');
  third.addEventListener('open', () =>
    third.send('{"type":"connection_init","payload":{"x-api-key":"of somebody","x-workspace-id":"ws"}}'),
  );
  await new Promise((resolve) => third.addEventListener('close', resolve));
  const page = await scrape(gateway);
  const refusals = (code: string) => valueOf(page, 'gateway_refusals_total', `code="${code}"`);
  expect(
    [
      'ORIGIN_NOT_ALLOWED',
      'INVALID_REQUEST',
      'REQUEST_ENTITY_TOO_LARGE',
      'TOO_MANY_SOCKETS',
      'INVALID_API_KEY',
    ].map(refusals),
  ).toEqual([1, 3, 1, 1, 1]);
});

test('an operation that is refused for how it wants its answer in parts is counted, too', async () => {
  await using gateway = await startGateway({ env });
  const document = '{ tickets(first: 2) { nodes @stream(initialCount: -1) { localId } } }';
  expect((await gateway.query(document)).errors).toHaveLength(1);
  const page = await scrape(gateway);
  expect(valueOf(page, 'gateway_operations_total', 'type="query"', 'outcome="input"')).toBe(1);
});

sharedTest('subscribers, the age of events and gaps are told', async ({ gateway }) => {
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(
    'subscription Live($after: String) { ticketEvents(after: $after) { __typename } }',
  );
  await live.next();
  const subscription = { query: 'subscription { ticketEvents { __typename } }' };
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(subscription),
  };
  const stream = await openEventStream(gateway.url, init);
  await stream.next();
  await deliver(gateway.receiverUrl, ticketDelivery('ticket.updated', { id: 'tkt_lag' }), {
    secret: gateway.secret,
  });
  await live.next();
  await stream.next();
  const page = await scrape(gateway);
  expect(valueOf(page, 'gateway_sockets')).toBe(1);
  expect(valueOf(page, 'gateway_socket_operations')).toBe(1);
  expect(valueOf(page, 'gateway_event_streams')).toBe(1);
  expect(valueOf(page, 'gateway_events_delivered_total', 'kind="live"')).toBe(2);
  for (const since of ['occurred', 'received']) {
    expect(valueOf(page, 'gateway_event_lag_seconds_count', `since="${since}"`)).toBe(2);
    expect(valueOf(page, 'gateway_event_lag_seconds_sum', `since="${since}"`)).toBeLessThan(20);
  }
  await stream.close();
  await until(
    'the stream is not counted any more',
    async () => valueOf(await scrape(gateway), 'gateway_event_streams') === 0,
  );
});

test('a gap is counted by its reason', async () => {
  await using before = await startGateway();
  await using socket = openSocket(before.wsUrl);
  const document =
    'subscription ($after: String) { ticketEvents(after: $after) { __typename ... on StreamReady { cursor } } }';
  const ready = (await socket.subscribe(document).next()) as { data?: { ticketEvents: { cursor: string } } };
  await using gateway = await startGateway({ env });
  await using other = openSocket(gateway.wsUrl);
  const resumed = other.subscribe(document, { after: ready.data?.ticketEvents.cursor });
  await resumed.next();
  await resumed.next();
  expect(valueOf(await scrape(gateway), 'gateway_gaps_total', 'reason="source_restarted"')).toBe(1);
});

test('a page of metrics holds no key, secret or address, whatever operations are called', async () => {
  await using gateway = await startGateway({ env });
  const { admin, read } = gateway.sandbox.keys;
  await gateway.query(`query ${read} { tickets(first: 1) { edges { node { requester { email } } } } }`);
  await gateway.query(list, {}, { key: read, workspaceId: gateway.sandbox.workspaceId });
  const page = await scrape(gateway);
  expect(findLeaks(page, [admin, read, gateway.secret, token])).toEqual([]);
  expect(valueOf(page, 'gateway_operations_total', 'name="other"', 'outcome="ok"')).toBe(1);
});

test('process metrics are there under the names that dashboards know', async () => {
  await using gateway = await startGateway({ env });
  const page = await scrape(gateway);
  for (const name of [
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_heap_size_used_bytes',
    'process_cpu_seconds_total',
  ]) {
    expect(valueOf(page, name)).not.toBeNull();
  }
});

test('without METRICS_TOKEN there is no such page, and with it only for whoever shows it', async () => {
  await using closed = await startGateway();
  expect((await fetch(`${closed.origin}/metrics`)).status).toBe(404);
  await using gateway = await startGateway({ env: { METRICS_TOKEN: token } });
  const url = `${gateway.origin}/metrics`;
  const statusWith = async (authorization: string) =>
    (await fetch(url, { headers: { authorization } })).status;
  expect((await fetch(url)).status).toBe(401);
  expect(await statusWith(`Bearer ${token}x`)).toBe(401);
  expect(await statusWith(`Basic ${token}`)).toBe(401);
  expect(await statusWith(`bearer ${token}`)).toBe(200);
  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  const { key, workspaceId } = { key: gateway.sandbox.keys.admin, workspaceId: gateway.sandbox.workspaceId };
  expect(
    (await fetch(url, { headers: { authorization: `Bearer ${key}`, 'x-workspace-id': workspaceId } })).status,
  ).toBe(401);
});

test('a listener of its own serves metrics and nothing else, and wants the token where there is one', async () => {
  const page = async () => ({ contentType: 'text/plain', text: 'metric 1\n' });
  const address = { host: '127.0.0.1', port: 0 };
  const open = await listenForMetrics(createMetricsRoute({ page, token: null }), address);
  const locked = await listenForMetrics(createMetricsRoute({ page, token }), address);
  const statusOf = async (port: number, path: string, init: RequestInit = {}) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, init)).status;
  expect(await (await fetch(`http://127.0.0.1:${open.port}/metrics`)).text()).toBe('metric 1\n');
  expect(await statusOf(open.port, '/graphql')).toBe(404);
  expect(await statusOf(open.port, '/metrics', { method: 'POST' })).toBe(405);
  expect(await statusOf(locked.port, '/metrics')).toBe(401);
  expect(await statusOf(locked.port, '/metrics', { headers: { authorization: `Bearer ${token}` } })).toBe(
    200,
  );
  await expect(
    listenForMetrics(createMetricsRoute({ page, token }), { ...address, port: open.port }),
  ).rejects.toThrow('METRICS_PORT');
  await Promise.all([open.close(), locked.close()]);
});

test('metrics are for this machine unless it is said otherwise, and an open listener is warned of', () => {
  expect(parseConfig({}).telemetry).toMatchObject({ metricsPort: null, metricsToken: null });
  expect(parseConfig({ METRICS_PORT: '9464' }).telemetry).toMatchObject({ metricsHost: '127.0.0.1' });
  expect(parseConfig({ METRICS_PORT: '9464' }).warnings).toEqual([]);
  const open = { METRICS_PORT: '9464', METRICS_HOST: '0.0.0.0' };
  expect(parseConfig(open).warnings).toEqual([expect.stringContaining('METRICS_TOKEN')]);
  expect(parseConfig({ ...open, METRICS_TOKEN: token }).warnings).toEqual([]);
  expect(() => parseConfig({ METRICS_TOKEN: 'short' })).toThrow('METRICS_TOKEN');
});
