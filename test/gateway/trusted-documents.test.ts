import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { print } from 'graphql';
import {
  Client,
  createRequest,
  fetchExchange,
  makeOperation,
  subscriptionExchange,
  type Exchange,
} from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { describe, expect, test as plainTest } from 'vitest';
import { z } from 'zod';
import { makeFolder } from '../support/folder.ts';
import { startGateway, testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { TicketByIdDocument, TicketsPageDocument } from '../support/generated/graphql.ts';
import { openSocket } from '../support/live.ts';
import { openEventStream } from '../support/sse.ts';
import { until } from '../support/wait.ts';

/** What codegen made of the operations that are shipped. */
const manifest = new URL('../support/generated/persisted-documents.json', import.meta.url);
const documents = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(manifest, 'utf8')));

const idOf = (operation: string): string => {
  const found = Object.entries(documents).find(([, text]) => new RegExp(`^\\w+ ${operation}\\b`).test(text));
  if (!found) throw new Error(`no ${operation}`);
  return found[0];
};

const trusting = (mode: 'also' | 'only', file = manifest.pathname) => ({
  env: { TRUSTED_DOCUMENTS: mode, TRUSTED_DOCUMENTS_FILE: file },
});

const only = testWithGateway(trusting('only'));
const also = testWithGateway(trusting('also'));
const off = testWithGateway();

interface Told {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
}

type Request = Readonly<Record<string, unknown>>;

const searchOf = (request: Request): string =>
  new URLSearchParams(
    Object.entries(request).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ).toString();

const json = { 'content-type': 'application/json' };

const transports = {
  POST: async ({ url }: RunningGateway, request: Request): Promise<Told> => {
    const response = await fetch(url, { method: 'POST', headers: json, body: JSON.stringify(request) });
    return (await response.json()) as Told;
  },
  GET: async ({ url }: RunningGateway, request: Request): Promise<Told> =>
    (await (await fetch(`${url}?${searchOf(request)}`)).json()) as Told,
  SSE: async ({ url }: RunningGateway, request: Request): Promise<Told> => {
    const init = { method: 'POST', headers: json, body: JSON.stringify(request) };
    await using stream = await openEventStream(url, init);
    return JSON.parse((await stream.next())?.data ?? '{}') as Told;
  },
  WebSocket: async ({ wsUrl }: RunningGateway, request: Request): Promise<Told> => {
    await using socket = openSocket(wsUrl);
    const { promise, resolve } = Promise.withResolvers<Told>();
    socket.client.subscribe(
      // The protocol wants a text, if only an empty one.
      { query: '', ...request },
      {
        next: (result) => resolve(result as Told),
        error: (errors) => resolve({ errors: errors as Told['errors'] & object }),
        complete: () => resolve({}),
      },
    );
    return await promise;
  },
} as const;

const sha = (id: string) => ({ persistedQuery: { version: 1, sha256Hash: id } });

/** How clients name a document. */
const formats: readonly (readonly [name: string, request: (id: string) => Request])[] = [
  ['Apollo and urql do: extensions.persistedQuery.sha256Hash', (id) => ({ extensions: sha(id) })],
  ['the same with the bare hash', (id) => ({ extensions: sha(id.replace('sha256:', '')) })],
  ['GraphQL over HTTP and urql do: documentId', (id) => ({ documentId: id })],
  ['Relay does: doc_id', (id) => ({ doc_id: id })],
  [
    'some do on sockets: the id beside a text that is not read',
    (id) => ({ documentId: id, query: '{ nonsense' }),
  ],
];

const notInList = {
  code: 'PERSISTED_QUERY_NOT_IN_LIST',
  category: 'INPUT',
  origin: 'GATEWAY',
  retryable: false,
};

describe.each(Object.entries(transports))('over %s', (_way, ask) => {
  for (const [mode, test] of [
    ['only', only],
    ['also', also],
  ] as const) {
    test.for(formats)(
      `where trusted documents may be asked for (${mode}), one is by its id as %s`,
      async ([, request], { gateway }) => {
        const told = await ask(gateway, { ...request(idOf('TicketsPage')), variables: { first: 2 } });
        expect(told.errors).toBeUndefined();
        expect(told.data).toHaveProperty('tickets.edges.length', 2);
      },
    );
  }

  only.for([
    ['a document that is sent', { query: '{ __typename }' }],
    ['introspection', { query: '{ __schema { queryType { name } } }' }],
    ['the very text of a trusted document, without its id', { query: documents[idOf('Budget')] }],
    ['an id that is not in the list', { documentId: 'sha256:0000' }],
    ['an id that every object has', { documentId: 'constructor' }],
    ['an unknown id with a document', { extensions: sha('0000'), query: '{ __typename }' }],
  ] as const)('and nothing else may run, %s is refused', async ([, request], { gateway }) => {
    gateway.forgetCalls();
    const { data, errors } = await ask(gateway, request);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: notInList }]);
    expect(gateway.calls).toEqual([]);
  });

  also('documents that are sent run beside them', async ({ gateway }) => {
    expect(await ask(gateway, { query: '{ __typename }' })).toMatchObject({ data: { __typename: 'Query' } });
    const both = await ask(gateway, { extensions: sha('0000'), query: '{ __typename }' });
    expect(both).toMatchObject({ data: { __typename: 'Query' } });
  });

  also('an unknown id says so in words that clients know, and is not learnt', async ({ gateway }) => {
    const query = '{ a: __typename }';
    const hash = createHash('sha256').update(query).digest('hex');
    await ask(gateway, { extensions: sha(hash), query });
    expect(await ask(gateway, { extensions: sha(hash) })).toMatchObject({
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
  });

  off('without a list ids mean nothing, and the client is told', async ({ gateway }) => {
    expect(await ask(gateway, { extensions: sha('0000') })).toMatchObject({
      errors: [
        { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
      ],
    });
    expect(await ask(gateway, { extensions: sha('0000'), query: '{ __typename }' })).toMatchObject({
      data: { __typename: 'Query' },
    });
  });

  off('an id that is no string is a bad request', async ({ gateway }) => {
    const { errors } = await ask(gateway, { extensions: { persistedQuery: { sha256Hash: [] } } });
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_REQUEST' } }]);
  });
});

describe('a trusted document', () => {
  only('that is a mutation does not run by GET', async ({ gateway }) => {
    gateway.forgetCalls();
    const request = { documentId: idOf('TicketDelete'), variables: { input: { id: 'tkt_1' } } };
    const response = await fetch(`${gateway.url}?${searchOf(request)}`);
    expect(response.status).toBe(405);
    expect(gateway.calls).toEqual([]);
  });

  only('that is refused has the status that its media type asks for', async ({ gateway }) => {
    for (const [accept, status] of [
      ['application/graphql-response+json', 400],
      ['application/json', 200],
    ] as const) {
      const body = JSON.stringify({ query: '{ __typename }' });
      const response = await fetch(gateway.url, { method: 'POST', headers: { ...json, accept }, body });
      expect(response.status).toBe(status);
    }
  });

  only(
    'can be subscribed to, and two of them on one socket are not taken for the same',
    async ({ gateway }) => {
      await using folder = await makeFolder();
      const file = join(folder.path, 'list.json');
      const list = {
        a: 'subscription { ticketEvents { cursor ... on TicketEvent { ticketId } } }',
        b: 'subscription { ticketEvents { cursor ... on TicketEvent { ticket { subject } } } }',
      };
      await writeFile(file, JSON.stringify(list));
      await using own = await startGateway(trusting('only', file));
      await using socket = openSocket(own.wsUrl);
      const [a, b] = ['a', 'b'].map((id) => {
        const told: Told[] = [];
        const next = (result: unknown) => told.push(result as Told);
        socket.client.subscribe({ query: '', documentId: id } as never, {
          next,
          error: () => undefined,
          complete: () => undefined,
        });
        return told;
      });
      await until('both stand', () => a?.length === 1 && b?.length === 1);
      own.sandbox.tickets.create({ subject: 'For both' });
      await until('both hear', () => a?.length === 2 && b?.length === 2);
      expect(Object.keys(a?.[1]?.data?.['ticketEvents'] ?? {})).toEqual(['cursor', 'ticketId']);
      expect(b?.[1]?.data).toMatchObject({ ticketEvents: { ticket: { subject: 'For both' } } });
      expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );
});

describe('GraphiQL', () => {
  const page = async ({ url }: RunningGateway) => {
    const response = await fetch(url, { headers: { accept: 'text/html' } });
    return { status: response.status, text: await response.text() };
  };

  only('is not there where it could run nothing, and that is said', async ({ gateway }) => {
    const { status, text } = await page(gateway);
    expect(status).toBe(404);
    expect(text).toContain('no GraphiQL');
  });

  also('is there otherwise', async ({ gateway }) => {
    expect((await page(gateway)).status).toBe(200);
  });
});

describe('Apollo Client', () => {
  /** Documents that codegen made carry their hash. */
  const hashed = z.object({ __meta__: z.object({ hash: z.string() }) });
  const byHash = (useGETForHashedQueries = false) =>
    new PersistedQueryLink({
      useGETForHashedQueries,
      generateHash: (document) => hashed.parse(document)['__meta__'].hash,
    });
  const sent: string[] = [];
  const http = (uri: string) =>
    new HttpLink({
      uri,
      fetch: (input, init) => {
        sent.push(typeof init?.body === 'string' ? init.body : JSON.stringify(input));
        return fetch(input, init);
      },
    });
  const clientOf = (link: ApolloLink) =>
    new ApolloClient({
      link,
      cache: new InMemoryCache(),
      defaultOptions: { query: { fetchPolicy: 'no-cache' } },
    });

  only.for([false, true])('runs trusted documents by their ids (GET: %s)', async (get, { gateway }) => {
    sent.length = 0;
    const client = clientOf(ApolloLink.from([byHash(get), http(gateway.url)]));
    const { data } = await client.query({ query: TicketsPageDocument, variables: { first: 3 } });
    expect(data?.tickets?.edges).toHaveLength(3);
    expect(sent).toHaveLength(1);
    expect(decodeURIComponent(sent[0] ?? '')).not.toContain('pageInfo');
  });

  only('runs them over its socket, where it sends the text along', async ({ gateway }) => {
    await using socket = openSocket(gateway.wsUrl);
    const client = clientOf(ApolloLink.from([byHash(), new GraphQLWsLink(socket.client)]));
    const { data } = await client.query({ query: TicketsPageDocument, variables: { first: 3 } });
    expect(data?.tickets?.edges).toHaveLength(3);
  });

  for (const [mode, test, requests] of [
    ['also', also, 2],
    ['off', off, 2],
  ] as const) {
    test(`falls back to the document itself where its id is unknown (${mode})`, async ({ gateway }) => {
      sent.length = 0;
      const unknown = new PersistedQueryLink({
        sha256: (text) => createHash('sha256').update(text).digest('hex'),
      });
      const client = clientOf(ApolloLink.from([unknown, http(gateway.url)]));
      const { data } = await client.query({ query: TicketsPageDocument, variables: { first: 1 } });
      expect(data?.tickets?.edges).toHaveLength(1);
      expect(sent).toHaveLength(requests);
    });
  }
});

describe('urql', () => {
  const clientOf = (url: string, exchanges: Exchange[]) =>
    new Client({ url, exchanges, requestPolicy: 'network-only', preferGetMethod: false });
  const byHash = persistedExchange({
    preferGetForPersistedQueries: false,
    enableForSubscriptions: true,
    generateHash: (_text, document) =>
      Promise.resolve(idOf('definitions' in document ? nameOf(print(document)) : '')),
  });
  const nameOf = (text: string): string => /^\w+ (\w+)/.exec(text)?.[1] ?? '';

  only('runs trusted documents by their hashes', async ({ gateway }) => {
    const client = clientOf(gateway.url, [byHash, fetchExchange]);
    const { data, error } = await client.query(TicketsPageDocument, { first: 3 });
    expect(error).toBeUndefined();
    expect(data?.tickets?.edges).toHaveLength(3);
  });

  only('runs documents of which it knows nothing but the id', async ({ gateway }) => {
    const client = clientOf(gateway.url, [fetchExchange]);
    const bare = { kind: 'Document', definitions: [], documentId: idOf('TicketById') } as const;
    const request = createRequest(bare as never, { id: 'tkt_1' });
    const operation = makeOperation('query', request, { url: gateway.url, requestPolicy: 'network-only' });
    const { data, error } = await client.executeRequestOperation(operation);
    expect(error).toBeUndefined();
    expect(data).toHaveProperty('ticket');
  });

  only('runs them over a socket', async ({ gateway }) => {
    await using socket = openSocket(gateway.wsUrl);
    const overSocket = subscriptionExchange({
      enableAllOperations: true,
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({
          unsubscribe: socket.client.subscribe({ ...request, query: request.query ?? '' }, sink as never),
        }),
      }),
    });
    const client = clientOf(gateway.url, [byHash, overSocket]);
    const { data, error } = await client.query(TicketByIdDocument, { id: 'tkt_1' });
    expect(error).toBeUndefined();
    expect(data).toHaveProperty('ticket');
  });

  for (const [mode, test] of [
    ['also', also],
    ['off', off],
  ] as const) {
    test(`falls back to the document itself where its id is unknown (${mode})`, async ({ gateway }) => {
      const client = clientOf(gateway.url, [
        persistedExchange({ preferGetForPersistedQueries: false }),
        fetchExchange,
      ]);
      const { data, error } = await client.query('query Mine { rateLimit { limit } }', {});
      expect(error).toBeUndefined();
      expect(data).toHaveProperty('rateLimit');
    });
  }
});

describe('the list', () => {
  const start = async (content: string) => {
    await using folder = await makeFolder();
    const file = join(folder.path, 'list.json');
    await writeFile(file, content);
    return await startGateway(trusting('only', file));
  };
  const query = 'query Who { __typename }';

  plainTest.for([
    ['codegen’s', JSON.stringify({ 'sha256:abc': query })],
    ['Relay’s', JSON.stringify({ abc: query })],
    [
      'Apollo’s',
      JSON.stringify({
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: 'abc', name: 'Who', type: 'query', body: query }],
      }),
    ],
  ] as const)('may be %s', async ([, content]) => {
    await using gateway = await start(content);
    expect(await transports.POST(gateway, { documentId: 'abc' })).toMatchObject({
      data: { __typename: 'Query' },
    });
  });

  plainTest(
    'may hold documents that do not fit any more: they are named in the log, and the others run',
    async () => {
      await using gateway = await start(JSON.stringify({ old: '{ gone }', broken: '{', fine: query }));
      const warning = gateway.logs.find(({ level }) => level === 'warn');
      expect(warning?.fields).toMatchObject({ count: 2, faults: [{ id: 'old' }, { id: 'broken' }] });
      expect(await transports.POST(gateway, { documentId: 'fine' })).toMatchObject({
        data: { __typename: 'Query' },
      });
      expect(await transports.POST(gateway, { documentId: 'old' })).toMatchObject({
        errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
      });
    },
  );
});
