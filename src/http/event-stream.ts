import type { ExecutionResult } from 'graphql';

export interface EventStreamOptions {
  /** Turns a result into its JSON. */
  readonly encode: (result: ExecutionResult) => string;
  /** The cursor that resumes right after a result; null: it has none. */
  readonly cursorOf: (result: ExecutionResult) => string | null;
  /** The newest cursor up to which nothing is missing, also where nothing was for this stream; null: none. */
  readonly markOf: () => string | null;
  /** Milliseconds between two signs of life. */
  readonly heartbeatMs: number;
  /** The streams of this server that are open; each adds what cuts it, and takes that away at its end. */
  readonly open: Set<() => void>;
}

/** Nothing on the way may keep, change or hold back any of it. */
export const eventStreamHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * Results as server-sent events (WHATWG HTML, 9.2; GraphQL over SSE, distinct connections): `next` for each, with the
 * cursor as its `id` so that a browser's `Last-Event-ID` is one, then `complete`. A comment comes first, because some clients
 * take a stream for open only once something arrived. Whenever it is quiet an `id` alone says how far all was told, which
 * a browser keeps and tells nobody; where that is no news, a comment.
 */
export function encodeEventStream(
  results: AsyncIterable<ExecutionResult>,
  options: EventStreamOptions,
  Stream: typeof ReadableStream,
): ReadableStream<Uint8Array> {
  const { heartbeatMs, open } = options;
  const { signOfLife, textOf } = createBlocks(options);
  const utf8 = new TextEncoder();
  const iterator = results[Symbol.asyncIterator]();
  let heartbeat: NodeJS.Timeout | undefined;
  let cut = (): void => undefined;
  const over = (): void => {
    clearInterval(heartbeat);
    open.delete(cut);
  };
  /** All results so far were read, and the next is awaited. */
  let waiting = false;

  return new Stream<Uint8Array>({
    start(controller) {
      controller.enqueue(utf8.encode(':\n\n'));
      heartbeat = setInterval(() => {
        // A mark must not lie behind a result that is on its way. Of a stream that is not node's own the size says nothing.
        if (waiting && (controller.desiredSize ?? 0) > 0) controller.enqueue(utf8.encode(signOfLife()));
      }, heartbeatMs);
      heartbeat.unref();
      cut = () => {
        over();
        // Not `complete`, after which a client would not come back.
        controller.error(new Error('The gateway is going down.'));
        // Whoever reads has been told that it is over; how its source ends is no news.
        iterator.return?.().catch(() => undefined);
      };
      open.add(cut);
    },
    async pull(controller) {
      try {
        waiting = true;
        const next = await iterator.next();
        waiting = false;
        if (next.done !== true) {
          controller.enqueue(utf8.encode(textOf(next.value)));
          return;
        }
        over();
        controller.enqueue(utf8.encode('event: complete\ndata:\n\n'));
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    async cancel() {
      over();
      await iterator.return?.();
    },
  });
}

/** What goes out, as text. */
function createBlocks({ encode, cursorOf, markOf }: EventStreamOptions) {
  /** The last cursor that was told. */
  let told: string | null = null;

  /** The field that tells a cursor. */
  const idOf = (cursor: string | null): string => {
    // A line break would end the field; no cursor has one.
    if (cursor === null || /[\r\n\0]/.test(cursor)) return '';
    told = cursor;
    return `id: ${cursor}\n`;
  };
  return {
    signOfLife: (): string => {
      const mark = markOf();
      return `${(mark === told ? '' : idOf(mark)) || ':\n'}\n`;
    },
    textOf: (result: ExecutionResult): string =>
      `event: next\n${idOf(cursorOf(result))}data: ${encode(result)}\n\n`,
  };
}
