import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { StreamMessage } from '../../../src/domain/event.ts';
import { createFeed } from '../../../src/events/feed/event-feed.ts';
import type { EventLog } from '../../../src/events/log/log.ts';
import type { ReconcileState } from '../../../src/events/reconcile-state.ts';
import { makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { byDefault, eventIds, setUp, ws } from './feed-harness.ts';

describe('a new subscription', () => {
  test('begins with READY at the head of the log, then events as they come', async () => {
    const it = setUp();
    await it.append(makeEvent());
    const { stream, next } = await it.subscribe();
    const { cursor } = await it.log.head(ws);
    expect(await next()).toEqual({ kind: 'READY', cursor, resumed: false, replayCount: 0 });
    const event = makeEvent();
    const waiting = next();
    await it.append(event);
    expect(await waiting).toMatchObject({
      kind: 'EVENT',
      cursor: (await it.log.head(ws)).cursor,
      record: { event },
      matchesFilter: true,
      replayed: false,
    });
    await stream.return?.();
  });

  test('holds what came between READY and the first look', async () => {
    const it = setUp();
    const { take, stream } = await it.subscribe();
    const events = [makeEvent(), makeEvent(), makeEvent()];
    await it.append(...events);
    expect(eventIds(await take(4))).toEqual(['READY', ...events.map(({ eventId }) => eventId)]);
    await stream.return?.();
  });

  test('receives nothing of another workspace', async () => {
    const it = setUp();
    const { take, stream } = await it.subscribe();
    await it.intake.accept('ws_b', makeEvent());
    const mine = makeEvent();
    await it.append(mine);
    expect(eventIds(await take(2))).toEqual(['READY', mine.eventId]);
    await stream.return?.();
  });

  test('receives once, by default, a change that is announced twice', async () => {
    for (const types of [
      ['TICKET_UPDATED', 'TICKET_RESOLVED'],
      ['TICKET_ASSIGNMENT_CHANGED', 'TICKET_UPDATED'],
    ] as const) {
      const it = setUp();
      await it.append(makeEvent());
      const { take, stream } = await it.subscribe({ status: ['OPEN'] });
      const ticket = { updatedAt: timeAt(1), status: 'RESOLVED', assigneeId: 'usr_1' } as const;
      await it.append(...types.map((type) => makeEvent({ type, ticket })));
      const last = makeEvent({ ticketId: 'tkt_2' });
      await it.append(last);
      const messages = await take(3);
      expect(messages[1]).toMatchObject({
        kind: 'EVENT',
        record: { event: { type: 'TICKET_UPDATED' } },
        matchesFilter: false,
      });
      expect(eventIds(messages)[2]).toBe(last.eventId);
      await stream.return?.();
    }
  });
});

describe('a resumed subscription', () => {
  test('replays what came after its cursor, says how much, then goes on live', async () => {
    const it = setUp();
    const [first, second, third] = [makeEvent(), makeEvent(), makeEvent()];
    await it.append(first);
    const { cursor } = await it.log.head(ws);
    await it.append(second, makeEvent({ type: 'TICKET_RESOLVED' }), third);
    const { take, stream } = await it.subscribe({}, cursor);
    const fourth = makeEvent();
    await it.append(fourth);
    const messages = await take(4);
    expect(messages[0]).toEqual({ kind: 'READY', cursor, resumed: true, replayCount: 2 });
    expect(eventIds(messages.slice(1))).toEqual([second.eventId, third.eventId, fourth.eventId]);
    expect(messages.slice(1)).toMatchObject([{ replayed: true }, { replayed: true }, { replayed: false }]);
    await stream.return?.();
  });

  test('counts and replays a log of many pages', async () => {
    const it = setUp();
    const { cursor } = await it.log.head(ws);
    const events = Array.from({ length: 1_000 }, (_, index) => makeEvent({ ticketId: `tkt_${index % 3}` }));
    await it.append(...events);
    const { take, stream } = await it.subscribe({ ticketIds: ['tkt_0'] }, cursor);
    const messages = await take(335);
    expect(messages[0]).toMatchObject({ kind: 'READY', replayCount: 334 });
    const wanted = events.filter(({ ticketId }) => ticketId === 'tkt_0').map(({ eventId }) => eventId);
    expect(eventIds(messages.slice(1))).toEqual(wanted);
    await stream.return?.();
  });

  test('rejects a cursor that cannot be read', async () => {
    const it = setUp();
    await expect(it.subscribe({}, 'no cursor')).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
      fields: [{ path: ['after'] }],
    });
  });

  test('tells of the gap when its cursor is of another log, and goes on from the head', async () => {
    const [before, it] = [setUp(), setUp()];
    await it.append(makeEvent());
    const { take, stream } = await it.subscribe({}, (await before.log.head(ws)).cursor);
    const next = makeEvent();
    await it.append(next);
    const [ready, gap, event] = await take(3);
    expect(ready).toMatchObject({ kind: 'READY', resumed: false, replayCount: 0 });
    expect(gap).toEqual({ kind: 'GAP', cursor: ready?.cursor, reason: 'SOURCE_RESTARTED', since: null });
    expect(eventIds(event ? [event] : [])).toEqual([next.eventId]);
    await stream.return?.();
  });

  test('tells of the gap when what followed its cursor is gone', async () => {
    const it = setUp({ retention: { maxCount: 2 } });
    const { cursor } = await it.log.head(ws);
    await it.append(makeEvent(), makeEvent(), makeEvent());
    const { take, stream } = await it.subscribe({}, cursor);
    expect((await take(2))[1]).toMatchObject({ kind: 'GAP', reason: 'CURSOR_EXPIRED' });
    await stream.return?.();
  });

  test('tells of the gap when the log is trimmed while it replays, and goes on with what comes then', async () => {
    const it = setUp({ retention: { maxCount: 400 } });
    const { cursor } = await it.log.head(ws);
    await it.append(...Array.from({ length: 400 }, () => makeEvent()));
    const { next, take, stream } = await it.subscribe({}, cursor);
    expect(await next()).toMatchObject({ kind: 'READY', replayCount: 400 });
    // The first page is read, the second is trimmed away before it is asked for.
    await next();
    await it.append(...Array.from({ length: 400 }, () => makeEvent()));
    await take(255);
    expect(await next()).toEqual({
      kind: 'GAP',
      cursor: (await it.log.head(ws)).cursor,
      reason: 'CURSOR_EXPIRED',
      since: null,
    });
    const event = makeEvent();
    await it.append(event);
    expect(eventIds([await next()])).toEqual([event.eventId]);
    await stream.return?.();
  });

  test('resumes after the last message of an idle time longer than the retention', async () => {
    const it = setUp();
    await it.append(makeEvent());
    const { cursor } = await it.log.head(ws);
    it.clock.advanceSync(48 * 3_600_000);
    const { next, stream } = await it.subscribe({}, cursor);
    expect(await next()).toEqual({ kind: 'READY', cursor, resumed: true, replayCount: 0 });
    await stream.return?.();
  });
});

describe('a subscription with a cursor of its own and one of its connection', () => {
  const others = () => {
    const it = setUp();
    return it.append(makeEvent()).then(() => it.log.head(ws));
  };

  test.for([
    ['its own counts where it is the later', 2, 1, 2],
    ['its own counts where it is the earlier: nothing in between is passed over', 1, 2, 1],
    ['its own is enough', 1, null, 1],
    ['that of the connection stands in where it has none', null, 1, 1],
  ] as const)('%s', async ([, own, common, from]) => {
    const it = setUp();
    const events = [makeEvent(), makeEvent(), makeEvent()];
    const cursors = [(await it.log.head(ws)).cursor];
    for (const event of events) {
      await it.append(event);
      cursors.push((await it.log.head(ws)).cursor);
    }
    const at = (index: number | null) => (index === null ? null : (cursors[index] ?? null));
    const { take, stream } = await it.subscribe({}, at(own), { resumeFrom: at(common) });
    const [ready, ...replayed] = await take(4 - from);
    expect(ready).toEqual({ kind: 'READY', cursor: cursors[from], resumed: true, replayCount: 3 - from });
    expect(eventIds(replayed)).toEqual(events.slice(from).map(({ eventId }) => eventId));
    await stream.return?.();
  });

  test('what has become of that of the connection is nothing to one with its own', async () => {
    const it = setUp();
    const { cursor } = await it.log.head(ws);
    await it.append(makeEvent());
    for (const resumeFrom of [(await others()).cursor, 'no cursor']) {
      const { next, stream } = await it.subscribe({}, cursor, { resumeFrom });
      expect(await next()).toEqual({ kind: 'READY', cursor, resumed: true, replayCount: 1 });
      await stream.return?.();
    }
  });

  test('there is a gap when the log does not know the one that counts', async () => {
    const it = setUp();
    const { cursor } = await others();
    const known = (await it.log.head(ws)).cursor;
    await it.append(makeEvent());
    for (const [own, common] of [
      [cursor, cursor],
      [cursor, null],
      [cursor, known],
      [null, cursor],
    ] as const) {
      const { take, stream } = await it.subscribe({}, own, { resumeFrom: common });
      expect(await take(2)).toMatchObject([
        { kind: 'READY', resumed: false },
        { kind: 'GAP', reason: 'SOURCE_RESTARTED' },
      ]);
      await stream.return?.();
    }
  });

  test('one of the connection that cannot be read is refused, and is no argument', async () => {
    const it = setUp();
    await expect(it.subscribe({}, null, { resumeFrom: 'no cursor' })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
      message: expect.stringContaining('resumeFrom'),
      fields: [],
    });
    expect(it.listening()).toBe(0);
  });
});

describe('a slow consumer', () => {
  test('keeps what fits in its queue, is told of a gap, then gets what comes from then on', async () => {
    const it = setUp({ queueLimit: 3 });
    const { next, take, stream } = await it.subscribe();
    await next();
    const waiting = next();
    await turn();
    const events = Array.from({ length: 10 }, (_, index) => makeEvent({ ticketId: `tkt_${index}` }));
    for (const event of events) {
      it.clock.advanceSync(1);
      await it.append(event);
    }
    const kept = [await waiting, ...(await take(3))];
    expect(eventIds(kept)).toEqual(events.slice(0, 4).map(({ eventId }) => eventId));
    const { cursor } = await it.log.head(ws);
    expect(await next()).toEqual({ kind: 'GAP', cursor, reason: 'SLOW_CONSUMER', since: timeAt(5) });
    const later = makeEvent();
    await it.append(later);
    expect(eventIds([await next()])).toEqual([later.eventId]);
    await stream.return?.();
  });

  test('loses nothing while it has not begun to read', async () => {
    const it = setUp({ queueLimit: 3 });
    const { take, stream } = await it.subscribe();
    const events = Array.from({ length: 10 }, () => makeEvent());
    await it.append(...events);
    expect(eventIds(await take(11))).toEqual(['READY', ...events.map(({ eventId }) => eventId)]);
    await stream.return?.();
  });

  test('is told of a gap when the log was trimmed before the live tail had read it', async () => {
    let gate = Promise.resolve();
    const it = setUp({
      retention: { maxCount: 2 },
      wrap: (log) => ({ ...log, read: (...args) => gate.then(() => log.read(...args)) }),
    });
    const { next, stream } = await it.subscribe();
    await next();
    const waiting = next();
    await turn();
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    await it.append(...Array.from({ length: 5 }, () => makeEvent()));
    resolve();
    const { cursor } = await it.log.head(ws);
    expect(await waiting).toEqual({ kind: 'GAP', cursor, reason: 'EVENTS_LOST', since: null });
    const event = makeEvent();
    await it.append(event);
    expect(eventIds([await next()])).toEqual([event.eventId]);
    await stream.return?.();
  });

  test('does not slow others down', async () => {
    const it = setUp({ queueLimit: 1 });
    const [slow, fast] = [await it.subscribe(), await it.subscribe()];
    await Promise.all([slow.next(), fast.next()]);
    const first = slow.next();
    await turn();
    for (let count = 0; count < 5; count++) {
      const waiting = fast.next();
      const event = makeEvent();
      await it.append(event);
      expect(eventIds([await waiting])).toEqual([event.eventId]);
    }
    expect(await first).toMatchObject({ kind: 'EVENT' });
    await slow.stream.return?.();
    await fast.stream.return?.();
  });
});

describe('the end of a subscription', () => {
  test('return() settles a pending next() and leaves no listener', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    await next();
    const pending = stream.next();
    await turn();
    expect(it.listening()).toBe(1);
    await stream.return?.();
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(it.listening()).toBe(0);
  });

  test('the abort of its signal ends it', async () => {
    const it = setUp();
    const { stream, next } = await it.subscribe();
    await next();
    const waiting = stream.next();
    await it.append(makeEvent());
    await waiting;
    const pending = stream.next();
    expect(it.listening()).toBe(1);
    it.gone.abort();
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(it.listening()).toBe(0);
  });

  test('one that ends leaves the others their events', async () => {
    const it = setUp();
    const [one, other] = [await it.subscribe(), await it.subscribe()];
    await Promise.all([one.next(), other.next()]);
    const [ofOne, ofOther] = [one.stream.next(), other.next()];
    await one.stream.return?.();
    expect(await ofOne).toMatchObject({ done: true });
    const event = makeEvent();
    await it.append(event);
    expect(eventIds([await ofOther])).toEqual([event.eventId]);
    await other.stream.return?.();
    expect(it.listening()).toBe(0);
  });

  test('a log that cannot be read ends it with the error, and the next subscription starts afresh', async () => {
    let broken = false;
    const it = setUp({
      wrap: (log) => ({
        ...log,
        read: (...args) => (broken ? Promise.reject(new Error('disk gone')) : log.read(...args)),
      }),
    });
    const { stream, next } = await it.subscribe();
    await next();
    const pending = stream.next();
    broken = true;
    await it.append(makeEvent());
    await expect(pending).rejects.toThrow('disk gone');
    expect(await stream.next()).toMatchObject({ done: true });
    expect(it.listening()).toBe(0);
    broken = false;
    const again = await it.subscribe();
    await again.next();
    const waiting = again.next();
    const event = makeEvent();
    await it.append(event);
    expect(eventIds([await waiting])).toEqual([event.eventId]);
    await again.stream.return?.();
  });
});

describe('a subscription that still catches up', () => {
  test('learns that the live tail it is about to join has failed', async () => {
    let read: EventLog['read'] | null = null;
    const it = setUp({
      wrap: (log) => ({ ...log, read: (...args) => (read === null ? log.read(...args) : read(...args)) }),
    });
    const { cursor } = await it.log.head(ws);
    const live = await it.subscribe();
    await live.next();
    const first = live.next();
    await turn();
    await it.append(makeEvent());
    await first;
    const late = await it.subscribe({}, cursor);
    await late.next();
    const gate = Promise.withResolvers<void>();
    read = async (...args) => {
      const page = await it.log.read(...args);
      await gate.promise;
      return page;
    };
    const caughtUp = late.next();
    await turn();
    read = () => Promise.reject(new Error('disk gone'));
    const pending = live.next();
    await it.append(makeEvent());
    await expect(pending).rejects.toThrow('disk gone');
    gate.resolve();
    expect(await caughtUp).toMatchObject({ kind: 'EVENT' });
    await expect(late.next()).rejects.toThrow('disk gone');
    expect(it.listening()).toBe(0);
  });

  test('joins nothing once it was ended', async () => {
    const gate = Promise.withResolvers<void>();
    let shut = false;
    const it = setUp({
      wrap: (log) => ({
        ...log,
        read: (...args) => (shut ? gate.promise : Promise.resolve()).then(() => log.read(...args)),
      }),
    });
    const { cursor } = await it.log.head(ws);
    await it.append(makeEvent());
    const leaving = await it.subscribe({}, cursor);
    await leaving.next();
    shut = true;
    const unheard = leaving.stream.next();
    await turn();
    await leaving.stream.return?.();
    shut = false;
    gate.resolve();
    expect(await unheard).toMatchObject({ done: true });
    await turn();
    expect(it.listening()).toBe(0);
  });
});

describe('status', () => {
  test('a workspace is live once a webhook was seen', async () => {
    const it = setUp();
    const { cursor } = await it.log.head(ws);
    expect(await it.feed.status(ws)).toEqual({
      live: false,
      headCursor: cursor,
      retainedSince: null,
      lastWebhookAt: null,
      lastReconcileAt: null,
    });
    await it.append(makeEvent());
    expect(await it.feed.status(ws)).toEqual({
      live: true,
      headCursor: (await it.log.head(ws)).cursor,
      retainedSince: timeAt(0),
      lastWebhookAt: timeAt(0),
      lastReconcileAt: null,
    });
    expect(await it.feed.status('ws_b')).toMatchObject({ live: false });
  });

  test('where it can be swept a workspace is live once two sweeps of late found nothing', async () => {
    const it = setUp();
    let reconcile: ReconcileState | null = null;
    const feed = createFeed({
      log: it.log,
      clock: it.clock,
      sweeps: (id) => id === ws,
      reconciled: async () => reconcile,
    });
    await it.append(makeEvent());
    expect(await feed.status(ws)).toMatchObject({ live: false, lastReconcileAt: null });
    const at = timeAt(0);
    reconcile = { at, watermark: null, clean: 2, unannouncedAt: null };
    expect(await feed.status(ws)).toMatchObject({ live: true, lastReconcileAt: at });
    it.clock.advanceSync(181_000);
    expect(await feed.status(ws)).toMatchObject({ live: false, lastReconcileAt: at });
  });

  test('a workspace is live when the backend is known to send its events here', async () => {
    expect(await setUp({ registered: true }).feed.status(ws)).toMatchObject({
      live: true,
      lastWebhookAt: null,
    });
  });
});

test('replay and live join without hole or repeat, whatever the log’s answers and the appends do', async () => {
  const starts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.integer({ min: 0, max: 12 }),
    starts,
    async (s, before, from) => {
      const it = setUp({ wrap: (log) => slowed(log, s) });
      const cursors = [(await it.log.head(ws)).cursor];
      const events = Array.from({ length: 24 }, (_, index) => makeEvent({ ticketId: `tkt_${index % 2}` }));
      for (const event of events.slice(0, before)) {
        await it.append(event);
        cursors.push((await it.log.head(ws)).cursor);
      }
      const wanted = events.filter(({ ticketId }) => ticketId === 'tkt_0');
      const last = wanted.at(-1)?.eventId;
      const readers = from.map(async (start) => {
        const after = Math.min(start, before);
        const { next, stream } = await it.subscribe({ ticketIds: ['tkt_0'] }, cursors[after] ?? null);
        const messages = [await next()];
        while (eventIds(messages).at(-1) !== last) messages.push(await next());
        await stream.return?.();
        return { after, messages };
      });
      const writer = (async () => {
        for (const event of events.slice(before)) {
          await s.schedule(Promise.resolve(), 'append');
          await it.append(event);
        }
      })();
      const [read] = await s.waitFor(Promise.all([Promise.all(readers), writer]));
      for (const { after, messages } of read) {
        const expected = events.slice(after).filter((event) => wanted.includes(event));
        expect(eventIds(messages)).toEqual(['READY', ...expected.map(({ eventId }) => eventId)]);
        const replayed = messages.filter((message) => message.kind === 'EVENT' && message.replayed).length;
        expect(messages[0]).toMatchObject({ replayCount: replayed });
      }
      expect(it.listening()).toBe(0);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

/** Every answer of the log is late, by as much as the scheduler likes, and may be old when it comes. */
function slowed(log: EventLog, s: fc.Scheduler): EventLog {
  const late = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
    await s.schedule(Promise.resolve(), `${name} asked`);
    const answer = await ask();
    await s.schedule(Promise.resolve(), `${name} answered`);
    return answer;
  };
  return {
    ...log,
    head: (workspaceId) => late('head', () => log.head(workspaceId)),
    read: (...args) => late('read', () => log.read(...args)),
    locate: (...args) => late('locate', () => log.locate(...args)),
  };
}

test('a key that may not read the workspace gets the backend’s refusal and no stream', async () => {
  const it = setUp();
  const refusal = new GatewayError('INSUFFICIENT_API_PERMISSION', 'no');
  const subscribing = it.feed.subscribe({
    workspaceId: ws,
    listener: { scope: 'key', probe: () => Promise.reject(refusal), signal: it.gone.signal },
    filter: byDefault,
    after: null,
    resumeFrom: null,
  });
  await expect(subscribing).rejects.toBe(refusal);
  expect(it.listening()).toBe(0);
});

test('subscriptions of equal filters in two workspaces share nothing, alone or handed over', async () => {
  const it = setUp();
  const workspaces = ['ws_a', 'ws_b'] as const;
  const seen: Record<string, unknown[]> = { ws_a: [], ws_b: [] };
  const streams = workspaces.flatMap((workspaceId) =>
    [false, true].map((follows) => ({ workspaceId, follows })),
  );
  const open = await Promise.all(
    streams.map(async ({ workspaceId, follows }) => {
      const note = (message: StreamMessage | null | undefined) => {
        if (message?.kind === 'EVENT') seen[workspaceId]?.push(message.record.event.eventId);
      };
      const { stream, next } = await it.subscribe({}, null, {
        workspaceId,
        listener: { scope: workspaceId },
      });
      await next();
      if (follows) {
        void stream.next();
        const reader = {
          deliver: (_place: unknown, message: StreamMessage | null) => note(message),
          gap: note,
          end: () => undefined,
        };
        const stop = stream.handOver()?.follow(reader);
        return () => Promise.resolve(stop?.());
      }
      const reading = (async () => {
        for await (const message of stream) note(message);
      })();
      return async () => {
        await stream.return?.();
        await reading;
      };
    }),
  );
  const expected: Record<string, unknown[]> = { ws_a: [], ws_b: [] };
  for (let count = 0; count < 20; count++) {
    const workspaceId = count % 3 === 0 ? 'ws_a' : 'ws_b';
    // The same event, by its looks: only the workspace tells them apart.
    const event = makeEvent({ eventId: `${workspaceId} ${count}` });
    await it.intake.accept(workspaceId, event);
    expected[workspaceId]?.push(event.eventId, event.eventId);
    await turn();
  }
  expect(seen).toEqual(expected);
  for (const stop of open) await stop();
  expect(it.listening()).toBe(0);
});

test('a cursor of one workspace resumes nothing in another', async () => {
  const it = setUp();
  await it.append(makeEvent());
  await it.intake.accept('ws_b', makeEvent());
  await it.intake.accept('ws_b', makeEvent());
  const { cursor } = await it.log.head(ws);
  const { take, stream } = await it.subscribe({}, cursor, { workspaceId: 'ws_b' });
  expect(await take(2)).toMatchObject([
    { kind: 'READY', resumed: false },
    { kind: 'GAP', reason: 'EVENTS_LOST' },
  ]);
  await stream.return?.();
});

test('subscriptions of one filter are given one message, made once', async () => {
  const it = setUp();
  const streams = await Promise.all([1, 2, 3].map(() => it.subscribe({ status: ['OPEN'] })));
  for (const { next } of streams) await next();
  const waiting = streams.map(({ next }) => next());
  await turn();
  await it.append(makeEvent());
  expect(new Set(await Promise.all(waiting)).size).toBe(1);
  for (const { stream } of streams) await stream.return?.();
});

describe('a key that is refused later', () => {
  const refusal = new GatewayError('INVALID_API_KEY', 'revoked');

  test('ends what it listens to with the refusal, and what waits is not delivered', async () => {
    const it = setUp();
    let answer = (): Promise<unknown> => Promise.resolve();
    const ask = () => it.subscribe({}, null, { listener: { probe: () => answer() } });
    const [waiting, slow, handed, other] = [
      await ask(),
      await ask(),
      await ask(),
      await it.subscribe({}, null, { listener: { scope: 'other' } }),
    ];
    for (const { next } of [waiting, slow, handed, other]) await next();
    const ends: unknown[] = [];
    void handed.stream.next();
    handed.stream
      .handOver()
      ?.follow({ deliver: () => undefined, gap: () => undefined, end: (error) => ends.push(error) });
    const pending = waiting.next();
    const first = slow.next();
    const ofOther = other.next();
    await turn();
    await it.append(makeEvent());
    await Promise.all([first, pending, ofOther]);
    await it.append(makeEvent());
    await turn();
    await waiting.next();
    const { mark } = slow.stream;
    const refused = waiting.next().catch((error: unknown) => error);
    answer = () => Promise.reject(refusal);
    await it.clock.advance(5 * 60_000);
    expect(await refused).toBe(refusal);
    expect(ends).toEqual([refusal]);
    expect(slow.stream.mark).toBe(mark);
    await expect(slow.next()).rejects.toBe(refusal);
    expect(await slow.stream.next()).toMatchObject({ done: true });
    expect(await other.next()).toMatchObject({ kind: 'EVENT' });
    await other.stream.return?.();
    expect(it.listening()).toBe(0);
  });

  test('ends a replay that waits for the log', async () => {
    let down = false;
    const it = setUp({
      wrap: (log) => ({
        ...log,
        read: (...args) =>
          down ? Promise.reject(new GatewayError('EVENT_LOG_UNAVAILABLE', 'down')) : log.read(...args),
      }),
    });
    let answer = (): Promise<unknown> => Promise.resolve();
    const { cursor } = await it.log.head(ws);
    await it.append(makeEvent());
    const { next } = await it.subscribe({}, cursor, { listener: { probe: () => answer() } });
    await next();
    down = true;
    answer = () => Promise.reject(refusal);
    const refused = next().catch((error: unknown) => error);
    await it.clock.advance(5 * 60_000);
    expect(await refused).toBe(refusal);
    expect(it.listening()).toBe(0);
  });
});
