import { deferSpec } from './accept.ts';

const boundary = '-';

export const multipartHeaders: Readonly<Record<string, string>> = {
  'content-type': `multipart/mixed; boundary="${boundary}"; deferSpec=${deferSpec}`,
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

const delimiter = `\r\n--${boundary}`;

/**
 * Results as the parts of a body (RFC 2046, 5.1.1). The delimiter that ends a part goes out with it: clients do not take
 * a part for whole before they have seen it.
 * @param encode turns a result into its JSON
 */
export function encodeMultipart<Result>(
  results: AsyncIterable<Result>,
  encode: (result: Result) => string,
  Stream: typeof ReadableStream,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  const iterator = results[Symbol.asyncIterator]();
  return new Stream<Uint8Array>({
    start(controller) {
      controller.enqueue(utf8.encode(delimiter));
    },
    async pull(controller) {
      try {
        const next = await iterator.next();
        if (next.done === true) {
          controller.enqueue(utf8.encode('--\r\n'));
          controller.close();
          return;
        }
        const part = `\r\nContent-Type: application/json; charset=utf-8\r\n\r\n${encode(next.value)}${delimiter}`;
        controller.enqueue(utf8.encode(part));
      } catch (error) {
        controller.error(error);
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
