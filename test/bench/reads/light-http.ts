import { connect } from 'node:net';

/** One answer. What `body` holds is gone with the next answer of any connection. */
export interface LightAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export interface LightConnection {
  /**
   * Asks; the answer before it must have come.
   * @param request head and body, as `requestBytes` makes them
   * @param answered is called with null where no whole answer came
   */
  ask(request: Buffer, answered: (answer: LightAnswer | null) => void): void;
  close(): void;
}

/** A POST of JSON as it goes over the wire: made once, sent often. */
export function requestBytes(url: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const { host, pathname } = new URL(url);
  const lines = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

const lengthHeader = /\r\ncontent-length: *(\d+)/i;
const chunkedHeader = /\r\ntransfer-encoding: *chunked/i;
const lastChunk = Buffer.from('0\r\n\r\n');
const headEnd = Buffer.from('\r\n\r\n');

/** Where an answer's parts are; null: it is not whole yet. */
function partsOf(
  bytes: Buffer,
): { readonly status: number; readonly from: number; readonly to: number } | null {
  const over = bytes.indexOf(headEnd);
  if (over < 0) return null;
  const head = bytes.toString('latin1', 0, over);
  const status = Number(head.slice(9, 12));
  const from = over + headEnd.length;
  const length = lengthHeader.exec(head)?.[1];
  if (length !== undefined) {
    const to = from + Number(length);
    return bytes.length < to ? null : { status, from, to };
  }
  // One request at a time: what follows the last chunk would belong to nobody.
  const whole = !chunkedHeader.test(head) || bytes.subarray(-lastChunk.length).equals(lastChunk);
  return whole ? { status, from, to: bytes.length } : null;
}

/**
 * A connection of HTTP/1.1 that stays open and asks for one thing at a time, as light as can be: it must not be what a
 * benchmark measures. Of an answer it understands the status and where it ends.
 * @param shared everything is read into it, for all connections
 */
export function openLightConnection(url: string, shared: Buffer): Promise<LightConnection> {
  const { hostname, port } = new URL(url);
  let waiting: ((answer: LightAnswer | null) => void) | null = null;
  let earlier: Buffer | null = null;

  const take = (chunk: Buffer): void => {
    const bytes = earlier === null ? chunk : Buffer.concat([earlier, chunk]);
    const parts = partsOf(bytes);
    if (parts === null) {
      // The shared buffer will be overwritten.
      earlier = earlier === null ? Buffer.from(bytes) : bytes;
      return;
    }
    earlier = null;
    end({ status: parts.status, body: bytes.subarray(parts.from, parts.to) });
  };
  const end = (answer: LightAnswer | null): void => {
    const answered = waiting;
    waiting = null;
    answered?.(answer);
  };

  const { promise, resolve, reject } = Promise.withResolvers<LightConnection>();
  const socket = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (size) => {
        take(shared.subarray(0, size));
        return true;
      },
    },
  });
  socket.once('error', reject);
  socket.once('close', () => end(null));
  socket.once('connect', () => {
    resolve({
      ask: (request, answered) => {
        waiting = answered;
        if (socket.destroyed) end(null);
        else socket.write(request);
      },
      close: () => socket.destroy(),
    });
  });
  return promise;
}
