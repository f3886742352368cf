import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols, MessageType, parseMessage, type Message } from 'graphql-ws';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import {
  createGraphQLOverWebSocket,
  type Connection,
  type GraphQLOverWebSocket,
  type GraphQLOverWebSocketOptions,
} from './graphql-over-websocket.ts';
import { createLanes, type Lanes } from './lanes.ts';

export interface SocketsOptions extends GraphQLOverWebSocketOptions {
  /** Bytes of one message from a client. */
  readonly maxMessageBytes: number;
  /** Milliseconds between two pings; a socket that has not answered by the next one is cut. */
  readonly pingMs: number;
}

export interface Sockets {
  readonly size: number;
  /** Takes over a connection that was admitted. @param address as `ClientAddress` gave it */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void;
  /** Tells every client that the server goes away (1001), and waits until all their operations have ended. */
  dispose(): Promise<void>;
}

/** Close codes of RFC 6455 and of GraphQL over WebSocket. */
const goingAway = 1001;
const badRequest = 4400;
const taken = 4409;
const internal = 4500;

/** Milliseconds a client has to close its half. */
const closeGraceMs = 1000;

/** WebSockets that speak graphql-transport-ws, and nothing else. */
export function createSockets(options: SocketsOptions): Sockets {
  const { log, maxMessageBytes, pingMs } = options;
  const protocol = createGraphQLOverWebSocket(options);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  const open = new Map<WebSocket, Promise<void>>();
  const answering = new WeakSet<WebSocket>();

  const heartbeat = setInterval(() => {
    for (const socket of open.keys()) {
      if (!answering.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, pingMs);
  heartbeat.unref();

  return {
    get size() {
      return open.size;
    },
    accept(request, socket, head, address) {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        answering.add(webSocket);
        webSocket.on('pong', () => answering.add(webSocket));
        const ended = serve(protocol, webSocket, address, log);
        open.set(webSocket, ended);
        void ended.then(() => open.delete(webSocket));
      });
    },
    async dispose() {
      clearInterval(heartbeat);
      const all = [...open];
      for (const [socket] of all) socket.close(goingAway, 'Going away');
      const cut = setTimeout(() => {
        for (const [socket] of all) socket.terminate();
      }, closeGraceMs);
      await Promise.all(all.map(([, ended]) => ended));
      clearTimeout(cut);
    },
  };
}

/** Carries one socket's messages. Resolves once it is closed and its operations have ended. */
function serve(protocol: GraphQLOverWebSocket, socket: WebSocket, address: string, log: Log): Promise<void> {
  const close = (code: number, reason: string) => {
    socket.close(code, fitReason(reason));
  };
  let handle: (message: string) => Promise<void> = () => Promise.resolve();
  const forward = (message: string) =>
    handle(message).catch((error: unknown) => {
      log.error({ error: describeError(error) }, 'socket message failed');
      close(internal, 'Internal server error');
    });
  const lanes = createLanes({ forward, onTaken: () => close(taken, 'Subscriber already exists') });
  const connection: Connection = {
    address,
    lanes,
    source: null,
    closeAfterNext: null,
    close,
  };

  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      close,
      send: async (data) => {
        await send(socket, data);
        if (connection.closeAfterNext !== null) close(4403, connection.closeAfterNext);
      },
      onMessage: (callback) => {
        handle = callback;
        socket.on('message', (data, isBinary) => {
          const message = isBinary ? null : readMessage(data);
          if (message === null) close(badRequest, 'Invalid message received');
          else dispatch(message, lanes, forward);
        });
      },
    },
    connection,
  );

  socket.on('error', (error) => {
    log.debug({ error: error.message }, 'socket failed');
  });
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => {
      lanes.close();
      resolve(
        closed(code, reason.toString()).catch((error: unknown) => {
          log.error({ error: describeError(error) }, 'an operation did not end with its socket');
        }),
      );
    });
  });
}

interface Readable {
  readonly message: Message;
  readonly text: string;
}

/** What only a server may say is as invalid from a client as what nobody may. */
const serverMessages: readonly string[] = [MessageType.ConnectionAck, MessageType.Next, MessageType.Error];

function readMessage(data: RawData): Readable | null {
  const text = Buffer.isBuffer(data) ? data.toString('utf8') : '';
  try {
    const message = parseMessage(text);
    return serverMessages.includes(message.type) ? null : { message, text };
  } catch {
    return null;
  }
}

function dispatch({ message, text }: Readable, lanes: Lanes, forward: (text: string) => Promise<void>): void {
  if (message.type === MessageType.Subscribe) lanes.subscribe(message.id, text);
  else if (message.type === MessageType.Complete) lanes.complete(message.id, text);
  else void forward(text);
}

/** A closed socket takes nothing more, and nobody misses it. */
const send = (socket: WebSocket, data: string): Promise<void> =>
  new Promise((resolve) => {
    if (socket.readyState === socket.OPEN)
      socket.send(data, () => {
        resolve();
      });
    else resolve();
  });

/** A close reason has room for 123 bytes (RFC 6455, 5.5); `ws` throws at longer ones. */
const fitReason = (reason: string): string =>
  Buffer.byteLength(reason) <= 123 ? reason : 'See the close code';
