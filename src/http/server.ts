import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse } from './answers.ts';
import { answerTo, createConnectionGuard, headFault, maxHeadBytes } from './connection-guard.ts';
import { cutAfterAnswer, send, sendRaw } from './node-binding.ts';
import { oneByOne } from './one-by-one.ts';

/** What answers; `createGateway` makes one. */
export interface Handler {
  /** Answers one request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Answers a request to change protocols: WebSocket or a refusal. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** To be called once requests reach it: what it does by itself begins. */
  start(): void;
  /** From now on it says that it is not ready, and takes no new socket. */
  drain(): void;
  /**
   * Ends sockets, each when its queries and mutations have ended; then subscriptions and backend connections.
   * @param answered what else to wait for before those. @default nothing
   */
  dispose(answered?: Promise<void>): Promise<void>;
}

export interface ListenOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Milliseconds that a connection gets to say what it wants, from its beginning on. @default 10_000 */
  readonly headersTimeoutMs?: number;
  /** Milliseconds that a client gets to send the whole of a request, its body included. @default 30_000 */
  readonly requestTimeoutMs?: number;
}

export interface RunningServer {
  /** `http://127.0.0.1:4000`, no slash at the end; as this machine reaches it, also if it listens on every address. */
  readonly url: string;
  readonly port: number;
  /**
   * Says that it is not ready, stops listening `delayMs` later, lets operations end, disposes of the handler, cuts what is
   * still open. Meanwhile each answer asks its client to come back on another connection.
   * @param delayMs milliseconds in which load balancers learn of it, while all requests but sockets are served. @default 0
   */
  close(delayMs?: number): Promise<void>;
}

/** Milliseconds that answers under way get when the server closes: an operation may take 10 s, and its answer a moment. */
const answersMs = 11_000;

/** Milliseconds over which event streams are cut when the server closes. */
const streamsMs = 5000;

/** Milliseconds from the end of the delay to that of `close`, if nothing but stores and the backend is slow. */
export const closeMs = answersMs + streamsMs;

const serverOptions = {
  // Admission answers such requests, in JSON.
  requireHostHeader: false,
  // Whoever offers another protocol (`h2c`) is answered in this one, as if nothing had been offered (RFC 9110, 7.8).
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  maxHeaderSize: maxHeadBytes,
  // Longer than the minute that load balancers keep a connection, so that they close it and not we.
  keepAliveTimeout: 65_000,
};

/** The rest of it came when the server had stopped to listen. Nothing was done: it may be sent again. */
const goingDown = refuse({
  status: 503,
  code: 'UNAVAILABLE',
  message: 'The gateway is going down.',
  headers: { 'retry-after': '1' },
});

/** Binds a handler to node:http. Rejects if the address cannot be had (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`). */
export async function startServer(handler: Handler, options: ListenOptions = {}): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const guard = createConnectionGuard();
  let phase: 'OPEN' | 'DRAINING' | 'CLOSED' = 'OPEN';
  const server = createServer({ ...serverOptions, ...timeoutsOf(options) }, (request, response) => {
    const fault = guard.enter(request, response);
    if (phase !== 'OPEN') endConnection(response);
    if (fault === 'CUT') request.socket.destroy();
    else if (fault !== null) {
      cutAfterAnswer(request, response);
      send(response, fault);
    } else if (phase === 'CLOSED') send(response, goingDown);
    else void handler.handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    // Whatever is said now would be taken for the answer to an earlier request of this connection.
    const fault = headFault(request);
    if (guard.isBusy(socket)) socket.destroy();
    else if (fault !== null) sendRaw(socket, fault);
    else handler.upgrade(request, socket, head);
  });
  server.on('clientError', (error, socket) => {
    // In the middle of an answer another one would be taken for a part of it.
    if (socket.writable && !guard.isAnswering(socket)) sendRaw(socket, answerTo(error));
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  handler.start();
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${reachable(host)}:${bound}`,
    port: bound,
    async close(delayMs = 0) {
      handler.drain();
      phase = 'DRAINING';
      for (const response of guard.underWay) endConnection(response);
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      phase = 'CLOSED';
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      const answered = ended(guard.underWay);
      await handler.dispose(answered);
      await answered;
      server.closeAllConnections();
      await closed;
    },
  };
}

function timeoutsOf({ headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 }: ListenOptions) {
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // How late a connection is noticed that is over time, in milliseconds.
    connectionsCheckingInterval: Math.min(headersTimeoutMs, requestTimeoutMs) / 2,
  };
}

/** The answer says that it is the last on its connection. */
function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

/**
 * All answers are waited for, within their time. Event streams never end by themselves: they are cut, without the
 * `complete` after which a client would not come back.
 */
async function ended(underWay: ReadonlySet<ServerResponse>): Promise<void> {
  const answers = [...underWay].filter((response) => !isEventStream(response));
  const ends = answers.map((response) => new Promise<void>((resolve) => response.once('close', resolve)));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, answersMs);
  });
  await Promise.race([Promise.all(ends), late]);
  clearTimeout(timer);
  await oneByOne([...underWay].filter(isEventStream), streamsMs, (stream) => stream.destroy());
}

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream');

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
