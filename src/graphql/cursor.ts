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

/** Where reading goes on in one of several lists that are read side by side. */
export interface LanePlace {
  /** As `Anchor.page`. */
  readonly page: string | null;
  /** The last row of that page that is used up, from 0; -1: none is. */
  readonly index: number;
}

/** An anchor in lists that are read side by side. */
export interface MergedAnchor extends Pick<Anchor, 'id' | 'key' | 'tied'> {
  /** Of each list. */
  readonly places: readonly LanePlace[];
  /** Which list the anchor stood in, from 0. */
  readonly lane: number;
  /** `rowDigest` of further rows with the anchor's key that came before it, in whichever list; the nearest hundred. */
  readonly seen: string;
}

/** Lists that are read side by side, at most. */
export const maxLanes = 6;
/** Rows of one key that `MergedAnchor.seen` holds, at most. */
export const maxSeen = 100;

const digestLength = 8;
/** A backend's cursor of some kilobytes still fits; where there are several, each may have half of that. */
const maxLength = { single: 8192, merged: 32_768 } as const;
const version = { single: 1, merged: 2 } as const;

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

/** The digests that stand one after another. */
export const digestsOf = (digests: string): readonly string[] =>
  Array.from({ length: digests.length / digestLength }, (_, index) =>
    digests.slice(index * digestLength, (index + 1) * digestLength),
  );

/** Identifies a list by what it lists, its filter and its order. */
export const listDigest = (identity: Json): string => digest(JSON.stringify(identity)).slice(0, 11);

const indexPart = z.int().min(-1).max(100_000);
const idPart = z.string().min(1).max(300);
const keyPart = z.array(z.union([z.string().max(300), z.number(), z.null()])).max(4);
const digestsPart = z.string().regex(/^(?:[A-Za-z0-9_-]{8})*$/);
const listPart = z.string().length(11);

const record = z.tuple([
  z.literal(version.single),
  listPart,
  z.string().min(1).max(6000).nullable(),
  indexPart,
  idPart,
  keyPart,
  digestsPart,
]);

const mergedRecord = z.tuple([
  z.literal(version.merged),
  listPart,
  z
    .array(z.tuple([z.string().min(1).max(3000).nullable(), indexPart]))
    .min(2)
    .max(maxLanes),
  z
    .int()
    .min(0)
    .max(maxLanes - 1),
  idPart,
  keyPart,
  digestsPart,
  digestsPart.max(maxSeen * digestLength),
]);

const pack = (parts: Json): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

/** @param list the list's `listDigest` */
export const encodeCursor = (list: string, { page, index, id, key, tied }: Anchor): string =>
  pack([version.single, list, page, index, id, key, tied]);

/** The same of lists that are read side by side. */
export const encodeMergedCursor = (list: string, anchor: MergedAnchor): string => {
  const places = anchor.places.map(({ page, index }) => [page, index]);
  return pack([version.merged, list, places, anchor.lane, anchor.id, anchor.key, anchor.tied, anchor.seen]);
};

const refused = (code: 'CURSOR_INVALID' | 'CURSOR_MISMATCH', message: string): GatewayError =>
  new GatewayError(code, message, { fields: [{ path: ['after'], code, message, sourceKey: null }] });

/** CURSOR_INVALID at the argument `after`. */
export const cursorInvalid = (message: string): GatewayError => refused('CURSOR_INVALID', message);

const damaged = (): GatewayError =>
  cursorInvalid('This cursor is damaged, or not one of this list. Start from the first page.');

type CursorRecord = z.infer<typeof record> | z.infer<typeof mergedRecord>;
const anyRecord = z.union([record, mergedRecord]);

function parseRecord(text: string): CursorRecord | null {
  try {
    return anyRecord.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function readRecord(cursor: string): CursorRecord | null {
  const bytes = cursor.length > maxLength.merged ? Buffer.alloc(0) : Buffer.from(cursor, 'base64url');
  const found = bytes.toString('base64url') === cursor ? parseRecord(bytes.toString('utf8')) : null;
  return found?.[0] === version.single && cursor.length > maxLength.single ? null : found;
}

/** How far a cursor uses up the page of each list it goes on in, whatever lists they are; none where it is damaged. */
export function cursorIndexes(cursor: string): readonly number[] {
  const found = readRecord(cursor);
  if (found === null) return [];
  return found[0] === version.single ? [found[3]] : found[2].map(([, index]) => index);
}

function readCursor(list: string, cursor: string): CursorRecord {
  const found = readRecord(cursor);
  if (found === null) throw damaged();
  if (found[1] === list) return found;
  throw refused('CURSOR_MISMATCH', 'This cursor belongs to a list with another filter or order.');
}

/**
 * @param list the `listDigest` of the list that is asked for
 * @throws GatewayError CURSOR_INVALID where it is damaged, CURSOR_MISMATCH where it is of another list
 */
export function decodeCursor(list: string, cursor: string): Anchor {
  const found = readCursor(list, cursor);
  if (found[0] !== version.single) throw damaged();
  const [, , page, index, id, key, tied] = found;
  return { page, index, id, key, tied };
}

/**
 * The same of lists that are read side by side.
 * @param lanes how many they are
 * @throws GatewayError CURSOR_INVALID, CURSOR_MISMATCH
 */
export function decodeMergedCursor(list: string, lanes: number, cursor: string): MergedAnchor {
  const found = readCursor(list, cursor);
  if (found[0] !== version.merged) throw damaged();
  const [, , places, lane, id, key, tied, seen] = found;
  if (places.length !== lanes || lane >= lanes) throw damaged();
  return { places: places.map(([page, index]) => ({ page, index })), lane, id, key, tied, seen };
}
