import { expect, test } from 'vitest';
import type { Backend, BackendSession } from '../../../src/domain/backend.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import { createMeter } from '../../../src/domain/operation.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import { announceWrites } from '../../../src/events/intake/announce.ts';
import { createIntake, type Intake } from '../../../src/events/intake/intake.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createNoonClock, makeEvent, makeTicket, timeAt } from '../../contract/event-fixtures.ts';
import { captureLines, type LoggedLine, workspaceId } from './sweep-harness.ts';

const refuse = () => Promise.reject(new Error('not asked for'));
const locked = { list: refuse, get: refuse, create: refuse, update: refuse, delete: refuse };
const notFound = () => new GatewayError('NOT_FOUND', 'There is none.');

/** A backend that answers as told, with what writes through it are told to. */
function setUp(tickets: Partial<BackendSession['tickets']>, accept?: Intake['accept']) {
  const clock = createNoonClock();
  const log = createMemoryLog({ clock });
  const intake = createIntake({ log, clock });
  const lines: LoggedLine[] = [];
  const session: BackendSession = {
    tickets: { ...locked, ...tickets },
    ticketFields: locked,
    ticketFieldOptions: locked,
    webhooks: locked,
  };
  const backend: Backend = {
    kind: 'HELPDESK',
    capabilities: { maxPageSize: 100, pushdownFilters: [], orderFields: [], writableStatuses: [] },
    receiver: {
      receive: () => ({ ok: false, reason: 'UNSIGNED' }),
      toleranceMs: 0,
      channelOf: () => 'channel',
    },
    session: () => session,
    budget: () => null,
    status: () => ({ circuit: 'CLOSED', since: 0, nextTrialAt: null }),
    close: async () => undefined,
  };
  const announcing = announceWrites({
    backend,
    intake: {
      accept: accept ?? ((...event) => intake.accept(...event)),
      missing: (...what) => intake.missing(...what),
    },
    log,
    clock,
    logger: captureLines(lines),
  });
  const caller = {
    workspaceId,
    apiKey: 'key',
    scope: 'scope',
    keyId: 'id',
    source: 'REQUEST',
    level: null,
    endUser: null,
  } as const;
  const through = announcing.session(caller, {
    priority: 'MUTATION',
    client: 'test',
    signal: new AbortController().signal,
    deadline: clock.now() + 10_000,
    traceId: '0'.repeat(32),
    meter: createMeter(),
  });
  return {
    clock,
    log,
    intake,
    backend,
    announcing,
    session,
    through,
    lines,
    events: async () => (await log.read(workspaceId, 0, 100)).map(({ record }) => record.event),
  };
}

const told = (type: string, ticket: Ticket | null) => ({
  type,
  ticketId: 'tkt_1',
  ticket,
  source: 'GATEWAY',
  channel: 'gateway',
  eventId: expect.stringMatching(/^gw_[\w-]{22}$/) as string,
});

test('what is written through the gateway is in the log when the write is answered', async () => {
  const created = makeTicket();
  const updated = makeTicket({ status: 'RESOLVED', updatedAt: timeAt(1) });
  const it = setUp({
    create: async () => created,
    update: async () => updated,
    delete: async () => undefined,
  });
  await it.through.tickets.create({ subject: created.subject });
  expect(await it.events()).toEqual([expect.objectContaining(told('TICKET_CREATED', created))]);
  await it.through.tickets.update('tkt_1', { status: 'RESOLVED' });
  await it.through.tickets.delete('tkt_1');
  expect(await it.events()).toMatchObject([
    told('TICKET_CREATED', created),
    told('TICKET_UPDATED', updated),
    told('TICKET_DELETED', null),
  ]);
});

test('the webhook of a write is a repeat, whichever of the two is first', async () => {
  const updated = makeTicket({ updatedAt: timeAt(1) });
  const it = setUp({ update: async () => updated, delete: async () => undefined });
  await it.through.tickets.update('tkt_1', {});
  expect(await it.intake.accept(workspaceId, makeEvent({ ticket: updated }))).toEqual({ result: 'REPEATED' });
  const deleted = makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(5) });
  await it.intake.accept(workspaceId, deleted);
  await it.through.tickets.delete('tkt_1');
  expect((await it.events()).map(({ source }) => source)).toEqual(['GATEWAY', 'WEBHOOK']);
});

test('a deletion is no older than what is known of the ticket, however slow our clock is', async () => {
  const it = setUp({ delete: async () => undefined });
  await it.intake.accept(workspaceId, makeEvent({ ticket: { updatedAt: timeAt(90_000) } }));
  await it.through.tickets.delete('tkt_1');
  expect(await it.log.read(workspaceId, 1, 1)).toMatchObject([
    { record: { stale: false, after: null, event: { occurredAt: timeAt(90_000) } } },
  ]);
});

test('a ticket that is known and is not there any more was deleted, and that is told once', async () => {
  const it = setUp({
    get: async () => null,
    update: () => Promise.reject(notFound()),
    delete: () => Promise.reject(notFound()),
  });
  const tickets = ['tkt_1', 'tkt_2', 'tkt_3'];
  for (const id of tickets) await it.intake.accept(workspaceId, makeEvent({ ticketId: id }));
  it.clock.advanceSync(1_000);
  expect(await it.through.tickets.get('tkt_1')).toBeNull();
  await expect(it.through.tickets.update('tkt_2', {})).rejects.toThrow('There is none.');
  await expect(it.through.tickets.delete('tkt_3')).rejects.toThrow('There is none.');
  for (const id of tickets) await it.through.tickets.get(id);
  await it.clock.advance(0);
  const found = (await it.events()).slice(3);
  expect(found.map(({ type, source, ticketId }) => [type, source, ticketId])).toEqual(
    tickets.map((id) => ['TICKET_DELETED', 'RECONCILE', id]),
  );
});

test('two gateways that find one deletion at the same moment tell it once', async () => {
  const it = setUp({ get: async () => null });
  await it.intake.accept(workspaceId, makeEvent());
  it.clock.advanceSync(1_000);
  await Promise.all([it.through.tickets.get('tkt_1'), it.through.tickets.get('tkt_1')]);
  await it.clock.advance(0);
  expect(await it.events()).toHaveLength(2);
});

test('a ticket that was only out of sight comes back with its next change, whatever our clock says', async () => {
  const it = setUp({ get: async () => null });
  await it.intake.accept(workspaceId, makeEvent());
  it.clock.advanceSync(600_000);
  await it.through.tickets.get('tkt_1');
  await it.clock.advance(0);
  expect(await it.log.known(workspaceId, 'tkt_1')).toMatchObject({ deleted: true });
  await it.intake.accept(workspaceId, makeEvent({ ticket: { updatedAt: timeAt(1_000) } }));
  expect(await it.log.known(workspaceId, 'tkt_1')).toMatchObject({ deleted: false });
});

test('a slow webhook of what was before an own deletion does not bring the ticket back, though our clock is behind', async () => {
  const it = setUp({ delete: async () => undefined });
  await it.intake.accept(workspaceId, makeEvent());
  await it.through.tickets.delete('tkt_1');
  const update = makeEvent({ ticket: { updatedAt: timeAt(2_000) } });
  expect(await it.intake.accept(workspaceId, update)).toMatchObject({ record: { stale: true } });
});

test('a ticket that nobody knows, or that changed since the read began, is not taken for deleted', async () => {
  const answer = Promise.withResolvers<null>();
  const it = setUp({ get: () => answer.promise });
  const reads = [it.through.tickets.get('tkt_1'), it.through.tickets.get('tkt_nobody')];
  it.clock.advanceSync(1_000);
  await it.intake.accept(workspaceId, makeEvent({ ticket: { updatedAt: timeAt(500) } }));
  answer.resolve(null);
  await Promise.all(reads);
  await it.clock.advance(0);
  expect((await it.events()).map(({ type }) => type)).toEqual(['TICKET_UPDATED']);
});

test('a log that does not answer delays a write by a second and fails nothing', async () => {
  const updated = makeTicket();
  const it = setUp({ update: async () => updated }, () => new Promise(() => undefined));
  let answered: Ticket | null = null;
  void it.through.tickets.update('tkt_1', {}).then((ticket) => (answered = ticket));
  await it.clock.advance(999);
  expect(answered).toBeNull();
  await it.clock.advance(1);
  expect(answered).toBe(updated);
  expect(it.clock.timers).toBe(0);
});

test('a log that refuses fails no write, and our own log tells of it', async () => {
  const it = setUp(
    { create: async () => makeTicket(), delete: async () => undefined, get: async () => null },
    () => Promise.reject(new Error('disk full')),
  );
  await it.through.tickets.create({ subject: 'New' });
  await it.through.tickets.delete('tkt_1');
  expect(it.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  expect(it.clock.timers).toBe(0);
});

test('a write that fails, and a read that finds something, tell nothing', async () => {
  const it = setUp({
    get: async () => makeTicket(),
    create: () => Promise.reject(new GatewayError('VALIDATION_ERROR', 'No.')),
    update: () => Promise.reject(new GatewayError('BACKEND_TIMEOUT', 'Late.', { outcome: 'UNKNOWN' })),
  });
  await it.intake.accept(workspaceId, makeEvent());
  await it.through.tickets.get('tkt_1');
  await expect(it.through.tickets.create({ subject: '' })).rejects.toThrow('No.');
  await expect(it.through.tickets.update('tkt_1', {})).rejects.toThrow('Late.');
  expect(await it.events()).toHaveLength(1);
});

test('everything else is passed through as it is', () => {
  const it = setUp({});
  expect(it.announcing).toMatchObject({
    kind: 'HELPDESK',
    capabilities: it.backend.capabilities,
    receiver: it.backend.receiver,
  });
  expect(it.through.ticketFields).toBe(it.session.ticketFields);
  expect(it.through.ticketFieldOptions).toBe(it.session.ticketFieldOptions);
  expect(it.through.webhooks).toBe(it.session.webhooks);
});
