import { Buffer } from 'node:buffer';

/** Rows are replaced, never changed, so each is encoded at most once. */
const encoded = new WeakMap<object, Buffer>();

function encode(row: object): Buffer {
  const known = encoded.get(row);
  if (known) return known;
  const bytes = Buffer.from(JSON.stringify(row));
  encoded.set(row, bytes);
  return bytes;
}

const comma = Buffer.from(',');

/** The rows as JSON, separated by commas, between two pieces of text; in UTF-8. */
export function enclose(before: string, rows: readonly object[], after: string): Buffer {
  const pieces: Buffer[] = [Buffer.from(before)];
  for (const [at, row] of rows.entries()) {
    if (at > 0) pieces.push(comma);
    pieces.push(encode(row));
  }
  pieces.push(Buffer.from(after));
  return Buffer.concat(pieces);
}
