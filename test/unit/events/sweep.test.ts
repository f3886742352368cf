import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { isLive } from '../../../src/events/reconcile-state.ts';
import { createSweeper } from '../../../src/events/sweep/sweep.ts';
import { createFileState } from '../../../src/state/file-state.ts';
import { createMemoryState } from '../../../src/state/memory-state.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
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
  it.begin((cursor) => it.stock.list(cursor));
  await it.clock.advance(second);
  expect(it.stock.asked).toEqual([null]);
  it.stock.asked.length = 0;
  return it;
}

/** The webhook of how a ticket is now. */
const webhookOf = (it: Pick<Awaited<ReturnType<typeof swept>>, 'stock' | 'intake'>, id: string) => {
  const ticket = it.stock.tickets.get(id);
  if (ticket === undefined) throw new Error(`no ${id}`);
  return it.intake.accept(workspaceId, makeEvent({ ticket }));
};

const found = (type: string, ticketId: string) => ({ type, source: 'RECONCILE', ticketId });

const liveness = async (it: Awaited<ReturnType<typeof swept>>) => {
  const lastWebhookAt = await it.log.lastWebhookAt(workspaceId);
  const reconcile = await it.reconciled.last(workspaceId);
  return isLive({ registered: false, lastWebhookAt, reconcile }, true, it.clock.now());
};

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

test('an outage longer than anything is kept leaves no hole', async () => {
  const clock = createNoonClock();
  const state = createMemoryState({ clock });
  const eventLog = createMemoryLog({ clock, retention: { maxAgeMs: 60 * minute } });
  const before = await swept({ clock, state, eventLog: { ...eventLog, close: async () => undefined } });
  const { stock } = before;
  await webhookOf(before, 'tkt_old');
  const { cursor } = await before.log.head(workspaceId);
  await before[Symbol.asyncDispose]();
  await clock.advance(10 * minute);
  stock.put('tkt_old', { subject: 'During the outage' });
  await clock.advance(72 * 60 * minute);
  stock.put('tkt_new');
  await using after = createSweepHarness({ clock, state, eventLog });
  expect(await after.log.locate(workspaceId, cursor)).toMatchObject({ kind: 'KNOWN' });
  after.begin(stock.list);
  await clock.advance(10 * second);
  expect(await after.events()).toEqual([
    found('TICKET_UPDATED', 'tkt_old'),
    found('TICKET_CREATED', 'tkt_new'),
  ]);
});

/** A gateway that stopped and whose log is still there; what was kept of its sweeps is not. */
async function sweepsForgotten(lose: (state: StateStore) => Promise<void>) {
  const clock = createNoonClock();
  const state = createMemoryState({ clock });
  const eventLog = createMemoryLog({ clock });
  const before = await swept({ clock, state, eventLog: { ...eventLog, close: async () => undefined } });
  const { stock } = before;
  await clock.advance(10 * minute);
  stock.put('tkt_old', { subject: 'Told' });
  await webhookOf(before, 'tkt_old');
  await before[Symbol.asyncDispose]();
  await clock.advance(minute);
  stock.put('tkt_missed');
  await lose(state);
  await clock.advance(5 * 60 * minute);
  stock.put('tkt_new');
  return { ...createSweepHarness({ clock, state, eventLog }), stock };
}

test.for<[string, (state: StateStore) => Promise<void>]>([
  ['lost', (state) => state.delete(`reconcile:${workspaceId}`)],
  ['unreadable', (state) => state.set(`reconcile:${workspaceId}`, 'not json')],
])(
  'where the log has outlived what was kept of the sweeps (%s), they go on from the log',
  async ([, lose]) => {
    await using it = await sweepsForgotten(lose);
    it.begin(it.stock.list);
    await it.clock.advance(10 * second);
    expect((await it.events()).slice(1)).toEqual([
      found('TICKET_CREATED', 'tkt_missed'),
      found('TICKET_CREATED', 'tkt_new'),
    ]);
    expect(it.lines.filter(({ level }) => level === 'warn').at(-1)?.message).toContain('from the log');
  },
);

test('how far a lost sweep had come is not forgotten while the helpdesk is down and webhooks come', async () => {
  await using it = await sweepsForgotten((state) => state.delete(`reconcile:${workspaceId}`));
  let down = true;
  it.begin((cursor) =>
    down ? Promise.reject(new GatewayError('BACKEND_UNAVAILABLE', 'Down.')) : it.stock.list(cursor),
  );
  await it.clock.advance(2 * second);
  await it.clock.advance(10 * minute);
  it.stock.put('tkt_old', { subject: 'Told while it was down' });
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(10 * minute);
  down = false;
  await it.clock.advance(2 * minute);
  expect(await it.events()).toContainEqual(found('TICKET_CREATED', 'tkt_missed'));
});

test('sweeps that are forgotten while they go on, as when a damaged file is moved away, go on from the log', async () => {
  await using it = await swept();
  it.stock.put('tkt_old', { subject: 'Told' });
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(10 * minute);
  it.stock.put('tkt_missed');
  await it.state.delete(`reconcile:${workspaceId}`);
  await it.clock.advance(2 * minute);
  expect(await it.events()).toContainEqual(found('TICKET_CREATED', 'tkt_missed'));
});

test('where no entry of the log is left the last webhook tells how far sweeps had come', async () => {
  await using it = await swept();
  it.stock.put('tkt_old', { subject: 'Told' });
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(2 * 24 * 60 * minute);
  expect(await it.log.retainedSince(workspaceId)).toBeNull();
  it.stock.put('tkt_missed');
  await it.state.delete(`reconcile:${workspaceId}`);
  await it.clock.advance(2 * minute);
  expect(await it.events()).toEqual([found('TICKET_CREATED', 'tkt_missed')]);
});

test('a webhook that comes before the first sweep of all makes nothing older news', async () => {
  await using it = createSweepHarness();
  it.stock.put('tkt_old');
  it.clock.advanceSync(second);
  it.begin();
  it.stock.put('tkt_told');
  await webhookOf(it, 'tkt_told');
  await it.clock.advance(5 * minute);
  expect(await it.events()).toHaveLength(1);
});

test('a state file that is damaged is said so, and not taken for an empty one', async () => {
  const clock = createNoonClock();
  const folder = mkdtempSync(join(tmpdir(), 'sweep-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'state.json'), '{"version":1,"values":[["reconcile');
  await using it = createSweepHarness({ clock, state: createFileState({ folder, clock }) });
  it.begin();
  await clock.advance(10 * minute);
  expect(it.stock.asked).toEqual([]);
  expect(it.lines).toHaveLength(1);
  expect(it.lines[0]).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('damaged'),
    fields: { error: { name: 'DamagedFileError' } },
  });
});

test('what the log has forgotten is no news in a workspace where nothing happens', async () => {
  await using it = await swept();
  it.stock.put('tkt_one');
  it.clock.advanceSync(second);
  it.stock.put('tkt_two');
  await webhookOf(it, 'tkt_one');
  await webhookOf(it, 'tkt_two');
  await it.clock.advance(80 * 60 * minute);
  expect(await it.log.known(workspaceId, 'tkt_one')).toBeNull();
  expect(await it.events()).toEqual([]);
  it.stock.put('tkt_new');
  await it.clock.advance(minute + 10 * second);
  expect(await it.events()).toEqual([found('TICKET_CREATED', 'tkt_new')]);
}, 60_000);

test('tickets that share the newest time on more than one page are no news to the first sweep', async () => {
  await using it = createSweepHarness();
  const updatedAt = new Date(it.clock.now() - minute).toISOString();
  for (let at = 0; at < 8; at += 1) it.stock.put(`tkt_${at}`, { updatedAt });
  it.begin();
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([]);
  it.stock.put('tkt_3', { updatedAt, subject: 'Changed' });
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([found('TICKET_UPDATED', 'tkt_3')]);
});

test('what the first sweep saw is kept for as long as sweeps go back to it', async () => {
  await using it = await swept();
  it.stock.put('tkt_one');
  await it.clock.advance(minute);
  expect((await it.reconciled.read(workspaceId))?.seenAtFirst).toHaveLength(1);
  await it.clock.advance(2 * minute);
  it.stock.put('tkt_two');
  await it.clock.advance(minute);
  expect((await it.reconciled.read(workspaceId))?.seenAtFirst).toEqual([]);
  it.stock.put('tkt_old', { subject: 'Changed' });
  await it.clock.advance(minute);
  expect((await it.events()).at(-1)).toEqual(found('TICKET_UPDATED', 'tkt_old'));
});

test('where far too many share it, no more than five pages are read, and all of it is past', async () => {
  await using it = createSweepHarness();
  const updatedAt = new Date(it.clock.now() - minute).toISOString();
  for (let at = 0; at < 100; at += 1) it.stock.put(`tkt_${at}`, { createdAt: updatedAt, updatedAt });
  it.begin();
  await it.clock.advance(second);
  expect(it.stock.asked).toHaveLength(5);
  await it.clock.advance(minute);
  it.stock.put('tkt_3', { subject: 'Changed' });
  await it.clock.advance(minute);
  expect(await it.events()).toEqual([found('TICKET_UPDATED', 'tkt_3')]);
});

test('where webhooks are registered it is live within ten seconds, and then asks once a minute', async () => {
  await using it = createSweepHarness({ registered: () => true });
  it.stock.put('tkt_old');
  it.begin();
  const live = async () => {
    const reconcile = await it.reconciled.read(workspaceId);
    return isLive({ registered: true, lastWebhookAt: null, reconcile }, true, it.clock.now());
  };
  await it.clock.advance(second);
  expect(await live()).toBe(false);
  await it.clock.advance(9 * second);
  expect(await live()).toBe(true);
  it.stock.asked.length = 0;
  await it.clock.advance(10 * minute);
  expect(it.stock.asked).toHaveLength(10);
});

test('it is not live any more when sweeps have failed for a while, and is again after one that succeeds', async () => {
  await using it = await swept();
  await webhookOf(it, 'tkt_old');
  await it.clock.advance(minute);
  expect(await liveness(it)).toBe(true);
  const { list } = it.stock;
  it.stock.list = () => Promise.reject(new GatewayError('BACKEND_UNAVAILABLE', 'Down.'));
  await it.clock.advance(2 * minute);
  expect(await liveness(it)).toBe(true);
  await it.clock.advance(2 * minute);
  expect(await liveness(it)).toBe(false);
  it.stock.list = list;
  await it.clock.advance(minute);
  expect(await liveness(it)).toBe(true);
});

describe('isLive', () => {
  const now = Date.parse('2026-03-04T12:00:00.000Z');
  const at = '2026-03-04T11:59:00.000Z';
  const good = { at, watermark: null, clean: 2, unannouncedAt: null };
  const seen = { lastWebhookAt: '2026-03-04T11:00:00.000Z', registered: false };

  test.for<[string, Parameters<typeof isLive>[0], boolean]>([
    ['a webhook was seen, two clean sweeps', { ...seen, reconcile: good }, true],
    ['one is registered', { lastWebhookAt: null, registered: true, reconcile: good }, true],
    ['none is known', { lastWebhookAt: null, registered: false, reconcile: good }, false],
    ['nobody swept', { ...seen, reconcile: null }, false],
    ['no whole sweep is known', { ...seen, reconcile: { ...good, at: null } }, false],
    ['one clean sweep', { ...seen, reconcile: { ...good, clean: 1 } }, false],
    [
      'the last sweep is long past',
      { ...seen, reconcile: { ...good, at: '2026-03-04T11:56:59.000Z' } },
      false,
    ],
    ['something unannounced since', { ...seen, reconcile: { ...good, unannouncedAt: at } }, false],
    [
      'something unannounced before',
      { ...seen, reconcile: { ...good, unannouncedAt: '2026-03-04T10:59:00.000Z' } },
      true,
    ],
  ])('%s', ([, evidence, live]) => {
    expect(isLive(evidence, true, now)).toBe(live);
  });

  test('where nobody can sweep a webhook that was seen or is registered suffices', () => {
    expect(isLive({ ...seen, reconcile: null }, false, now)).toBe(true);
    expect(isLive({ lastWebhookAt: null, registered: true, reconcile: null }, false, now)).toBe(true);
    expect(isLive({ lastWebhookAt: null, registered: false, reconcile: null }, false, now)).toBe(false);
  });
});

test('a ticket that cannot be read is told once, and the others are compared all the same', async () => {
  await using it = await swept();
  const { list } = it.stock;
  it.stock.list = async (cursor) => ({ ...(await list(cursor)), unreadable: ['tickets[1].subject'] });
  it.stock.put('tkt_new');
  await it.clock.advance(10 * minute);
  expect(await it.events()).toEqual([found('TICKET_CREATED', 'tkt_new')]);
  const told = it.lines.filter(({ message }) => message.includes('cannot be read'));
  expect(told).toMatchObject([{ level: 'warn', fields: { unreadable: ['tickets[1].subject'] } }]);
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
