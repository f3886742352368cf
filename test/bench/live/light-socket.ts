import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { z } from 'zod';
import { clientFrame, createFrameReader, opcodes } from './frames.ts';
import type { Subscribe } from './scenarios.ts';

export interface LightSocketOptions {
  /** `http://127.0.0.1:4000/graphql` */
  readonly url: string;
  /** What it says of itself first. */
  readonly connectionParams: Readonly<Record<string, string>>;
  readonly subscribe: Subscribe;
  /**
   * Where everything is read into, for all sockets: what is in it is looked at before the next socket reads. Nothing is
   * kept of a frame.
   */
  readonly shared: Buffer;
  /** Looks at a frame of text first. @returns whether that is all there is to do with it */
  readonly onFrame: (buffer: Buffer, from: number, to: number) => boolean;
  /** Answers of the subscription that `onFrame` passed on. */
  readonly onNext: (text: string) => void;
  /** The subscription has ended after it began, whatever the reason: nothing more comes. Called once. */
  readonly onEnd: (reason: string) => void;
}

const message = z.object({ type: z.string() });

/**
 * A subscriber of graphql-transport-ws, as light as can be: it must not be what a benchmark measures.
 * Resolves once it has subscribed, which is not to say that the server has taken note of it.
 * Rejects with an Error when it does not come so far.
 */
export function openLightSocket(options: LightSocketOptions): Promise<void> {
  const { url, connectionParams, subscribe, shared, onFrame, onNext, onEnd } = options;
  const { hostname, port, pathname, host } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();

  const say = (text: object) => socket.write(clientFrame(opcodes.text, JSON.stringify(text)));
  const hear = (text: string) => {
    const { type } = message.parse(JSON.parse(text));
    if (type === 'connection_ack') {
      say({ id: '1', type: 'subscribe', payload: subscribe });
      subscribed = true;
      resolve();
    } else if (type === 'ping') say({ type: 'pong' });
    else if (type === 'next') onNext(text);
    else if (type !== 'pong') end(text.slice(0, 300));
  };
  const read = createFrameReader((opcode, buffer, from, to) => {
    if (opcode === opcodes.text) {
      if (!onFrame(buffer, from, to)) hear(buffer.toString('utf8', from, to));
    } else if (opcode === opcodes.ping)
      socket.write(clientFrame(opcodes.pong, Buffer.from(buffer.subarray(from, to))));
    else if (opcode === opcodes.close) end(`closed with ${buffer.readUInt16BE(from)}`);
  });

  let greeted = false;
  let greeting = '';
  const takeGreeting = (chunk: Buffer) => {
    greeting += chunk.toString('latin1');
    const over = greeting.indexOf('\r\n\r\n');
    if (over < 0) return;
    if (!greeting.startsWith('HTTP/1.1 101 ')) {
      end(greeting.slice(0, 100));
      return;
    }
    greeted = true;
    say({ type: 'connection_init', payload: connectionParams });
    const early = Buffer.from(greeting.slice(over + 4), 'latin1');
    if (early.length > 0) read(early);
  };

  let subscribed = false;
  let over = false;
  const end = (reason: string) => {
    if (over) return;
    over = true;
    socket.destroy();
    if (subscribed) onEnd(reason);
    else reject(new Error(reason));
  };
  const socket = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (size) => {
        const chunk = shared.subarray(0, size);
        if (greeted) read(chunk);
        else takeGreeting(chunk);
        return true;
      },
    },
  });
  socket.once('error', (error) => end(error.message));
  socket.once('close', () => end('cut'));
  socket.once('connect', () => {
    const lines = [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Protocol: graphql-transport-ws',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
  return promise;
}
