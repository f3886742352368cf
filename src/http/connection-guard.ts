import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { refuse, type Answer } from './answers.ts';

/**
 * Requests of one connection that may wait for their answers at a time. Clients of today send the next one when they have
 * the answer; without a ceiling one connection alone could have hundreds of thousands under way.
 */
const maxPipelined = 64;

/** Bytes of a request line and its headers together. */
export const maxHeadBytes = 16_384;

/** Header lines of a request: browsers send twenty, and proxies add a few. */
const maxHeaderLines = 200;

/** What is wrong with a request before anybody looks at it. CUT: its connection deserves no answer. null: nothing. */
export type ConnectionFault = Answer | 'CUT' | null;

/** Watches what each connection has under way. */
export interface ConnectionGuard {
  /** Answers under way, of all connections. */
  readonly underWay: ReadonlySet<ServerResponse>;
  /** Takes a request in, until its answer is out or its client gone. */
  enter(request: IncomingMessage, response: ServerResponse): ConnectionFault;
  /** Whether an answer is due. */
  isBusy(socket: object): boolean;
  /** Whether part of an answer is out that would be garbled by another one. */
  isAnswering(socket: object): boolean;
}

export function createConnectionGuard(): ConnectionGuard {
  const underWay = new Set<ServerResponse>();
  const bySocket = new WeakMap<object, Set<ServerResponse>>();

  const answersOf = (socket: Socket): Set<ServerResponse> => {
    const known = bySocket.get(socket);
    if (known !== undefined) return known;
    const answers = new Set<ServerResponse>();
    bySocket.set(socket, answers);
    return answers;
  };

  return {
    underWay,
    enter(request, response) {
      const answers = answersOf(request.socket);
      answers.add(response);
      underWay.add(response);
      response.once('close', () => {
        answers.delete(response);
        underWay.delete(response);
      });
      if (answers.size > maxPipelined) return 'CUT';
      return headFault(request);
    },
    isBusy: (socket) => (bySocket.get(socket)?.size ?? 0) > 0,
    isAnswering: (socket) => [...(bySocket.get(socket) ?? [])].some(({ headersSent }) => headersSent),
  };
}

/** What is wrong with the lines of a head; null: nothing. */
export const headFault = ({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): Answer | null =>
  // Names and values take turns.
  rawHeaders.length > 2 * maxHeaderLines ? headTooLarge : null;

const headTooLarge = refuse({
  status: 431,
  code: 'INVALID_REQUEST',
  message: `A request may have ${maxHeaderLines} header lines, and ${maxHeadBytes} bytes of them.`,
});

const malformed = refuse({
  status: 400,
  code: 'INVALID_REQUEST',
  message: 'This is not a valid HTTP request.',
});

const padded = refuse({
  status: 413,
  code: 'INVALID_REQUEST',
  message: 'The extensions of the body’s chunks are too large.',
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

const ofCode: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: tooLate,
  HPE_HEADER_OVERFLOW: headTooLarge,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: padded,
};

/** The answer to what node:http could not read. */
export const answerTo = (error: Error): Answer =>
  ('code' in error && typeof error.code === 'string' ? ofCode[error.code] : undefined) ?? malformed;
