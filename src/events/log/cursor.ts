import { hash } from 'node:crypto';

/** What a cursor says; clients see it as one opaque word. */
export interface Cursor {
  /** Which log it is of: a log that was lost and begun anew has another. */
  readonly epoch: string;
  /** The position of the record that it stands right after; 0 before the first. */
  readonly position: number;
  /** Tells that record from another that came to stand at its position. */
  readonly digest: string;
}

const maxLength = 200;
const shape = /^1:([\w-]{1,32}):(0|[1-9]\d{0,15}):([\w-]{8})$/;

export const encodeCursor = ({ epoch, position, digest }: Cursor): string =>
  Buffer.from(`1:${epoch}:${position}:${digest}`).toString('base64url');

/** null unless it is exactly what `encodeCursor` would have written. */
export function decodeCursor(text: string): Cursor | null {
  if (text.length > maxLength) return null;
  const [, epoch, position, digest] = shape.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (epoch === undefined || position === undefined || digest === undefined) return null;
  const cursor = { epoch, position: Number(position), digest };
  return Number.isSafeInteger(cursor.position) && encodeCursor(cursor) === text ? cursor : null;
}

/**
 * 48 bits over what makes a record this one. The workspace is part of it, so that a cursor of one
 * workspace names no record of another.
 * @param record null for the place before the first record
 */
export const recordDigest = (
  workspaceId: string,
  position: number,
  record: { readonly eventId: string; readonly receivedAt: string } | null,
): string =>
  hash(
    'sha256',
    JSON.stringify([workspaceId, position, record?.eventId, record?.receivedAt]),
    'base64url',
  ).slice(0, 8);
