/** RFC 6455 as far as a client needs it that speaks to servers which neither compress nor fragment. */

export const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Takes one whole frame: its payload is `buffer` from `from` to `to`, good only until it returns. */
export type FrameHandler = (opcode: number, buffer: Buffer, from: number, to: number) => void;

/**
 * Takes in bytes as they come, hands out frames as they are complete. Keeps nothing but the beginning of a frame, so
 * that thousands of connections can read into one buffer.
 * @throws Error at a frame that is masked, compressed or a fragment
 */
export function createFrameReader(onFrame: FrameHandler): (chunk: Buffer) => void {
  let rest: Buffer | null = null;
  return (chunk) => {
    const buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const size = frameSize(buffer, at);
      if (size === null || at + size > buffer.length) break;
      const first = buffer[at] ?? 0;
      if ((first & 0xf0) !== 0x80) throw new Error('a fragment, or a compressed frame');
      onFrame(first & 0x0f, buffer, at + headerSize(buffer, at), at + size);
      at += size;
    }
    rest = at === buffer.length ? null : Buffer.from(buffer.subarray(at));
  };
}

const headerSize = (buffer: Buffer, at: number): number => {
  const short = buffer[at + 1] ?? 0;
  return short < 126 ? 2 : short === 126 ? 4 : 10;
};

/** Bytes of the frame that begins at `at`; null: too few have come to tell. */
function frameSize(buffer: Buffer, at: number): number | null {
  if (buffer.length < at + 2) return null;
  const short = buffer[at + 1] ?? 0;
  if (short > 127) throw new Error('a masked frame');
  if (short < 126) return 2 + short;
  if (buffer.length < at + headerSize(buffer, at)) return null;
  return short === 126 ? 4 + buffer.readUInt16BE(at + 2) : 10 + Number(buffer.readBigUInt64BE(at + 2));
}

/** A frame as a client sends it: masked, with a mask that changes nothing. */
export function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const body = Buffer.from(payload);
  const header =
    body.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | body.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([header, Buffer.alloc(4), body]);
}
