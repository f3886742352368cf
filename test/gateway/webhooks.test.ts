import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { deliver, newSecret, ticketDelivery } from '../support/delivery.ts';
import { testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { LiveEventsDocument } from '../support/generated/graphql.ts';
import { openSocket } from '../support/live.ts';
import { until } from '../support/wait.ts';

const secret = newSecret();
const older = newSecret();
const test = testWithGateway({ env: { HELPDESK_WEBHOOK_SECRET: `${secret} ${older}` } });

const event = ticketDelivery('ticket.created', {});

/** The next event that subscribers hear after whatever a test has done must be this one: nothing else got in. */
async function onlyHears(gateway: RunningGateway, act: () => Promise<void>): Promise<void> {
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  await act();
  const marker = `marker ${crypto.randomUUID()}`;
  const id = `tkt_${crypto.randomUUID().slice(0, 8)}`;
  const last = await deliver(gateway.receiverUrl, ticketDelivery('ticket.created', { id, subject: marker }), {
    secret,
  });
  expect(last.ok).toBe(true);
  expect(await live.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject: marker } } } });
}

const answerOf = async (response: Response) => ({ status: response.status, body: await response.text() });

test('a signed delivery is taken, whichever of the secrets signed it', async ({ gateway }) => {
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  for (const [index, by] of [secret, older].entries()) {
    const subject = `Signed ${index}`;
    const body = ticketDelivery('ticket.created', { id: `tkt_signed${index}`, subject });
    const response = await deliver(gateway.receiverUrl, body, { secret: by });
    expect(response.ok).toBe(true);
    expect(await live.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject } } } });
  }
});

test.for([
  ['another secret’s signature', { secret: newSecret() }],
  ['a signature that is none', { secret, headers: { 'webhook-signature': 'v1,AAAA' } }],
  ['no signature', { secret, headers: { 'webhook-signature': '' } }],
  ['another scheme’s signature', { secret, headers: { 'webhook-signature': 'v9,c2lnbmF0dXJl' } }],
  ['no id', { secret, headers: { 'webhook-id': '' } }],
  ['an id that was not signed', { secret, headers: { 'webhook-id': 'msg_other' } }],
  ['a timestamp that was not signed', { secret, headers: { 'webhook-timestamp': '1' } }],
  ['a timestamp that is none', { secret, headers: { 'webhook-timestamp': 'yesterday' } }],
  ['six minutes of age', { secret, at: new Date(Date.now() - 6 * 60_000) }],
  ['six minutes in the future', { secret, at: new Date(Date.now() + 6 * 60_000) }],
] as const)('a delivery with %s is refused and leaves no trace', async ([, options], { gateway }) => {
  await onlyHears(gateway, async () => {
    const response = await deliver(gateway.receiverUrl, event, options);
    expect(response.status).toBe(401);
  });
});

test('an unknown workspace and a bad signature get the same answer', async ({ gateway }) => {
  const forged = await answerOf(await deliver(gateway.receiverUrl, event, { secret: newSecret() }));
  const nobodys = `${gateway.origin}/webhooks/helpdesk/ws_unknown`;
  expect(await answerOf(await deliver(nobodys, event, { secret }))).toEqual(forged);
  expect(await answerOf(await deliver(nobodys, event, { secret: newSecret() }))).toEqual(forged);
});

test('the secret of one workspace opens no other', async ({ gateway }) => {
  await onlyHears(gateway, async () => {
    const other = `${gateway.origin}/webhooks/helpdesk/ws_other`;
    expect((await deliver(other, event, { secret })).status).toBe(401);
  });
});

test('a replay within the tolerance is answered like the original and heard once', async ({ gateway }) => {
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  const once = { secret, id: `msg_${crypto.randomUUID()}`, at: new Date() };
  const body = ticketDelivery('ticket.created', { id: 'tkt_replayed', subject: 'Replayed' });
  for (let time = 0; time < 3; time += 1)
    expect((await deliver(gateway.receiverUrl, body, once)).ok).toBe(true);
  expect(await live.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject: 'Replayed' } } } });
  const next = ticketDelivery('ticket.created', { id: 'tkt_afterwards', subject: 'Afterwards' });
  await deliver(gateway.receiverUrl, next, { secret });
  expect(await live.next()).toMatchObject({ data: { ticketEvents: { ticket: { subject: 'Afterwards' } } } });
});

test('a changed body does not pass with the old signature', async ({ gateway }) => {
  const at = new Date();
  const signature = new Webhook(secret).sign('msg_changed', at, JSON.stringify(event));
  const response = await deliver(
    gateway.receiverUrl,
    { ...event, type: 'ticket.deleted' },
    {
      secret,
      id: 'msg_changed',
      at,
      headers: { 'webhook-signature': signature },
    },
  );
  expect(response.status).toBe(401);
});

test.for([
  ['a body of 10 MB', 'x'.repeat(10_000_000), {}, 413],
  ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 415],
  ['a body of another type', '{}', { 'content-type': 'text/plain' }, 415],
] as const)('%s is refused before it is looked at', async ([, body, headers, status], { gateway }) => {
  await onlyHears(gateway, async () => {
    const sent = deliver(gateway.receiverUrl, body, { secret, headers });
    // The connection may break while the rest of a refused body is still being sent.
    const response = await sent.catch(() => null);
    expect(response?.status ?? status).toBe(status);
  });
});

test.for([
  ['no JSON', 'not json'],
  ['an empty body', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['no type', '{"data":{}}'],
  ['keys that reach for prototypes', '{"type":"ticket.created","__proto__":{"polluted":true},"data":{}}'],
  ['a ticket without an id', JSON.stringify(ticketDelivery('ticket.created', { id: undefined }))],
  ['10,000 levels of lists', '['.repeat(10_000) + ']'.repeat(10_000)],
] as const)(
  'a genuine delivery with %s is refused for good, and the process stays up',
  async ([, body], { gateway }) => {
    await onlyHears(gateway, async () => {
      const response = await deliver(gateway.receiverUrl, body, { secret });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
    });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  },
);

test.for(['GET', 'PUT', 'DELETE', 'PATCH'])('%s is not how deliveries come', async (method, { gateway }) => {
  const response = await fetch(gateway.receiverUrl, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('POST');
});

test('deliveries that come twice and out of order end in the right state', async ({ gateway }) => {
  const { tickets, deliveries, webhooks } = gateway.sandbox;
  for (const { id } of webhooks.all()) webhooks.setSecrets(id, [secret]);
  deliveries.configure({ duplicates: 0.5, disorder: 0.5, disorderMs: 20 });
  await using socket = openSocket(gateway.wsUrl);
  const live = socket.subscribe(LiveEventsDocument);
  await live.next();
  const { id } = tickets.create({ subject: 'Version 0' });
  for (let version = 1; version <= 10; version += 1) {
    const last = Date.now();
    await until('the next millisecond', () => Date.now() > last);
    tickets.update(id, { subject: `Version ${version}` });
  }
  await deliveries.settled();
  deliveries.configure({ duplicates: 0, disorder: 0 });
  const subjects = () =>
    live.received.flatMap(({ data }) =>
      data?.ticketEvents.__typename === 'TicketEvent' ? [data.ticketEvents.ticket?.subject] : [],
    );
  await until('the newest version', () => subjects().includes('Version 10'));
  expect(subjects().at(-1)).toBe('Version 10');
  expect(subjects()).toEqual([...new Set(subjects())]);
});
