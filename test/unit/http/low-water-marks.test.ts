import { afterEach, expect, test } from 'vitest';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { decodeCursor, encodeCursor } from '../../../src/events/log/cursor.ts';
import { oldestOf } from '../../../src/http/sockets/low-water-mark.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { until } from '../../support/wait.ts';
import { openRaw, subscribe, type Message, type RawSocket } from './raw-socket.ts';
import { start, type Running } from './stub.ts';

const running: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

async function open(socketPingMs = 60, eventLog = createMemoryLog()) {
  const gateway = await start({ parts: { eventLog, limits: { socketPingMs } } });
  running.push(gateway);
  return { gateway, eventLog };
}

async function connect(to: Running, init: object = {}): Promise<RawSocket> {
  const socket = await openRaw(to, init);
  running.push(socket);
  return socket;
}

const query =
  'subscription ($filter: TicketEventFilter, $after: String) { ticketEvents(filter: $filter, after: $after) { __typename cursor ... on StreamReady { resumed replayCount } ... on TicketEvent { eventId } } }';

interface Said {
  readonly __typename: string;
  readonly cursor: string;
  readonly resumed?: boolean;
  readonly replayCount?: number;
  readonly eventId?: string;
}

const saidIn = ({ payload }: Message): Said =>
  (payload as { readonly data: { readonly ticketEvents: Said } }).data.ticketEvents;
const said = ({ received }: RawSocket, id: string): Said[] =>
  received.filter((message) => message.type === 'next' && message.id === id).map(saidIn);

async function listen(socket: RawSocket, id: string, variables: object = {}): Promise<Said> {
  socket.send(subscribe(id, query, variables));
  await until('StreamReady', () => said(socket, id).length > 0);
  const [ready] = said(socket, id);
  if (ready === undefined) throw new Error('no StreamReady');
  return ready;
}

const pings = ({ received }: RawSocket) => received.filter(({ type }) => type === 'ping');
const markIn = (ping: Message | undefined): string | undefined =>
  (ping?.payload as { readonly lowWaterMark: string } | undefined)?.lowWaterMark;

/** The first mark of a ping that comes from now on. */
async function nextMark(socket: RawSocket): Promise<string> {
  const before = pings(socket).length;
  const mark = () =>
    pings(socket)
      .slice(before)
      .map(markIn)
      .find((found) => found !== undefined);
  await until('a mark', () => mark() !== undefined);
  return mark() ?? '';
}

const nothing = { filter: { ticketIds: ['tkt_none'] } };
const append = (eventLog: ReturnType<typeof createMemoryLog>, ticketId: string) =>
  eventLog.append('ws_1', makeEvent({ ticketId, eventId: ticketId }), new Date().toISOString());

test('a ping tells an idle subscriber how far all was told, and that resumes it', async () => {
  const { gateway, eventLog } = await open();
  const socket = await connect(gateway);
  const ready = await listen(socket, 'narrow', nothing);
  await append(eventLog, 'tkt_1');
  await append(eventLog, 'tkt_2');
  const head = await eventLog.head('ws_1');
  await until('the mark of the head', async () => (await nextMark(socket)) === head.cursor);
  expect(said(socket, 'narrow')).toEqual([ready]);
  await socket[Symbol.asyncDispose]();
  await append(eventLog, 'tkt_3');
  const again = await connect(gateway, { resumeFrom: head.cursor });
  expect(await listen(again, 'wide')).toMatchObject({ resumed: true, replayCount: 1 });
  await until('what was missed', () => said(again, 'wide').at(-1)?.eventId === 'tkt_3');
});

test('two subscriptions of a socket that was cut resume each where it was', async () => {
  const { gateway, eventLog } = await open();
  const socket = await connect(gateway);
  await listen(socket, 'wide');
  const narrow = { filter: { ticketIds: ['tkt_3'] } };
  await listen(socket, 'narrow', narrow);
  await append(eventLog, 'tkt_1');
  const mark = await nextMark(socket);
  await append(eventLog, 'tkt_2');
  await until('the second event', () => said(socket, 'wide').at(-1)?.eventId === 'tkt_2');
  const after = said(socket, 'wide').at(-1)?.cursor;
  await socket[Symbol.asyncDispose]();
  await append(eventLog, 'tkt_3');
  const again = await connect(gateway, { resumeFrom: mark });
  expect(await listen(again, 'wide', { after })).toMatchObject({ resumed: true, replayCount: 1 });
  expect(await listen(again, 'narrow', narrow)).toMatchObject({ resumed: true, replayCount: 1 });
  for (const id of ['wide', 'narrow']) {
    await until('the third event', () => said(again, id).length === 2);
    expect(said(again, id)[1]?.eventId).toBe('tkt_3');
  }
});

test('no mark is told while subscriptions are at different places: it would lie before what one was given', async () => {
  const log = createMemoryLog();
  const gate = Promise.withResolvers<void>();
  let holds = false;
  const { gateway, eventLog } = await open(60, {
    ...log,
    read: async (workspaceId, after, limit) => {
      const entries = await log.read(workspaceId, after, limit);
      // The one that begins late counts its events, then it has to wait for them.
      if (holds) await gate.promise;
      holds = limit > 0 && after === 0 && said(socket, 'fast').length > 1;
      return entries;
    },
  });
  const socket = await connect(gateway);
  const { cursor: after } = await listen(socket, 'fast');
  await append(eventLog, 'tkt_1');
  await until('the event', () => said(socket, 'fast').length > 1);
  expect(await listen(socket, 'late', { after })).toMatchObject({ resumed: true, replayCount: 1 });
  const before = pings(socket).length;
  await until('pings', () => pings(socket).length > before + 2);
  expect(pings(socket).slice(before).map(markIn)).toEqual(
    Array(pings(socket).length - before).fill(undefined),
  );
  gate.resolve();
  const { cursor } = await eventLog.head('ws_1');
  expect(await nextMark(socket)).toBe(cursor);
  expect(said(socket, 'late').at(-1)?.cursor).toBe(cursor);
});

test('a mark never lies behind what was told, also where a client reads a little now and then', async () => {
  const { gateway, eventLog } = await open(480);
  const { cursor: after } = await eventLog.head('ws_1');
  const ticket = { subject: 'x'.repeat(20_000) };
  for (let n = 1; n <= 1000; n += 1) {
    const event = makeEvent({ eventId: `${n}`, type: 'TICKET_CREATED', ticketId: `tkt_${n}`, ticket });
    await eventLog.append('ws_1', event, new Date().toISOString());
  }
  const socket = await connect(gateway);
  const wide = query.replace('eventId', 'eventId ticket { subject }');
  socket.send(subscribe('slow', wide, { after }));
  for (let turn = 0; turn < 15; turn += 1) {
    socket.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await nextMark(socket);
  const places = socket.received.flatMap((message) => {
    const cursor = message.type === 'next' ? saidIn(message).cursor : markIn(message);
    return cursor === undefined ? [] : [decodeCursor(cursor)?.position ?? 0];
  });
  expect(places).toEqual(places.toSorted((one, other) => one - other));
});

test('once a socket has told a mark of its own, the one it came with is out of date', async () => {
  const { gateway, eventLog } = await open();
  const { cursor } = await eventLog.head('ws_1');
  await append(eventLog, 'tkt_1');
  const socket = await connect(gateway, { resumeFrom: cursor });
  expect(await listen(socket, 'before')).toMatchObject({ resumed: true, replayCount: 1 });
  await nextMark(socket);
  expect(await listen(socket, 'after')).toMatchObject({ resumed: false, replayCount: 0 });
});

test.for([[5], ['x'.repeat(201)], [''], [{}]])('%j is no mark to resume from', async ([resumeFrom]) => {
  const { gateway } = await open();
  const socket = await openRaw(gateway, null);
  running.push(socket);
  socket.send({ type: 'connection_init', payload: { resumeFrom } });
  expect(await socket.closed).toMatchObject({ code: 4400 });
});

test('a socket without operations is pinged without a message', async () => {
  const { gateway } = await open();
  const socket = await connect(gateway);
  let count = 0;
  socket.socket.on('ping', () => (count += 1));
  await until('pings', () => count > 2);
  expect(pings(socket)).toEqual([]);
});

const at = (position: number, epoch = 'one') => encodeCursor({ epoch, position, digest: 'abcdefgh' });

test('the oldest of some cursors is the mark of all', () => {
  expect(oldestOf([])).toBeNull();
  expect(oldestOf(['whatever it is'])).toBe('whatever it is');
  expect(oldestOf([at(10), at(9), at(11), at(9)])).toBe(at(9));
  expect(oldestOf([at(1), at(2, 'two')])).toBeNull();
  expect(oldestOf([at(1), 'no cursor'])).toBeNull();
});
