import { expect, test } from 'vitest';
import { LiveEventsDocument } from '../support/generated/graphql.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';

const second = 1_000;
const minute = 60 * second;

/** How a subscriber without a filter listens. */
async function listen({ socket }: LiveGateway) {
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  const heard = () =>
    live.received.flatMap(({ data }) => {
      const message = data?.ticketEvents;
      return message?.__typename === 'TicketEvent'
        ? [`${message.source} ${message.type} ${message.ticket?.subject ?? ''}`]
        : [];
    });
  return { live, heard };
}

const isLive = async (gateway: LiveGateway) => {
  const { eventStream } = await gateway.query('{ eventStream { live lastReconcileAt } }');
  return eventStream;
};

test('a webhook that never arrives is made up for, and until webhooks have proved themselves again nothing relies on them', async () => {
  await using gateway = await startLiveGateway();
  const { tickets, deliveries } = gateway.sandbox;
  const { live, heard } = await listen(gateway);
  await gateway.pass(2 * second);
  tickets.create({ subject: 'Told' });
  await live.next();
  await gateway.pass(minute);
  expect(await isLive(gateway)).toMatchObject({ live: true });

  tickets.create({ subject: 'Never told' }, { webhook: false });
  for (let waited = 0; heard().length < 2 && waited < 70; waited += 1) await gateway.pass(second);
  expect(heard()).toEqual(['WEBHOOK TICKET_CREATED Told', 'RECONCILE TICKET_CREATED Never told']);
  expect(await isLive(gateway)).toMatchObject({ live: false });

  await gateway.pass(second);
  tickets.create({ subject: 'Told again' });
  await deliveries.settled();
  expect(await isLive(gateway)).toMatchObject({ live: false });
  await gateway.pass(30 * second);
  expect(await isLive(gateway)).toMatchObject({ live: true });
  expect(heard().slice(2)).toEqual(['WEBHOOK TICKET_CREATED Told again']);
});

test('it is live once a webhook came and two sweeps found nothing, which is within ten seconds of the start', async () => {
  await using gateway = await startLiveGateway();
  gateway.sandbox.tickets.create({ subject: 'Told' });
  await gateway.sandbox.deliveries.settled();
  await gateway.pass(second);
  expect(await isLive(gateway)).toMatchObject({ live: false });
  await gateway.pass(9 * second);
  expect(await isLive(gateway)).toMatchObject({ live: true });
  gateway.sandbox.forgetRequests();
  await gateway.pass(3 * minute);
  expect(gateway.sandbox.requests).toHaveLength(3);
});

test('it is not live any more once the helpdesk has been down for a few minutes', async () => {
  await using gateway = await startLiveGateway();
  gateway.sandbox.tickets.create({ subject: 'Told' });
  await gateway.sandbox.deliveries.settled();
  await gateway.pass(10 * second);
  expect(await isLive(gateway)).toMatchObject({ live: true });
  await gateway.sandbox.goDown();
  await gateway.pass(4 * minute);
  expect(await isLive(gateway)).toMatchObject({ live: false });
  await gateway.sandbox.comeBack();
  await gateway.pass(2 * minute);
  expect(await isLive(gateway)).toMatchObject({ live: true });
});

test('where no key can sweep, a webhook is all that live takes, and with a lent one it is not', async () => {
  for (const lends of ['false', 'true']) {
    await using gateway = await startLiveGateway({ serverKey: false, env: { SWEEP_WITH_CALLER_KEY: lends } });
    expect(await isLive(gateway)).toMatchObject({ live: false });
    gateway.sandbox.tickets.create({ subject: 'Told' });
    await gateway.sandbox.deliveries.settled();
    expect(await isLive(gateway)).toMatchObject({ live: lends === 'false', lastReconcileAt: null });
    await listen(gateway);
    await gateway.pass(10 * second);
    expect(await isLive(gateway)).toMatchObject({ live: true });
  }
});

test('a webhook that is late finds its event told already', async () => {
  await using gateway = await startLiveGateway();
  const { tickets, deliveries } = gateway.sandbox;
  const { heard } = await listen(gateway);
  await gateway.pass(2 * second);
  deliveries.pause();
  const { id } = tickets.create({ subject: 'Late' });
  await gateway.pass(20 * second);
  expect(heard()).toEqual(['RECONCILE TICKET_CREATED Late']);
  tickets.update(id, { subject: 'Later' });
  deliveries.resume('reversed');
  await deliveries.settled();
  await gateway.pass(minute);
  expect(heard()).toEqual(['RECONCILE TICKET_CREATED Late', 'WEBHOOK TICKET_UPDATED Later']);
});

test('without any webhook subscriptions work by polling, at twelve requests a minute', async () => {
  await using gateway = await startLiveGateway({ webhooks: false });
  const { tickets } = gateway.sandbox;
  const { live, heard } = await listen(gateway);
  await gateway.pass(2 * second);
  gateway.sandbox.forgetRequests();
  const { id } = tickets.create({ subject: 'New' });
  await gateway.pass(6 * second);
  expect(await live.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject: 'New' } } } });
  tickets.update(id, { status: 'resolved', subject: 'Done' });
  await gateway.pass(6 * second);
  expect(heard()).toEqual(['RECONCILE TICKET_CREATED New', 'RECONCILE TICKET_UPDATED Done']);
  expect(await isLive(gateway)).toMatchObject({ live: false });

  gateway.sandbox.forgetRequests();
  await gateway.pass(minute);
  const { requests } = gateway.sandbox;
  expect(requests.length).toBeGreaterThanOrEqual(10);
  expect(requests.length).toBeLessThanOrEqual(12);
  expect(
    new Set(requests.map(({ path, query }) => [path, query['sort_by'], query['sort_order']].join(' '))),
  ).toEqual(new Set(['/tickets updated_at desc']));
});

test('a helpdesk that is down costs the subscriber nothing but time', async () => {
  await using gateway = await startLiveGateway({ webhooks: false });
  const { sandbox } = gateway;
  const { heard } = await listen(gateway);
  await gateway.pass(2 * second);
  await sandbox.goDown();
  for (const subject of ['One', 'Two', 'Three']) sandbox.tickets.create({ subject });
  await gateway.pass(30 * second);
  expect(heard()).toEqual([]);
  await sandbox.comeBack();
  await gateway.pass(2 * minute);
  expect(heard()).toEqual(['One', 'Two', 'Three'].map((subject) => `RECONCILE TICKET_CREATED ${subject}`));
});

test('a caller’s key sweeps its workspace while the caller listens, where that is allowed', async () => {
  await using gateway = await startLiveGateway({
    serverKey: false,
    webhooks: false,
    env: { SWEEP_WITH_CALLER_KEY: 'true' },
  });
  const { sandbox } = gateway;
  await gateway.pass(20 * second);
  expect(sandbox.requests).toEqual([]);
  const { live, heard } = await listen(gateway);
  await gateway.pass(2 * second);
  sandbox.tickets.create({ subject: 'Found' });
  await gateway.pass(10 * second);
  expect(heard()).toEqual(['RECONCILE TICKET_CREATED Found']);
  expect(new Set(sandbox.requests.map(({ keyLevel }) => keyLevel))).toEqual(new Set(['read']));
  await live.close();
  await gateway.pass(6 * second);
  sandbox.forgetRequests();
  await gateway.pass(minute);
  expect(sandbox.requests).toEqual([]);
});

test('a caller’s key is not used for sweeps unasked', async () => {
  await using gateway = await startLiveGateway({ serverKey: false, webhooks: false });
  await listen(gateway);
  gateway.sandbox.forgetRequests();
  await gateway.pass(minute);
  expect(gateway.sandbox.requests).toEqual([]);
});
