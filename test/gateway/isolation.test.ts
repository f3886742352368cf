import { print } from 'graphql';
import { expect } from 'vitest';
import { deliver, ticketDelivery } from '../support/delivery.ts';
import { testWithGateway, type AskOptions, type RunningGateway } from '../support/gateway.ts';
import { LiveEventsDocument, TicketsPageDocument } from '../support/generated/graphql.ts';
import { openSocket } from '../support/live.ts';
import { warmUp } from '../support/warm.ts';

const test = testWithGateway({ serverKey: null });

type Level = 'read' | 'write' | 'admin';
const ours = ({ sandbox }: RunningGateway, level: Level = 'admin'): AskOptions & { key: string } => ({
  key: sandbox.keys[level],
  workspaceId: sandbox.workspaceId,
});
const theirs = ({ sandbox }: RunningGateway): AskOptions & { key: string } => {
  const { keys, workspaceId } = sandbox.workspace('ws_other');
  return { key: keys.admin, workspaceId };
};

test('each key sees the tickets of its own workspace only', async ({ gateway }) => {
  const other = gateway.sandbox.workspace('ws_other');
  const [mine, foreign] = await Promise.all([
    gateway.query(TicketsPageDocument, { first: 100 }, ours(gateway)),
    gateway.query(TicketsPageDocument, { first: 100 }, theirs(gateway)),
  ]);
  expect(mine.data?.tickets?.edges.map(({ node }) => node.localId)).toEqual(
    gateway.sandbox.tickets.all().map(({ id }) => id),
  );
  expect(foreign.data?.tickets?.edges.map(({ node }) => node.localId)).toEqual(
    other.tickets.all().map(({ id }) => id),
  );
});

test('a key does not open another workspace by naming it', async ({ gateway }) => {
  const answer = await gateway.query(TicketsPageDocument, {}, { ...ours(gateway), workspaceId: 'ws_other' });
  expect(answer.data?.tickets).toBeNull();
  expect(answer.errors?.[0]?.extensions).toMatchObject({ category: 'AUTH' });
});

test('what went out to one key goes out again to that key alone', async ({ gateway }) => {
  const document = '{ tickets(first: 4) { nodes { localId } } }';
  const seen: string[] = [];
  for (const caller of [ours(gateway), theirs(gateway), ours(gateway, 'read')]) {
    await warmUp(gateway, document, {}, caller);
    seen.push(JSON.stringify((await gateway.query(document, {}, caller)).data));
  }
  expect(seen[0]).toBe(seen[2]);
  expect(seen[1]).not.toBe(seen[0]);
  const crossed = await gateway.query(document, {}, { ...ours(gateway), workspaceId: 'ws_other' });
  expect(crossed.data?.['tickets']).toBeNull();
  expect(crossed.errors?.[0]?.extensions).toMatchObject({ category: 'AUTH' });
});

test('definitions that one key has read are not shown to another', async ({ gateway }) => {
  gateway.sandbox.ticketFields.create({ title: 'Ours alone', fieldKey: 'ours_alone' });
  const ask = '{ ticketField(by: { key: "ours_alone" }) { title } }';
  const newcomer = { key: gateway.sandbox.createKey('read'), workspaceId: gateway.sandbox.workspaceId };
  const mine = await gateway.query(ask, {}, newcomer);
  expect(mine.data).toEqual({ ticketField: { title: 'Ours alone' } });
  const foreign = await gateway.query(ask, {}, theirs(gateway));
  expect(foreign.data).toEqual({ ticketField: null });
  gateway.forgetCalls();
  await gateway.query(TicketsPageDocument, { first: 1 }, ours(gateway, 'read'));
  expect(gateway.calls).toContain('GET /ticket_fields');
});

test('the budget shown is that of the caller’s own key', async ({ gateway }) => {
  const fresh = { key: gateway.sandbox.createKey('read'), workspaceId: gateway.sandbox.workspaceId };
  await gateway.query(TicketsPageDocument, { first: 1 }, ours(gateway));
  const answer = await gateway.query('{ rateLimit { remaining } }', {}, fresh);
  expect(answer.data).toEqual({ rateLimit: null });
});

test('events of a workspace reach its own subscribers only', async ({ gateway }) => {
  const other = gateway.sandbox.workspace('ws_other');
  await using mine = openSocket(gateway.wsUrl, connection(ours(gateway)));
  await using foreign = openSocket(gateway.wsUrl, connection(theirs(gateway)));
  const heard = { mine: mine.subscribe(LiveEventsDocument), foreign: foreign.subscribe(LiveEventsDocument) };
  await Promise.all([heard.mine.next(), heard.foreign.next()]);
  gateway.sandbox.tickets.create({ subject: 'Ours' });
  other.tickets.create({ subject: 'Theirs' });
  expect(await heard.mine.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject: 'Ours' } } } });
  // Neither our event nor one that claims to be theirs, signed with our secret, arrives there.
  await deliver(`${gateway.origin}/webhooks/helpdesk/ws_other`, ticketDelivery('ticket.created', {}), {
    secret: gateway.secret,
  });
  gateway.sandbox.tickets.create({ subject: 'Ours again' });
  await heard.mine.next();
  // What was sent to that socket before this answer has come before it.
  await foreign.subscribe('{ backend { kind } }').next();
  expect(heard.foreign.received).toEqual([
    expect.objectContaining({
      data: { ticketEvents: expect.objectContaining({ __typename: 'StreamReady' }) },
    }),
  ]);
});

test('nobody listens to a workspace that the key cannot read', async ({ gateway }) => {
  await using socket = openSocket(
    gateway.wsUrl,
    connection({ key: theirs(gateway).key, workspaceId: gateway.sandbox.workspaceId }),
  );
  const live = socket.subscribe(LiveEventsDocument);
  const first = await live.next().catch((error: unknown) => error);
  expect(JSON.stringify(first)).not.toContain('StreamReady');
  gateway.sandbox.tickets.create({ subject: 'Secret' });
  const second = await live.next().catch((error: unknown) => error);
  expect(JSON.stringify(second) ?? '').not.toContain('Secret');
});

test('a revoked key reads nothing more once the backend has said so, not even what was kept', async ({
  gateway,
}) => {
  const caller = { key: gateway.sandbox.createKey('read'), workspaceId: gateway.sandbox.workspaceId };
  const before = await gateway.query(TicketsPageDocument, { first: 1 }, caller);
  expect(before.errors).toBeUndefined();
  await warmUp(gateway, print(TicketsPageDocument), { first: 1 }, caller);
  gateway.sandbox.revokeKey(caller.key);
  const noCache = { ...caller, headers: { 'cache-control': 'no-cache' } };
  for (const asking of [noCache, caller]) {
    const after = await gateway.query(TicketsPageDocument, { first: 1 }, asking);
    expect(after.data?.tickets).toBeNull();
    expect(after.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_API_KEY' });
  }
});

test('no key is written to the log', async ({ gateway }) => {
  const text = JSON.stringify(gateway.logs);
  for (const { key } of [ours(gateway), theirs(gateway), ours(gateway, 'read')])
    expect(text).not.toContain(key);
  expect(text).not.toContain(gateway.secret);
});

const connection = ({ key, workspaceId }: AskOptions) => ({
  Authorization: `Bearer ${key}`,
  'X-Workspace-Id': workspaceId,
});
