import { describe, expect, test } from 'vitest';
import { answers } from '../../../src/backends/helpdesk/wire.ts';
import { fieldTypes, priorities, statuses, types } from '../../../src/sandbox/rows.ts';
import { startSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { verify, withReceiver } from './receiver.ts';
import { ask, testWithSandbox } from './support.ts';

const until = Date.UTC(2026, 10, 20);
const snapshot = (sandbox: Sandbox) => ({
  keys: sandbox.keys,
  tickets: sandbox.tickets.all(),
  fields: sandbox.ticketFields.all(),
});

const seeded = testWithSandbox({ tickets: 500, dataUntil: until });

describe('the data', () => {
  test('is the same for the same seed and moment, and another for another seed', async () => {
    const clock = createVirtualClock(until);
    const take = async (seed: number) => {
      await using sandbox = await startSandbox({ seed, clock, tickets: 50 });
      sandbox.tickets.create({ subject: 'One more' });
      sandbox.agents.step();
      return snapshot(sandbox);
    };
    const one = await take(7);
    expect(await take(7)).toEqual(one);
    expect(await take(8)).not.toEqual(one);
  });

  seeded('has 500 tickets of every status, priority and type', ({ sandbox }) => {
    const tickets = sandbox.tickets.all();
    expect(tickets).toHaveLength(500);
    expect(new Set(tickets.map(({ id }) => id)).size).toBe(500);
    expect(new Set(tickets.map(({ status }) => status))).toEqual(new Set(statuses));
    expect(new Set(tickets.map(({ priority }) => priority))).toEqual(new Set(priorities));
    expect(new Set(tickets.map(({ type }) => type))).toEqual(new Set(types));
  });

  seeded('spreads over weeks before its moment, with some created at the same one', ({ sandbox }) => {
    const tickets = sandbox.tickets.all();
    const times = tickets.map(({ createdAt }) => Date.parse(createdAt));
    expect(Math.max(...times)).toBeLessThanOrEqual(until);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(30 * 86_400_000);
    expect(new Set(times).size).toBeLessThan(495);
    for (const { createdAt, updatedAt } of tickets) {
      expect(Date.parse(updatedAt)).toBeGreaterThanOrEqual(Date.parse(createdAt));
      expect(Date.parse(updatedAt)).toBeLessThanOrEqual(until);
    }
  });

  seeded('has a custom field of each type, and twelve on each ticket', ({ sandbox }) => {
    const custom = sandbox.ticketFields.all().filter(({ id }) => id.startsWith('cf_'));
    expect(new Set(custom.map(({ type }) => type))).toEqual(new Set(fieldTypes));
    for (const { customFields } of sandbox.tickets.all()) expect(customFields).toHaveLength(12);
  });

  seeded('keeps its own rules: every ticket can be written back as it is', async ({ sandbox }) => {
    for (const ticket of sandbox.tickets.all().slice(0, 100)) {
      const { status, customFields, ...rest } = ticket;
      const made = await ask(sandbox, 'POST /tickets', {
        body: {
          ticket: {
            ...rest,
            customFields: customFields.filter(({ value }) => value !== null),
            status: 'open',
          },
        },
      });
      expect(made.text).toContain('"ticket"');
      expect(statuses).toContain(status);
    }
  });

  test('may be of any size, and carry fewer fields', async () => {
    await using sandbox = await startSandbox({ tickets: 3_000, customFieldsPerTicket: 2 });
    expect(sandbox.tickets.count).toBe(3_000);
    expect(sandbox.tickets.all()[0]?.customFields).toHaveLength(2);
    await using empty = await startSandbox({ tickets: 0 });
    expect((await ask(empty, 'GET /tickets')).body).toEqual({
      tickets: [],
      meta: { pageSize: 25, hasMore: false },
      links: { next: null },
    });
  });
});

seeded('every kind of answer is one that the REST client understands', async ({ sandbox }) => {
  const field = sandbox.ticketFields.byKey('region');
  const options = `/ticket_fields/${field?.id}/options`;
  const made = await ask(sandbox, 'POST /webhooks', {
    body: { webhook: { name: 'w', targetUrl: 'https://example.com/', events: ['ticket.updated'] } },
  });
  const parsed = [
    answers.createdWebhook.safeParse(made.body),
    answers.webhooks.safeParse((await ask(sandbox, 'GET /webhooks')).body),
    answers.webhook.safeParse((await ask(sandbox, `GET /webhooks/${made.body.webhook.id}`)).body),
    answers.tickets.safeParse((await ask(sandbox, 'GET /tickets')).body),
    answers.ticket.safeParse((await ask(sandbox, `GET /tickets/${sandbox.tickets.all()[0]?.id}`)).body),
    answers.ticketFields.safeParse((await ask(sandbox, 'GET /ticket_fields')).body),
    answers.ticketField.safeParse((await ask(sandbox, `GET /ticket_fields/${field?.id}`)).body),
    answers.options.safeParse((await ask(sandbox, `GET ${options}`)).body),
    answers.option.safeParse((await ask(sandbox, `GET ${options}/${field?.options?.[0]?.id}`)).body),
  ];
  expect(parsed.map(({ error }) => error)).toEqual(parsed.map(() => undefined));
});

describe('simulated agents', () => {
  test('change a ticket at every turn of the clock, until they stop', async () => {
    const clock = createVirtualClock();
    await using sandbox = await startSandbox({ tickets: 20, clock });
    sandbox.agents.start(500);
    expect(sandbox.agents.working).toBe(true);
    const before = new Set(sandbox.tickets.all());
    await clock.advance(5_000);
    const changed = sandbox.tickets.all().filter((ticket) => !before.has(ticket));
    expect(changed.length).toBeGreaterThan(4);
    sandbox.agents.stop();
    const after = sandbox.tickets.all();
    await clock.advance(5_000);
    expect(sandbox.tickets.all()).toEqual(after);
    expect(sandbox.agents.working).toBe(false);
  });

  test('create, assign, resolve and close, and webhooks hear of it', async ({ onTestFinished }) => {
    const receiver = await withReceiver(onTestFinished);
    await using sandbox = await startSandbox({ tickets: 20, agents: { everyMs: 60_000 } });
    const { signingSecret } = sandbox.webhooks.register({ targetUrl: receiver.url });
    for (let at = 0; at < 120; at += 1) sandbox.agents.step();
    await sandbox.deliveries.settled();
    expect(new Set(receiver.received.map(({ type }) => type))).toEqual(
      new Set(['ticket.created', 'ticket.updated', 'ticket.assignment.changed', 'ticket.resolved']),
    );
    for (const delivery of receiver.received) expect(() => verify(delivery, signingSecret)).not.toThrow();
    expect(sandbox.tickets.all().some(({ status }) => status === 'closed')).toBe(true);
    expect(sandbox.agents.working).toBe(true);
  });

  test('write nothing that the API would refuse', async () => {
    await using sandbox = await startSandbox({ tickets: 5, rateLimit: { limit: 10_000 } });
    const ids = new Set(Array.from({ length: 60 }, () => sandbox.agents.step({ webhook: false }).id));
    for (const id of ids) {
      const customFields = (sandbox.tickets.get(id)?.customFields ?? []).filter(
        ({ value }) => value !== null,
      );
      const made = await ask(sandbox, 'POST /tickets', {
        body: { ticket: { subject: 'Copy', customFields } },
      });
      expect(made.status).toBe(201);
    }
  });
});

test('closing ends everything, and closing twice is closing once', async () => {
  const sandbox = await startSandbox({ tickets: 1, agents: true });
  sandbox.rateLimit.spendEvery(sandbox.keys.read, 1_000);
  expect((await ask(sandbox, 'GET /tickets')).status).toBe(200);
  await Promise.all([sandbox.close(), sandbox.close()]);
  expect(sandbox.agents.working).toBe(false);
  await expect(ask(sandbox, 'GET /tickets')).rejects.toThrow('fetch failed');
});

test('a port that is taken is said at once', async () => {
  await using sandbox = await startSandbox({ tickets: 0 });
  await expect(startSandbox({ tickets: 0, port: sandbox.port })).rejects.toThrow('EADDRINUSE');
});
