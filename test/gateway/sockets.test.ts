import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { testWithGateway, type RunningGateway } from '../support/gateway.ts';
import {
  LiveEventsDocument,
  TicketUpdateDocument,
  type TicketEventFilter,
} from '../support/generated/graphql.ts';
import { openSocket, type Live } from '../support/live.ts';
import { within } from '../support/wait.ts';

const test = testWithGateway();

const everything: TicketEventFilter = {
  types: [
    'TICKET_CREATED',
    'TICKET_UPDATED',
    'TICKET_DELETED',
    'TICKET_ASSIGNMENT_CHANGED',
    'TICKET_RESOLVED',
    'UNKNOWN',
  ],
};

const messageOf = async <Data extends { ticketEvents: unknown }>(
  live: Live<Data>,
): Promise<Data['ticketEvents']> => {
  const { data, errors } = await live.next();
  expect(errors).toBeUndefined();
  if (data === null || data === undefined) throw new Error('a message without data');
  return data.ticketEvents;
};

async function listen(gateway: RunningGateway, filter: TicketEventFilter = everything, after?: string) {
  const socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument, { filter, ...(after !== undefined && { after }) });
  const ready = await messageOf(live);
  return { ready, next: () => messageOf(live), live, [Symbol.asyncDispose]: () => socket.close() };
}

test('a subscription begins with StreamReady', async ({ gateway }) => {
  await using stream = await listen(gateway);
  expect(stream.ready).toMatchObject({ __typename: 'StreamReady', resumed: false, replayCount: 0 });
});

test('a created, an updated and a deleted ticket arrive as they happen', async ({ gateway }) => {
  await using stream = await listen(gateway);
  const { tickets } = gateway.sandbox;
  const { id } = tickets.create({ subject: 'Seen live' });
  expect(await stream.next()).toMatchObject({
    __typename: 'TicketEvent',
    type: 'TICKET_CREATED',
    source: 'WEBHOOK',
    matchesFilter: true,
    stale: false,
    replayed: false,
    ticket: { localId: id, subject: 'Seen live' },
  });
  tickets.update(id, { priority: 'urgent' });
  expect(await stream.next()).toMatchObject({ type: 'TICKET_UPDATED', ticket: { priority: 'URGENT' } });
  tickets.delete(id);
  const deleted = await stream.next();
  expect(deleted).toMatchObject({ type: 'TICKET_DELETED' });
});

test('a change of assignee and a resolution send both of their events', async ({ gateway }) => {
  await using stream = await listen(gateway);
  const { tickets, agents } = gateway.sandbox;
  const { id } = tickets.create({ assigneeId: null }, { webhook: false });
  tickets.update(id, { assigneeId: agents.ids[0] ?? null });
  tickets.update(id, { status: 'resolved' });
  const types = [];
  for (let count = 0; count < 4; count += 1) {
    const message = await stream.next();
    types.push('type' in message ? message.type : message.__typename);
  }
  expect(types.toSorted()).toEqual([
    'TICKET_ASSIGNMENT_CHANGED',
    'TICKET_RESOLVED',
    'TICKET_UPDATED',
    'TICKET_UPDATED',
  ]);
});

test('a default subscription hears one event for each change', async ({ gateway }) => {
  const socket = openSocket(gateway.wsUrl);
  await using _ = socket;
  const live = socket.subscribe(LiveEventsDocument);
  expect(await messageOf(live)).toMatchObject({ __typename: 'StreamReady' });
  const { tickets } = gateway.sandbox;
  const { id } = tickets.create({ status: 'open' }, { webhook: false });
  tickets.update(id, { status: 'resolved' });
  tickets.delete(id);
  expect(await messageOf(live)).toMatchObject({ type: 'TICKET_UPDATED' });
  expect(await messageOf(live)).toMatchObject({ type: 'TICKET_DELETED' });
});

test('a mutation through the gateway is heard by subscribers', async ({ gateway }) => {
  await using stream = await listen(gateway);
  const { id } = gateway.sandbox.tickets.create({}, { webhook: false });
  const { errors } = await gateway.query(TicketUpdateDocument, {
    input: { id, patch: { subject: 'Changed through the gateway' } },
  });
  expect(errors).toBeUndefined();
  expect(await stream.next()).toMatchObject({
    type: 'TICKET_UPDATED',
    ticket: { localId: id, subject: 'Changed through the gateway' },
  });
});

test('an event of a type that nobody knows is kept as UNKNOWN', async ({ gateway }) => {
  await using stream = await listen(gateway);
  const ticket = gateway.sandbox.tickets.all()[0] ?? null;
  gateway.sandbox.deliveries.send({ type: 'ticket.merged', ticket });
  expect(await stream.next()).toMatchObject({ type: 'UNKNOWN', ticket: { localId: ticket?.id } });
});

test('only what matches the filter is delivered, and leaving it is told', async ({ gateway }) => {
  const { tickets } = gateway.sandbox;
  const other = tickets.create({ status: 'open', priority: 'low' }, { webhook: false });
  const mine = tickets.create({ status: 'open', priority: 'urgent' }, { webhook: false });
  await using stream = await listen(gateway, {
    types: ['TICKET_UPDATED'],
    priority: ['URGENT'],
    ticketIds: [mine.id, other.id],
  });
  tickets.update(mine.id, { subject: 'Still urgent' });
  expect(await stream.next()).toMatchObject({ matchesFilter: true, ticket: { subject: 'Still urgent' } });
  tickets.update(mine.id, { priority: 'low' });
  expect(await stream.next()).toMatchObject({ matchesFilter: false, ticket: { localId: mine.id } });
  tickets.update(mine.id, { subject: 'Nobody listens' });
  tickets.update(other.id, { priority: 'urgent' });
  expect(await stream.next()).toMatchObject({ matchesFilter: true, ticket: { localId: other.id } });
});

test('a delivery that comes twice is heard once', async ({ gateway }) => {
  await using stream = await listen(gateway);
  const { tickets, deliveries } = gateway.sandbox;
  const first = tickets.create({ subject: 'Once' });
  expect(await stream.next()).toMatchObject({ ticket: { subject: 'Once' } });
  await deliveries.settled();
  const sent = deliveries.attempts.findLast(({ ticketId }) => ticketId === first.id);
  deliveries.repeat(sent?.messageId ?? '');
  await deliveries.settled();
  tickets.create({ subject: 'Next' });
  expect(await stream.next()).toMatchObject({ ticket: { subject: 'Next' } });
});

test('a cursor resumes a subscription where it was left, on a new socket', async ({ gateway }) => {
  const { tickets, deliveries } = gateway.sandbox;
  const left = await listen(gateway);
  const cursor = left.ready.cursor;
  await left[Symbol.asyncDispose]();
  const subjects = ['While away 1', 'While away 2', 'While away 3'];
  for (const subject of subjects) tickets.create({ subject });
  await deliveries.settled();
  await using resumed = await listen(gateway, everything, cursor);
  expect(resumed.ready).toMatchObject({ __typename: 'StreamReady', resumed: true, replayCount: 3 });
  for (const subject of subjects) {
    expect(await resumed.next()).toMatchObject({ replayed: true, ticket: { subject } });
  }
  tickets.create({ subject: 'Back' });
  expect(await resumed.next()).toMatchObject({ replayed: false, ticket: { subject: 'Back' } });
});

test('a cursor that cannot be read is refused', async ({ gateway }) => {
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument, { after: 'rubbish' });
  const { errors } = await live.next();
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_INVALID', fields: [{ path: ['after'] }] });
});

test('queries and mutations run over the socket as well', async ({ gateway }) => {
  await using socket = openSocket(gateway.wsUrl);
  const result = await socket.subscribe('{ tickets(first: 1) { nodes { id } } }').next();
  expect(result.errors).toBeUndefined();
  expect(result.data).toMatchObject({ tickets: { nodes: [{}] } });
});

test.for(['{ tickets(', '', '{ nothing }', 'query ($x: Nope) { __typename }'])(
  'a faulty document (%j) ends its own operation and leaves the socket’s others alone',
  async (document, { gateway }) => {
    await using socket = openSocket(gateway.wsUrl);
    const live = socket.subscribe(LiveEventsDocument, { filter: everything });
    await messageOf(live);
    const faulty = await socket
      .subscribe(document)
      .next()
      .catch((error: unknown) => error);
    expect(JSON.stringify(faulty)).toContain('"code"');
    gateway.sandbox.tickets.create({ subject: 'Still heard' });
    expect(await messageOf(live)).toMatchObject({ ticket: { subject: 'Still heard' } });
  },
);

test('another protocol than graphql-transport-ws is refused', async ({ gateway }) => {
  const socket = new WebSocket(gateway.wsUrl, 'graphql-ws');
  const closed = Promise.withResolvers<unknown>();
  socket.on('close', closed.resolve);
  socket.on('error', closed.resolve);
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
  expect(await within('refusal', closed.promise)).toBeDefined();
});
