import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { within } from './wait.ts';

export interface EventStream extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** The next message; null once the server has ended the stream. */
  next(): Promise<EventSourceMessage | null>;
  close(): Promise<void>;
}

/** Reads an answer of `text/event-stream` message by message. */
export async function openEventStream(url: string, init: RequestInit): Promise<EventStream> {
  const leave = new AbortController();
  const headers = new Headers(init.headers);
  headers.set('accept', 'text/event-stream');
  const response = await within('SSE answer', fetch(url, { ...init, headers, signal: leave.signal }));
  if (response.body === null) throw new Error(`no body, HTTP ${response.status}`);
  const messages = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const close = async () => {
    leave.abort();
    // The reader ends with the reason of the abort, which is no news.
    await messages.cancel().catch(() => undefined);
  };
  return {
    status: response.status,
    headers: response.headers,
    next: async () => {
      const { done, value } = await within('SSE message', messages.read());
      return done ? null : value;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
