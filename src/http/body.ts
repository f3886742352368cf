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
    const body = new Body(maxBytes);
    let whole = false;
    const stop = () => {
      request.off('data', take).off('end', finish).off('error', fail).off('close', fail);
      // Without a listener an error of the request would end the process; the response notices the cut by itself.
      request.on('error', ignore);
    };
    const take = (chunk: Buffer) => {
      if (body.take(chunk)) return;
      stop();
      request.resume();
      reject(new BodyTooLargeError());
    };
    // Nothing comes after the end but `close`: whoever listens is left there, which costs less than taking leave.
    const finish = () => {
      whole = true;
      resolve(body.bytes);
    };
    const fail = () => {
      if (whole) return;
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
  const body = new Body(maxBytes);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.bytes;
    if (!body.take(value)) {
      await reader.cancel();
      throw new BodyTooLargeError();
    }
  }
}

const nothing = Buffer.alloc(0);

/**
 * What has come of a body. It takes about as much room as it has bytes: a sender of chunks of one byte each would have a
 * hundred times that kept, if they were. Room is made for what has come, not for what was announced.
 */
class Body {
  readonly #maxBytes: number;
  /** As long as there was only one chunk, that very chunk. */
  #room: Buffer = nothing;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): Buffer {
    return this.#length === this.#room.length ? this.#room : this.#room.subarray(0, this.#length);
  }

  /** @returns false: that would be too much, and it was not taken */
  take(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.byteLength;
    if (length > this.#maxBytes) return false;
    if (this.#length === 0) {
      this.#room = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    } else {
      if (length > this.#room.length) this.#widen(length);
      this.#room.set(chunk, this.#length);
    }
    this.#length = length;
    return true;
  }

  #widen(least: number): void {
    const wider = Buffer.allocUnsafeSlow(Math.min(Math.max(least, 2 * this.#room.length), this.#maxBytes));
    wider.set(this.#room.subarray(0, this.#length));
    this.#room = wider;
  }
}
