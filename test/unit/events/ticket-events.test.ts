import { parse, type ExecutionResult } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createMeter } from '../../../src/domain/operation.ts';
import { createFeed } from '../../../src/events/feed/event-feed.ts';
import { createIntake } from '../../../src/events/intake/intake.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import type { GatewayContext } from '../../../src/graphql/context.ts';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { schema } from '../../../src/graphql/schema.ts';
import { createSubscribe } from '../../../src/graphql/subscribe.ts';
import { createFieldDefinitionCache } from '../../../src/loaders/field-definitions.ts';
import { createNoonClock, makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { fieldOf } from '../graphql/fake-session.ts';
import { backendError, createHarness, told } from '../graphql/run.ts';

const ws = 'ws_1';
const everything = `subscription ($filter: TicketEventFilter, $after: String) {
  ticketEvents(filter: $filter, after: $after) {
    __typename cursor
    ... on StreamReady { resumed replayCount }
    ... on StreamGap { reason since }
    ... on TicketEvent {
      eventId type ticketId matchesFilter occurredAt receivedAt source stale replayed
      ticket { id localId subject status }
    }
  }
}`;

function setUp() {
  const clock = createNoonClock();
  const log = createMemoryLog({ clock });
  const events = createFeed({ log, clock });
  const intake = createIntake({ log, clock });
  const { session, context: base, abort } = createHarness();
  const definitions = createFieldDefinitionCache({ clock });
  const newContext = (): GatewayContext => {
    const operation = { ...base.operation, meter: createMeter() };
    return { ...base, operation, events, definitions: definitions.of('scope', session, operation) };
  };
  const subscribe = createSubscribe({ renewContext: newContext });
  return {
    log,
    session,
    abort,
    append: async (...appended: ReturnType<typeof makeEvent>[]) => {
      for (const event of appended) await intake.accept(ws, event);
    },
    /** What comes of it: a stream, or why there is none. */
    subscribe: async (
      variables: Readonly<Record<string, unknown>> = {},
      document = everything,
      context: Partial<GatewayContext> = {},
    ) => {
      const result = await subscribe({
        schema,
        document: parse(document),
        variableValues: variables,
        contextValue: { ...newContext(), ...context },
      });
      if (!(Symbol.asyncIterator in result)) return { refusal: told(result.errors?.[0]) };
      const next = async (): Promise<ExecutionResult> => {
        const { done, value } = await result.next();
        if (done === true) throw new Error('the stream has ended');
        return value;
      };
      return { next, stream: result };
    },
  };
}

/** A subscription that stands: what it delivers, after READY. */
async function listen(it: ReturnType<typeof setUp>, ...args: Parameters<typeof it.subscribe>) {
  const { next, stream, refusal } = await it.subscribe(...args);
  if (next === undefined) throw new Error(JSON.stringify(refusal));
  const ready = await next();
  return { ready, next, end: () => stream.return?.() };
}

describe('ticketEvents', () => {
  test('delivers READY, then the event with its ticket as it was carried, and asks the backend once in all', async () => {
    const it = setUp();
    const { ready, next, end } = await listen(it);
    const { cursor } = await it.log.head(ws);
    expect(ready).toEqual({
      data: { ticketEvents: { __typename: 'StreamReady', cursor, resumed: false, replayCount: 0 } },
    });
    const event = makeEvent({ ticket: { updatedAt: timeAt(7) } });
    await it.append(event);
    const ticketId = encodeNodeId('HELPDESK', 'Ticket', 'tkt_1');
    expect(await next()).toEqual({
      data: {
        ticketEvents: {
          __typename: 'TicketEvent',
          cursor: (await it.log.head(ws)).cursor,
          eventId: event.eventId,
          type: 'TICKET_UPDATED',
          ticketId,
          matchesFilter: true,
          occurredAt: timeAt(7),
          receivedAt: timeAt(0),
          source: 'WEBHOOK',
          stale: false,
          replayed: false,
          ticket: { id: ticketId, localId: 'tkt_1', subject: 'The printer is on fire', status: 'OPEN' },
        },
      },
    });
    expect(it.session.calls.map(([method]) => method)).toEqual(['tickets.list']);
    expect(it.session.calls[0]?.[1]).toMatchObject({ page: { size: 1 } });
    await end();
  });

  test('shows each event with its own state of one ticket, and definitions that are read once', async () => {
    const it = setUp();
    it.session.fields = [fieldOf('cf_1', { key: 'floor', type: 'NUMBER' })];
    const { next, end } = await listen(
      it,
      {},
      `subscription { ticketEvents {
        ... on TicketEvent { ticket { subject customField(key: "floor") { ... on NumberCustomField { number } } } }
      } }`,
    );
    for (const floor of [1, 2]) {
      const customFields = [{ fieldId: 'cf_1', value: floor }];
      await it.append(
        makeEvent({ ticket: { subject: `floor ${floor}`, customFields, updatedAt: timeAt(floor) } }),
      );
      expect(await next()).toEqual({
        data: { ticketEvents: { ticket: { subject: `floor ${floor}`, customField: { number: floor } } } },
      });
    }
    expect(it.session.calls.map(([method]) => method)).toEqual(['tickets.list', 'ticketFields.list']);
    await end();
  });

  test('delivers by default each change once, and no event that is stale or unknown', async () => {
    const it = setUp();
    const { next, end } = await listen(it);
    const change = { updatedAt: timeAt(5), status: 'RESOLVED', assigneeId: 'usr_1' } as const;
    await it.append(
      makeEvent({ type: 'TICKET_RESOLVED', ticket: change }),
      makeEvent({ type: 'TICKET_UPDATED', ticket: change }),
      makeEvent({ type: 'TICKET_ASSIGNMENT_CHANGED', ticket: change }),
      makeEvent({ ticket: { updatedAt: timeAt(1) } }),
      makeEvent({ type: 'UNKNOWN' }),
      makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(9) }),
    );
    expect(await next()).toMatchObject({
      data: { ticketEvents: { type: 'TICKET_UPDATED', ticket: { status: 'RESOLVED' } } },
    });
    expect(await next()).toMatchObject({
      data: { ticketEvents: { type: 'TICKET_DELETED', ticket: null, matchesFilter: false } },
    });
    await end();
  });

  test('takes its filter from variables and from the document, with either kind of id', async () => {
    for (const id of ['tkt_2', encodeNodeId('HELPDESK', 'Ticket', 'tkt_2')]) {
      const it = setUp();
      const filter = {
        ticketIds: [id],
        types: ['UNKNOWN', 'TICKET_UPDATED'],
        includeStale: true,
        status: ['OPEN'],
        priority: ['NORMAL'],
        assigneeId: ['usr_1', encodeNodeId('HELPDESK', 'Agent', 'usr_2')],
      };
      const { next, end } = await listen(it, { filter });
      const mine = (parts: Parameters<typeof makeEvent>[0]) =>
        makeEvent({ ticketId: 'tkt_2', ...parts, ticket: { assigneeId: 'usr_2', ...parts?.ticket } });
      await it.append(
        makeEvent(),
        mine({ type: 'UNKNOWN' }),
        mine({ ticket: { updatedAt: timeAt(-9) } }),
        mine({ ticket: { updatedAt: timeAt(9), assigneeId: 'usr_3' } }),
      );
      expect(await next()).toMatchObject({ data: { ticketEvents: { type: 'UNKNOWN', stale: false } } });
      expect(await next()).toMatchObject({ data: { ticketEvents: { type: 'TICKET_UPDATED', stale: true } } });
      expect(await next()).toMatchObject({ data: { ticketEvents: { matchesFilter: false } } });
      await end();
    }
    const it = setUp();
    const { next, end } = await listen(
      it,
      {},
      'subscription { ticketEvents(filter: { status: [NEW] }) { ... on TicketEvent { eventId } } }',
    );
    const first = makeEvent({ type: 'TICKET_CREATED' });
    const second = makeEvent({ ticketId: 'tkt_2', ticket: { status: 'NEW' } });
    await it.append(first, second);
    expect(await next()).toEqual({ data: { ticketEvents: { eventId: second.eventId } } });
    await end();
  });

  test('resumes after a cursor', async () => {
    const it = setUp();
    const { cursor } = await it.log.head(ws);
    const event = makeEvent();
    await it.append(event);
    const { ready, next, end } = await listen(it, { after: cursor });
    expect(ready).toMatchObject({ data: { ticketEvents: { cursor, resumed: true, replayCount: 1 } } });
    expect(await next()).toMatchObject({
      data: { ticketEvents: { eventId: event.eventId, replayed: true } },
    });
    await end();
  });

  test('tells of a gap after READY when its cursor is of another log', async () => {
    const it = setUp();
    const { cursor } = await setUp().log.head(ws);
    const { ready, next, end } = await listen(it, { after: cursor });
    expect(ready).toMatchObject({ data: { ticketEvents: { __typename: 'StreamReady', resumed: false } } });
    expect(await next()).toMatchObject({
      data: { ticketEvents: { __typename: 'StreamGap', reason: 'SOURCE_RESTARTED', since: null } },
    });
    await end();
  });

  test('ends when whoever asked has gone', async () => {
    const it = setUp();
    const { next, stream } = await it.subscribe();
    await next?.();
    const pending = stream?.next();
    it.abort.abort();
    expect(await pending).toEqual({ value: undefined, done: true });
  });
});

describe('ticketEvents refuses', () => {
  test('nobody in particular', async () => {
    const it = setUp();
    const { refusal } = await it.subscribe({}, everything, { caller: null });
    expect(refusal?.extensions).toMatchObject({ code: 'INVALID_API_KEY' });
    expect(it.session.calls).toEqual([]);
  });

  test('a key that may not read the workspace', async () => {
    const it = setUp();
    it.session.fail('tickets.list', backendError('INSUFFICIENT_API_PERMISSION', 403));
    const { refusal } = await it.subscribe();
    expect(refusal).toMatchObject({
      path: ['ticketEvents'],
      extensions: { code: 'INSUFFICIENT_API_PERMISSION', category: 'AUTH' },
    });
  });

  test('a cursor that is none', async () => {
    const { refusal } = await setUp().subscribe({ after: 'yesterday' });
    expect(refusal?.extensions).toMatchObject({ code: 'CURSOR_INVALID', fields: [{ path: ['after'] }] });
  });

  test.for([
    [{ status: ['UNKNOWN'] }, ['filter', 'status', 0]],
    [{ priority: ['LOW', 'UNKNOWN'] }, ['filter', 'priority', 1]],
    [{ ticketIds: ['tkt_1', '../webhooks'] }, ['filter', 'ticketIds', 1]],
    [{ ticketIds: [encodeNodeId('HELPDESK', 'Agent', 'usr_1')] }, ['filter', 'ticketIds', 0]],
    [{ assigneeId: [''] }, ['filter', 'assigneeId', 0]],
    [{ status: [] }, ['filter', 'status']],
    [{ types: [] }, ['filter', 'types']],
    [{ ticketIds: Array.from({ length: 501 }, (_, index) => `tkt_${index}`) }, ['filter', 'ticketIds']],
  ] as const)('a bad filter before anything is sent: %j', async ([filter, path]) => {
    const it = setUp();
    const { refusal } = await it.subscribe({ filter });
    expect(refusal?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    expect(it.session.calls).toEqual([]);
  });
});

describe('eventStream', () => {
  const ask = '{ eventStream { live headCursor retainedSince lastWebhookAt } }';
  const asking = (source: 'REQUEST' | 'SERVER') => {
    const it = setUp();
    const harness = createHarness();
    const { caller } = harness.context;
    Object.assign(harness.context, { events: createFeed({ log: it.log }), caller: { ...caller, source } });
    return { run: harness.run, session: harness.session, log: it.log, append: it.append };
  };

  test('tells where the log stands without asking the backend for the gateway’s own key', async () => {
    const it = asking('SERVER');
    const { cursor } = await it.log.head(ws);
    expect((await it.run(ask)).data).toEqual({
      eventStream: { live: false, headCursor: cursor, retainedSince: null, lastWebhookAt: null },
    });
    await it.append(makeEvent());
    expect((await it.run(ask)).data).toMatchObject({
      eventStream: { live: true, retainedSince: timeAt(0), lastWebhookAt: timeAt(0) },
    });
    expect(it.session.calls).toEqual([]);
  });

  test('asks the backend about a caller’s key once, whatever comes of it', async () => {
    const it = asking('REQUEST');
    it.session.fail('tickets.list', backendError('INVALID_API_KEY', 401));
    const answers = [await it.run(ask), await it.run(ask)];
    for (const { data, errors } of answers) {
      expect(data).toBeNull();
      expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_API_KEY' });
    }
    expect(it.session.calls).toHaveLength(1);
  });

  test('is nothing to nobody in particular', async () => {
    const { context, run } = createHarness();
    Object.assign(context, { caller: null });
    const { errors } = await run('{ eventStream { live } }');
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_API_KEY' });
  });
});
