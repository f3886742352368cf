import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../domain/clock.ts';

/** What goes over the wire. */
export interface Transmission {
  readonly status: number;
  /** Name, value, name, value, … in lower case. */
  readonly headers: readonly string[];
  /** null: none. */
  readonly body: string | Buffer | null;
  /** `whole`, or half of the body and then this. */
  readonly end: 'whole' | 'reset' | 'stall' | 'drip';
}

/** Milliseconds between the blanks of an endless body. */
const dripEvery = 20;

function drip(response: ServerResponse, clock: Clock): void {
  clock.after(dripEvery, () => {
    if (response.destroyed) return;
    response.write(' ');
    drip(response, clock);
  });
}

/** Sends half of the body; of what follows, the head still promises all. */
function sendHalf(
  response: ServerResponse,
  { status, headers, body, end }: Transmission,
  clock: Clock,
): void {
  const bytes = Buffer.from(body ?? ' ');
  const promised = end === 'drip' ? [] : ['content-length', String(bytes.length)];
  response.writeHead(status, [...headers, ...promised]);
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => {
    if (end === 'reset') response.socket?.destroy();
  });
  if (end === 'drip') drip(response, clock);
}

export function transmit(response: ServerResponse, transmission: Transmission, clock: Clock): void {
  const { status, headers, body, end } = transmission;
  if (response.destroyed) return;
  response.sendDate = false;
  if (end !== 'whole') {
    sendHalf(response, transmission, clock);
  } else if (body === null) {
    response.writeHead(status, status === 204 ? [...headers] : [...headers, 'content-length', '0']);
    response.end();
  } else {
    response.writeHead(status, [...headers, 'content-length', String(Buffer.byteLength(body))]);
    response.end(body);
  }
}

/** Drops headers by lower-case name. */
export const without = (headers: readonly string[], names: ReadonlySet<string>): string[] =>
  names.size === 0 ? [...headers] : headers.filter((_, at) => !names.has(headers[at - (at % 2)] ?? ''));
