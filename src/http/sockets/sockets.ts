import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { refuse } from '../answers.ts';
import { createGraphQLOverWebSocket, type GraphQLOverWebSocketOptions } from './graphql-over-websocket.ts';
import { sendRaw } from '../node-binding.ts';
import { oneByOne } from '../one-by-one.ts';
import { createRounds } from './rounds.ts';
import { SocketConnection } from './socket-connection.ts';
import { createSocketCounts, type SocketLimits } from './socket-counts.ts';
import { createPulse } from './socket-pulse.ts';
import { createTurns } from './turns.ts';

export interface SocketsOptions
  extends Omit<GraphQLOverWebSocketOptions, 'enterKey' | 'turns'>, SocketLimits {
  /** Bytes of one message from a client. */
  readonly maxMessageBytes: number;
  /** Milliseconds between two pings; a socket from which nothing came by the next one is cut. */
  readonly pingMs: number;
  /** Milliseconds over which sockets are closed at the end. */
  readonly drainMs: number;
  /** Milliseconds that queries and mutations get at the end. */
  readonly answersMs: number;
}

export interface Sockets {
  readonly size: number;
  /** Operations under way on all of them. */
  readonly operations: number;
  /** Takes over a connection that was admitted, or refuses it. @param address as `ClientAddress` gave it */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void;
  /**
   * Tells every client that the server goes away (1001), one after the other, each when its queries and mutations have
   * ended, and waits until subscriptions have ended, too.
   */
  dispose(): Promise<void>;
}

/** Close code of RFC 6455. */
const goingAway = 1001;

/**
 * Frames of one message, and pieces in which one frame may arrive: each has a cost of its own, a hundred times that of a
 * byte. Far more than a message of the greatest size needs on any network.
 */
const maxFragments = 1024;
const maxBufferedChunks = 4096;

/** WebSockets that speak graphql-transport-ws, and nothing else. */
export function createSockets(options: SocketsOptions): Sockets {
  const { log, maxMessageBytes, pingMs, drainMs, answersMs, refused } = options;
  const rounds = createRounds();
  const counts = createSocketCounts(options);
  const { enterKey } = counts;
  const protocol = createGraphQLOverWebSocket({ ...options, turns: createTurns(), enterKey });
  const pulse = createPulse(pingMs);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols,
    clientTracking: false,
    // One message in a turn of the event loop: whoever sends thousands at once lets everybody else go between them.
    allowSynchronousEvents: false,
    maxFragments,
    maxBufferedChunks,
  });
  const open = new Map<SocketConnection, Promise<void>>();

  const carry = async (connection: SocketConnection): Promise<void> => {
    pulse.add(connection);
    await connection.serve(protocol);
    pulse.remove(connection);
    open.delete(connection);
    if (connection.keyId !== null) counts.leaveKey(connection.keyId);
  };

  return {
    get size() {
      return open.size;
    },
    get operations() {
      return open.keys().reduce((sum, { lanes }) => sum + lanes.size, 0);
    },
    accept(request, socket, head, address) {
      const refusal = counts.enter(address);
      if (refusal) {
        refused?.(refusal.code);
        sendRaw(socket, refuse(refusal));
        return;
      }
      socket.once('close', () => counts.leave(address));
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new SocketConnection({ webSocket, socket, address, rounds, log });
        open.set(connection, carry(connection));
      });
    },
    async dispose() {
      const end = performance.now() + answersMs;
      await oneByOne([...open.keys()], drainMs, (connection) => {
        void connection.leave(goingAway, 'Going away', end - performance.now());
      });
      await Promise.all(open.values());
      pulse.close();
    },
  };
}
