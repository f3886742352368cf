import { GraphQLError, parse, validate, type GraphQLFormattedError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { toGraphQLError } from '../../../src/graphql/errors.ts';
import { schema } from '../../../src/graphql/schema.ts';
import { createHarness, createRecordingLog, told, traceId } from './run.ts';

describe('GraphQL’s own errors', () => {
  const run = async (document: string, variables = {}) => {
    const { errors } = await createHarness().run(document, variables);
    return errors.map((error): GraphQLFormattedError => JSON.parse(JSON.stringify(error)));
  };

  test('a document that is no GraphQL', async () => {
    expect(await run('{ ticket(')).toMatchObject([
      {
        locations: [{ line: 1, column: 10 }],
        extensions: { code: 'GRAPHQL_PARSE_FAILED', category: 'INPUT', origin: 'GATEWAY', traceId },
      },
    ]);
  });

  test('a document that does not fit the schema: one error for each fault', async () => {
    expect(await run('{ nonsense ticket(id: "tkt_1") { colour } }')).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  test('a faulty use of a variable is the document’s fault, not the variable’s', () => {
    const unused = validate(schema, parse('query ($id: ID!) { backend { kind } }'));
    const misused = validate(schema, parse('query ($id: Int!) { ticket(id: $id) { id } }'));
    for (const error of [...unused, ...misused]) {
      expect(told(error).extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
    }
    expect([...unused, ...misused]).toHaveLength(2);
  });

  test('an operation that is not in the document', () => {
    const error = new GraphQLError('Unknown operation named "x".', {
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
    });
    expect(told(error)).toMatchObject({
      message: 'Unknown operation named "x".',
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
    });
  });

  test('a malformed request keeps its status and does not pass for the backend’s BAD_REQUEST', () => {
    const error = new GraphQLError('POST body sent invalid JSON.', {
      extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
    });
    expect(told(error)).toMatchObject({
      message: 'POST body sent invalid JSON.',
      extensions: { code: 'INVALID_REQUEST', category: 'INPUT', http: { status: 400 } },
    });
  });

  const create = 'mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { id } } }';

  test.each([
    { variables: {}, path: ['input'], code: 'REQUIRED' },
    { variables: { input: null }, path: ['input'], code: 'INVALID' },
    { variables: { input: 7 }, path: ['input'], code: 'INVALID' },
    { variables: { input: {} }, path: ['input', 'subject'], code: 'REQUIRED' },
    { variables: { input: { subject: 'x', status: 'SHUT' } }, path: ['input', 'status'], code: 'INVALID' },
    { variables: { input: { subject: 'x', tags: ['a', 1] } }, path: ['input', 'tags', 1], code: 'INVALID' },
    { variables: { input: { subject: 'x', colour: 'red' } }, path: ['input'], code: 'INVALID' },
    {
      variables: { input: { subject: 'x', customFields: [{ field: { key: 'a' } }] } },
      path: ['input', 'customFields', 0, 'value'],
      code: 'REQUIRED',
    },
    {
      variables: {
        input: { subject: 'x', customFields: [{ field: { key: 'a' }, value: { date: 'soon' } }] },
      },
      path: ['input', 'customFields', 0, 'value', 'date'],
      code: 'INVALID',
    },
    {
      variables: {
        input: { subject: 'x', customFields: [{ field: { key: 'a', id: 'b' }, value: { clear: true } }] },
      },
      path: ['input', 'customFields', 0, 'field'],
      code: 'INVALID',
    },
  ])('variables $variables are refused at $path', async ({ variables, path, code }) => {
    const [error] = await run(create, variables);
    expect(error?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      category: 'INPUT',
      fields: [{ path, code }],
    });
  });

  test('a variable’s fault is told by the argument it stands in, whatever the variable is called', async () => {
    const document = `mutation ($s: String!, $p: TicketPriority, $t: [String!]!, $k: String!) {
      ticketCreate(input: { subject: $s, priority: $p, tags: $t, customFields: [
        { field: { key: "a" }, value: { clear: true } }, { field: { key: $k }, value: { clear: true } }] }) { ticket { id } }
    }`;
    const errors = await run(document, { s: 1, p: 'SOON', t: ['a', 2], k: {} });
    const paths = errors.map(({ extensions }) => extensions?.['fields']);
    expect(paths).toMatchObject([
      [{ path: ['input', 'subject'] }],
      [{ path: ['input', 'priority'] }],
      [{ path: ['input', 'tags', 1] }],
      [{ path: ['input', 'customFields', 1, 'field', 'key'] }],
    ]);
  });

  test('a value a megabyte long is not sent back', async () => {
    const [error] = await run(create, { input: { subject: 'x', status: 'x'.repeat(1_000_000) } });
    expect(JSON.stringify(error).length).toBeLessThan(2_000);
    const [unknown] = await run(`{ ${'x'.repeat(1_000_000)} }`);
    expect(JSON.stringify(unknown).length).toBeLessThan(2_000);
  });

  test('a variable that turns out null where the argument needs a value is refused by the argument’s name', async () => {
    const [error] = await run('query ($id: ID = "tkt_1") { ticket(id: $id) { id } }', { id: null });
    expect(error).toMatchObject({
      path: ['ticket'],
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path: ['id'], code: 'INVALID' }] },
    });
  });

  test('the server’s own parser, validator and executor raise the same errors', async () => {
    const log = createRecordingLog();
    await using yoga = createYoga({
      schema,
      logging: false,
      context: createHarness().context,
      maskedErrors: { errorMessage: '', maskError: (error) => toGraphQLError(error, { traceId, log }) },
    });
    const ask = async (query: string, variables = {}) => {
      const response = await yoga.fetch('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query, variables }),
      });
      const { errors }: { errors: GraphQLFormattedError[] } = await response.json();
      return { status: response.status, codes: errors.map(({ extensions }) => extensions?.['code']), errors };
    };
    expect(await ask('{')).toMatchObject({ status: 400, codes: ['GRAPHQL_PARSE_FAILED'] });
    expect(await ask('{ nonsense }')).toMatchObject({ status: 400, codes: ['GRAPHQL_VALIDATION_FAILED'] });
    expect(await ask('query A { __typename } query B { __typename }')).toMatchObject({
      status: 400,
      codes: ['OPERATION_RESOLUTION_FAILURE'],
    });
    expect(await ask(create, { input: { subject: 'x', tags: [1, 2] } })).toMatchObject({
      status: 400,
      codes: ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
      errors: [
        { extensions: { fields: [{ path: ['input', 'tags', 0] }] } },
        { extensions: { fields: [{ path: ['input', 'tags', 1] }] } },
      ],
    });
    expect(await ask('{ ticket(id: "../x") { id } }')).toMatchObject({
      status: 200,
      codes: ['BAD_USER_INPUT'],
    });
    expect(log.lines).toEqual([]);
  });
});
