/**
 * What a cursor of a connection holds. The backend's own cursors name pages; ours name a row (the anchor), by the
 * page to read again and enough of the row to find its place when the row itself has gone or moved.
 * Cursors are not signed: whoever forges one reads a list that the same key may read anyway.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GatewayError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';

/** Numbers are compared, strings only tell whether a row is still where it was; null compares as equal to anything. */
export type SortKey = readonly (string | number | null)[];

export interface Anchor {
  /** The backend's cursor of the page to read; null for the first page. */
  readonly page: string | null;
  /** Where the anchor stood in that page, from 0; -1 where the page begins right after it. */
  readonly index: number;
  readonly id: string;
  readonly key: SortKey;
  /** `rowDigest` of the rows before the anchor in its page whose keys equal its own, one after another. */
  readonly tied: string;
}

const digestLength = 8;
/** A backend's cursor of some kilobytes still fits. */
const maxLength = 8192;
const version = 1;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Stands for a row's id among its equals: 48 bits of a hash, so that a hundred of them still make a short cursor. */
export const rowDigest = (id: string): string => digest(id).slice(0, digestLength);

/** Whether a row is among `Anchor.tied`. */
export function isTied(tied: string, id: string): boolean {
  if (tied === '') return false;
  const wanted = rowDigest(id);
  for (let at = 0; at < tied.length; at += digestLength) {
    if (tied.startsWith(wanted, at)) return true;
  }
  return false;
}

/** Identifies a list by what it lists, its filter and its order. */
export const listDigest = (identity: Json): string => digest(JSON.stringify(identity)).slice(0, 11);

const record = z.tuple([
  z.literal(version),
  z.string().length(11),
  z.string().min(1).max(6000).nullable(),
  z.int().min(-1).max(100_000),
  z.string().min(1).max(300),
  z.array(z.union([z.string().max(300), z.number(), z.null()])).max(4),
  z.string().regex(/^(?:[A-Za-z0-9_-]{8})*$/),
]);

/** @param list the list's `listDigest` */
export const encodeCursor = (list: string, { page, index, id, key, tied }: Anchor): string =>
  Buffer.from(JSON.stringify([version, list, page, index, id, key, tied])).toString('base64url');

const refused = (code: 'CURSOR_INVALID' | 'CURSOR_MISMATCH', message: string): GatewayError =>
  new GatewayError(code, message, { fields: [{ path: ['after'], code, message, sourceKey: null }] });

/** CURSOR_INVALID at the argument `after`. */
export const cursorInvalid = (message: string): GatewayError => refused('CURSOR_INVALID', message);

function parseRecord(text: string): z.infer<typeof record> | null {
  try {
    return record.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function readRecord(cursor: string): z.infer<typeof record> | null {
  const bytes = cursor.length > maxLength ? Buffer.alloc(0) : Buffer.from(cursor, 'base64url');
  return bytes.toString('base64url') === cursor ? parseRecord(bytes.toString('utf8')) : null;
}

/** The `index` of a cursor's anchor, whatever list it is of; -1 where it is damaged. */
export const cursorIndex = (cursor: string): number => readRecord(cursor)?.[3] ?? -1;

/**
 * @param list the `listDigest` of the list that is asked for
 * @throws GatewayError CURSOR_INVALID where it is damaged, CURSOR_MISMATCH where it is of another list
 */
export function decodeCursor(list: string, cursor: string): Anchor {
  const found = readRecord(cursor);
  if (found === null) {
    throw cursorInvalid('This cursor is damaged, or not one of this list. Start from the first page.');
  }
  const [, foundList, page, index, id, key, tied] = found;
  if (foundList !== list) {
    throw refused('CURSOR_MISMATCH', 'This cursor belongs to a list with another filter or order.');
  }
  return { page, index, id, key, tied };
}
