import { once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { until, within } from '../../support/wait.ts';
import { secret, type Running } from './stub.ts';

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface RawSocket extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly received: readonly Message[];
  send(message: object | string): void;
  /** The next message that was not read yet; pings come when they come, and are left out. */
  next(): Promise<Message>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** A socket without the manners of a client library. */
export async function openRaw(
  to: Pick<Running, 'wsUrl'>,
  init: object | null = {},
  headers?: Record<string, string>,
): Promise<RawSocket> {
  const socket = new WebSocket(to.wsUrl, 'graphql-transport-ws', { headers: headers ?? {} });
  const received: Message[] = [];
  let read = 0;
  socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString()) as Message));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code, reason]) => ({
    code: Number(code),
    reason: String(reason),
  }));
  await within('open', once(socket, 'open'));
  const send = (message: object | string) => {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  };
  const next = async (): Promise<Message> => {
    await until('a message', () => received.length > read);
    const message = received[read++] ?? { type: 'none' };
    return message.type === 'ping' ? next() : message;
  };
  if (init !== null) {
    send({ type: 'connection_init', payload: init });
    expect((await next()).type).toBe('connection_ack');
  }
  return {
    socket,
    received,
    send,
    next,
    get closed() {
      return within('close', closed, 10_000);
    },
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
}

export const subscribe = (id: string, query: string, variables?: object) => ({
  type: 'subscribe',
  id,
  payload: { query, ...(variables && { variables }) },
});
/** Whatever happens, by its type alone. */
export const listen = (id: string) => subscribe(id, 'subscription { ticketEvents { __typename } }');

/** An event whose `eventId` is `{<id>`, as the stub reads it. */
export const deliver = async (to: Pick<Running, 'origin'>, id: string): Promise<void> => {
  const response = await fetch(`${to.origin}/webhooks/helpdesk/ws_1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-secret': secret },
    body: `{${id}`,
  });
  expect(response.status).toBe(200);
};
