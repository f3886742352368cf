import { hash } from 'node:crypto';
import { print } from 'graphql';
import { expect, onTestFinished, test as base } from 'vitest';
import { startGateway, type AskOptions } from '../support/gateway.ts';
import { TicketsPageDocument } from '../support/generated/graphql.ts';
import { openSocket } from '../support/live.ts';
import { handOutTokens } from '../support/tokens.ts';
import { warmUp } from '../support/warm.ts';

const test = base.extend('it', { scope: 'file' }, async ({}, { onCleanup }) => {
  const tokens = await handOutTokens({
    reporting: { level: 'READ' },
    desk: { level: 'WRITE' },
    phone: { level: 'WRITE' },
    gone: { level: 'READ', expiresAt: '2026-01-01T00:00:00Z' },
  });
  const gateway = await startGateway({ env: tokens.env });
  onCleanup(async () => {
    await gateway[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
  });
  return { gateway, tokens: tokens.of };
});

test('a token acts with the server’s key, in the server’s workspace', async ({ it: { gateway, tokens } }) => {
  const { data } = await gateway.query(TicketsPageDocument, { first: 1 }, { key: tokens.reporting });
  expect(data?.tickets?.edges).toHaveLength(1);
  expect(gateway.sandbox.requests.at(-1)).toMatchObject({ keyLevel: 'admin' });
});

test('it comes as a bearer or in X-API-Key, and may name its workspace', async ({
  it: { gateway, tokens },
}) => {
  const { workspaceId } = gateway.sandbox;
  for (const ask of [
    { key: tokens.desk, workspaceId },
    { headers: { 'x-api-key': tokens.desk } },
  ] satisfies AskOptions[]) {
    const { status, errors } = await gateway.query(TicketsPageDocument, { first: 1 }, ask);
    expect([status, errors]).toEqual([200, undefined]);
  }
});

type Case = Awaited<ReturnType<typeof handOutTokens<'reporting' | 'desk' | 'gone'>>>['of'];

test.for<[string, (tokens: Case, keys: { readonly admin: string }) => AskOptions, number, string]>([
  ['nothing', () => ({}), 401, 'INVALID_API_KEY'],
  ['a token that nobody handed out', () => ({ key: 'gwt_made-up' }), 401, 'INVALID_API_KEY'],
  ['the hash of a token', ({ desk }) => ({ key: hash('sha256', desk, 'hex') }), 401, 'INVALID_API_KEY'],
  ['a token and more', ({ desk }) => ({ key: `${desk}x` }), 401, 'INVALID_API_KEY'],
  [
    'a key of the helpdesk',
    (_tokens, { admin }) => ({ key: admin, workspaceId: 'ws_sandbox' }),
    401,
    'INVALID_API_KEY',
  ],
  ['a token that has expired', ({ gone }) => ({ key: gone }), 401, 'TOKEN_EXPIRED'],
  [
    'another workspace',
    ({ desk }) => ({ key: desk, workspaceId: 'ws_other' }),
    403,
    'INSUFFICIENT_API_PERMISSION',
  ],
])('with %s nobody gets in', async ([, askOf, status, code], { it: { gateway, tokens } }) => {
  // Those who may are answered the same as it went out before.
  for (const key of [tokens.desk, tokens.reporting])
    await warmUp(gateway, print(TicketsPageDocument), { first: 1 }, { key });
  gateway.forgetCalls();
  const ask = askOf(tokens, gateway.sandbox.keys);
  const answer = await gateway.query(TicketsPageDocument, { first: 1 }, ask);
  expect(answer.status).toBe(status);
  expect(answer.data ?? null).toBeNull();
  expect(answer.errors?.[0]?.extensions).toMatchObject({ code, category: 'AUTH', origin: 'GATEWAY' });
  expect(gateway.calls).toEqual([]);
});

test('an idempotencyKey of one holder is none of another’s, though both act with one key', async ({
  it: { gateway, tokens },
}) => {
  const create = async (key: string, subject: string) =>
    gateway.query<{ ticketCreate: { ticket: { localId: string; subject: string } } }>(
      'mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { localId subject } } }',
      { input: { subject, idempotencyKey: 'order-1' } },
      { key },
    );
  const made = await create(tokens.desk, 'Of the desk');
  const other = await create(tokens.phone, 'Of the phone');
  expect(other.errors).toBeUndefined();
  expect(other.data?.ticketCreate.ticket.subject).toBe('Of the phone');
  const again = await create(tokens.desk, 'Of the desk');
  expect(again.data?.ticketCreate.ticket).toEqual(made.data?.ticketCreate.ticket);
});

test('on a socket the same holds', async ({ it: { gateway, tokens } }) => {
  const good = openSocket(gateway.wsUrl, { authorization: `Bearer ${tokens.reporting}` });
  onTestFinished(() => good.close());
  expect((await good.subscribe('{ tickets(first: 1) { nodes { id } } }').next()).errors).toBeUndefined();
  for (const params of [
    {},
    { authorization: `Bearer ${gateway.sandbox.keys.admin}`, 'x-workspace-id': 'ws_sandbox' },
    { authorization: `Bearer ${tokens.gone}` },
  ]) {
    const refused = openSocket(gateway.wsUrl, params);
    onTestFinished(() => refused.close());
    await expect(refused.subscribe('{ __typename }').ended()).rejects.toMatchObject({ code: 4403 });
  }
});

base('an idempotency key is its holder’s own: two of them make two tickets', async () => {
  await using others = await handOutTokens({ one: { level: 'WRITE' }, two: { level: 'WRITE' } });
  await using shared = await startGateway({ env: others.env });
  const document =
    'mutation { ticketCreate(input: { subject: "Once", idempotencyKey: "a" }) { ticket { localId } } }';
  const make = async (key: string) => (await shared.query(document, {}, { key })).data;
  const first = await make(others.of.one);
  expect(await make(others.of.one)).toEqual(first);
  const other = await make(others.of.two);
  expect(other).toMatchObject({ ticketCreate: { ticket: {} } });
  expect(other).not.toEqual(first);
});

test('no token reaches the log', async ({ it: { gateway, tokens } }) => {
  const text = JSON.stringify(gateway.logs);
  for (const token of Object.values(tokens)) expect(text).not.toContain(token);
});
