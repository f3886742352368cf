/**
 * Frames as a server sends them (RFC 6455, 5.2): whole messages, not masked. Payloads up to 125 bytes have their length in
 * the second byte, longer ones behind it in two bytes or eight.
 */

const finalText = 0x81;
const finalPing = 0x89;

/** A ping without a payload. */
export const pingFrame: Buffer = Buffer.from([finalPing, 0]);

/** Bytes of the header of a message of `length` bytes. */
export const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Writes the header of a text message. @returns where the message begins */
export function writeTextHeader(target: Buffer, offset: number, length: number): number {
  target[offset] = finalText;
  if (length < 126) {
    target[offset + 1] = length;
    return offset + 2;
  }
  if (length < 65_536) {
    target[offset + 1] = 126;
    return target.writeUInt16BE(length, offset + 2);
  }
  target[offset + 1] = 127;
  target.writeUInt32BE(Math.floor(length / 2 ** 32), offset + 2);
  return target.writeUInt32BE(length >>> 0, offset + 6);
}

/** A text message as one frame. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes(length) + length);
  frame.write(text, writeTextHeader(frame, 0, length));
  return frame;
}

/** How a message of a subscription begins: its payload follows, and a brace. One byte a character. @param id the client's */
export const prefixOf = (id: string): string => `{"id":${asciiJson(id)},"type":"next","payload":`;

/** JSON in which every character takes one byte. */
const asciiJson = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
