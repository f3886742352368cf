import type { GraphQLFormattedError } from 'graphql';
import { callerHeaders, type AskOptions, type RunningGateway } from './gateway.ts';
import { within } from './wait.ts';

export interface Increment {
  readonly path: readonly (string | number)[];
  readonly label?: string;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly items?: readonly unknown[] | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** One part of an answer, its JSON read. */
export interface Part {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly incremental?: readonly Increment[];
  readonly hasNext?: boolean;
}

export interface MultipartAnswer extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** The next part; null after the last one. Throws where the body breaks off. */
  next(): Promise<Part | null>;
  /** All parts that are still to come. */
  rest(): Promise<readonly Part[]>;
}

export interface MultipartOptions extends AskOptions {
  /** @default 'multipart/mixed' */
  readonly accept?: string;
  /** Of the request. */
  readonly extensions?: object;
}

const delimiter = '\r\n---';

/** Asks for an answer in parts, and reads it by hand, as strictly as RFC 2046 has it. */
export async function openMultipart(
  { url }: RunningGateway,
  query: string,
  variables: object = {},
  { accept = 'multipart/mixed', extensions = {}, ...options }: MultipartOptions = {},
): Promise<MultipartAnswer> {
  const leave = new AbortController();
  const headers = { 'content-type': 'application/json', accept, ...callerHeaders(options) };
  const body = JSON.stringify({ query, variables, extensions });
  const request = fetch(url, { method: 'POST', headers, body, signal: leave.signal });
  const response = await within('an answer', request);
  if (!response.body) throw new Error(`no body, HTTP ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const through = async (mark: string): Promise<string> => {
    while (!text.includes(mark)) {
      const { done, value } = await within('a part', reader.read());
      if (done) throw new Error(`the body broke off: ${JSON.stringify(text)}`);
      text += value;
    }
    const end = text.indexOf(mark);
    const before = text.slice(0, end);
    text = text.slice(end + mark.length);
    return before;
  };
  const preamble = await through(delimiter);
  if (preamble !== '') throw new Error(`before the first part: ${preamble}`);
  const next = async (): Promise<Part | null> => {
    const sign = await through('\r\n');
    if (sign === '--') return null;
    const head = await through('\r\n\r\n');
    if (sign !== '' || head !== 'Content-Type: application/json; charset=utf-8') throw new Error(sign + head);
    return JSON.parse(await through(delimiter)) as Part;
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    rest: async () => {
      const parts: Part[] = [];
      for (let part = await next(); part !== null; part = await next()) parts.push(part);
      return parts;
    },
    [Symbol.asyncDispose]: async () => {
      leave.abort();
      // The reader ends with the reason of the abort, which is no news.
      await reader.cancel().catch(() => undefined);
    },
  };
}
