import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { getIntrospectionQuery, getOperationAST, Kind, OperationTypeNode, parse } from 'graphql';
import { describe, expect, test as plainTest } from 'vitest';
import { startGateway, testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { openEventStream } from '../support/sse.ts';

const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

interface Told {
  readonly data?: unknown;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
}

/** How a document can come, and what it is told. */
const transports = {
  POST: async ({ url }: RunningGateway, query: string, variables: object = {}): Promise<Told> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables }),
    });
    const told = (await response.json()) as Told;
    expect(response.status).toBe(told.errors ? 400 : 200);
    return told;
  },
  GET: async ({ url }: RunningGateway, query: string, variables: object = {}): Promise<Told> => {
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    return (await (await fetch(`${url}?${search}`)).json()) as Told;
  },
  SSE: async ({ url }: RunningGateway, query: string, variables: object = {}): Promise<Told> => {
    await using stream = await openEventStream(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return JSON.parse((await stream.next())?.data ?? '{}') as Told;
  },
  WebSocket: async ({ wsUrl }: RunningGateway, query: string, variables: object = {}): Promise<Told> => {
    await using socket = openSocket(wsUrl);
    const live = socket.subscribe(query, { ...variables });
    try {
      return (await live.next()) as Told;
    } catch {
      // What does not come to an operation ends with its errors.
      return { errors: (await live.ended().catch((errors: unknown) => errors)) as Told['errors'] & object };
    }
  },
} as const;

const ways = Object.entries(transports);

const small = {
  MAX_DEPTH: '5',
  MAX_ALIASES: '3',
  MAX_ROOT_FIELDS: '4',
  MAX_DIRECTIVES: '3',
  MAX_TOKENS: '200',
  MAX_RESOLVED_FIELDS: '500',
};

const tooLarge = [
  ['DEPTH', '{ tickets { nodes { customFields { field { options { nodes { id } } } } } } }', 7, 5],
  ['ALIASES', `{ ${many(4, (at) => `a${at}: __typename`)} }`, 4, 3],
  [
    'ROOT_FIELDS',
    '{ __typename rateLimit { limit } backend { kind } eventStream { live } errorCatalog { code } }',
    5,
    4,
  ],
  [
    'DIRECTIVES',
    `{ ...F ...F ${many(3, () => '@skip(if: false)')} } fragment F on Query { __typename @include(if: true) }`,
    5,
    3,
  ],
] as const;

const narrow = testWithGateway({ env: small });
const closed = testWithGateway({ env: { INTROSPECTION: 'false' } });
const open = testWithGateway();

describe.each(ways)('over %s', (_way, ask) => {
  narrow.for(tooLarge)(
    '%s is limited, and the refusal says to what',
    async ([limit, query, found, max], { gateway }) => {
      gateway.forgetCalls();
      const { data, errors = [] } = await ask(gateway, query);
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining(String(max)),
          locations: [{ line: 1, column: 1 }],
          extensions: {
            code: 'GRAPHQL_VALIDATION_FAILED',
            category: 'INPUT',
            origin: 'GATEWAY',
            limit,
            found,
            max,
          },
        },
      ]);
      expect(gateway.calls).toEqual([]);
    },
  );

  narrow('tokens are limited', async ({ gateway }) => {
    const { errors = [] } = await ask(gateway, `{ ${many(250, () => '__typename')} }`);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('200'), extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
    ]);
  });

  narrow('fields to resolve are limited, by the variables that came', async ({ gateway }) => {
    gateway.forgetCalls();
    const query = 'query ($n: Int) { tickets(first: $n) { nodes { id subject status priority } } }';
    const { errors = [] } = await ask(gateway, query, { n: 200 });
    expect(errors).toMatchObject([
      { extensions: { code: 'OPERATION_TOO_COSTLY', estimated: 802, max: 500, unit: 'RESOLVED_FIELDS' } },
    ]);
    expect(gateway.calls).toEqual([]);
    expect(await ask(gateway, query, { n: 10 })).toHaveProperty('data.tickets.nodes.length', 10);
  });

  narrow('what is within the limits runs', async ({ gateway }) => {
    const query = '{ a: tickets(first: 1) { nodes { id @include(if: true) } } b: __typename }';
    expect(await ask(gateway, query)).toMatchObject({ data: { b: 'Query' } });
  });
});

describe('introspection and suggestions', () => {
  describe.each(ways)('over %s', (_way, ask) => {
    closed('are off where that is configured', async ({ gateway }) => {
      for (const query of ['{ __schema { queryType { name } } }', '{ __type(name: "Ticket") { name } }']) {
        const { errors = [] } = await ask(gateway, query);
        expect(errors[0]?.message).toContain('introspection has been disabled');
        for (const { extensions } of errors) expect(extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
      }
      expect(await ask(gateway, '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
    });

    closed('name nothing of the schema in errors of documents and of variables', async ({ gateway }) => {
      for (const [query, variables] of [
        ['{ ticket { id } }', {}],
        ['{ tickets { nodes { subjec } } }', {}],
        ['{ node(id: "a") { subject } }', {}],
        ['{ tickets(filter: { status: [OPENN] }) { nodes { id } } }', {}],
        ['query ($f: TicketFilter) { tickets(filter: $f) { nodes { id } } }', { f: { statu: ['OPEN'] } }],
        ['query ($f: TicketFilter) { tickets(filter: $f) { nodes { id } } }', { f: { status: ['OPENN'] } }],
        [
          'subscription ($f: TicketEventFilter) { ticketEvents(filter: $f) { cursor } }',
          { f: { type: 'A' } },
        ],
      ] as const) {
        const { errors = [] } = await ask(gateway, query, variables);
        expect(errors.length).toBeGreaterThan(0);
        expect(JSON.stringify(errors)).not.toContain('Did you mean');
      }
    });

    open('are on otherwise', async ({ gateway }) => {
      expect(await ask(gateway, '{ __schema { queryType { name } } }')).toHaveProperty('data.__schema');
      const { errors = [] } = await ask(gateway, '{ tickets { nodes { subjec } } }');
      expect(errors[0]?.message).toContain('Did you mean "subject"?');
      const filter = 'query ($f: TicketFilter) { tickets(filter: $f) { nodes { id } } }';
      const { errors: ofVariable = [] } = await ask(gateway, filter, { f: { statu: ['OPEN'] } });
      expect(ofVariable[0]?.message).toContain('Did you mean');
    });
  });

  plainTest('suggestions can be had without introspection', async () => {
    await using gateway = await startGateway({ env: { INTROSPECTION: 'false', FIELD_SUGGESTIONS: 'true' } });
    const { errors } = await gateway.query('{ tickets { nodes { subjec } } }');
    expect(errors?.[0]?.message).toContain('Did you mean "subject"?');
  });
});

describe('with the limits as they are by default', () => {
  open('introspection as tools send it passes, a dozen of them at once does not', async ({ gateway }) => {
    const options = {
      descriptions: true,
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    const whole = getIntrospectionQuery(options);
    expect(await gateway.query(whole)).toMatchObject({ status: 200, errors: undefined });
    const selection = whole.slice(whole.indexOf('__schema {') + 8, whole.indexOf('fragment FullType'));
    const body = selection.trimEnd().replace(/\}$/, '');
    const dozen = `{ ${many(12, (at) => `a${at}: __schema ${body}`)} } ${whole.slice(whole.indexOf('fragment FullType'))}`;
    const { errors } = await gateway.query(dozen);
    expect(errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COSTLY', unit: 'RESOLVED_FIELDS' } }]);
  });

  open('every operation that is shipped passes, with lists as long as they may be', async ({ gateway }) => {
    const folder = new URL('../../schema/operations/', import.meta.url);
    for (const name of await readdir(folder)) {
      const query = await readFile(new URL(name, folder), 'utf8');
      const document = parse(query);
      for (const node of document.definitions) {
        if (node.kind !== Kind.OPERATION_DEFINITION || node.operation !== OperationTypeNode.QUERY) continue;
        const operationName = node.name?.value;
        const asked = getOperationAST(document, operationName)?.variableDefinitions ?? [];
        const first = asked.some(({ variable }) => variable.name.value === 'first') ? { first: 100 } : {};
        const response = await fetch(gateway.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            query,
            operationName,
            variables: { ...first, id: 'tkt_1', ids: ['tkt_1'] },
          }),
        });
        const { errors = [] } = (await response.json()) as Told;
        const codes = errors.map(({ extensions }) => extensions['code']);
        expect(codes.filter((code) => /^(GRAPHQL|OPERATION)_/.test(String(code)))).toEqual([]);
      }
    }
  });

  open(
    'a compressed body is refused, so that none can unfold to more than it may be',
    async ({ gateway }) => {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify({ query: '{ __typename }' })),
      });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'INVALID_REQUEST' } }] });
    },
  );
});
