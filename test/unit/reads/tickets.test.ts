import { expect, test } from 'vitest';
import { BackendError, GatewayError } from '../../../src/domain/errors.ts';
import { createMeter } from '../../../src/domain/operation.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { makeEvent, makeTicket, timeAt } from '../../contract/event-fixtures.ts';
import { setUp, workspaceId } from './reads-harness.ts';

test('a ticket that was read is not asked for again while it is trusted', async () => {
  const it = setUp();
  const ticket = it.put({});
  const meter = createMeter();
  expect(await it.get('tkt_1', { meter })).toEqual(ticket);
  await it.clock.advance(59_000);
  expect(await it.get('tkt_1', { meter })).toEqual(ticket);
  expect(meter).toMatchObject({ spent: 1, cacheHits: 1, shared: 0 });
  await it.clock.advance(1_000);
  await it.get();
  expect(it.asked).toHaveLength(2);
});

test('how long an answer is trusted is asked at each read', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  await it.clock.advance(3_000);
  it.trustMs = 2_000;
  await it.get();
  it.trustMs = 0;
  await it.get();
  expect(it.asked).toHaveLength(3);
});

test('keys share no answers, neither kept nor under way', async () => {
  const it = setUp();
  it.put({});
  await it.get('tkt_1', {}, 'one');
  await it.get('tkt_1', {}, 'other');
  await Promise.all([it.get('tkt_2', {}, 'one'), it.get('tkt_2', {}, 'other')]);
  expect(it.asked).toHaveLength(4);
});

test('an event puts the new state in the place of the old one, and no request is needed', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  await it.accept({ ticket: { subject: 'News', updatedAt: timeAt(500) } });
  expect(await it.get()).toMatchObject({ subject: 'News' });
  await it.accept({ ticket: { subject: 'Late', updatedAt: timeAt(400) } });
  expect(await it.get()).toMatchObject({ subject: 'News' });
  expect(it.asked).toHaveLength(1);
});

test('an event takes no ticket in that the key has not seen', async () => {
  const it = setUp();
  it.put({});
  await it.get('tkt_1');
  await it.accept({ ticketId: 'tkt_2' });
  expect(await it.get('tkt_2')).toBeNull();
});

test('an event that came late makes nothing young', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  await it.clock.advance(50_000);
  await it.accept({ ticket: { updatedAt: timeAt(1) } });
  await it.clock.advance(10_001);
  await it.get();
  expect(it.asked).toHaveLength(2);
});

test.for([
  ['two tickets of one time', { ticket: { subject: 'Another', updatedAt: timeAt(0) } }],
  ['a message without a ticket', { ticket: null }],
  ['a time that cannot be read', { ticket: { updatedAt: 'soon' } }],
  ['a message without the custom fields there were', { ticket: { updatedAt: timeAt(9) } }],
  ['a deletion', { type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(9) }],
] as const)('what cannot be told from an event is asked for: %s', async ([, event]) => {
  const it = setUp();
  it.put({ customFields: [{ fieldId: 'cf_1', value: 'a' }] });
  await it.get();
  await it.accept(event);
  await it.get();
  expect(it.asked).toHaveLength(2);
});

test('a read that left before an event does not keep what it found', async () => {
  const it = setUp();
  it.put({ subject: 'Old' });
  await it.get('tkt_other');
  it.holds = true;
  const early = it.get();
  await it.clock.advance(0);
  it.held[0]?.operation.sent?.();
  await it.accept({ ticket: null });
  const late = it.get();
  await it.clock.advance(0);
  expect(it.asked).toEqual(['get tkt_other', 'get tkt_1', 'get tkt_1']);
  it.held[0]?.answer(makeTicket({ subject: 'Old' }));
  it.held[1]?.answer(makeTicket({ subject: 'New' }));
  expect(await early).toMatchObject({ subject: 'Old' });
  expect(await late).toMatchObject({ subject: 'New' });
  it.holds = false;
  expect(await it.get()).toMatchObject({ subject: 'New' });
});

test('a read that finds less than an event told meanwhile shows what the event told', async () => {
  const it = setUp();
  it.holds = true;
  const read = it.get();
  await it.clock.advance(0);
  await it.accept({ ticket: { subject: 'New', updatedAt: timeAt(1) } });
  it.held[0]?.answer(makeTicket({ subject: 'Old' }));
  expect(await read).toMatchObject({ subject: 'New' });
  expect(await it.get()).toMatchObject({ subject: 'New' });
  expect(it.asked).toHaveLength(1);
});

test('however close an event comes to an answer, it is not passed over', async () => {
  for (let breaths = 0; breaths < 12; breaths += 1) {
    const it = setUp();
    await it.get('tkt_other');
    it.holds = true;
    const read = it.get();
    await it.clock.advance(0);
    const ticket = makeTicket({ subject: 'New', updatedAt: timeAt(1) });
    const cursor = `cursor ${breaths}`;
    const record = {
      cursor,
      event: makeEvent({ ticket }),
      receivedAt: timeAt(1),
      stale: false,
      before: null,
      after: null,
    };
    it.held[0]?.answer(makeTicket({ subject: 'Old' }));
    for (let breath = 0; breath < breaths; breath += 1) await Promise.resolve();
    it.reads.accepted(workspaceId, record);
    await read;
    it.put(ticket);
    it.holds = false;
    expect(await it.get()).toMatchObject({ subject: 'New' });
  }
});

test('a read that still waits for its turn will know an event, so it is joined', async () => {
  const it = setUp();
  it.holds = true;
  const reads = [it.get()];
  await it.clock.advance(0);
  await it.accept({ ticket: null });
  reads.push(it.get());
  it.held[0]?.operation.sent?.();
  reads.push(it.get());
  it.held[0]?.answer(makeTicket());
  await Promise.all(reads);
  expect(it.asked).toHaveLength(1);
});

test('whoever joined a read that says nothing of when it left asks again, if an event came before', async () => {
  const it = setUp();
  it.holds = true;
  const first = it.get();
  await it.clock.advance(0);
  await it.accept({ ticket: null });
  const joined = it.get();
  await it.clock.advance(0);
  expect(it.asked).toHaveLength(1);
  it.held[0]?.answer(makeTicket({ subject: 'Old' }));
  expect(await first).toMatchObject({ subject: 'Old' });
  await it.clock.advance(0);
  it.held[1]?.answer(makeTicket({ subject: 'New' }));
  expect(await joined).toMatchObject({ subject: 'New' });
});

test('a hundred who read one ticket at a time share one request, and each meter tells', async () => {
  const it = setUp();
  it.holds = true;
  const meters = Array.from({ length: 100 }, createMeter);
  const all = meters.map((meter) => it.get('tkt_1', { meter }));
  await it.clock.advance(0);
  it.held[0]?.answer(makeTicket());
  await Promise.all(all);
  expect(it.asked).toHaveLength(1);
  expect(meters.map(({ shared }) => shared)).toEqual([0, ...Array.from({ length: 99 }, () => 1)]);
});

test('who leaves does not take the others along; when all have left, the request is given up', async () => {
  const it = setUp();
  it.holds = true;
  const [one, other] = [new AbortController(), new AbortController()];
  const reads = [it.get('tkt_1', { signal: one.signal }), it.get('tkt_1', { signal: other.signal })];
  await it.clock.advance(0);
  one.abort(new Error('left'));
  await expect(reads[0]).rejects.toThrow('left');
  expect(it.held[0]?.operation.signal.aborted).toBe(false);
  other.abort(new Error('left too'));
  await expect(reads[1]).rejects.toThrow('left too');
  expect(it.held[0]?.operation.signal.aborted).toBe(true);
});

test('who joined waits until their own deadline and no longer', async () => {
  const it = setUp();
  it.holds = true;
  const first = it.get();
  const hasty = it.get('tkt_1', { deadline: it.clock.now() + 100 }).catch((error: unknown) => error);
  await it.clock.advance(100);
  expect(await hasty).toMatchObject({ code: 'BACKEND_TIMEOUT' });
  it.held[0]?.answer(makeTicket());
  expect(await first).not.toBeNull();
});

test('a request that failed for want of time does not fail who has time left', async () => {
  const it = setUp();
  it.holds = true;
  const hasty = it.get('tkt_1', { deadline: it.clock.now() + 100 }).catch((error: unknown) => error);
  const patient = it.get();
  await it.clock.advance(0);
  it.held[0]?.fail(new GatewayError('RATE_BUDGET_EXHAUSTED', 'spent'));
  expect(await hasty).toMatchObject({ code: 'RATE_BUDGET_EXHAUSTED' });
  await it.clock.advance(0);
  it.held[1]?.answer(makeTicket());
  expect(await patient).not.toBeNull();
});

test('an error that another’s request met is the same for who had no more time', async () => {
  const it = setUp();
  it.holds = true;
  const all = [it.get(), it.get()].map((read) => read.catch((error: unknown) => error));
  await it.clock.advance(0);
  it.held[0]?.fail(new GatewayError('INVALID_API_KEY', 'no'));
  expect(await Promise.all(all)).toMatchObject([{ code: 'INVALID_API_KEY' }, { code: 'INVALID_API_KEY' }]);
  expect(it.asked).toHaveLength(1);
});

test('nobody waits behind the gateway’s own work', async () => {
  const it = setUp();
  it.holds = true;
  const reads = [
    it.get('tkt_1', { priority: 'BACKGROUND' }),
    it.get(),
    it.get('tkt_1', { priority: 'BACKGROUND' }),
  ];
  await it.clock.advance(0);
  expect(it.held.map(({ operation }) => operation.priority)).toEqual(['BACKGROUND', 'QUERY']);
  for (const { answer } of it.held) answer(makeTicket());
  await Promise.all(reads);
});

test('who asks for how things are now gets a request of their own, and the others what it found', async () => {
  const it = setUp();
  it.put({ subject: 'Old' });
  await it.get();
  it.put({ subject: 'New', updatedAt: timeAt(1) });
  expect(await it.get('tkt_1', { noCache: true })).toMatchObject({ subject: 'New' });
  expect(await it.get()).toMatchObject({ subject: 'New' });
  expect(it.asked).toHaveLength(2);
  it.holds = true;
  const reads = [it.get('tkt_2'), it.get('tkt_2', { noCache: true })];
  await it.clock.advance(0);
  expect(it.asked).toHaveLength(4);
  for (const { answer } of it.held) answer(null);
  await Promise.all(reads);
});

test('an older answer that comes late does not take the place of a newer one', async () => {
  const it = setUp();
  await it.get('tkt_2');
  it.holds = true;
  const [slow, quick] = [it.get(), it.get('tkt_1', { noCache: true })];
  await it.clock.advance(0);
  it.held[1]?.answer(makeTicket({ subject: 'New', updatedAt: timeAt(1) }));
  await quick;
  it.held[0]?.answer(makeTicket({ subject: 'Old' }));
  await slow;
  expect(await it.get()).toMatchObject({ subject: 'New' });
});

test('a ticket that is found gone is kept no longer', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  it.rows.clear();
  expect(await it.get('tkt_1', { noCache: true })).toBeNull();
  expect(await it.get()).toBeNull();
});

test('what another gateway took in counts as soon as the log brings it, and within a second if news get lost', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  const elsewhere = (ms: number) =>
    it.log.append(
      workspaceId,
      makeEvent({ ticket: { subject: `At ${ms}`, updatedAt: timeAt(ms) } }),
      timeAt(ms),
    );
  await elsewhere(1);
  await it.clock.advance(0);
  expect(await it.get()).toMatchObject({ subject: 'At 1' });
  it.wire.silent = true;
  await elsewhere(2);
  await it.clock.advance(1_000);
  expect(await it.get()).toMatchObject({ subject: 'At 2' });
  expect(it.asked).toHaveLength(1);
});

test('while the log is out of reach nothing that is kept is served; afterwards it is, if nothing was lost', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  it.wire.down = true;
  it.wire.tell('RECONNECTED');
  await it.clock.advance(0);
  await it.get();
  await it.get();
  expect(it.asked).toHaveLength(3);
  it.wire.down = false;
  it.wire.tell('RECONNECTED');
  await it.clock.advance(0);
  await it.get();
  expect(it.asked).toHaveLength(3);
});

test('when events were lost, nothing that was read before is served, nor kept if it was on its way', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  it.holds = true;
  const underWay = it.get('tkt_2');
  await it.clock.advance(0);
  it.wire.behind = createMemoryLog({ clock: it.clock });
  it.wire.tell('RECONNECTED');
  await it.clock.advance(0);
  it.held[0]?.answer(makeTicket({ id: 'tkt_2' }));
  await underWay;
  it.holds = false;
  await it.get();
  await it.get('tkt_2');
  expect(it.asked).toEqual(['get tkt_1', 'get tkt_2', 'get tkt_1', 'get tkt_2']);
});

test('what was asked for before the log could be heard is not kept', async () => {
  const it = setUp();
  it.put({});
  it.wire.down = true;
  await it.get();
  it.wire.down = false;
  it.wire.tell('RECONNECTED');
  await it.clock.advance(0);
  await it.get();
  await it.get();
  expect(it.asked).toHaveLength(2);
});

test('a log that does not answer delays a read by a quarter of a second, once a second', async () => {
  const it = setUp();
  it.put({});
  it.wire.log.head = () => new Promise(() => undefined);
  const read = it.get();
  await it.clock.advance(249);
  expect(it.asked).toHaveLength(0);
  await it.clock.advance(1);
  await read;
  await it.get();
  expect(it.asked).toHaveLength(2);
});

test('a read after a cursor waits until the log has brought its record', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  it.wire.silent = true;
  const event = makeEvent({ ticket: { subject: 'New', updatedAt: timeAt(1) } });
  const told = await it.log.append(workspaceId, event, timeAt(1));
  const readAfter = told.result === 'APPENDED' ? told.record.cursor : '';
  expect(await it.get('tkt_1', { readAfter })).toMatchObject({ subject: 'New' });
  expect(it.asked).toHaveLength(1);
});

test.for(['rubbish', 'another log’s'])('a read after a cursor that is %s asks', async (kind) => {
  const it = setUp();
  it.put({});
  await it.get();
  const other = await createMemoryLog({ clock: it.clock }).head(workspaceId);
  await it.get('tkt_1', { readAfter: kind === 'rubbish' ? 'rubbish' : other.cursor });
  expect(it.asked).toHaveLength(2);
});

test.for([
  ['the budget is spent', new GatewayError('RATE_BUDGET_EXHAUSTED', 'spent'), 'CLOSED'],
  ['the key is limited', new GatewayError('RATE_LIMIT_EXCEEDED', 'limited'), 'CLOSED'],
  ['the breaker is open', new GatewayError('BACKEND_UNAVAILABLE', 'down'), 'OPEN'],
] as const)('when %s, the last known answer is served to who takes it', async ([, error, circuit]) => {
  const it = setUp();
  it.put({});
  await it.get();
  await it.clock.advance(90_000);
  it.holds = true;
  it.circuit = circuit;
  const ages: number[] = [];
  const taking = { staleIfLimited: true, servedStale: ({ ageMs }: { ageMs: number }) => ages.push(ageMs) };
  const read = async (more: object) => {
    const reading = it.get('tkt_1', more).catch((reason: unknown) => reason);
    await it.clock.advance(0);
    it.held.at(-1)?.fail(error);
    return reading;
  };
  expect(await read(taking)).toMatchObject({ id: 'tkt_1' });
  expect(ages).toEqual([90_000]);
  expect(await read({})).toBe(error);
  expect(await read({ ...taking, noCache: true })).toBe(error);
  await it.accept({ ticket: null });
  expect(await read(taking)).toBe(error);
});

test('an outage that is not known to be one is told', async () => {
  const it = setUp();
  it.put({});
  await it.get();
  await it.clock.advance(90_000);
  it.holds = true;
  const read = it.get('tkt_1', { staleIfLimited: true }).catch((reason: unknown) => reason);
  await it.clock.advance(0);
  it.held[0]?.fail(
    new BackendError('BACKEND_UNAVAILABLE', 'down', {
      kind: 'HELPDESK',
      status: 503,
      operation: 'GET',
      attempts: 3,
    }),
  );
  expect(await read).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
});

test('no more is kept than may be; what was used longest ago goes first', async () => {
  const maxBytes = 20_000;
  const it = setUp({ maxBytes });
  for (let index = 0; index < 100; index += 1) {
    it.put({ id: `tkt_${index}` });
    await it.get('tkt_0');
    await it.get(`tkt_${index}`);
    expect(it.reads.bytes).toBeLessThanOrEqual(maxBytes);
  }
  expect(it.reads.bytes).toBeGreaterThan(maxBytes / 2);
  it.asked.length = 0;
  await it.get('tkt_0');
  await it.get('tkt_99');
  await it.get('tkt_1');
  expect(it.asked).toEqual(['get tkt_1']);
});

test('with no room nothing is kept, and requests are shared all the same', async () => {
  const it = setUp({ maxBytes: 0 });
  it.put({});
  await Promise.all([it.get(), it.get()]);
  await it.get();
  expect(it.asked).toHaveLength(2);
});

test('a workspace that gave no answer is not listened to any more; one that did, for a minute', async () => {
  const it = setUp({ maxBytes: 3_000 });
  await it.get();
  expect(it.wire.listeners).toBe(0);
  it.put({});
  await it.get();
  await it.accept({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(1) });
  await it.clock.advance(59_000);
  expect(it.wire.listeners).toBe(1);
  await it.clock.advance(1_000);
  expect(it.wire.listeners).toBe(0);
  await it.get();
  await it.get();
  expect(it.asked).toHaveLength(3);
});

test('identical reads of definitions share a request, unless one was written since', async () => {
  const it = setUp();
  it.holds = true;
  const fields = () =>
    it.session().ticketFields.list({
      order: { field: 'POSITION', direction: 'ASC' },
      page: { size: 10, cursor: null },
    });
  const reads = [fields(), fields()];
  await it.clock.advance(0);
  expect(it.asked).toHaveLength(1);
  it.held[0]?.operation.sent?.();
  await expect(it.session().ticketFields.update('cf_1', {})).rejects.toThrow('a write that failed');
  reads.push(fields());
  await it.clock.advance(0);
  expect(it.asked).toHaveLength(2);
  for (const { answer } of it.held) answer({ items: [], nextCursor: null });
  await Promise.all(reads);
});
