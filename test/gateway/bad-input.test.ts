import { expect } from 'vitest';
import { testWithGateway, type RunningGateway } from '../support/gateway.ts';

const test = testWithGateway();

const json = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
const post = ({ url }: RunningGateway, body: string, headers: Record<string, string> = json) =>
  fetch(url, { method: 'POST', headers, body });

/** A fault is told in the shape of GraphQL's errors, with a code, and the next request is served. */
async function expectRefusal(gateway: RunningGateway, response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors: { message: string; extensions: { code: string } }[] };
  expect(errors[0]?.message).toMatch(/\w/);
  expect(errors[0]?.extensions.code).toMatch(/^[A-Z_]+$/);
  expect(errors[0]?.extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
  expect(text).not.toMatch(/node_modules|file:|\n\s+at /);
  expect(text.length).toBeLessThan(20_000);
  const alive = await gateway.query('{ backend { kind } }');
  expect(alive).toMatchObject({ status: 200, data: { backend: { kind: 'HELPDESK' } } });
}

test.for([
  ['JSON that breaks off', '{"query": "{ __typename }"'],
  ['no JSON at all', 'query { __typename }'],
  ['an empty body', ''],
  ['a number', '7'],
  ['null', 'null'],
  ['a list (batching is off)', '[{"query":"{ __typename }"}]'],
  ['an object without a query', '{}'],
  ['a query that is no text', '{"query": 7}'],
  ['an empty query', '{"query": ""}'],
  ['a query of blanks', '{"query": "   "}'],
  ['variables that are a text', '{"query": "{ __typename }", "variables": "x"}'],
  ['variables that are a list', '{"query": "{ __typename }", "variables": []}'],
  ['extensions that are a text', '{"query": "{ __typename }", "extensions": "x"}'],
  ['an operation name that is no text', '{"query": "{ __typename }", "operationName": 7}'],
  [
    'an operation name that is not in the document',
    '{"query": "query A { __typename }", "operationName": "B"}',
  ],
  ['several operations and no name', '{"query": "query A { __typename } query B { __typename }"}'],
  ['a syntax error', '{"query": "{ tickets("}'],
  ['a field that does not exist', '{"query": "{ nothing }"}'],
  ['an argument that does not exist', '{"query": "{ tickets(last: 3) { nodes { id } } }"}'],
  ['a literal of a wrong type', '{"query": "{ tickets(first: \\"ten\\") { nodes { id } } }"}'],
  [
    'an enum value that does not exist',
    '{"query": "{ tickets(filter: { status: [LOST] }) { nodes { id } } }"}',
  ],
  [
    'a variable of a wrong type',
    '{"query": "query ($n: Int) { tickets(first: $n) { nodes { id } } }", "variables": {"n": "ten"}}',
  ],
  ['a required variable left out', '{"query": "query ($id: ID!) { ticket(id: $id) { id } }"}'],
  ['two members of a oneOf', '{"query": "{ ticketField(by: { id: \\"a\\", key: \\"b\\" }) { id } }"}'],
  ['a document nested 20,000 deep', JSON.stringify({ query: '{a'.repeat(20_000) })],
  [
    'a list nested 20,000 deep',
    JSON.stringify({ query: `{ ticketFields(first: ${'['.repeat(20_000)}) { nodes { id } } }` }),
  ],
  ['a field name of 200 kB', JSON.stringify({ query: `{ ${'a'.repeat(200_000)} }` })],
] as const)('%s is refused with a reason', async ([, body], { gateway }) => {
  await expectRefusal(gateway, await post(gateway, body), 400);
});

test.for([
  ['text/plain', '{"query":"mutation { ticketDelete(input: { id: \\"tkt_1\\" }) { deletedId } }"}'],
  ['application/x-www-form-urlencoded', 'query=%7B__typename%7D'],
  [
    'multipart/form-data; boundary=x',
    '--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n{__typename}\r\n--x--',
  ],
  ['application/graphql', '{ __typename }'],
  ['application/json; charset=utf-16', '{"query":"{ __typename }"}'],
] as const)(
  'a POST of %s is refused: pages elsewhere can send it unasked',
  async ([type, body], { gateway }) => {
    gateway.forgetCalls();
    await expectRefusal(gateway, await post(gateway, body, { ...json, 'content-type': type }), 415);
    expect(gateway.calls).toEqual([]);
  },
);

test('a body of 10 MB is refused while it is read', async ({ gateway }) => {
  const body = JSON.stringify({ query: `{ __typename } # ${'x'.repeat(10_000_000)}` });
  const sent = post(gateway, body);
  // The connection may break while the rest of a refused body is still being sent.
  const response = await sent.catch(() => null);
  expect(response?.status ?? 413).toBe(413);
  expect((await gateway.query('{ __typename }')).status).toBe(200);
});

test('a body of 10 MB that does not say its length is refused too', async ({ gateway }) => {
  const chunk = new TextEncoder().encode('x'.repeat(100_000));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += chunk.length;
      if (sent > 10_000_000) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers: json, body, duplex: 'half' };
  const response = await fetch(gateway.url, init).catch(() => null);
  expect([411, 413]).toContain(response?.status ?? 413);
  expect((await gateway.query('{ __typename }')).status).toBe(200);
});

test.for([
  [
    'a mutation by GET',
    '?query=mutation+%7B+ticketDelete(input%3A%7Bid%3A%22tkt_1%22%7D)+%7B+deletedId+%7D+%7D',
    405,
  ],
  ['GET without a query', '?x=1', 400],
  ['variables in a URL that are no JSON', '?query=%7B__typename%7D&variables=%7B', 400],
  ['extensions in a URL that are no JSON', '?query=%7B__typename%7D&extensions=%7B', 400],
] as const)('%s is refused', async ([, search, status], { gateway }) => {
  gateway.forgetCalls();
  await expectRefusal(
    gateway,
    await fetch(gateway.url + search, { headers: { accept: json.accept } }),
    status,
  );
  expect(gateway.calls).toEqual([]);
});

test.for(['PUT', 'DELETE', 'PATCH'])('%s is not a way to ask', async (method, { gateway }) => {
  await expectRefusal(gateway, await fetch(gateway.url, { method }), 405);
});

test('an address that leads nowhere says so', async ({ gateway }) => {
  await expectRefusal(gateway, await fetch(`${gateway.origin}/graphq`), 404);
});

test.for(['https://evil.example', 'http://127.0.0.1:1', 'null', 'http://localhost.evil.example'])(
  'a page of %s may not ask',
  async (origin, { gateway }) => {
    gateway.forgetCalls();
    const response = await post(gateway, '{"query":"{ tickets(first: 1) { nodes { id } } }"}', {
      ...json,
      origin,
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await expectRefusal(gateway, response, 403);
    expect(gateway.calls).toEqual([]);
  },
);

test.for([
  '../webhooks/whk_1',
  '..%2Fwebhooks%2Fwhk_1',
  'tkt_1/../../webhooks/whk_1',
  'tkt_1?after=x',
  'tkt_1#x',
  'tkt 1',
  'tkt_1\r\nX-Evil: 1',
  '',
  '.',
  '..',
  'x'.repeat(5_000),
  'tkt_\u0000',
  'tkt_ä',
])('the id %j opens no other endpoint', async (id, { gateway }) => {
  gateway.forgetCalls();
  const asked = [
    ['query ($id: ID!) { ticket(id: $id) { id } }', ['id']],
    ['query ($id: ID!) { ticketField(by: { id: $id }) { id } }', ['by', 'id']],
    ['query ($id: ID!) { webhook(id: $id) { id } }', ['id']],
    ['mutation ($id: ID!) { ticketDelete(input: { id: $id }) { deletedId } }', ['input', 'id']],
    [
      'mutation ($id: ID!) { ticketUpdate(input: { id: $id, patch: { subject: "x" } }) { ticket { id } } }',
      ['input', 'id'],
    ],
    ['mutation ($id: ID!) { ticketFieldDelete(input: { id: $id }) { deletedId } }', ['input', 'id']],
    ['mutation ($id: ID!) { ticketFieldOptionDelete(input: { id: $id }) { deletedId } }', ['input', 'id']],
    ['mutation ($id: ID!) { webhookDelete(input: { id: $id }) { deletedId } }', ['input', 'id']],
  ] as const;
  for (const [document, path] of asked) {
    const { errors } = await gateway.query(document, { id });
    expect(errors?.[0]?.extensions, document).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  }
  expect(gateway.calls).toEqual([]);
});

test('an id of another kind of thing is refused, not looked up', async ({ gateway }) => {
  const { data } = await gateway.query<{ webhooks: { nodes: { id: string }[] } }>(
    '{ webhooks { nodes { id } } }',
  );
  gateway.forgetCalls();
  const { errors } = await gateway.query('query ($id: ID!) { ticket(id: $id) { id } }', {
    id: data?.webhooks.nodes[0]?.id,
  });
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: ['id'] }] });
  expect(gateway.calls).toEqual([]);
});

test.for(['rubbish', '', 'tkt_1', '8J+YgA==', 'VGlja2V0Og=='])(
  'node(id: %j) is refused as no id of the gateway’s',
  async (id, { gateway }) => {
    gateway.forgetCalls();
    const { errors, data } = await gateway.query('query ($id: ID!) { node(id: $id) { id } }', { id });
    expect(data).toEqual({ node: null });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(gateway.calls).toEqual([]);
  },
);
