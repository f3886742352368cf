import { errors, Pool, type Dispatcher } from 'undici';

/** The whole of HTTP that a backend needs: a `fetch` for one origin, over connections that are kept open. */
export interface Transport {
  /**
   * Answers when the complete body is read. Follows no redirect: a 3xx is handed over like any other answer.
   * Rejects with `TransportError` and nothing else.
   * @param signal bounds the exchange as a whole. The request's own is not looked at: it would have to follow another
   */
  fetch(request: Request, signal: AbortSignal): Promise<Answered>;
  /** Ends all connections, and with them what is still under way. */
  close(): Promise<void>;
}

/** An answer. A `Response` with a body makes a stream of it, to be read again: more than all that is done with one here. */
export interface Answered {
  /** Without its body. */
  readonly head: Response;
  readonly body: string;
}

export interface TransportOptions {
  /** Where all requests go: `https:`, or `http:` on loopback. A path in it is of no account. */
  readonly url: string;
  /** Of every request, before its own; names in lower case. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Connections open at a time; further requests wait for one. @default 64 */
  readonly connections?: number;
  /** Milliseconds to get a connection, TLS included. @default 5_000 */
  readonly connectTimeoutMs?: number;
  /** Bytes of a body at most; what is longer is cut off while it comes in. @default 10_485_760 */
  readonly maxBodyBytes?: number;
}

/**
 * What kept a request from being answered.
 * UNREACHABLE: no connection, or it broke. TOO_LARGE: the body went on beyond the bound. GARBLED: what came back is
 * not HTTP. ABORTED: the request's own signal; `cause` is its reason.
 */
export type TransportFault = 'UNREACHABLE' | 'TOO_LARGE' | 'GARBLED' | 'ABORTED';

/** A request without an answer. Its texts name hosts and are for the log only. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly fault: TransportFault;
  /** false: not a byte of it left, so it cannot have had an effect. */
  readonly sent: boolean;
  /** The head of the answer, where at least that came. */
  readonly head: { readonly status: number; readonly headers: Headers } | null;

  constructor(fault: TransportFault, sent: boolean, head: TransportError['head'], cause: unknown) {
    super(
      `${fault}${sent ? '' : ', never sent'}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.fault = fault;
    this.sent = sent;
    this.head = head;
  }
}

/** @throws TypeError where a key sent to `url` could be read on the way */
export function createTransport(options: TransportOptions): Transport {
  const { origin, protocol, hostname, username, password } = new URL(options.url);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    throw new TypeError('A backend must be reached over https, unless it is on loopback.');
  }
  if (username !== '' || password !== '') {
    throw new TypeError('The URL of a backend must not carry credentials: URLs end up in logs.');
  }
  const common = Object.entries(options.headers ?? {}).flat();
  const maxBodyBytes = options.maxBodyBytes ?? 10 * 1024 * 1024;
  const pool = new Pool(origin, {
    connections: options.connections ?? 64,
    connect: { timeout: options.connectTimeoutMs ?? 5_000 },
    // One exchange at a time on a connection: a broken one then has one victim, whose fate is known.
    pipelining: 1,
    allowH2: false,
    // The caller's signal bounds each exchange as a whole.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async fetch(request, signal) {
      const url = new URL(request.url);
      if (url.origin !== origin) {
        throw new TransportError('UNREACHABLE', false, null, new TypeError(`Not an address of ${origin}.`));
      }
      const body = request.body === null ? null : await request.text();
      return exchange(
        pool,
        {
          path: url.pathname + url.search,
          method: request.method,
          headers: [...common, ...[...request.headers].flat()],
          body,
        },
        signal,
        maxBodyBytes,
      );
    },
    close: () => pool.destroy(),
  };
}

/** Whether a host of a URL is this machine, whatever the network. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

/**
 * One request and its answer. Written against undici's dispatch interface because only that one tells when a
 * request begins to leave: `onRequestStart` comes after the connection stands and before the first byte.
 */
function exchange(
  pool: Pool,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  maxBodyBytes: number,
): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  let controller: Dispatcher.DispatchController | null = null;
  let head: Head | null = null;
  const chunks: Buffer[] = [];
  let bytes = 0;

  const fail = (fault: TransportFault, cause: unknown): void => {
    signal.removeEventListener('abort', onAbort);
    reject(new TransportError(fault, controller !== null, readable(head), cause));
  };
  const onAbort = (): void => {
    fail('ABORTED', signal.reason);
    controller?.abort(new Error('aborted'));
  };
  if (signal.aborted) {
    fail('ABORTED', signal.reason);
    return promise;
  }
  signal.addEventListener('abort', onAbort, { once: true });

  pool.dispatch(request, {
    onRequestStart(started) {
      // Aborted while it waited for a connection: it stays unsent.
      if (signal.aborted) started.abort(new Error('aborted'));
      else controller = started;
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) head = { status, headers: pairs(headers) };
    },
    onResponseData(current, chunk) {
      bytes += chunk.byteLength;
      if (bytes > maxBodyBytes) {
        const cause = new RangeError(`More than ${maxBodyBytes} bytes came.`);
        fail('TOO_LARGE', cause);
        current.abort(cause);
      } else {
        chunks.push(chunk);
      }
    },
    onResponseEnd() {
      signal.removeEventListener('abort', onAbort);
      try {
        resolve(toAnswered(head, chunks));
      } catch (error) {
        fail('GARBLED', error);
      }
    },
    onResponseError(_controller, error) {
      fail(isGarbled(error) ? 'GARBLED' : 'UNREACHABLE', error);
    },
  });
  return promise;
}

/** The head of an answer, its headers one by one: a `Headers` is dear, and made once at most. */
interface Head {
  readonly status: number;
  readonly headers: [string, string][];
}

const readable = (head: Head | null): TransportError['head'] =>
  head && { status: head.status, headers: new Headers(head.headers) };

/** Reads text as `Response.text` does. */
const utf8 = new TextDecoder();

function toAnswered(head: Head | null, chunks: readonly Buffer[]): Answered {
  if (head === null) throw new RangeError('An answer without a head.');
  return { head: new Response(null, head), body: utf8.decode(Buffer.concat(chunks)) };
}

const pairs = (raw: Readonly<Record<string, string | string[] | undefined>>): [string, string][] =>
  Object.entries(raw).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );

/** A parser's complaint, as against that of a socket, a resolver or TLS. */
const isGarbled = (error: Error): boolean =>
  error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError;
