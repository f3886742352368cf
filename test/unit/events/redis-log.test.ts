import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/domain/clock.ts';
import type { TicketEvent } from '../../../src/domain/event.ts';
import { isToldOtherwise, changeOf } from '../../../src/events/log/change.ts';
import type { EventLog, Retention } from '../../../src/events/log/log.ts';
import { createLogKeys } from '../../../src/events/log/redis-log-keys.ts';
import { createRedisLog } from '../../../src/events/log/redis-log.ts';
import { alreadyKnown, judge, type TicketState } from '../../../src/events/log/ticket-state.ts';
import { createNoonClock, makeEvent, noon, timeAt } from '../../contract/event-fixtures.ts';
import { eventLogContract } from '../../contract/event-log.ts';
import { redisMissing, slotOf, startRedis, type RedisServer } from '../../support/redis.ts';
import { until, within } from '../../support/wait.ts';

const a = 'ws_a';
const hour = 3_600_000;

describe.skipIf(redisMissing)('event log in Redis', () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });

  interface Setup {
    readonly clock?: Clock;
    readonly retention?: Partial<Retention>;
    readonly log?: { warn(): void; error(fields: object): void };
  }

  /** Gateways on one log of their own, with whatever stands in Redis under its keys. */
  const open = (setup: Setup = {}) => {
    const clock = createNoonClock();
    const prefix = randomUUID();
    const gateway = () => createRedisLog({ clock, redisUrl: server.url, prefix, ...setup });
    const [log, other] = [gateway(), gateway()];
    const [meta, stored, ...rest] = createLogKeys(prefix).ofWorkspace(a);
    const append = async (event: TicketEvent, by: EventLog = log) => {
      const outcome = await by.append(a, event, new Date(clock.now()).toISOString());
      if (outcome.result !== 'APPENDED') throw new Error(`${event.eventId} is a repeat`);
      return outcome.record;
    };
    return {
      clock,
      prefix,
      log,
      other,
      append,
      keys: { all: [meta, stored, ...rest], meta, stored },
      [Symbol.asyncDispose]: async () => {
        await Promise.all([log.close(), other.close()]);
      },
    };
  };

  eventLogContract((setup) => createRedisLog({ ...setup, redisUrl: server.url, prefix: randomUUID() }), {
    runs: 50,
  });

  describe('many gateways', () => {
    const step = fc.record({
      by: fc.constantFrom(0, 1),
      id: fc.integer({ min: 0, max: 25 }),
      ticket: fc.integer({ min: 0, max: 1 }),
      at: fc.integer({ min: 0, max: 5 }),
      kind: fc.constantFrom('update', 'update', 'update', 'delete', 'untold'),
      source: fc.constantFrom('WEBHOOK', 'WEBHOOK', 'GATEWAY', 'RECONCILE'),
      status: fc.constantFrom('OPEN', 'PENDING'),
    });
    const eventOf = ({
      id,
      ticket,
      at,
      kind,
      source,
      status,
    }: typeof step extends fc.Arbitrary<infer T> ? T : never) =>
      makeEvent({
        eventId: `msg_${id}`,
        ticketId: `tkt_${ticket}`,
        type: kind === 'delete' ? 'TICKET_DELETED' : 'TICKET_UPDATED',
        ticket: kind === 'update' ? { updatedAt: timeAt(at), status } : null,
        occurredAt: timeAt(at),
        // A second deletion that is a repeat would change what is known, and leave no record to say so.
        source: kind === 'delete' ? 'WEBHOOK' : source,
        channel: kind === 'delete' ? 'webhook' : source.toLowerCase(),
      });

    test('whatever two append at once stands in one order, each event once, judged in that order', async () => {
      const property = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 60 }), async (steps) => {
        await using it = open();
        const outcomes = await Promise.all(
          steps.map(({ by, ...event }) =>
            (by === 0 ? it.log : it.other).append(a, eventOf({ by, ...event }), timeAt(0)),
          ),
        );
        const entries = await it.log.read(a, 0, 1_000);
        expect(await it.other.read(a, 0, 1_000)).toEqual(entries);
        expect(entries.map(({ position }) => position)).toEqual(entries.map((_, at) => at + 1));
        const records = entries.map(({ record }) => record);
        const taken = outcomes.flatMap((outcome) => (outcome.result === 'APPENDED' ? [outcome.record] : []));
        const byCursor = (list: typeof records) => list.toSorted((x, y) => (x.cursor < y.cursor ? -1 : 1));
        expect(byCursor(taken)).toEqual(byCursor(records));
        expect(new Set(records.map(({ event }) => event.eventId)).size).toBe(records.length);
        const known = new Map<string, TicketState | null>();
        const told = new Map<string, string>();
        for (const { event, stale, before, after } of records) {
          const state = known.get(event.ticketId) ?? null;
          const change = changeOf(event);
          expect(isToldOtherwise(event, told.get(change ?? '') ?? null)).toBe(false);
          expect(alreadyKnown(event, state, noon)).toBe(false);
          const judgement = judge(event, state, noon);
          expect({ stale, before, after }).toEqual({
            stale: judgement.stale,
            before: judgement.before,
            after: judgement.after,
          });
          known.set(event.ticketId, judgement.state);
          if (change !== null) told.set(change, event.channel);
        }
        for (const [ticketId, state] of known) expect(await it.other.known(a, ticketId)).toEqual(state);
      });
      await fc.assert(property, { numRuns: 60 });
    });

    test('of many deletions at once one is told, and the latest time counts', async () => {
      await using it = open();
      const deletions = Array.from({ length: 40 }, (_, index) =>
        makeEvent({
          type: 'TICKET_DELETED',
          ticket: null,
          occurredAt: timeAt((index * 7) % 40),
          channel: `channel ${index}`,
        }),
      );
      const outcomes = await Promise.all(
        deletions.map((event, index) => (index % 2 ? it.log : it.other).append(a, event, timeAt(0))),
      );
      expect(outcomes.filter(({ result }) => result === 'APPENDED')).toHaveLength(1);
      expect(await it.other.known(a, 'tkt_1')).toMatchObject({ version: noon + 39, deleted: true });
    });

    test('a hundred appends of one event by two are one record, and one outcome says so', async () => {
      await using it = open();
      const event = makeEvent();
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, at) => (at % 2 ? it.log : it.other).append(a, event, timeAt(0))),
      );
      expect(outcomes.filter(({ result }) => result === 'APPENDED')).toHaveLength(1);
      expect(await it.log.head(a)).toMatchObject({ position: 1 });
    });

    test('a burst waits for its turn, and none of it is refused for that', async () => {
      await using it = open();
      const events = Array.from({ length: 1_500 }, (_, at) => makeEvent({ ticketId: `tkt_${at}` }));
      const records = await Promise.all(events.map((event) => it.append(event)));
      expect(new Set(records.map(({ cursor }) => cursor)).size).toBe(events.length);
      const pages = await Promise.all(Array.from({ length: 40 }, () => it.other.read(a, 1_000, 250)));
      expect(pages.map(({ length }) => length)).toEqual(Array.from({ length: 40 }, () => 250));
    });

    test('an append by one is told to the listeners of another, of its workspace alone', async () => {
      await using it = open();
      const told: string[] = [];
      const news = Promise.withResolvers<string>();
      it.other.watch('ws_b', (what) => told.push(what));
      it.other.watch(a, news.resolve);
      await it.other.head(a);
      const { cursor } = await it.append(makeEvent());
      expect(await within('the news', news.promise)).toBe('APPENDED');
      expect((await it.other.head(a)).cursor).toBe(cursor);
      expect(told).toEqual([]);
    });

    test('whoever watches and then asks for the head misses no append of another gateway', async () => {
      for (let round = 0; round < 20; round++) {
        await using it = open();
        const news = Promise.withResolvers<string>();
        it.other.watch(a, news.resolve);
        expect(await it.other.head(a)).toMatchObject({ position: 0 });
        await it.append(makeEvent());
        expect(await within('the news', news.promise)).toBe('APPENDED');
      }
    });

    test('all of them begin one log, whoever is asked first', async () => {
      await using it = open();
      const [one, other] = await Promise.all([it.log.head(a), it.other.head(a)]);
      expect(one).toEqual(other);
      const record = await it.append(makeEvent(), it.other);
      expect(await it.log.locate(a, one.cursor)).toEqual({ kind: 'KNOWN', position: 0 });
      expect(await it.log.locate(a, record.cursor)).toEqual({ kind: 'KNOWN', position: 1 });
    });
  });

  describe('what was lost', () => {
    test('a log that is gone and begun anew is another one, and its listeners are told', async () => {
      await using it = open();
      const told: string[] = [];
      it.other.watch(a, (news) => told.push(news));
      const empty = await it.other.head(a);
      const { cursor } = await it.append(makeEvent());
      await until('the news', () => told.length === 1);
      await redis.del(...it.keys.all);
      for (const lost of [cursor, empty.cursor])
        expect(await it.log.locate(a, lost)).toEqual({ kind: 'GAP', reason: 'SOURCE_RESTARTED' });
      const next = await it.append(makeEvent());
      expect(await it.log.locate(a, cursor)).toEqual({ kind: 'GAP', reason: 'SOURCE_RESTARTED' });
      expect(await it.log.locate(a, next.cursor)).toEqual({ kind: 'KNOWN', position: 1 });
      await until('the news', () => told.length === 2);
      expect(told).toEqual(['APPENDED', 'RECONNECTED']);
    });

    test('whoever finds a log begun anew tells those who listen beside', async () => {
      await using it = open();
      await it.append(makeEvent());
      await it.other.head(a);
      const told: string[] = [];
      it.other.watch(a, (news) => told.push(news));
      await redis.del(...it.keys.all);
      await it.log.append(a, makeEvent(), timeAt(0));
      await until('the news', () => told.length === 1);
      await redis.del(...it.keys.all);
      await it.other.head(a);
      expect(told).toEqual(['RECONNECTED', 'RECONNECTED']);
      await it.other.read(a, 0, 10);
      expect(told).toHaveLength(2);
    });

    test('records that a failover lost are missed, though others stand in their places', async () => {
      await using it = open();
      const kept = await it.append(makeEvent());
      for (const key of it.keys.all) await redis.copy(key, `${key}:replica`);
      const lost = [await it.append(makeEvent()), await it.append(makeEvent())];
      for (const key of it.keys.all) await redis.copy(`${key}:replica`, key, 'REPLACE');
      for (let round = 0; round < 3; round++) {
        for (const { cursor } of lost)
          expect(await it.log.locate(a, cursor)).toEqual({ kind: 'GAP', reason: 'EVENTS_LOST' });
        expect(await it.log.locate(a, kept.cursor)).toEqual({ kind: 'KNOWN', position: 1 });
        await it.append(makeEvent());
      }
      expect((await it.log.read(a, 1, 10)).map(({ position }) => position)).toEqual([2, 3, 4]);
    });

    test('remains without an epoch belong to no log', async () => {
      await using it = open();
      await it.append(makeEvent());
      await redis.del(it.keys.meta);
      expect(await it.log.read(a, 0, 10)).toEqual([]);
      await it.append(makeEvent());
      expect((await it.log.read(a, 0, 10)).map(({ position }) => position)).toEqual([1]);
    });

    test('a record that cannot be read is a hole, and stops nobody', async () => {
      const errors: object[] = [];
      const log = { warn: () => undefined, error: (fields: object) => void errors.push(fields) };
      await using it = open({ log });
      const events = [makeEvent(), makeEvent(), makeEvent(), makeEvent()];
      for (const event of events) await it.append(event);
      const entries = await redis.xrange(it.keys.stored, '-', '+');
      await redis.del(it.keys.stored);
      for (const [id, fields] of entries) {
        const text = id === '2-0' ? '{"event":' : id === '3-0' ? '{}' : (fields[9] ?? '');
        await redis.xadd(it.keys.stored, id, ...fields.slice(0, 9), text);
      }
      expect((await it.log.read(a, 0, 10)).map(({ position }) => position)).toEqual([1, 4]);
      expect((await it.log.read(a, 1, 1)).map(({ position }) => position)).toEqual([4]);
      expect(errors).toContainEqual({ workspaceId: a, position: 2 });
      expect(errors).toContainEqual({ workspaceId: a, position: 3 });
    });
  });

  describe('retention', () => {
    test('much that falls due at once goes at once for whoever reads, and from Redis', async () => {
      await using it = open();
      const events = Array.from({ length: 250 }, (_, at) => makeEvent({ ticketId: `tkt_${at}` }));
      await Promise.all(events.map((event) => it.append(event)));
      it.clock.advanceSync(24 * hour);
      const next = await it.append(makeEvent());
      expect((await it.log.read(a, 0, 10)).map(({ record }) => record)).toEqual([next]);
      expect(await it.log.retainedSince(a)).toBe(timeAt(24 * hour));
      expect(await redis.xlen(it.keys.stored)).toBe(1);
    });

    test('a gateway whose clock is ahead or behind lets go of nothing, and keeps nothing longer', async () => {
      const prefix = randomUUID();
      const retention = { maxAgeMs: 300, memoryMs: 400 };
      const [patient, brief] = [{}, { retention }].map((more) =>
        createRedisLog({ redisUrl: server.url, prefix, ...more }),
      );
      if (patient === undefined || brief === undefined) throw new Error('two logs were made');
      const append = (event: TicketEvent, skewMs: number) =>
        patient.append(a, event, new Date(Date.now() + skewMs).toISOString());
      const events = [0, 25 * hour, -25 * hour].map((skewMs, at) => ({
        skewMs,
        event: makeEvent({ eventId: `skewed_${at}`, ticketId: `tkt_${at}` }),
      }));
      for (const { event, skewMs } of events) await append(event, skewMs);
      expect((await patient.read(a, 0, 10)).map(({ position }) => position)).toEqual([1, 2, 3]);
      const [first] = await patient.read(a, 0, 1);
      expect(await patient.locate(a, first?.record.cursor ?? '')).toEqual({ kind: 'KNOWN', position: 1 });
      expect(await patient.append(a, events[1]?.event ?? makeEvent(), timeAt(0))).toEqual({
        result: 'REPEATED',
      });
      await until('the end of all', async () => (await brief.read(a, 0, 10)).length === 0);
      await until('the end of their traces', async () => (await brief.known(a, 'tkt_1')) === null);
      await Promise.all([patient.close(), brief.close()]);
    });

    test('more than may be kept goes by itself after an append', async () => {
      await using it = open();
      await Promise.all(
        Array.from({ length: 250 }, (_, at) => it.append(makeEvent({ ticketId: `tkt_${at}` }))),
      );
      const small = createRedisLog({
        clock: it.clock,
        redisUrl: server.url,
        prefix: it.prefix,
        retention: { maxCount: 10, memoryCount: 20 },
      });
      await it.append(makeEvent(), small);
      await until('what may be kept', async () => (await redis.xlen(it.keys.stored)) === 10);
      expect(await small.read(a, 0, 100)).toHaveLength(10);
      await small.close();
    });

    test('what has outlived its retention goes even when nobody asks, also of gateways that are gone', async () => {
      const clock = createNoonClock();
      const prefix = randomUUID();
      const gateway = () => createRedisLog({ clock, redisUrl: server.url, prefix });
      const first = gateway();
      const own = createLogKeys(prefix);
      const [, stored, traces, ids, changes, tickets] = own.ofWorkspace(a);
      await first.append(a, makeEvent(), timeAt(0));
      await first.close();
      const second = gateway();
      await second.head('ws_b');
      expect(await redis.hget(tickets, 'tkt_1')).toContain('OPEN');
      await clock.advance(24 * hour);
      await until('the end of the record', async () => (await redis.xlen(stored)) === 0);
      expect(await redis.hget(tickets, 'tkt_1')).not.toContain('OPEN');
      expect(await redis.xlen(traces)).toBe(1);
      await until('the end of the rest', async () => {
        // Who looks is alone at it for almost a minute, which here is none.
        await redis.del(own.sweeper);
        await clock.advance(48 * hour);
        return (await redis.exists(ids, changes, tickets, own.workspaces)) === 0;
      });
      expect(await redis.xlen(traces)).toBe(0);
      await second.close();
    });

    test('should no gateway come again everything goes by itself, but for where the log ended', async () => {
      await using it = open();
      await it.append(makeEvent());
      const [meta, stored, ...rest] = await Promise.all(it.keys.all.map((key) => redis.pttl(key)));
      expect(meta).toBe(-1);
      expect(stored).toBeGreaterThan(24 * hour);
      expect(stored).toBeLessThanOrEqual(25 * hour);
      for (const ttl of rest) expect(ttl).toBeGreaterThan(72 * hour);
      for (const ttl of rest) expect(ttl).toBeLessThanOrEqual(73 * hour);
    });

    test('once Redis itself let the records go, so is what they said of their tickets', async () => {
      await using it = open();
      const first = await it.append(makeEvent({ ticket: { updatedAt: timeAt(0) } }));
      const last = await it.append(makeEvent({ ticket: { updatedAt: timeAt(1) } }));
      await redis.del(it.keys.stored);
      expect(await it.log.known(a, 'tkt_1')).toMatchObject({ version: noon + 1, attributes: null });
      expect(await it.log.locate(a, first.cursor)).toEqual({ kind: 'GAP', reason: 'CURSOR_EXPIRED' });
      expect(await it.log.locate(a, last.cursor)).toEqual({ kind: 'KNOWN', position: 2 });
      const next = await it.append(makeEvent({ ticket: { updatedAt: timeAt(2) } }));
      expect(next).toMatchObject({ stale: false, before: null });
      expect(await it.log.locate(a, last.cursor)).toEqual({ kind: 'KNOWN', position: 2 });
    });

    test('a workspace that nobody ever wrote to is not kept for ever', async () => {
      await using it = open();
      await it.log.head(a);
      expect(await redis.pttl(it.keys.meta)).toBeGreaterThan(0);
      await it.append(makeEvent());
      expect(await redis.pttl(it.keys.meta)).toBe(-1);
    });
  });

  describe('keys', () => {
    test('slots are counted as Redis counts them', () => {
      expect(['123456789', 'somekey', 'foo{hash_tag}', 'a{}b'].map(slotOf)).toEqual([
        0x31c3,
        11_058,
        slotOf('hash_tag'),
        slotOf('a{}b'),
      ]);
    });

    test('all keys of one workspace stand in one slot, whatever its id, and are those of no other', () => {
      const id = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('{', '}', 'a', '%', '\ud800') }),
      );
      const keys = createLogKeys('gateway');
      const property = fc.property(id, id, (one, other) => {
        const own = keys.ofWorkspace(one);
        expect(new Set(own.map(slotOf)).size).toBe(1);
        expect(new Set([...own, ...keys.ofWorkspace(other)]).size).toBe(one === other ? 6 : 12);
      });
      fc.assert(property, { numRuns: 100 });
    });

    test('nothing stands outside the prefix, and close leaves no connection', async () => {
      const others = async () =>
        String(await redis.client('LIST'))
          .trim()
          .split('\n').length;
      const prefix = randomUUID();
      const before = new Set(await redis.keys('*'));
      const count = await others();
      const log = createRedisLog({ redisUrl: server.url, prefix });
      await log.append('{odd} ws', makeEvent(), new Date().toISOString());
      expect(await others()).toBe(count + 2);
      const made = (await redis.keys('*')).filter((key) => !before.has(key));
      expect(made.filter((key) => !key.startsWith(`${prefix}:events:`))).toEqual([]);
      expect(made.toSorted()).toEqual(
        [...createLogKeys(prefix).ofWorkspace('{odd} ws'), createLogKeys(prefix).workspaces].toSorted(),
      );
      await log.close();
      await until('the end of both connections', async () => (await others()) === count);
      await expect(log.head(a)).rejects.toMatchObject({ code: 'EVENT_LOG_UNAVAILABLE' });
    });
  });
});
