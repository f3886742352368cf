import type { IncomingMessage } from 'node:http';

/** The body is longer than it may be. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** The sender went away before the body was whole. */
export class BodyCutError extends Error {
  override readonly name = 'BodyCutError';
}

/**
 * Reads a body, giving up as soon as it is too long. What comes after that is dropped unread,
 * and the connection stays usable for the answer.
 * @throws BodyTooLargeError, BodyCutError
 */
export function readNodeBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => {
      request.off('data', take).off('end', finish).off('error', fail).off('close', fail);
      // Without a listener an error of the request would end the process; the response notices the cut by itself.
      request.on('error', ignore);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      stop();
      request.resume();
      reject(new BodyTooLargeError());
    };
    const finish = () => {
      stop();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    };
    const fail = () => {
      stop();
      reject(new BodyCutError());
    };
    request.on('data', take).on('end', finish).on('error', fail).on('close', fail);
  });
}

const ignore = () => undefined;

/** The same for a body that did not come through node:http. */
export async function readWebBody(request: Request, maxBytes: number): Promise<Buffer> {
  if (!request.body) return Buffer.alloc(0);
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new BodyTooLargeError();
    }
    chunks.push(value);
  }
}
