import { print } from 'graphql';
import { expect } from 'vitest';
import { testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { LiveEventsDocument } from '../support/generated/graphql.ts';
import { openEventStream, type EventStream } from '../support/sse.ts';

const test = testWithGateway();

const open = (gateway: RunningGateway, variables: object = {}, headers: Record<string, string> = {}) =>
  openEventStream(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: print(LiveEventsDocument), variables }),
  });

async function nextEvent(stream: EventStream) {
  const message = await stream.next();
  const parsed = JSON.parse(message?.data ?? 'null') as { data: { ticketEvents: { cursor: string } } };
  return { id: message?.id, event: message?.event, ticketEvents: parsed.data.ticketEvents };
}

test('a subscription over SSE is told as it happens, and its ids are the cursors', async ({ gateway }) => {
  await using stream = await open(gateway);
  expect(stream.status).toBe(200);
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream\b/);
  expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform');
  const ready = await nextEvent(stream);
  expect(ready).toMatchObject({ event: 'next', ticketEvents: { __typename: 'StreamReady' } });
  expect(ready.id).toBe(ready.ticketEvents.cursor);
  const { id } = gateway.sandbox.tickets.create({ subject: 'Over SSE' });
  const created = await nextEvent(stream);
  expect(created).toMatchObject({
    event: 'next',
    ticketEvents: { type: 'TICKET_CREATED', ticket: { localId: id, subject: 'Over SSE' } },
  });
  expect(created.id).toBe(created.ticketEvents.cursor);
});

test('the last id seen resumes the stream', async ({ gateway }) => {
  const first = await open(gateway);
  const { ticketEvents } = await nextEvent(first);
  await first.close();
  gateway.sandbox.tickets.create({ subject: 'Meanwhile' });
  await gateway.sandbox.deliveries.settled();
  await using second = await open(gateway, { after: ticketEvents.cursor });
  expect(await nextEvent(second)).toMatchObject({ ticketEvents: { resumed: true, replayCount: 1 } });
  expect(await nextEvent(second)).toMatchObject({
    ticketEvents: { replayed: true, ticket: { subject: 'Meanwhile' } },
  });
});

test('Last-Event-ID resumes the stream that EventSource opens again, whatever the address still says', async ({
  gateway,
}) => {
  const first = await open(gateway);
  const { ticketEvents: start } = await nextEvent(first);
  gateway.sandbox.tickets.create({ subject: 'Seen' });
  const { id: seen = '' } = await nextEvent(first);
  await first.close();
  gateway.sandbox.tickets.create({ subject: 'Missed' });
  await gateway.sandbox.deliveries.settled();
  await using second = await open(gateway, { after: start.cursor }, { 'last-event-id': seen });
  expect(await nextEvent(second)).toMatchObject({ ticketEvents: { resumed: true, replayCount: 1 } });
  expect(await nextEvent(second)).toMatchObject({ ticketEvents: { ticket: { subject: 'Missed' } } });
});

test('an empty Last-Event-ID counts as none', async ({ gateway }) => {
  const first = await open(gateway);
  const { ticketEvents } = await nextEvent(first);
  await first.close();
  await using second = await open(gateway, { after: ticketEvents.cursor }, { 'last-event-id': '' });
  expect(await nextEvent(second)).toMatchObject({ ticketEvents: { resumed: true } });
});

test('a subscription by GET works for EventSource', async ({ gateway }) => {
  const query = new URLSearchParams({ query: print(LiveEventsDocument) });
  await using stream = await openEventStream(`${gateway.url}?${query}`, { method: 'GET' });
  expect(stream.status).toBe(200);
  expect(await nextEvent(stream)).toMatchObject({ ticketEvents: { __typename: 'StreamReady' } });
});

test('a query over SSE answers once and completes', async ({ gateway }) => {
  await using stream = await openEventStream(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ backend { kind } }' }),
  });
  const answer = await stream.next();
  expect(JSON.parse(answer?.data ?? '')).toMatchObject({ data: { backend: { kind: 'HELPDESK' } } });
  expect(await stream.next()).toMatchObject({ event: 'complete' });
  expect(await stream.next()).toBeNull();
});

test('a key that the backend refuses receives no event', async ({ gateway }) => {
  await using stream = await open(
    gateway,
    {},
    { authorization: `Bearer aclou_${'0'.repeat(40)}`, 'x-workspace-id': gateway.sandbox.workspaceId },
  );
  gateway.sandbox.tickets.create({ subject: 'Not for you' });
  const message = await stream.next();
  expect(JSON.parse(message?.data ?? '')).toMatchObject({
    errors: [{ extensions: { code: 'INVALID_API_KEY' } }],
  });
  expect(message?.data).not.toContain('Not for you');
});
