import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse } from './answers.ts';
import { sendRaw } from './node-binding.ts';

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
  /** Ends sockets, subscriptions and backend connections. */
  dispose(): Promise<void>;
}

export interface ListenOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Milliseconds that a connection gets to say what it wants, from its beginning on. @default 10_000 */
  readonly headersTimeoutMs?: number;
}

export interface RunningServer {
  /** `http://127.0.0.1:4000`, no slash at the end; as this machine reaches it, also if it listens on every address. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, disposes of the handler, cuts what is still open. */
  close(): Promise<void>;
}

/** Milliseconds that answers under way get when the server closes. */
const graceMs = 2000;

const serverOptions = {
  // Admission answers such requests, in JSON.
  requireHostHeader: false,
  // Whoever offers another protocol (`h2c`) is answered in this one, as if nothing had been offered (RFC 9110, 7.8).
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  // Milliseconds a client has to send the whole of a request.
  requestTimeout: 30_000,
  // Longer than the minute that load balancers keep a connection, so that they close it and not we.
  keepAliveTimeout: 65_000,
};

const malformed = refuse({
  status: 400,
  code: 'INVALID_REQUEST',
  message: 'This is not a valid HTTP request.',
});

/**
 * A browser may open a connection before it has anything to ask, and take what it finds there later for the answer
 * to its first request. This status alone it knows to mean that it should ask again on another connection.
 */
const tooLate = refuse({
  status: 408,
  code: 'INVALID_REQUEST',
  message: 'No complete request came in time.',
});

/** Binds a handler to node:http. Rejects if the address cannot be had (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`). */
export async function startServer(handler: Handler, options: ListenOptions = {}): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0, headersTimeoutMs = 10_000 } = options;
  const timeouts = { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: headersTimeoutMs / 2 };
  const underWay = new Set<ServerResponse>();
  const server = createServer({ ...serverOptions, ...timeouts }, (request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    void handler.handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    handler.upgrade(request, socket, head);
  });
  server.on('clientError', (error, socket) => {
    const late = 'code' in error && error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (socket.writable) sendRaw(socket, late ? tooLate : malformed);
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
    async close() {
      handler.drain();
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      await finished(underWay);
      await handler.dispose();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Event streams never end by themselves; all other answers are waited for, within the grace. */
async function finished(underWay: ReadonlySet<ServerResponse>): Promise<void> {
  const answers = [...underWay].filter((response) => !isEventStream(response));
  const ends = answers.map((response) => new Promise<void>((resolve) => response.once('close', resolve)));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([Promise.all(ends), late]);
  clearTimeout(timer);
}

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream');

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
