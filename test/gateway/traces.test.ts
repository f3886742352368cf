import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { deliver, ticketDelivery } from '../support/delivery.ts';
import { startGateway, type GatewayOptions } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { findLeaks } from '../support/log-search.ts';

const parent = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const traceparent = (flags: string) => `00-${parent.trace}-${parent.span}-${flags}`;
const sampled = { traceparent: traceparent('01'), tracestate: 'vendor=abc,other=1' };
const list = 'query TicketsPage { tickets(first: 2) { edges { node { id } } } }';

/** A gateway that traces, ended before `look`, so that everything was sent. */
async function traced(
  use: (gateway: Awaited<ReturnType<typeof startGateway>>) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  options: GatewayOptions = {},
) {
  const collector = await startCollector();
  const gateway = await startGateway({
    ...options,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
  });
  try {
    await use(gateway);
  } finally {
    await gateway[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  }
  return { ...collector, requests: gateway.sandbox.requests, logs: gateway.logs };
}

test('an operation is a child of its caller’s span, and the backend of the operation’s call', async () => {
  const { spans, requests } = await traced((gateway) =>
    gateway.query(list, {}, { headers: sampled }).then(() => undefined),
  );
  const [operation, call] = ['query TicketsPage', 'GET /tickets'].map((name) =>
    spans.find((span) => span.name === name),
  );
  expect(operation).toMatchObject({
    traceId: parent.trace,
    parentSpanId: parent.span,
    traceState: sampled.tracestate,
    service: 'helpdesk-graphql-gateway',
    attributes: {
      'graphql.operation.name': 'TicketsPage',
      'graphql.operation.type': 'query',
      'gateway.outcome': 'OK',
      'gateway.rest_requests': 1,
    },
  });
  expect(call).toMatchObject({
    traceId: parent.trace,
    parentSpanId: operation?.spanId,
    attributes: {
      'http.request.method': 'GET',
      'url.template': '/tickets',
      'http.response.status_code': 200,
      'gateway.priority': 'QUERY',
    },
  });
  expect(requests[0]?.headers).toMatchObject({
    traceparent: `00-${parent.trace}-${call?.spanId}-01`,
    tracestate: sampled.tracestate,
  });
});

test('a trace that begins here has the id that errors, the log and the answer’s header tell', async () => {
  let told: unknown;
  let header: string | null = null;
  const { spans, requests } = await traced(async (gateway) => {
    gateway.sandbox.faults.set({ kind: 'error', code: 'INTERNAL', status: 500 });
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: list }),
    });
    header = response.headers.get('x-request-id');
    told = await response.json();
  });
  const operation = spans.find(({ name }) => name === 'query TicketsPage');
  expect(operation?.parentSpanId).toBeUndefined();
  expect(told).toMatchObject({ errors: [{ extensions: { traceId: operation?.traceId } }] });
  expect(header).toBe(operation?.traceId);
  expect(requests[0]?.headers['traceparent']).toContain(operation?.traceId);
  expect(operation).toMatchObject({
    attributes: { 'error.type': 'BACKEND_UNAVAILABLE' },
    status: { code: 2 },
  });
});

test('each attempt is a span', async () => {
  const { spans } = await traced(async (gateway) => {
    gateway.sandbox.faults.set({ kind: 'error', code: 'BUSY', status: 503, retryAfter: 0 });
    await gateway.query(list);
  });
  const calls = spans.filter(({ name }) => name === 'GET /tickets');
  expect(calls.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 200]);
  expect(calls[1]?.attributes['http.request.resend_count']).toBe(1);
  expect(new Set(calls.map(({ parentSpanId }) => parentSpanId)).size).toBe(1);
});

test('whoever decided not to record is obeyed, and so is the backend told', async () => {
  const { spans, requests } = await traced((gateway) =>
    gateway.query(list, {}, { headers: { traceparent: traceparent('00') } }).then(() => undefined),
  );
  expect(spans).toEqual([]);
  expect(requests[0]?.headers['traceparent']).toMatch(new RegExp(`^00-${parent.trace}-[\\da-f]{16}-00$`));
});

test('a sampler that is not bound to its parent decides alone', async () => {
  const use = (gateway: { query: (document: string, variables: object, ask: object) => Promise<unknown> }) =>
    gateway.query(list, {}, { headers: sampled }).then(() => undefined);
  const { spans, requests } = await traced(use, { OTEL_TRACES_SAMPLER: 'always_off' });
  expect(spans).toEqual([]);
  expect(requests[0]?.headers['traceparent']).toMatch(/-00$/);
});

test('a delivery is a span, and a subscription one until it stands', async () => {
  const { spans } = await traced(async (gateway) => {
    await using socket = openSocket(gateway.wsUrl);
    const live = socket.subscribe('subscription Live { ticketEvents { __typename } }');
    await live.next();
    const answer = await deliver(gateway.receiverUrl, ticketDelivery('ticket.updated', {}), {
      secret: gateway.secret,
      headers: sampled,
    });
    expect(answer.status).toBe(200);
    await live.next();
  });
  expect(spans.find(({ name }) => name === 'subscription Live')).toMatchObject({
    attributes: { 'gateway.outcome': 'OK' },
  });
  expect(spans.find(({ name }) => name === 'webhook delivery')).toMatchObject({
    traceId: parent.trace,
    parentSpanId: parent.span,
    attributes: { 'gateway.webhook.result': 'ACCEPTED' },
  });
});

test('no span holds a key, a secret, an address or a variable', async () => {
  const key = 'aclou_0123456789abcdef0123456789abcdef01234567';
  const { bodies, headers, spans } = await traced(
    async (gateway) => {
      const document = `mutation ${key}($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { id } } }`;
      const input = { subject: 'Very private', requester: { email: 'lena@acme.example' } };
      await gateway.query(document, { input });
      await gateway.query(
        '{ tickets(first: 2) { edges { node { id } } } }',
        {},
        { key, workspaceId: 'ws_1' },
      );
    },
    { OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=a-key-of-the-collector' },
  );
  expect(headers['x-collector-key']).toBe('a-key-of-the-collector');
  expect(spans.length).toBeGreaterThan(2);
  const text = bodies.join('\n');
  expect(findLeaks(text, [key, 'Very private', 'a-key-of-the-collector'])).toEqual([]);
});

test('a collector that is away costs a line in the log, and no operation', async () => {
  const gateway = await startGateway({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } });
  expect((await gateway.query(list)).errors).toBeUndefined();
  await gateway[Symbol.asyncDispose]();
  expect(gateway.logs).toContainEqual(
    expect.objectContaining({ level: 'warn', message: 'Spans cannot be sent; they are lost.' }),
  );
});
