/** Bytes on the wire, as no decent client sends them. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { until, within } from '../support/wait.ts';
import { credentials, type Target } from './target.ts';

/** A connection without manners. */
export interface Wire extends AsyncDisposable {
  readonly socket: Socket;
  /** All that came back. */
  readonly received: Buffer;
  /** One character a byte. */
  readonly text: string;
  readonly closed: Promise<void>;
  /** Whether the last of what came back contains a text; however much came before. */
  ends(text: string): boolean;
  write(data: string | Uint8Array): void;
}

/** @param reads false: it takes nothing of what comes back */
export async function openWire({ port }: Pick<Target, 'port'>, reads = true): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const parts: Buffer[] = [];
  socket.on('error', () => undefined);
  // A reset is an end, too.
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('end', () => resolve());
  });
  if (reads) socket.on('data', (chunk: Buffer) => parts.push(chunk));
  await within('connection', new Promise<void>((resolve) => socket.once('connect', () => resolve())));
  return {
    socket,
    get received() {
      return Buffer.concat(parts);
    },
    get text() {
      return Buffer.concat(parts).toString('latin1');
    },
    closed,
    ends: (wanted) => Buffer.concat(parts.slice(-2)).includes(wanted),
    write: (data) => {
      if (socket.writable) socket.write(data);
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
    },
  };
}

/** The status of the first answer. */
export async function statusOf(wire: Wire): Promise<number> {
  await until('an answer', () => /^HTTP\/1\.1 (\d+)/.test(wire.text), 8_000);
  return Number(wire.text.slice(9, 12));
}

/** A request's lines, `Host` and caller among them, up to the body. */
export const head = (target: Target, line: string, ...lines: readonly string[]): string =>
  [
    `${line} HTTP/1.1`,
    `Host: 127.0.0.1:${target.port}`,
    ...Object.entries(credentials(target)).map(([name, value]) => `${name}: ${value}`),
    ...lines,
    '',
    '',
  ].join('\r\n');

export const postHead = (target: Target, ...lines: readonly string[]): string =>
  head(target, 'POST /graphql', 'Content-Type: application/json', ...lines);

/** What a request for a WebSocket says. */
export const upgradeLines: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: graphql-transport-ws',
];

export interface Frame {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** @default true */
  readonly fin?: boolean;
  /** Reserved bits, 0x40 for the first. @default none */
  readonly reserved?: number;
  /** @default true, as every client must */
  readonly masked?: boolean;
  /** The length it claims. @default the payload's */
  readonly claims?: bigint;
}

/** A frame as a client sends it (RFC 6455, 5.2). */
export function frame({
  opcode,
  payload = '',
  fin = true,
  reserved = 0,
  masked = true,
  claims,
}: Frame): Buffer {
  const bytes = Buffer.from(payload);
  const length = claims ?? BigInt(bytes.length);
  const size = length < 126n ? 0 : length < 65_536n ? 2 : 8;
  const header = Buffer.alloc(2 + size);
  header[0] = (fin ? 0x80 : 0) | reserved | opcode;
  header[1] = (masked ? 0x80 : 0) | (size === 0 ? Number(length) : size === 2 ? 126 : 127);
  if (size === 2) header.writeUInt16BE(Number(length), 2);
  if (size === 8) header.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([header, bytes]);
  const mask = randomBytes(4);
  return Buffer.concat([header, mask, bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0))]);
}

export const text = (message: object | string): Buffer =>
  frame({ opcode: 1, payload: typeof message === 'string' ? message : JSON.stringify(message) });

/** A WebSocket of which every byte is in the sender's hand, at the point where frames may be sent. */
export async function openSocket(target: Target, { init = true, reads = true } = {}): Promise<Wire> {
  const wire = await openWire(target, true);
  wire.write(head(target, 'GET /graphql', ...upgradeLines));
  await until('the upgrade', () => wire.text.includes('\r\n\r\n'));
  if (init) {
    wire.write(text({ type: 'connection_init', payload: credentials(target) }));
    await until('the acknowledgement', () => wire.text.includes('connection_ack'));
  }
  if (!reads) {
    wire.socket.removeAllListeners('data');
    wire.socket.pause();
  }
  return wire;
}

/** The end of a connection; a client that does nothing for it waits for the server. */
export const endOf = (wire: Wire): Promise<void> => within('end', wire.closed, 8_000);

/** The code of the server's close frame. */
export async function closeCodeOf(wire: Wire): Promise<number> {
  await until('a close frame', () => closeCodeIn(wire.received) !== null, 8_000);
  return closeCodeIn(wire.received) ?? 0;
}

function closeCodeIn(received: Buffer): number | null {
  const end = received.indexOf('\r\n\r\n');
  const body = received.subarray(end < 0 ? received.length : end + 4);
  let at = 0;
  while (at + 2 <= body.length) {
    const opcode = (body[at] ?? 0) & 0x0f;
    const short = (body[at + 1] ?? 0) & 0x7f;
    const size = short < 126 ? 0 : short === 126 ? 2 : 8;
    const payload = at + 2 + size;
    if (payload > body.length) return null;
    const length =
      size === 0 ? short : size === 2 ? body.readUInt16BE(at + 2) : Number(body.readBigUInt64BE(at + 2));
    if (opcode === 8) return length < 2 || payload + 2 > body.length ? null : body.readUInt16BE(payload);
    at = payload + length;
  }
  return null;
}
