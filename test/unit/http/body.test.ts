import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyTooLargeError, readNodeBody, readWebBody } from '../../../src/http/body.ts';

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });

/** As far as a body is read from it. */
const incoming = (parts: readonly Uint8Array[]): IncomingMessage => {
  const stream = new PassThrough();
  for (const part of parts) stream.write(part);
  stream.end();
  return stream as unknown as IncomingMessage;
};

const requestOf = (parts: readonly Uint8Array<ArrayBuffer>[]): Request =>
  new Request('http://127.0.0.1/', {
    method: 'POST',
    body: new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const part of parts) if (part.length > 0) controller.enqueue(part);
        controller.close();
      },
    }),
    duplex: 'half',
  } as RequestInit);

test('a body comes out as its chunks went in, or is too large, whichever way it came', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 500 }), async (parts, maxBytes) => {
      const whole = Buffer.concat(parts);
      const before = parts.map((part) => Buffer.from(part));
      for (const read of [
        () => readNodeBody(incoming(parts), maxBytes),
        () => readWebBody(requestOf(parts.map((part) => Uint8Array.from(part))), maxBytes),
      ]) {
        if (whole.length > maxBytes) await expect(read()).rejects.toBeInstanceOf(BodyTooLargeError);
        else expect(Buffer.compare(await read(), whole)).toBe(0);
      }
      expect(parts.map((part) => Buffer.from(part))).toEqual(before);
    }),
    { numRuns: 200 },
  );
});

test('a body in chunks of one byte takes no more room than twice its bytes', async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const reading = readNodeBody(stream as unknown as IncomingMessage, 1_048_576);
  for (let at = 0; at < 300_000; at += 1) stream.write(Buffer.of(at % 256));
  stream.end();
  const body = await reading;
  expect(body.length).toBe(300_000);
  expect(body.buffer.byteLength).toBeLessThanOrEqual(600_000);
});
