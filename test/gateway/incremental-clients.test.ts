import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Defer20220824Handler } from '@apollo/client/incremental';
import { Client, fetchExchange } from '@urql/core';
import { describe, expect } from 'vitest';
import { testWithGateway, type AskOptions } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { openMultipart, type Part } from '../support/multipart.ts';
import { openEventStream } from '../support/sse.ts';
import { until } from '../support/wait.ts';

const test = testWithGateway({ sandbox: { tickets: 250 } });

const query = `{ tickets(first: 2) {
  nodes @stream(initialCount: 1) { __typename id localId ... @defer { customFields { __typename fieldId raw } } }
} }`;
const plain = query.replace(/@stream\(.*?\)|@defer/g, '');

const listOf = (length: number, item: unknown): readonly unknown[] => Array.from({ length }, () => item);
const bill = { rateLimit: expect.objectContaining({ spent: expect.any(Number) }) };

describe('clients', () => {
  test('Apollo Client shows what it has, then all of it', async ({ gateway }) => {
    const { data: whole } = await gateway.query(plain);
    const results: object[] = [];
    const link = new HttpLink({ uri: gateway.url });
    const client = new ApolloClient({
      link,
      cache: new InMemoryCache(),
      incrementalHandler: new Defer20220824Handler(),
    });
    const watched = client.watchQuery({ query: gql(query), fetchPolicy: 'no-cache' }).subscribe({
      next: (result) => results.push(result),
    });
    await until('all of it', () =>
      results.some((result) => 'dataState' in result && result.dataState === 'complete'),
    );
    watched.unsubscribe();
    expect(results).toContainEqual(expect.objectContaining({ dataState: 'streaming', partial: true }));
    expect(results.at(-1)).toMatchObject({ data: whole });
    client.stop();
  });

  test('urql shows what it has, then all of it, and the bill', async ({ gateway }) => {
    const { data: whole } = await gateway.query(plain);
    const client = new Client({ url: gateway.url, exchanges: [fetchExchange], preferGetMethod: false });
    const results: object[] = [];
    const { unsubscribe } = client.query(query, {}).subscribe((result) => results.push(result));
    await until('all of it', () => results.some((result) => 'hasNext' in result && !result.hasNext));
    unsubscribe();
    expect(results[0]).toMatchObject({ hasNext: true, data: { tickets: { nodes: listOf(1, {}) } } });
    expect(results.at(-1)).toMatchObject({ data: whole, extensions: bill, error: undefined });
  });

  test('over a WebSocket the parts are as many results', async ({ gateway }) => {
    await using socket = openSocket(gateway.wsUrl);
    const live = socket.subscribe(query);
    await live.ended();
    const [first, ...others] = live.received;
    expect(first).toMatchObject({ data: { tickets: { nodes: listOf(1, {}) } }, hasNext: true });
    expect(others.length).toBeGreaterThan(1);
    expect(live.received.at(-1)).toEqual({ hasNext: false, extensions: bill });
  });

  test('an error of a later part has its public form over a WebSocket too', async ({ gateway }) => {
    await using socket = openSocket(gateway.wsUrl, {
      Authorization: `Bearer ${gateway.sandbox.createKey('admin')}`,
      'X-Workspace-Id': gateway.sandbox.workspaceId,
    });
    gateway.sandbox.faults.set({ kind: 'error', code: 'FORBIDDEN', status: 403, path: '/ticket_fields' });
    const live = socket.subscribe(query);
    await live.ended();
    const increments = live.received.flatMap((part) => (part as Part).incremental ?? []);
    const errors = increments.flatMap((increment) => increment.errors ?? []);
    expect(errors.map(({ path }) => path)).toEqual(
      [0, 1].map((at) => ['tickets', 'nodes', at, 'customFields']),
    );
    for (const { extensions } of errors)
      expect(extensions).toMatchObject({ category: 'AUTH', origin: 'BACKEND' });
    gateway.sandbox.faults.clear();
  });

  test('over server-sent events they are as many events', async ({ gateway }) => {
    await using stream = await openEventStream(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const parts: Part[] = [];
    for (let event = await stream.next(); event?.event === 'next'; event = await stream.next()) {
      parts.push(JSON.parse(event.data) as Part);
    }
    expect(parts[0]).toMatchObject({ data: { tickets: { nodes: listOf(1, {}) } }, hasNext: true });
    expect(parts.at(-1)).toEqual({ hasNext: false, extensions: bill });
  });
});

describe('Accept', () => {
  const ask = async (url: string, accept: string, document: string = query): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query: document }),
    });

  test.for([
    'multipart/mixed',
    'multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9',
    'multipart/mixed; deferSpec="20220824", application/json',
    'application/graphql-response+json, application/json, text/event-stream, multipart/mixed',
  ])('parts are sent to %s', async (accept, { gateway }) => {
    await using answer = await openMultipart(gateway, query, {}, { accept });
    expect(answer.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
    expect((await answer.rest()).length).toBeGreaterThan(2);
  });

  test.for([
    'application/json',
    '*/*',
    'application/graphql-response+json',
    'multipart/mixed;incrementalSpec=v0.2, application/json',
    'multipart/mixed;deferSpec=20990101, application/json',
    'multipart/mixed;subscriptionSpec=1.0, application/json',
    'multipart/mixed;q=0, application/json',
  ])('one whole answer is sent to %s', async (accept, { gateway }) => {
    const response = await ask(gateway.url, accept);
    expect(response.headers.get('content-type')).toMatch(/^application\/(?:graphql-response\+)?json/);
    const { data } = await gateway.query(plain);
    expect(await response.json()).toEqual({ data, extensions: bill });
  });

  test('who takes nothing else gets one part of what has none, and of what is refused', async ({
    gateway,
  }) => {
    for (const document of ['{ __typename }', '{ nothing }']) {
      await using answer = await openMultipart(gateway, document);
      expect(answer.status).toBe(200);
      const [only, ...none] = await answer.rest();
      expect(only).toHaveProperty(document === '{ nothing }' ? 'errors' : 'data');
      expect(none).toEqual([]);
    }
  });

  test('who takes parts gets JSON of what has none', async ({ gateway }) => {
    const response = await ask(gateway.url, 'multipart/mixed, application/json', '{ __typename }');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });
});

describe('documents', () => {
  test.for([
    [
      'mutation { ... @defer { ticketDelete(input: { id: "1" }) { deletedId } } }',
      'fields of Mutation themselves',
    ],
    ['subscription { ... @defer { ticketEvents { cursor } } }', 'fields of Subscription themselves'],
    ['subscription { ticketEvents { ... @defer { cursor } } }', 'must not be in a subscription'],
    [
      'subscription { ticketEvents { ...A } } fragment A on TicketEvent { ...B @defer } fragment B on TicketEvent { cursor }',
      'must not be in a subscription',
    ],
    [
      'subscription ($if: Boolean!) { ticketEvents { ... @defer(if: $if) { cursor } } }',
      'must not be in a subscription',
    ],
    ['{ tickets @stream { nodes { id } } }', '"tickets" is none'],
    ['query ($label: String) { ... @defer(label: $label) { __typename } }', 'must be written out'],
    [
      '{ ... @defer(label: "a") { __typename } b: tickets { nodes @stream(label: "a") { id } } }',
      'may be used once',
    ],
    [`{ ${'... @defer { __typename } '.repeat(21)} }`, '20 times'],
    [
      `{ ${'...A '.repeat(11)} } fragment A on Query { ...B @defer ...B @defer } fragment B on Query { __typename }`,
      '20 times',
    ],
    ['{ ...A } fragment A on Query { ...A @defer }', 'Cannot spread fragment "A" within itself'],
  ] as const)('is refused: %s', async ([document, message], { gateway }) => {
    gateway.forgetCalls();
    const { errors = [] } = await gateway.query(document);
    const found = errors.map((error) => error.message);
    expect(found.join()).toContain(message);
    await using answer = await openMultipart(gateway, document);
    const [part] = await answer.rest();
    expect(part?.errors?.map((error) => error.message)).toEqual(found);
    expect(gateway.calls).toEqual([]);
  });

  test('may turn parts off, in a subscription too', async ({ gateway }) => {
    await using answer = await openMultipart(
      gateway,
      'query ($no: Boolean!) { ... @defer(if: false) { a: __typename } ... @defer(if: $no) { b: __typename } }',
      { no: false },
    );
    expect(await answer.rest()).toEqual([{ data: { a: 'Query', b: 'Query' }, extensions: bill }]);
    await using socket = openSocket(gateway.wsUrl);
    const live = socket.subscribe('subscription { ticketEvents { ... @defer(if: false) { __typename } } }');
    expect(await live.next()).toEqual({ data: { ticketEvents: { __typename: 'StreamReady' } } });
    await live.close();
  });

  test.for([{ count: -1 }, { count: null }])(
    'an initialCount of %o is the client’s fault',
    async (variables, { gateway }) => {
      const document = 'query ($count: Int) { tickets { nodes @stream(initialCount: $count) { id } } }';
      gateway.forgetCalls();
      const { data, errors } = await gateway.query(document, variables);
      expect(data ?? null).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(gateway.calls).toEqual([]);
    },
  );

  test('a part of an answer costs what it costs without parts, and needs a caller', async ({ gateway }) => {
    const lists = Array.from({ length: 26 }, (_, at) => `a${at}: tickets(first: 200) { nodes { id } }`).join(
      ' ',
    );
    const dear = await gateway.query(`{ ... @defer { ${lists} } }`);
    expect(dear.errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COSTLY', estimated: 52 } }]);
    const nobody: AskOptions = { key: 'not a key' };
    await using answer = await openMultipart(
      gateway,
      '{ ... @defer { tickets { nodes { id } } } }',
      {},
      nobody,
    );
    expect(await answer.rest()).toMatchObject([{ errors: [{ extensions: { code: 'INVALID_API_KEY' } }] }]);
  });

  test('what a mutation leads to may be deferred', async ({ gateway }) => {
    await using answer = await openMultipart(
      gateway,
      'mutation { ticketCreate(input: { subject: "In parts" }) { ticket { subject ... @defer { customFields { raw } } } } }',
    );
    const [first, ...others] = await answer.rest();
    expect(first).toEqual({ data: { ticketCreate: { ticket: { subject: 'In parts' } } }, hasNext: true });
    expect(others.at(-1)).toEqual({
      hasNext: false,
      extensions: { ...bill, readAfter: expect.any(String) },
    });
  });
});
