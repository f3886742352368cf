import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RequestHead } from './admission.ts';
import type { Answer } from './answers.ts';
import type { Peer } from './client.ts';

/** The head of a request as node:http has read it. */
export function headOf(request: IncomingMessage): RequestHead {
  const { localAddress: address, localPort: port } = request.socket;
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    hosts: hostsOf(request.rawHeaders),
    header: (name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : null;
    },
    local: address === undefined || port === undefined ? null : { address, port },
  };
}

/** node:http keeps the first `Host` and drops the others in silence. */
function hostsOf(rawHeaders: readonly string[]): string[] {
  const hosts: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts.push(rawHeaders[at + 1] ?? '');
  }
  return hosts;
}

let connections = 0;
/** A name for a connection that no other of this process has. */
export const newConnection = (): string => String(++connections);
const names = new WeakMap<Socket, string>();

/** The same for all requests of one connection. */
export function peerOf(socket: Socket): Peer {
  const connection = names.get(socket) ?? newConnection();
  names.set(socket, connection);
  return { address: socket.remoteAddress ?? null, connection };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
}

/**
 * Sends with the least ado that node:http can have.
 * @param headers name and value in turns; all there are @param body each character is a byte
 */
export function sendFlat(response: ServerResponse, headers: string[], body: string): void {
  response.writeHead(200, headers);
  response.end(body, 'latin1');
}

/** Milliseconds that a sender may go on with a body that nobody reads, or leave an answer unread that is its last. */
const lingerMs = 2000;

/**
 * An answer may be out before the body has come in. Cutting the connection at once could destroy it on its way,
 * so what still comes is dropped for a moment first.
 */
export function cutAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => request.destroy(), lingerMs);
    timer.unref();
    request.once('close', () => clearTimeout(timer));
  });
}

/** Aborted when the client goes away before its answer is complete. */
export function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Answers on a connection that node:http has already let go, and closes it: nobody would notice that its client never does.
 */
export function sendRaw(socket: Duplex, { status, headers, body }: Answer): void {
  const text = typeof body === 'string' ? body : '';
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-length': String(Buffer.byteLength(text)),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // A client that is gone already is no trouble.
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  // Whoever does not read is not waited for.
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`);
}
