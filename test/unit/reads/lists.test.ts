import { expect, test } from 'vitest';
import { BackendError, GatewayError } from '../../../src/domain/errors.ts';
import { createMeter } from '../../../src/domain/operation.ts';
import type { Ticket, TicketOrder } from '../../../src/domain/ticket.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createIntake } from '../../../src/events/intake/intake.ts';
import { announceWrites } from '../../../src/events/intake/announce.ts';
import { createReads } from '../../../src/reads/reads.ts';
import { makeTicket, timeAt } from '../../contract/event-fixtures.ts';
import { byCreation, setUp, workspaceId } from './reads-harness.ts';

/** Five open tickets, the first the newest, and a pending one older than the third. */
function stocked() {
  const it = setUp();
  for (let index = 1; index <= 5; index += 1)
    it.put({ id: `tkt_${index}`, createdAt: timeAt(-index * 1_000) });
  it.put({ id: 'tkt_pending', status: 'PENDING', statusRaw: 'pending', createdAt: timeAt(-3_500) });
  return it;
}

const ids = ({ items }: { readonly items: readonly Ticket[] }): string[] => items.map(({ id }) => id);

const order = (field: TicketOrder['field'], direction: TicketOrder['direction'] = 'DESC') => ({
  order: { field, direction },
});

test('a list that was read answers the same question, and its tickets are known by themselves', async () => {
  const it = stocked();
  const meter = createMeter();
  const read = await it.list();
  expect(await it.list({}, { meter })).toEqual(read);
  await it.get('tkt_2', { meter });
  expect(meter).toMatchObject({ spent: 0, cacheHits: 2 });
  await it.list({ page: { size: 24, cursor: null } });
  await it.list({ filter: {} });
  await it.list(order('CREATED_AT', 'ASC'));
  expect(it.asked).toHaveLength(4);
});

test('a list shows its tickets as they were last heard of', async () => {
  const it = stocked();
  await it.list();
  await it.accept({
    ticketId: 'tkt_2',
    ticket: { ...it.rows.get('tkt_2'), subject: 'News', updatedAt: timeAt(9) },
  });
  expect((await it.list()).items[1]).toMatchObject({ id: 'tkt_2', subject: 'News' });
  expect(it.asked).toHaveLength(1);
});

/** Whether a change makes the list of open tickets be read again. */
const changes: readonly [string, Partial<Ticket>, TicketOrder['field'], 'asks' | 'keeps'][] = [
  ['it does not match any more', { id: 'tkt_2', status: 'PENDING' }, 'CREATED_AT', 'asks'],
  [
    'it matches from now on',
    { id: 'tkt_pending', status: 'OPEN', createdAt: timeAt(-3_500) },
    'CREATED_AT',
    'asks',
  ],
  ['it never matched', { id: 'tkt_pending', status: 'RESOLVED' }, 'CREATED_AT', 'keeps'],
  ['it is new', { id: 'tkt_new', createdAt: timeAt(5) }, 'CREATED_AT', 'asks'],
  [
    'it is new and does not match',
    { id: 'tkt_new', status: 'NEW', createdAt: timeAt(5) },
    'CREATED_AT',
    'keeps',
  ],
  ['it moves by when it changed', { id: 'tkt_2' }, 'UPDATED_AT', 'asks'],
  ['something else of it changed', { id: 'tkt_2', subject: 'News' }, 'STATUS', 'keeps'],
  ['its priority changed, by which the list goes', { id: 'tkt_2', priority: 'LOW' }, 'PRIORITY', 'asks'],
  [
    'its priority changed, by which the list does not go',
    { id: 'tkt_2', priority: 'LOW' },
    'CREATED_AT',
    'keeps',
  ],
];

test.for(changes)('a list after a change of a ticket: %s', async ([, ticket, field, outcome]) => {
  const it = stocked();
  await it.list(order(field));
  const id = ticket.id ?? '';
  const event = { ...makeTicket(it.rows.get(id)), updatedAt: timeAt(10), ...ticket };
  await it.accept({ ticketId: id, ticket: { ...event, statusRaw: event.status.toLowerCase() } });
  await it.list(order(field));
  expect(it.asked.length === 1 ? 'keeps' : 'asks').toBe(outcome);
});

test('a deletion makes the page that showed the ticket be read again, and no other', async () => {
  const it = stocked();
  const page = (cursor: string | null) => it.list({ page: { size: 2, cursor } });
  const first = await page(null);
  await page(first.nextCursor);
  it.rows.delete('tkt_1');
  await it.accept({ ticketId: 'tkt_1', type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(1) });
  expect(ids(await page(null))).toEqual(['tkt_2', 'tkt_3']);
  await page(first.nextCursor);
  expect(it.asked).toEqual(['list first', 'list 2', 'list first']);
});

test('a ticket that comes in makes only the page be read again to which it belongs', async () => {
  const it = stocked();
  const page = (cursor: string | null) => it.list({ page: { size: 2, cursor } });
  for (const cursor of [null, '2', '4']) await page(cursor);
  await it.accept({ ticketId: 'tkt_new', ticket: { createdAt: timeAt(-3_500), updatedAt: timeAt(1) } });
  for (const cursor of [null, '2', '4']) await page(cursor);
  expect(it.asked.slice(3)).toEqual(['list 2']);
});

test('when some ticket changed and nobody can tell how, every list is read again', async () => {
  const it = stocked();
  await it.list();
  await it.accept({ ticketId: 'tkt_nobody_knows', ticket: null });
  await it.list();
  expect(it.asked).toHaveLength(2);
});

test('a list whose ticket is not kept any more is read again', async () => {
  const it = stocked();
  await it.list();
  await it.accept({ ticketId: 'tkt_3', ticket: { subject: 'Another', createdAt: timeAt(-3_000) } });
  await it.list();
  expect(it.asked).toHaveLength(2);
});

test('a read that finds a ticket changed drops the lists where it stood wrongly', async () => {
  const it = stocked();
  await it.list();
  it.put({ ...it.rows.get('tkt_2'), status: 'PENDING', statusRaw: 'pending', updatedAt: timeAt(7) });
  await it.get('tkt_2', { noCache: true });
  expect(ids(await it.list())).toEqual(['tkt_1', 'tkt_3', 'tkt_4', 'tkt_5']);
});

test('a list that was on its way when a ticket came in is not kept, and who comes later asks again', async () => {
  const it = stocked();
  await it.get('tkt_1');
  it.holds = true;
  const early = it.list();
  await it.clock.advance(0);
  it.held[0]?.operation.sent?.();
  await it.accept({ ticketId: 'tkt_new', ticket: { createdAt: timeAt(5), updatedAt: timeAt(5) } });
  const late = it.list();
  await it.clock.advance(0);
  expect(it.held).toHaveLength(2);
  for (const { answer } of it.held) answer({ items: [makeTicket()], nextCursor: null });
  await Promise.all([early, late]);
  it.holds = false;
  await it.list();
  expect(it.asked).toHaveLength(3);
});

test('a list that was on its way when something happened elsewhere is shared and kept', async () => {
  const it = stocked();
  await it.get('tkt_1');
  it.holds = true;
  const early = it.list();
  await it.clock.advance(0);
  it.held[0]?.operation.sent?.();
  await it.accept({ ticketId: 'tkt_pending', ticket: { status: 'RESOLVED', updatedAt: timeAt(5) } });
  const late = it.list();
  await it.clock.advance(0);
  it.held[0]?.answer({ items: [makeTicket({ id: 'tkt_2' })], nextCursor: null });
  expect(await early).toEqual(await late);
  await it.list();
  expect(it.asked).toHaveLength(2);
});

/** A store whose writes are told to its log, as in a gateway. */
function writing() {
  const it = setUp();
  const log = { ...createMemoryLog({ clock: it.clock }), refuses: false };
  const append: typeof log.append = async (...given) => {
    if (log.refuses) throw new GatewayError('EVENT_LOG_UNAVAILABLE', 'out of reach');
    const outcome = await it.log.append(...given);
    if (outcome.result === 'APPENDED') reads.accepted(workspaceId, outcome.record);
    return outcome;
  };
  const telling = { ...it.log, append };
  const backend = announceWrites({
    backend: {
      ...it.reads.backend,
      session: (...given) => ({
        ...it.reads.backend.session(...given),
        tickets: { ...it.reads.backend.session(...given).tickets, ...it.writes },
      }),
    },
    intake: createIntake({ log: telling, clock: it.clock }),
    log: telling,
    clock: it.clock,
  });
  const reads = createReads({
    backend,
    log: it.log,
    clock: it.clock,
    logger: { warn: () => undefined },
    maxBytes: 1_000_000,
    trustMs: () => 60_000,
  });
  // Nothing is kept below.
  it.trustMs = 0;
  const session = (key = 'one') =>
    reads.backend.session(
      {
        workspaceId,
        apiKey: key,
        scope: `scope_${key}`,
        keyId: key,
        source: 'REQUEST',
        level: null,
        endUser: null,
      },
      {
        priority: 'MUTATION',
        client: 'test',
        signal: new AbortController().signal,
        deadline: it.clock.now() + 10_000,
        traceId: '0'.repeat(32),
        meter: createMeter(),
      },
    ).tickets;
  return { it, log, session };
}

test.for([false, true])(
  'a writer reads what they wrote, and so does everybody; the log refuses: %s',
  async (refuses) => {
    const { it, log, session } = writing();
    it.put({});
    await session('one').get('tkt_1');
    await session('other').list(byCreation);
    log.refuses = refuses;
    const written = makeTicket({ status: 'PENDING', statusRaw: 'pending', updatedAt: timeAt(5) });
    it.writes.update = async () => it.put(written);
    await session().update('tkt_1', { status: 'PENDING' });
    it.asked.length = 0;
    expect(await session('one').get('tkt_1')).toEqual(written);
    expect(await session('other').get('tkt_1')).toEqual(written);
    expect(it.asked).toEqual([]);
    expect(ids(await session('other').list(byCreation))).toEqual([]);
    it.writes.delete = async () => {
      it.rows.delete('tkt_1');
    };
    await session().delete('tkt_1');
    expect(await session('other').get('tkt_1')).toBeNull();
  },
);

test('what was created is known to who created it', async () => {
  const { it, session } = writing();
  it.put({});
  await session().get('tkt_1');
  it.writes.create = async () => it.put({ id: 'tkt_new' });
  await session().create({ subject: 'New' });
  it.asked.length = 0;
  expect(await session().get('tkt_new')).toMatchObject({ id: 'tkt_new' });
  expect(it.asked).toEqual([]);
});

const call = { kind: 'HELPDESK', operation: 'PUT /tickets/:id', attempts: 1 } as const;
const failures: readonly [string, Error, readonly string[]][] = [
  [
    'nobody knows what became of it',
    new BackendError('BACKEND_TIMEOUT', 'no answer', { ...call, status: null }, { outcome: 'UNKNOWN' }),
    ['get tkt_1', 'list first'],
  ],
  [
    'the backend broke',
    new BackendError('BACKEND_UNAVAILABLE', '500', { ...call, status: 500 }),
    ['get tkt_1', 'list first'],
  ],
  ['a defect', new Error('a defect'), ['get tkt_1', 'list first']],
  [
    'somebody else wrote before',
    new BackendError('PRECONDITION_FAILED', 'changed', { ...call, status: 200 }, { outcome: 'NOT_APPLIED' }),
    ['get tkt_1'],
  ],
  ['the input was refused', new BackendError('VALIDATION_ERROR', 'no', { ...call, status: 422 }), []],
  ['it was not sent', new GatewayError('RATE_BUDGET_EXHAUSTED', 'spent', { outcome: 'NOT_APPLIED' }), []],
];

test.for(failures)(
  'after a write that failed, what it may have changed is asked for: %s',
  async ([, error, asked]) => {
    const { it, session } = writing();
    it.put({});
    await session().list(byCreation);
    it.writes.update = () => Promise.reject(error);
    await expect(session().update('tkt_1', {})).rejects.toBe(error);
    it.asked.length = 0;
    await session().get('tkt_1');
    if (asked.length !== 1) await session().list(byCreation);
    expect(it.asked).toEqual(asked);
  },
);
