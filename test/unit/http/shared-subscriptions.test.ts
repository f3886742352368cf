import { afterEach, expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { Operation } from '../../../src/domain/operation.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { until } from '../../support/wait.ts';
import { openRaw, subscribe, type Message, type RawSocket } from './raw-socket.ts';
import { createStub, start, type Running, type StartOptions } from './stub.ts';

const running: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

/** Of every event; what is older than a day is not kept. */
const receivedAt = new Date().toISOString();

/** A gateway whose log a test fills itself; `executions` has the operation of each context that was made. */
async function open({ parts, ...options }: StartOptions = {}) {
  const eventLog = createMemoryLog({ ...(parts?.clock && { clock: parts.clock }) });
  const stub = createStub(options);
  const executions: Operation[] = [];
  const backend: typeof stub.backend = {
    ...stub.backend,
    session: (caller, operation) => {
      executions.push(operation);
      return stub.backend.session(caller, operation);
    },
  };
  const gateway = await start({ ...options, parts: { eventLog, backend, ...parts } });
  running.push(gateway);
  const append = (event = makeEvent(), workspaceId = 'ws_1') =>
    eventLog.append(workspaceId, event, receivedAt);
  return { gateway, eventLog, executions, append };
}

async function connect(to: Running, init: object = {}): Promise<RawSocket> {
  const socket = await openRaw(to, init);
  running.push(socket);
  return socket;
}

const query =
  'subscription ($after: String) { ticketEvents(after: $after) { __typename cursor ... on TicketEvent { eventId ticketId replayed } ... on StreamGap { reason since } } }';

/** Once a pong is there, all that was said before was handled. */
async function settled(socket: RawSocket): Promise<void> {
  const pongs = () => socket.received.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  socket.send({ type: 'ping' });
  await until('a pong', () => pongs() > before);
}

/** Begins a subscription and waits until it stands. */
async function listen(socket: RawSocket, id: string, variables: object = {}, document = query) {
  socket.send(subscribe(id, document, variables));
  await until('StreamReady', () => said(socket, id).length > 0);
  await settled(socket);
}

interface Said {
  readonly __typename: string;
  readonly cursor: string;
  readonly eventId?: string;
  readonly replayed?: boolean;
  readonly reason?: string;
}

/** What a subscription was told. */
const said = ({ received }: Pick<RawSocket, 'received'>, id: string): Said[] =>
  received.filter((message) => message.type === 'next' && message.id === id).map(saidIn);
const saidIn = ({ payload }: Message): Said =>
  (payload as { readonly data: { readonly ticketEvents: Said } }).data.ticketEvents;
const eventsOf = (socket: RawSocket, id: string) => said(socket, id).flatMap(({ eventId }) => eventId ?? []);

const oddIds = [
  'plain',
  'with "quotes" and \\',
  'ünïcödé',
  'line\nbreak\u2028',
  '😀',
  '\ud800',
  'x'.repeat(300),
];

test('an event is executed once for fifty subscribers, each of whom gets it once under its own id', async () => {
  const { gateway, executions, append } = await open();
  const sockets = await Promise.all([1, 2, 3, 4, 5].map(() => connect(gateway)));
  const ids = [...oddIds, '1', '2', '3'];
  for (const socket of sockets) for (const id of ids) await listen(socket, id);
  const before = executions.length;
  await append(makeEvent({ eventId: 'one' }));
  await append(makeEvent({ eventId: 'two', ticketId: 'tkt_2' }));
  for (const socket of sockets) {
    for (const id of ids) await until('both events', () => eventsOf(socket, id).length >= 2);
    await settled(socket);
    for (const id of ids) expect(eventsOf(socket, id)).toEqual(['one', 'two']);
  }
  expect(executions.length - before).toBe(2);
});

test('who resumes joins those who are there already, without hole or repeat', async () => {
  const { gateway, executions, append } = await open();
  const [early, late] = [await connect(gateway), await connect(gateway)];
  await listen(early, 'a');
  const [ready] = said(early, 'a');
  await append(makeEvent({ eventId: 'one' }));
  await append(makeEvent({ eventId: 'two', ticketId: 'tkt_2' }));
  await until('two events', () => eventsOf(early, 'a').length === 2);
  await listen(late, 'b', { after: ready?.cursor });
  await until('the replay', () => eventsOf(late, 'b').length === 2);
  await settled(late);
  const before = executions.length;
  await append(makeEvent({ eventId: 'three', ticketId: 'tkt_3' }));
  await until('the third', () => eventsOf(late, 'b').length === 3 && eventsOf(early, 'a').length === 3);
  expect(executions.length - before).toBe(1);
  expect(eventsOf(early, 'a')).toEqual(['one', 'two', 'three']);
  expect(eventsOf(late, 'b')).toEqual(['one', 'two', 'three']);
  expect(said(late, 'b').map(({ replayed }) => replayed)).toEqual([undefined, true, true, false]);
});

test('those who resume at once share what each replayed event comes to, and then what is new', async () => {
  const { gateway, eventLog, executions, append } = await open();
  const { cursor: after } = await eventLog.head('ws_1');
  const eventIds = Array.from({ length: 300 }, (_, index) => `e${index}`);
  for (const eventId of eventIds) await append(makeEvent({ eventId, ticketId: `tkt_${eventId}` }));
  const sockets = await Promise.all(Array.from({ length: 10 }, () => connect(gateway)));
  for (const socket of sockets) socket.send(subscribe('a', query, { after }));
  for (const socket of sockets) await until('all', () => eventsOf(socket, 'a').length === eventIds.length);
  // Each subscription begins with a check of its key and a StreamReady of its own.
  expect(executions.length).toBeLessThan(eventIds.length + 10 * sockets.length);
  const before = executions.length;
  for (const socket of sockets) await settled(socket);
  await append(makeEvent({ eventId: 'new', ticketId: 'tkt_new' }));
  for (const socket of sockets) {
    await until('the new one', () => eventsOf(socket, 'a').includes('new'));
    expect(eventsOf(socket, 'a')).toEqual([...eventIds, 'new']);
    expect(said(socket, 'a').map(({ replayed }) => replayed)).toEqual([
      undefined,
      ...eventIds.map(() => true),
      false,
    ]);
  }
  expect(executions.length - before).toBeLessThan(sockets.length);
});

test('replays of two keys of one workspace share nothing', async () => {
  const { gateway, eventLog, executions, append } = await open();
  const { cursor: after } = await eventLog.head('ws_1');
  for (let count = 0; count < 50; count += 1) await append(makeEvent({ ticketId: `tkt_${count}` }));
  for (const key of ['one', 'two']) {
    const socket = await connect(gateway, keyed(key, 'ws_1'));
    const before = executions.length;
    socket.send(subscribe('a', query, { after }));
    await until('all', () => eventsOf(socket, 'a').length === 50);
    expect(executions.length - before).toBeGreaterThanOrEqual(50);
  }
});

test('subscribers that come while events pour in miss none and hear none twice', async () => {
  const { gateway, append } = await open();
  const socket = await connect(gateway);
  await listen(socket, 'first');
  const after = said(socket, 'first')[0]?.cursor;
  const sent: string[] = [];
  const ids = Array.from({ length: 30 }, (_, index) => `s${index}`);
  for (const id of ids) {
    socket.send(subscribe(id, query, { after }));
    for (let count = 0; count < 10; count += 1) {
      const eventId = `${id}-${count}`;
      sent.push(eventId);
      await append(makeEvent({ eventId, ticketId: `tkt_${eventId}` }));
    }
    await new Promise(setImmediate);
  }
  await until('all events', () => ids.every((id) => eventsOf(socket, id).length >= sent.length));
  await settled(socket);
  for (const id of ids) expect(eventsOf(socket, id)).toEqual(sent);
});

test('a subscription that was completed hears nothing more, and its id is free', async () => {
  const { gateway, append } = await open();
  const socket = await connect(gateway);
  await listen(socket, 'a');
  await listen(socket, 'b');
  socket.send({ type: 'complete', id: 'a' });
  await settled(socket);
  await append(makeEvent({ eventId: 'one' }));
  await until('the event', () => eventsOf(socket, 'b').length === 1);
  expect(eventsOf(socket, 'a')).toEqual([]);
  await listen(socket, 'a');
  await append(makeEvent({ eventId: 'two', ticketId: 'tkt_2' }));
  await until('the event', () => eventsOf(socket, 'a').length === 1);
  expect(eventsOf(socket, 'a')).toEqual(['two']);
});

test('an id that is shared already is taken', async () => {
  const { gateway } = await open();
  const socket = await connect(gateway);
  await listen(socket, 'a');
  socket.send(subscribe('a', query));
  expect(await socket.closed).toMatchObject({ code: 4409 });
});

test('nothing is followed any more once everybody has gone', async () => {
  const { gateway, executions, append } = await open();
  const socket = await connect(gateway);
  await listen(socket, 'a');
  await socket[Symbol.asyncDispose]();
  const before = executions.length;
  await append();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(executions.length).toBe(before);
});

const keyed = (key: string, workspace: string) => ({
  authorization: `Bearer ${key}`,
  'x-workspace-id': workspace,
});

test('one document in two workspaces is two: neither hears of the other', async () => {
  const { gateway, append } = await open();
  const one = await connect(gateway, keyed('key', 'ws_1'));
  const two = await connect(gateway, keyed('key', 'ws_2'));
  await listen(one, 'a');
  await listen(two, 'a');
  await append(makeEvent({ eventId: 'of one' }), 'ws_1');
  await append(makeEvent({ eventId: 'of two' }), 'ws_2');
  await until('both events', () => eventsOf(one, 'a').length + eventsOf(two, 'a').length >= 2);
  await settled(one);
  await settled(two);
  expect(eventsOf(one, 'a')).toEqual(['of one']);
  expect(eventsOf(two, 'a')).toEqual(['of two']);
});

test('keys of one workspace share nothing, nor do different variables', async () => {
  const { gateway, executions, append } = await open();
  const sockets = [
    await connect(gateway, keyed('one', 'ws_1')),
    await connect(gateway, keyed('two', 'ws_1')),
  ];
  for (const socket of sockets) {
    await listen(socket, 'a');
    await listen(socket, 'b', { unused: 1 });
  }
  const before = executions.length;
  await append();
  for (const socket of sockets) {
    await until('the event', () => eventsOf(socket, 'a').length + eventsOf(socket, 'b').length === 2);
  }
  expect(executions.length - before).toBe(4);
});

test('an error is presented once for all, with one trace, and logged once', async () => {
  const { gateway, append } = await open();
  const document =
    'subscription { ticketEvents { cursor ... on TicketEvent { eventId ticket { subject customFields { raw field { key } } } } } }';
  const [one, two] = [await connect(gateway), await connect(gateway)];
  await listen(one, 'a', {}, document);
  await listen(two, 'b', {}, document);
  await append(makeEvent({ ticket: { customFields: [{ fieldId: 'fld_1', value: 'x' }] } }));
  const errorsOf = ({ received }: RawSocket) => received.flatMap(({ payload }) => tracesIn(payload));
  await until('errors', () => errorsOf(one).length > 0 && errorsOf(two).length > 0);
  expect(errorsOf(one)).toEqual(errorsOf(two));
  expect(gateway.logs.filter(({ level }) => level === 'error')).toHaveLength(1);
});

const tracesIn = (payload: unknown): unknown[] => {
  const { errors = [] } = (payload ?? {}) as {
    readonly errors?: readonly { extensions: { traceId: string } }[];
  };
  return errors.map(({ extensions }) => extensions.traceId);
};

test('a key that is refused later closes its sockets with 4403, and tells why', async () => {
  const clock = createVirtualClock();
  let refusing = false;
  const list = () =>
    refusing ? Promise.reject(new GatewayError('INVALID_API_KEY', 'Revoked.')) : Promise.resolve();
  const { gateway } = await open({ list, parts: { clock } });
  const sockets = [await connect(gateway), await connect(gateway)];
  for (const socket of sockets) await listen(socket, 'a');
  refusing = true;
  await clock.advance(5 * 60_000);
  for (const socket of sockets) {
    expect(await socket.closed).toEqual({ code: 4403, reason: 'INVALID_API_KEY' });
    expect(socket.received.at(-1)).toMatchObject({
      type: 'next',
      id: 'a',
      payload: { errors: [{ extensions: { code: 'INVALID_API_KEY' } }] },
    });
  }
});

/** Long enough that the system's own buffers take few of them. */
const long = (name: string) => `${name} ${'x'.repeat(40_000)}`;
const shortly = (eventId: string | undefined) => eventId?.split(' ')[0];

test('a client that does not read is told what it missed, and holds nobody up', async () => {
  const { gateway, append } = await open();
  const [slow, fast] = [await connect(gateway), await connect(gateway)];
  await listen(slow, 's');
  await listen(fast, 'f');
  slow.socket.pause();
  const total = 820;
  for (let number = 0; number < total; number += 1) {
    await append(makeEvent({ eventId: long(`e${number}`), ticketId: `tkt_${number}` }));
    if (number % 20 === 0) await until('the fast one', () => eventsOf(fast, 'f').length >= number - 100);
  }
  await until('the fast one', () => eventsOf(fast, 'f').length === total);
  expect(eventsOf(slow, 's')).toEqual([]);
  slow.socket.resume();
  const gap = () => said(slow, 's').find(({ __typename }) => __typename === 'StreamGap');
  await until('the gap', () => gap() !== undefined, 20_000);
  await append(makeEvent({ eventId: 'after', ticketId: 'tkt_after' }));
  await until('what follows', () => eventsOf(slow, 's').includes('after'));
  const heard = eventsOf(slow, 's').map(shortly);
  expect(heard.slice(0, -1)).toEqual(Array.from({ length: heard.length - 1 }, (_, number) => `e${number}`));
  expect(heard.length).toBeGreaterThan(512);
  expect(gap()).toMatchObject({
    reason: 'SLOW_CONSUMER',
    since: receivedAt,
    cursor: said(fast, 'f').findLast(({ eventId }) => eventId !== 'after')?.cursor,
  });
  expect(said(fast, 'f').some(({ __typename }) => __typename === 'StreamGap')).toBe(false);
}, 40_000);

test('for a client that does not read, updates of one ticket give way to later ones before any is lost', async () => {
  const { gateway, append } = await open();
  const slow = await connect(gateway);
  await listen(slow, 's');
  slow.socket.pause();
  const total = 820;
  for (let number = 0; number < total; number += 1) {
    await append(makeEvent({ eventId: long(`e${number}`), ticket: { updatedAt: timeAt(number) } }));
    await new Promise(setImmediate);
  }
  slow.socket.resume();
  await until('the last', () => shortly(eventsOf(slow, 's').at(-1)) === `e${total - 1}`, 20_000);
  const numbers = eventsOf(slow, 's').map((eventId) => Number(shortly(eventId)?.slice(1)));
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  expect(numbers.length).toBeLessThan(total);
  expect(said(slow, 's').some(({ __typename }) => __typename === 'StreamGap')).toBe(false);
}, 40_000);
