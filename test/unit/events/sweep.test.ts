import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { isLive } from '../../../src/events/reconcile-state.ts';
import { createSweeper } from '../../../src/events/sweep/sweep.ts';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import { createNoonClock, makeEvent } from '../../contract/event-fixtures.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { createSweepHarness, workspaceId, type HarnessOptions } from './sweep-harness.ts';

const second = 1_000;
const minute = 60 * second;

/** Closed by whoever made it, and not by those who use it. */
function createLogThatStays(clock: VirtualClock) {
  const log = createMemoryLog({ clock });
  return { ...log, close: async () => undefined, [Symbol.asyncDispose]: () => log.close() };
}

/** A harness whose first sweep is over: there was one ticket. */
async function swept(options: HarnessOptions = {}) {
  const it = createSweepHarness(options);
  it.stock.put('tkt_old');
  it.begin();
  await it.clock.advance(second);
  expect(it.stock.asked).toEqual([null]);
  it.stock.asked.length = 0;
  return it;
}

/** The webhook of how a ticket is now. */
const webhookOf = (it: Awaited<ReturnType<typeof swept>>, id: string) => {
  const ticket = it.stock.tickets.get(id);
  if (ticket === undefined) throw new Error(`no ${id}`);
  return it.intake.accept(workspaceId, makeEvent({ ticket }));
};

const found = (type: string, ticketId: string) => ({ type, source: 'RECONCILE', ticketId });

const liveness = async (it: Awaited<ReturnType<typeof swept>>) =>
  isLive({
    registered: false,
    lastWebhookAt: await it.log.lastWebhookAt(workspaceId),
    reconcile: await it.reconciled.last(workspaceId),
  });

test('the first sweep of all announces nothing: nobody can have missed it', async () => {
  await using it = createSweepHarness();
  for (let at = 0; at < 7; at += 1) {
    it.stock.put(`tkt_${at}`);
    it.clock.advanceSync(second);
  }
  it.begin();
  await it.clock.advance(5 * minute);
  expect(await it.events()).toEqual([]);
  expect(await it.reconciled.last(workspaceId)).toMatchObject({
    watermark: it.stock.tickets.get('tkt_6')?.updatedAt,
    unannouncedAt: null,
  });
});

test('what no webhook told of is found and told once, oldest first', async () => {
  await using it = await swept();
  it.stock.put('tkt_new');
  it.clock.advanceSync(second);
  it.stock.put('tkt_old', { subject: 'Changed' });
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([found('TICKET_CREATED', 'tkt_new'), found('TICKET_UPDATED', 'tkt_old')]);
});

test('a change within the millisecond of the first sweep is found', async () => {
  await using it = await swept();
  const [there] = it.stock.tickets.values();
  it.stock.put('tkt_old', { updatedAt: there?.updatedAt ?? '', subject: 'Changed' });
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([found('TICKET_UPDATED', 'tkt_old')]);
});

test('what a webhook told of is not told again, and the webhook that comes later is a repeat', async () => {
  await using it = await swept();
  it.stock.put('tkt_old', { subject: 'Told' });
  await webhookOf(it, 'tkt_old');
  it.stock.put('tkt_old', { subject: 'Found' });
  await it.clock.advance(minute);
  expect(await webhookOf(it, 'tkt_old')).toEqual({ result: 'REPEATED' });
  expect((await it.events()).map(({ source }) => source)).toEqual(['WEBHOOK', 'RECONCILE']);
});

test('what happened while no gateway ran is announced after a restart', async () => {
  const clock = createNoonClock();
  const state = createMemoryState({ clock });
  await using log = createLogThatStays(clock);
  const before = await swept({ clock, state, eventLog: log });
  const { stock } = before;
  await before[Symbol.asyncDispose]();
  await clock.advance(6 * 60 * minute);
  stock.put('tkt_new');
  stock.put('tkt_old');
  await using after = createSweepHarness({ clock, state, eventLog: log });
  after.begin(stock.list);
  await clock.advance(second);
  expect(await after.events()).toEqual([
    found('TICKET_UPDATED', 'tkt_old'),
    found('TICKET_CREATED', 'tkt_new'),
  ]);
});

test('a webhook on its way is waited for while webhooks come', async () => {
  await using it = await swept();
  it.stock.put('tkt_old', { subject: 'One' });
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(55 * second);
  const sweeps = it.stock.asked.length;
  it.stock.put('tkt_old', { subject: 'Two' });
  await it.clock.advance(12 * second);
  expect(it.stock.asked.length).toBe(sweeps + 1);
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(minute);
  expect((await it.events()).map(({ source }) => source)).toEqual(['WEBHOOK', 'WEBHOOK']);
});

test('after something unannounced it takes a webhook and two clean sweeps to rely on webhooks again', async () => {
  await using it = await swept({ pollMs: 5 * second });
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(2 * minute);
  expect(await liveness(it)).toBe(true);
  it.stock.put('tkt_old', { subject: 'Lost' });
  await it.clock.advance(70 * second);
  expect(await liveness(it)).toBe(false);
  await it.clock.advance(minute);
  expect(await liveness(it)).toBe(false);
  it.stock.put('tkt_old', { subject: 'Told' });
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(minute);
  expect(await liveness(it)).toBe(true);
});

test('without webhooks a sweep of one page comes every five seconds, with them every minute', async () => {
  await using it = await swept();
  await it.clock.advance(10 * minute);
  expect(it.stock.asked.length).toBeLessThanOrEqual(120);
  expect(it.stock.asked.length).toBeGreaterThan(110);
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(minute);
  it.stock.asked.length = 0;
  await it.clock.advance(10 * minute);
  expect(it.stock.asked).toHaveLength(10);
});

test('a poll of several pages is followed by as many pauses', async () => {
  await using it = await swept({ overlapMs: 60 * minute });
  for (let at = 0; at < 11; at += 1) it.stock.put(`tkt_${at}`);
  await it.clock.advance(10 * minute);
  expect(it.stock.asked.length).toBeLessThanOrEqual(125);
});

test('it goes back to the watermark less the overlap, over as many pages as needed and no further', async () => {
  await using it = await swept({ overlapMs: 2 * minute });
  for (let at = 0; at < 20; at += 1) {
    it.stock.put(`tkt_${at}`);
    await it.clock.advance(minute);
  }
  it.stock.asked.length = 0;
  for (let at = 0; at < 5; at += 1) it.stock.put(`tkt_late_${at}`);
  await it.clock.advance(6 * second);
  expect(it.stock.asked.length).toBe(3);
});

test('a change that becomes visible late, within the overlap, is found', async () => {
  await using it = await swept();
  await it.clock.advance(10 * minute);
  it.stock.put('tkt_seen');
  await it.clock.advance(10 * second);
  const late = new Date(it.clock.now() - 90 * second).toISOString();
  it.stock.put('tkt_late', { createdAt: late, updatedAt: late });
  await it.clock.advance(10 * second);
  expect(await it.events()).toContainEqual(found('TICKET_CREATED', 'tkt_late'));
});

test('a ticket dated far ahead does not hide the ones that change after it', async () => {
  await using it = await swept();
  it.stock.put('tkt_ahead', { updatedAt: '2099-01-01T00:00:00.000Z' });
  await it.clock.advance(minute);
  it.stock.put('tkt_old', { subject: 'Changed' });
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([
    found('TICKET_CREATED', 'tkt_ahead'),
    found('TICKET_UPDATED', 'tkt_old'),
  ]);
});

test('a clock of ours that is slow delays nothing and invents nothing', async () => {
  await using it = createSweepHarness();
  const ahead = (ms: number) => new Date(it.clock.now() + 60 * minute + ms).toISOString();
  for (let at = 0; at < 7; at += 1) it.stock.put(`tkt_${at}`, { updatedAt: ahead(at * second) });
  it.begin();
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([]);
  it.stock.put('tkt_3', { updatedAt: ahead(0), subject: 'Changed' });
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([found('TICKET_UPDATED', 'tkt_3')]);
});

test('more missing tickets than it holds are appended in parts', async () => {
  await using it = await swept({ maxTickets: 4 });
  for (let at = 0; at < 10; at += 1) {
    it.stock.put(`tkt_${at}`);
    it.clock.advanceSync(1);
  }
  await it.clock.advance(minute);
  const ids = (await it.events()).map(({ ticketId }) => ticketId);
  expect(ids).toEqual([6, 7, 8, 9, 2, 3, 4, 5, 0, 1].map((at) => `tkt_${at}`));
});

test('a sweep that fails half way keeps its watermark, and what it had found is told once', async () => {
  await using it = await swept();
  const watermark = (await it.reconciled.read(workspaceId))?.watermark;
  let failing = true;
  for (let at = 0; at < 7; at += 1) {
    it.clock.advanceSync(1);
    it.stock.put(`tkt_${at}`);
  }
  const { list } = it.stock;
  it.stock.list = (cursor) =>
    failing && cursor !== null
      ? Promise.reject(new GatewayError('BACKEND_UNAVAILABLE', 'Down.', { retryAfterMs: 40 * second }))
      : list(cursor);
  it.begin((cursor) => it.stock.list(cursor));
  await it.clock.advance(2 * second);
  expect(await it.reconciled.read(workspaceId)).toMatchObject({ watermark, clean: 0 });
  expect((await it.reconciled.read(workspaceId))?.unannouncedAt).not.toBeNull();
  failing = false;
  await it.clock.advance(2 * minute);
  const ids = (await it.events()).map(({ ticketId }) => ticketId);
  expect(ids.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6].map((at) => `tkt_${at}`));
});

test('a failure is logged once of its kind, comes less and less often, and waits as long as it was told to', async () => {
  await using it = createSweepHarness();
  const asked: number[] = [];
  let error = new GatewayError('BACKEND_UNAVAILABLE', 'Down.');
  it.begin(() => {
    asked.push(it.clock.now());
    return Promise.reject(error);
  });
  await it.clock.advance(10 * minute);
  expect(asked.length).toBeLessThan(15);
  expect(it.lines).toHaveLength(1);
  error = new GatewayError('RATE_LIMIT_EXCEEDED', 'Spent.', { retryAfterMs: 5 * minute });
  await it.clock.advance(minute);
  const refused = asked.at(-1) ?? 0;
  await it.clock.advance(minute);
  expect(it.lines).toHaveLength(2);
  expect(asked.at(-1)).toBe(refused);
  await it.clock.advance(4 * minute);
  expect(asked.at(-1)).toBe(refused + 5 * minute);
});

test('two sweepers at once tell everything once', async () => {
  await using it = await swept();
  it.begin();
  for (let at = 0; at < 7; at += 1) it.stock.put(`tkt_${at}`);
  await it.clock.advance(minute);
  expect(await it.events()).toHaveLength(7);
});

test('it ends when the lease is lost, in the middle of a page too', async () => {
  const it = createSweepHarness();
  const lease = new AbortController();
  const { promise, resolve } = Promise.withResolvers<AbortSignal>();
  const sweeper = createSweeper({
    ...it.common,
    workspaceId,
    list: (_cursor, signal) =>
      new Promise((_, reject) => {
        resolve(signal);
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  });
  const running = sweeper.run(lease.signal);
  await it.clock.advance(second);
  await promise;
  lease.abort();
  await running;
  expect(it.clock.timers).toBe(0);
  expect(it.lines).toEqual([]);
});
