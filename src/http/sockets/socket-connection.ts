import type { Duplex } from 'node:stream';
import { MessageType, parseMessage, stringifyMessage, type Message, type PingMessage } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { Log } from '../../domain/log.ts';
import { describeError } from '../../domain/redact.ts';
import type { Voice } from './fan-out-member.ts';
import type { Connection, GraphQLOverWebSocket } from './graphql-over-websocket.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { oldestOf } from './low-water-mark.ts';
import { Line, type LineEnds } from './socket-line.ts';
import type { Pulsed } from './socket-pulse.ts';
import { forbidden, pongPayload } from './socket-token.ts';
import type { Turns } from './turns.ts';

/** Close codes of GraphQL over WebSocket. */
const badRequest = 4400;
const taken = 4409;
const internal = 4500;

/** Milliseconds a client has to close its half when the server leaves. */
const closeGraceMs = 1000;

/** Bytes that wait for a client to take them; where there are more, nothing is read of it until they are gone. */
const maxUnread = 1_048_576;

export interface SocketConnectionOptions {
  readonly webSocket: WebSocket;
  /** What the WebSocket runs on. */
  readonly socket: Duplex;
  /** As `ClientAddress` gave it. */
  readonly address: string;
  /** Shared by all sockets. */
  readonly rounds: Turns;
  readonly log: Log;
}

/** One socket, between `ws`, graphql-ws and what is shared among sockets. */
export class SocketConnection implements Connection, LineEnds, Pulsed {
  readonly address: string;
  readonly lanes: Lanes;
  readonly line: Line;
  source: Connection['source'] = null;
  resumeFrom: string | null = null;
  keyId: string | null = null;
  closeAfterNext: string | null = null;
  cancelExpiry: (() => void) | null = null;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #log: Log;
  #handle: (message: string) => Promise<void> = () => Promise.resolve();
  /** Something came since it was asked last. */
  #alive = true;
  /** It takes nothing new. */
  #leaving = false;

  constructor({ webSocket, socket, address, rounds, log }: SocketConnectionOptions) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#log = log;
    this.line = new Line(socket, rounds, this);
    this.lanes = createLanes({
      forward: (message) => this.#forward(message),
      onTaken: () => this.close(taken, 'Subscriber already exists'),
    });
  }

  /** For graphql-ws, as are `send`, `onMessage` and `onPing`. */
  get protocol(): string {
    return this.#webSocket.protocol;
  }

  /** Carries its messages. Resolves once it is closed and its operations have ended. */
  async serve(protocol: GraphQLOverWebSocket): Promise<void> {
    const webSocket = this.#webSocket;
    const closed = protocol.opened(this, this);
    webSocket.on('error', (error) => {
      this.#log.debug({ error: error.message }, 'socket failed');
    });
    webSocket.on('pong', () => this.#heard());
    webSocket.on('ping', () => this.#heed());
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) => {
      webSocket.once('close', (...how) => resolve(how));
    });
    this.cancelExpiry?.();
    this.lanes.close();
    try {
      await closed(code, reason.toString());
    } catch (error) {
      this.#log.error({ error: describeError(error) }, 'an operation did not end with its socket');
    }
  }

  async send(data: string): Promise<void> {
    await send(this.#webSocket, data);
    if (this.closeAfterNext !== null) this.close(forbidden, this.closeAfterNext);
  }

  onMessage(callback: (message: string) => Promise<void>): void {
    this.#handle = callback;
    this.#webSocket.on('message', (data, isBinary) => {
      this.#heard();
      const message = isBinary ? null : readMessage(data);
      if (message === null) this.close(badRequest, 'Invalid message received');
      else this.#dispatch(message);
      this.#heed();
    });
  }

  /** Answers a ping. Its token, if it brings one, has taken effect by then. */
  async onPing(payload: PingMessage['payload']): Promise<void> {
    const answer = pongPayload(this, payload);
    await this.send(
      stringifyMessage({ type: MessageType.Pong, ...(answer === undefined ? {} : { payload: answer }) }),
    );
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, fitReason(reason));
  }

  /**
   * Closes it once its queries and mutations have ended. What is asked meanwhile is not begun: the client asks again when it
   * is back.
   * @param withinMs milliseconds for those; then it is closed all the same
   */
  async leave(code: number, reason: string, withinMs: number): Promise<void> {
    this.#leaving = true;
    await this.lanes.idle(withinMs);
    this.close(code, reason);
    const cut = setTimeout(() => this.cut(), closeGraceMs);
    this.#webSocket.once('close', () => clearTimeout(cut));
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) clearTimeout(cut);
  }

  /** At once, without a word. */
  cut(): void {
    this.#webSocket.terminate();
  }

  isAlive(): boolean {
    const alive = this.#alive;
    this.#alive = false;
    return alive;
  }

  /** Pings, and tells where the subscriptions are: all up to there was written before. */
  ping(): void {
    if (this.lanes.size === 0) {
      this.line.ping(null);
      return;
    }
    const marks = this.lanes.marks();
    const oldest = marks === null ? null : oldestOf(marks);
    // A client may take it for the place of each of them: told of one that is behind another, it would hear things twice.
    const lowWaterMark = marks?.every((mark) => mark === oldest) === true ? oldest : null;
    // From now on this socket speaks for its subscriptions, and not the one before.
    if (lowWaterMark !== null) this.resumeFrom = null;
    const payload = lowWaterMark === null ? {} : { payload: { lowWaterMark } };
    this.line.ping(stringifyMessage({ type: MessageType.Ping, ...payload }));
  }

  isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  drained(): void {
    this.#alive = true;
  }

  fault(code: string): void {
    this.close(forbidden, code);
  }

  ended({ id }: Pick<Voice, 'id'>): void {
    void send(this.#webSocket, stringifyMessage({ type: MessageType.Complete, id }));
    this.lanes.release(id);
  }

  /** Whoever was told to go, and goes on talking, is as dead as whoever says nothing. */
  #heard(): void {
    if (this.isOpen()) this.#alive = true;
  }

  /** A client that asks and asks and reads no answer would have all of them kept: it is not listened to meanwhile. */
  #heed(): void {
    if (this.#webSocket.bufferedAmount <= maxUnread || this.#webSocket.isPaused) return;
    this.#webSocket.pause();
    this.#socket.once('drain', () => {
      this.#alive = true;
      this.#webSocket.resume();
    });
  }

  async #forward(message: string): Promise<void> {
    try {
      await this.#handle(message);
    } catch (error) {
      this.#log.error({ error: describeError(error) }, 'socket message failed');
      this.close(internal, 'Internal server error');
    }
  }

  #dispatch({ message, text }: Readable): void {
    if (message.type === MessageType.Subscribe) {
      if (!this.#leaving) this.lanes.subscribe(message.id, text);
    } else if (message.type === MessageType.Complete) this.lanes.complete(message.id, text);
    else void this.#forward(text);
  }
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
