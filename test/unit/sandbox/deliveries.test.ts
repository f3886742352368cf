import { describe, expect } from 'vitest';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { within } from '../../support/wait.ts';
import { verify, withReceiver } from './receiver.ts';
import { ask, testWithSandbox } from './support.ts';

const base = testWithSandbox({ tickets: 5, deliveries: { retryDelaysMs: [5, 10] } });
const test = base.extend('receiver', async ({}, { onCleanup }) => withReceiver(onCleanup));

describe('an event', () => {
  test('is told to webhooks that want it, signed as Standard Webhooks say', async ({ sandbox, receiver }) => {
    const { signingSecret } = sandbox.webhooks.register({
      targetUrl: receiver.url,
      events: ['ticket.created'],
    });
    const { body } = await ask(sandbox, 'POST /tickets', { body: { ticket: { subject: 'News' } } });
    await sandbox.deliveries.settled();
    const [delivery] = receiver.received;
    if (!delivery) throw new Error('nothing came');
    expect(verify(delivery, signingSecret)).toEqual({
      type: 'ticket.created',
      timestamp: expect.any(String),
      data: { ticket: body.ticket },
    });
    expect(() => verify({ ...delivery, text: delivery.text.replace('News', 'Lies') }, signingSecret)).toThrow(
      'No matching signature',
    );
    expect(delivery.headers['content-type']).toBe('application/json');
  });

  test('of each kind is sent as the contract says', async ({ sandbox, receiver }) => {
    sandbox.webhooks.register({ targetUrl: receiver.url });
    const path = `/tickets/${sandbox.tickets.create({ subject: 'Life' }).id}`;
    const put = (ticket: unknown) => ask(sandbox, `PUT ${path}`, { body: { ticket } });
    await put({ priority: 'high' });
    await put({ assigneeId: sandbox.agents.ids[0] });
    await put({ assigneeId: sandbox.agents.ids[0] });
    await put({ assigneeId: null, status: 'resolved' });
    await put({ status: 'resolved' });
    await ask(sandbox, `DELETE ${path}`);
    await sandbox.deliveries.settled();
    expect(receiver.received.map(({ type }) => type)).toEqual([
      'ticket.created',
      'ticket.updated',
      'ticket.updated',
      'ticket.assignment.changed',
      'ticket.updated',
      'ticket.updated',
      'ticket.assignment.changed',
      'ticket.resolved',
      'ticket.updated',
      'ticket.deleted',
    ]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(10);
  });

  test('can be kept from webhooks', async ({ sandbox, receiver }) => {
    sandbox.webhooks.register({ targetUrl: receiver.url });
    const { id } = sandbox.tickets.create({ subject: 'Secret' }, { webhook: false });
    sandbox.tickets.update(id, { subject: 'Still' }, { webhook: false });
    sandbox.agents.step({ webhook: false });
    sandbox.tickets.delete(id, { webhook: false });
    await sandbox.deliveries.settled();
    expect(receiver.received).toEqual([]);
  });

  test('stays in its workspace, and goes to active webhooks only', async ({ sandbox, receiver }) => {
    const other = sandbox.workspace('ws_other');
    other.webhooks.register({ targetUrl: receiver.url, name: 'other' });
    sandbox.webhooks.register({ targetUrl: receiver.url, active: false });
    sandbox.tickets.create({ subject: 'Mine' });
    const theirs = other.tickets.create({ subject: 'Theirs' });
    await sandbox.deliveries.settled();
    expect(receiver.received.map(({ data }) => data.ticket?.id)).toEqual([theirs.id]);
  });

  test('is never sent off the machine unless that is allowed', async ({ sandbox }) => {
    sandbox.webhooks.register({ targetUrl: 'https://hooks.example.com/in' });
    sandbox.tickets.create({ subject: 'Here' });
    await within('dropping it', sandbox.deliveries.settled());
    expect(sandbox.deliveries.attempts).toEqual([]);
  });

  test('is signed with every secret of a rotation', async ({ sandbox, receiver }) => {
    const { id, signingSecret } = sandbox.webhooks.register({ targetUrl: receiver.url });
    const newer = `whsec_${Buffer.from('a newer secret of 24 by.').toString('base64')}`;
    sandbox.webhooks.setSecrets(id, [newer, signingSecret]);
    sandbox.tickets.create({ subject: 'Turn' });
    await sandbox.deliveries.settled();
    const [delivery] = receiver.received;
    if (!delivery) throw new Error('nothing came');
    expect(String(delivery.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const secret of [newer, signingSecret]) expect(() => verify(delivery, secret)).not.toThrow();
  });

  test('that nothing caused can be sent, of any type', async ({ sandbox, receiver }) => {
    sandbox.webhooks.register({ targetUrl: receiver.url, events: ['ticket.created'] });
    const [ticket] = sandbox.tickets.all();
    sandbox.deliveries.send({ type: 'ticket.snoozed', ticket: ticket ?? null });
    sandbox.deliveries.send({ type: 'workspace.renamed', ticket: null });
    await sandbox.deliveries.settled();
    expect(receiver.received).toMatchObject([
      { type: 'ticket.snoozed', data: { ticket: { id: ticket?.id } } },
      { type: 'workspace.renamed', data: {} },
    ]);
  });
});

describe('delivery', () => {
  test('is tried again under the same id until it is taken', async ({ sandbox, receiver }) => {
    receiver.answers.push(500, 0);
    const webhook = sandbox.webhooks.register({ targetUrl: receiver.url, events: ['ticket.created'] });
    const ticket = sandbox.tickets.create({ subject: 'Again' });
    await sandbox.deliveries.settled();
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    const common = { webhookId: webhook.id, type: 'ticket.created', ticketId: ticket.id };
    expect(sandbox.deliveries.attempts).toMatchObject([
      { ...common, attempt: 1, status: 500 },
      { ...common, attempt: 2, status: null },
      { ...common, attempt: 3, status: 204 },
    ]);
  });

  test('is given up after the last pause', async ({ sandbox, receiver }) => {
    receiver.answers.push(500, 302, 429, 500);
    sandbox.webhooks.register({ targetUrl: receiver.url });
    sandbox.tickets.create({ subject: 'Lost' });
    await sandbox.deliveries.settled();
    expect(sandbox.deliveries.attempts.map(({ status }) => status)).toEqual([500, 302, 429]);
  });

  test('can come twice', async ({ sandbox, receiver }) => {
    sandbox.deliveries.configure({ duplicates: 0.5 });
    sandbox.webhooks.register({ targetUrl: receiver.url });
    for (let at = 0; at < 30; at += 1) sandbox.tickets.create({ subject: `No ${at}` });
    await sandbox.deliveries.settled();
    expect(receiver.received.length).toBeGreaterThan(35);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(30);
    const before = receiver.received.length;
    sandbox.deliveries.configure({ duplicates: 0 });
    sandbox.deliveries.repeat(receiver.received[0]?.id ?? '');
    await sandbox.deliveries.settled();
    expect(receiver.received.slice(before).map(({ text }) => text)).toEqual([receiver.received[0]?.text]);
  });

  test('can come out of order', async ({ sandbox, receiver }) => {
    sandbox.deliveries.configure({ disorder: 0.5, disorderMs: 30 });
    sandbox.webhooks.register({ targetUrl: receiver.url });
    const made = Array.from({ length: 30 }, (_, at) => sandbox.tickets.create({ subject: `No ${at}` }).id);
    await sandbox.deliveries.settled();
    const came = receiver.received.map(({ data }) => data.ticket?.id ?? '');
    expect(came).not.toEqual(made);
    expect(came.toSorted()).toEqual(made.toSorted());
  });

  test('keeps the order otherwise', async ({ sandbox, receiver }) => {
    sandbox.webhooks.register({ targetUrl: receiver.url });
    const made = Array.from({ length: 30 }, (_, at) => sandbox.tickets.create({ subject: `No ${at}` }).id);
    await sandbox.deliveries.settled();
    expect(receiver.received.map(({ data }) => data.ticket?.id)).toEqual(made);
  });

  test('can pause, and go on backwards', async ({ sandbox, receiver }) => {
    sandbox.webhooks.register({ targetUrl: receiver.url });
    sandbox.deliveries.pause();
    const made = ['a', 'b', 'c'].map((subject) => sandbox.tickets.create({ subject }).id);
    expect(sandbox.deliveries.pending).toBe(3);
    expect(receiver.received).toEqual([]);
    sandbox.deliveries.resume('reversed');
    await sandbox.deliveries.settled();
    expect(receiver.received.map(({ data }) => data.ticket?.id)).toEqual(made.toReversed());
    expect(sandbox.deliveries.pending).toBe(0);
  });

  test('ends when its webhook is deleted', async ({ sandbox, receiver }) => {
    const { id } = sandbox.webhooks.register({ targetUrl: receiver.url });
    sandbox.deliveries.pause();
    sandbox.tickets.create({ subject: 'Too late' });
    await ask(sandbox, `DELETE /webhooks/${id}`);
    sandbox.deliveries.resume();
    await within('dropping it', sandbox.deliveries.settled());
    expect(receiver.received).toEqual([]);
  });
});

test('pauses between attempts go by the given clock, and so does the signature’s time', async ({
  receiver,
}) => {
  const clock = createVirtualClock(Date.now());
  await using sandbox = await startSandbox({ tickets: 0, clock, rateLimit: { clockSkewMs: -7_000 } });
  receiver.answers.push(503);
  sandbox.webhooks.register({ targetUrl: receiver.url });
  sandbox.tickets.create({ subject: 'Later' });
  await expect.poll(() => sandbox.deliveries.attempts.length).toBe(1);
  await clock.advance(249);
  expect(receiver.received).toHaveLength(1);
  await clock.advance(1);
  await within('the second attempt', sandbox.deliveries.settled());
  expect(receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']))).toEqual([
    Math.floor((clock.now() - 250 - 7_000) / 1000),
    Math.floor((clock.now() - 7_000) / 1000),
  ]);
});
