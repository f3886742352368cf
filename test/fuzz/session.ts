import { once } from 'node:events';
import { WebSocket } from 'ws';
import { within } from '../support/wait.ts';
import type { Place, Tally } from './run.ts';
import { faultOf } from './verdict.ts';

/** Everything a subscription can tell of a ticket. */
const allOfIt = `subscription {
  ticketEvents(filter: { includeStale: true }) {
    __typename
    cursor
    ... on TicketEvent {
      eventId type typeRaw occurredAt source
      ticket { id localId subject status priority createdAt updatedAt tags requester { email name } customFields { fieldId raw } }
    }
  }
}`;

/** Codes that a client is told to go with: it said what it must not, or who it is not. */
const closings = new Set([1002, 1003, 1007, 1009, 4400, 4401, 4403, 4409, 4429]);

/** Milliseconds for one answer. */
const patienceMs = 20_000;

/** A socket to say things on, and another one when that is closed. */
export interface Session extends AsyncDisposable {
  /** Resolves once the gateway has taken the message in: it answers a ping behind it, or has closed the socket. */
  say(message: string | Uint8Array): Promise<void>;
  /** Resolves once all that was written to it so far has been read. */
  settled(): Promise<void>;
}

export async function openSession(place: Place, tally: Tally, role: 'LISTENS' | 'TALKS'): Promise<Session> {
  let last: unknown = role;
  let pings = 0;
  let answered = (_id: unknown): void => undefined;

  const hear = (data: Buffer): void => {
    const text = data.toString();
    const { type, payload } = JSON.parse(text) as { type: string; payload?: unknown };
    if (type === 'pong') answered(payload);
    if (type === 'next') tally.judge(last, faultOf(JSON.stringify(payload)));
    else if (type === 'error') tally.judge(last, faultOf(JSON.stringify(payload), 'ERRORS'));
    else if (!['pong', 'ping', 'complete', 'connection_ack'].includes(type))
      tally.judge(last, `said ${text}`);
    if (role === 'TALKS') tally.count(`message ${type}`);
  };

  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(place.wsUrl, 'graphql-transport-ws');
    socket.on('message', hear);
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      tally.count(`close ${code}`);
      tally.judge(last, closings.has(code) || code === 1005 || code === 1001 ? null : `closed with ${code}`);
    });
    await within('a socket', once(socket, 'open'), patienceMs);
    if (role === 'LISTENS' || pings % 4 !== 3) socket.send('{"type":"connection_init"}');
    if (role === 'LISTENS')
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: allOfIt } }));
    return socket;
  };

  let socket = await open();

  const settled = async (): Promise<void> => {
    const id = `mark ${(pings += 1)}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = (payload) => {
      if ((payload as { mark?: unknown } | undefined)?.mark === id) resolve();
    };
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    if (socket.readyState === socket.OPEN)
      socket.send(JSON.stringify({ type: 'ping', payload: { mark: id } }));
    if (socket.readyState !== socket.CLOSED)
      await within('an answer', Promise.race([promise, closed]), patienceMs);
    tally.judge(last, null);
  };

  return {
    async say(message) {
      if (socket.readyState !== socket.OPEN) socket = await open();
      last = message;
      socket.send(message);
      await settled();
    },
    settled,
    [Symbol.asyncDispose]: async () => {
      if (socket.readyState === socket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.close();
      await within('close', closed, patienceMs);
    },
  };
}
