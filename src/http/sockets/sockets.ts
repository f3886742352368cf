import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { refuse } from '../answers.ts';
import { createGraphQLOverWebSocket, type GraphQLOverWebSocketOptions } from './graphql-over-websocket.ts';
import { sendRaw } from '../node-binding.ts';
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
}

export interface Sockets {
  readonly size: number;
  /** Takes over a connection that was admitted, or refuses it. @param address as `ClientAddress` gave it */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void;
  /**
   * Tells every client that the server goes away (1001), one after the other, and waits until all their operations have
   * ended.
   */
  dispose(): Promise<void>;
}

/** Close code of RFC 6455. */
const goingAway = 1001;

/** Milliseconds a client has to close its half. */
const closeGraceMs = 1000;

/** Milliseconds between two sockets that are closed, where there are few. */
const closeEveryMs = 5;

/** WebSockets that speak graphql-transport-ws, and nothing else. */
export function createSockets(options: SocketsOptions): Sockets {
  const { log, maxMessageBytes, pingMs, drainMs } = options;
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
    accept(request, socket, head, address) {
      const refusal = counts.enter(address);
      if (refusal) {
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
      await closeSlowly([...open.keys()], drainMs);
      const cut = setTimeout(() => {
        for (const connection of open.keys()) connection.cut();
      }, closeGraceMs);
      await Promise.all(open.values());
      clearTimeout(cut);
      pulse.close();
    },
  };
}

/** Clients come back as soon as they are told to go: so thousands are not told at once. */
async function closeSlowly(connections: readonly SocketConnection[], withinMs: number): Promise<void> {
  const everyMs = Math.min(closeEveryMs, withinMs / connections.length);
  const begin = performance.now();
  for (const [index, connection] of connections.entries()) {
    const early = begin + index * everyMs - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    connection.close(goingAway, 'Going away');
  }
}
