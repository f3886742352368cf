import { expect, test } from 'vitest';
import { LiveEventsDocument } from '../support/generated/graphql.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { until } from '../support/wait.ts';

const update = /* GraphQL */ `
  mutation ($id: ID!, $patch: TicketPatch!) {
    ticketUpdate(input: { id: $id, patch: $patch }) {
      ticket {
        localId
      }
    }
  }
`;

/** What a subscriber hears, as source, type and subject. */
async function listen({ socket }: LiveGateway, filter: object = {}) {
  const live = socket.subscribe(LiveEventsDocument, { filter });
  await live.next();
  return () =>
    live.received.flatMap(({ data }) => {
      const message = data?.ticketEvents;
      return message?.__typename === 'TicketEvent'
        ? [`${message.source} ${message.type} ${message.ticket?.subject ?? ''}`.trim()]
        : [];
    });
}

/** Nothing else comes: whatever was on its way has come before this. */
async function marked(gateway: LiveGateway, heard: () => string[]): Promise<string[]> {
  const marker = `Marker ${crypto.randomUUID()}`;
  gateway.sandbox.tickets.create({ subject: marker });
  await until('the marker', () => heard().some((line) => line.endsWith(marker)));
  return heard().slice(0, -1);
}

test('a mutation is heard once, as the gateway’s own, although its webhook comes later', async () => {
  await using gateway = await startLiveGateway();
  const { deliveries, tickets } = gateway.sandbox;
  const heard = await listen(gateway);
  deliveries.pause();
  const { ticketCreate } = await gateway.query(
    'mutation { ticketCreate(input: { subject: "Mine" }) { ticket { localId } } }',
  );
  const [ticket] = tickets.all();
  expect(ticketCreate).toEqual({ ticket: { localId: ticket?.id } });
  await gateway.query(update, { id: ticket?.id, patch: { subject: 'Still mine' } });
  await gateway.query(`mutation { ticketDelete(input: { id: "${ticket?.id}" }) { deletedId } }`);
  const told = ['GATEWAY TICKET_CREATED Mine', 'GATEWAY TICKET_UPDATED Still mine', 'GATEWAY TICKET_DELETED'];
  await until('all three', () => heard().length === 3);
  expect(heard()).toEqual(told);
  deliveries.resume('shuffled');
  await deliveries.settled();
  expect(deliveries.attempts.length).toBeGreaterThanOrEqual(3);
  expect(await marked(gateway, heard)).toEqual(told);
});

test('whoever has written resumes after their own write', async () => {
  await using gateway = await startLiveGateway({ webhooks: false });
  const cursor = async () => {
    const { eventStream } = await gateway.query('{ eventStream { headCursor } }');
    return eventStream;
  };
  const before = await cursor();
  await gateway.query('mutation { ticketCreate(input: { subject: "Mine" }) { ticket { localId } } }');
  expect(await cursor()).not.toEqual(before);
});

test('a change of several kinds reaches a subscriber without a filter once, by webhook and as a write', async () => {
  await using gateway = await startLiveGateway();
  const { tickets, agents, deliveries } = gateway.sandbox;
  const [one, other] = tickets.all();
  const [agent = ''] = agents.ids;
  const heard = await listen(gateway);
  const kinds = await listen(gateway, { types: ['TICKET_RESOLVED', 'TICKET_ASSIGNMENT_CHANGED'] });
  const change = { status: 'resolved', assigneeId: agent, subject: 'All at once' } as const;
  tickets.update(one?.id ?? '', { status: 'open', assigneeId: null }, { webhook: false });
  tickets.update(other?.id ?? '', { status: 'open', assigneeId: null }, { webhook: false });
  await gateway.pass(250);
  tickets.update(one?.id ?? '', change);
  await gateway.query(update, {
    id: other?.id,
    patch: { status: 'RESOLVED', assigneeId: agent, subject: 'All at once' },
  });
  await deliveries.settled();
  expect((await marked(gateway, heard)).toSorted()).toEqual([
    'GATEWAY TICKET_UPDATED All at once',
    'WEBHOOK TICKET_UPDATED All at once',
  ]);
  expect(kinds().toSorted()).toEqual([
    'WEBHOOK TICKET_ASSIGNMENT_CHANGED All at once',
    'WEBHOOK TICKET_ASSIGNMENT_CHANGED All at once',
    'WEBHOOK TICKET_RESOLVED All at once',
    'WEBHOOK TICKET_RESOLVED All at once',
  ]);
});

test('a ticket that was deleted behind the gateway’s back is found by whoever reads it', async () => {
  await using gateway = await startLiveGateway();
  const { tickets } = gateway.sandbox;
  const heard = await listen(gateway);
  const { id } = tickets.create({ subject: 'Soon gone' });
  await until('its creation', () => heard().length === 1);
  await gateway.pass(250);
  tickets.delete(id, { webhook: false });
  const read = `{ ticket(id: "${id}") { localId } }`;
  expect(await gateway.query(read)).toEqual({ ticket: null });
  expect(await gateway.query(read)).toEqual({ ticket: null });
  expect(await marked(gateway, heard)).toEqual([
    'WEBHOOK TICKET_CREATED Soon gone',
    'RECONCILE TICKET_DELETED',
  ]);
});
