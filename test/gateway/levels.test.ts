import { isObjectType, type GraphQLField } from 'graphql';
import { expect, onTestFinished, test as base } from 'vitest';
import { suffices, type ApiLevel } from '../../src/domain/caller.ts';
import { levelOf } from '../../src/graphql/levels.ts';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { openSocket } from '../support/live.ts';
import { smallestSelection } from '../support/smallest-document.ts';
import { openEventStream } from '../support/sse.ts';
import { handOutTokens } from '../support/tokens.ts';

/** The server's own key is an admin's: nothing but the gateway keeps anybody from anything. */
const test = base.extend('it', { scope: 'file' }, async ({}, { onCleanup }) => {
  const tokens = await handOutTokens({
    READ: { level: 'READ' },
    WRITE: { level: 'WRITE' },
    ADMIN: { level: 'ADMIN' },
  });
  const gateway = await startGateway({ serverKey: 'admin', env: tokens.env });
  onCleanup(async () => {
    await gateway[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
  });
  return { gateway, tokenOf: (level: ApiLevel) => tokens.of[level] };
});

const levels: readonly ApiLevel[] = ['READ', 'WRITE', 'ADMIN'];

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];

interface Marked {
  readonly of: string;
  readonly operation: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly required: ApiLevel;
}

const marked: readonly Marked[] = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type)
    ? Object.values(type.getFields()).flatMap((field) => {
        const required = levelOf(field);
        return required === null
          ? []
          : [{ of: type.name, operation: type.name.toLowerCase(), field, required }];
      })
    : [],
);

const tooLow = marked.flatMap((entry) =>
  levels
    .filter((level) => !suffices(level, entry.required))
    .map((level) => [entry.field.name, level, entry] as const),
);

base('fields that need more than READ are asked for at the top, where this test finds them', () => {
  expect(marked.length).toBeGreaterThan(14);
  const names = roots.map((root) => root?.name);
  expect(marked.filter(({ of }) => !names.includes(of))).toEqual([]);
  const writes = Object.keys(schema.getMutationType()?.getFields() ?? {});
  expect(
    marked
      .filter(({ of }) => of === 'Mutation')
      .map(({ field }) => field.name)
      .toSorted(),
  ).toEqual(writes.toSorted());
});

test.for(tooLow)(
  '%s is refused at the level %s, and nothing is sent',
  async ([name, level, entry], { it }) => {
    const { gateway, tokenOf } = it;
    gateway.forgetCalls();
    const document = `${entry.operation} { ${smallestSelection(entry.field)} __typename }`;
    const { data, errors } = await gateway.query(document, {}, { key: tokenOf(level) });
    expect(data).toEqual({ [name]: null, __typename: entry.of });
    expect(errors).toEqual([
      expect.objectContaining({
        path: [name],
        extensions: expect.objectContaining({
          code: 'INSUFFICIENT_API_PERMISSION',
          category: 'AUTH',
          origin: 'GATEWAY',
          requiredLevel: entry.required,
          retryable: false,
          ...(entry.of === 'Mutation' && { outcome: 'NOT_APPLIED' }),
        }) as object,
      }),
    ]);
    expect(gateway.calls).toEqual([]);
  },
);

test.for(marked.map((entry) => [entry.field.name, entry] as const))(
  '%s is not refused at the level it needs',
  async ([, { operation, field, required }], { it: { gateway, tokenOf } }) => {
    const document = `${operation} { ${smallestSelection(field)} }`;
    const { errors = [] } = await gateway.query(document, {}, { key: tokenOf(required) });
    expect(errors.map(({ extensions }) => extensions?.['code'])).not.toContain('INSUFFICIENT_API_PERMISSION');
  },
);

const webhookOf = ({ sandbox }: RunningGateway): string =>
  sandbox.webhooks.register({ targetUrl: 'http://127.0.0.1:1/secret-path' }).id;

test('a webhook is not shown by its global id either, and what is asked beside it is', async ({ it }) => {
  const { gateway, tokenOf } = it;
  const [ticket] = gateway.sandbox.tickets.all();
  const ids = [
    encodeNodeId('HELPDESK', 'Webhook', webhookOf(gateway)),
    encodeNodeId('HELPDESK', 'Ticket', ticket?.id ?? ''),
  ];
  const document =
    'query ($id: ID!, $ids: [ID!]!) { node(id: $id) { __typename } nodes(ids: $ids) { __typename } }';
  gateway.forgetCalls();
  const low = await gateway.query(document, { id: ids[0], ids }, { key: tokenOf('WRITE') });
  expect(low.data).toEqual({ node: null, nodes: [null, { __typename: 'Ticket' }] });
  expect(
    low.errors?.map(({ path, extensions }) => [path, extensions?.['code'], extensions?.['requiredLevel']]),
  ).toEqual(
    expect.arrayContaining([
      [['node'], 'INSUFFICIENT_API_PERMISSION', 'ADMIN'],
      [['nodes', 0], 'INSUFFICIENT_API_PERMISSION', 'ADMIN'],
    ]),
  );
  expect(gateway.calls.join()).not.toContain('webhooks');
  const high = await gateway.query(document, { id: ids[0], ids }, { key: tokenOf('ADMIN') });
  expect(high.data).toMatchObject({ node: { __typename: 'Webhook' } });
});

test('other fields of the operation are answered, and other writes carried out', async ({ it }) => {
  const { gateway, tokenOf } = it;
  const read = await gateway.query(
    '{ webhooks(first: 1) { nodes { localId } } tickets(first: 1) { nodes { localId } } }',
    {},
    { key: tokenOf('READ') },
  );
  expect(read.data).toMatchObject({ webhooks: null, tickets: { nodes: [{}] } });
  const written = await gateway.query(
    `mutation {
      webhookDelete(input: { id: "wh_1" }) { deletedId }
      ticketCreate(input: { subject: "A" }) { ticket { subject } }
    }`,
    {},
    { key: tokenOf('WRITE') },
  );
  expect(written.data).toMatchObject({ webhookDelete: null, ticketCreate: { ticket: { subject: 'A' } } });
});

test('what an admin has read is not shown to a reader who acts with the same key', async ({ it }) => {
  const { gateway, tokenOf } = it;
  const id = webhookOf(gateway);
  const document = 'query ($id: ID!) { webhook(id: $id) { targetUrl } }';
  const ask = (level: ApiLevel) => gateway.query(document, { id }, { key: tokenOf(level) });
  const answers = await Promise.all([ask('ADMIN'), ask('READ'), ask('ADMIN'), ask('READ')]);
  expect(answers.map(({ data }) => data?.['webhook'] !== null)).toEqual([true, false, true, false]);
});

test('on a socket and on an event stream the level is the same', async ({ it: { gateway, tokenOf } }) => {
  const query = '{ webhooks(first: 1) { nodes { localId } } __typename }';
  const socket = openSocket(gateway.wsUrl, { authorization: `Bearer ${tokenOf('WRITE')}` });
  onTestFinished(() => socket.close());
  const overSocket = await socket.subscribe(query).next();
  const stream = await openEventStream(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf('WRITE')}` },
    body: JSON.stringify({ query }),
  });
  onTestFinished(() => stream.close());
  const overStream = JSON.parse((await stream.next())?.data ?? '{}') as object;
  for (const result of [overSocket, overStream]) {
    expect(result).toMatchObject({
      data: { webhooks: null, __typename: 'Query' },
      errors: [{ extensions: { code: 'INSUFFICIENT_API_PERMISSION', requiredLevel: 'ADMIN' } }],
    });
  }
});

test('a reader may subscribe', async ({ it: { gateway, tokenOf } }) => {
  const socket = openSocket(gateway.wsUrl, { authorization: `Bearer ${tokenOf('READ')}` });
  onTestFinished(() => socket.close());
  const live = socket.subscribe('subscription { ticketEvents { __typename } }');
  expect((await live.next()).data).toEqual({ ticketEvents: { __typename: 'StreamReady' } });
});

base('whoever brings no key is held to ANONYMOUS_LEVEL, and a key of one’s own to its own', async () => {
  await using gateway = await startGateway({ serverKey: 'admin', env: { ANONYMOUS_LEVEL: 'READ' } });
  const document = '{ webhooks(first: 1) { nodes { localId } } }';
  const nobody = await gateway.query(document);
  expect(nobody.errors?.[0]?.extensions).toMatchObject({ requiredLevel: 'ADMIN', origin: 'GATEWAY' });
  expect(gateway.calls).toEqual([]);
  const own = { key: gateway.sandbox.keys.admin, workspaceId: gateway.sandbox.workspaceId };
  expect((await gateway.query(document, {}, own)).errors).toBeUndefined();
});
