/**
 * Turns a backend's pages into a connection that resumes after any of its rows (Relay's cursor connections
 * specification, forward only).
 *
 * A row's cursor names the page it stood in; that of a page's last row names the next page, so walking N full pages
 * costs N requests. Resuming reads the named page and looks for the place after the anchor:
 *   1. the page begins right after it, by the backend's word: all of the page, or what follows the anchor in it;
 *   2. the anchor stands there with the sort key it had: what follows it;
 *   3. it has gone or moved, and keys can be compared: the first row of its key or past it, after the last of the rows
 *      that shared its key and came before it; while no row is past its key, the next page too, `maxExtraPages` at most;
 *   4. it has gone or moved, and the order is the backend's own: where it stood, counted in rows.
 *
 * What that promises, as long as the backend's own cursors stay right while rows come and go:
 *   - keys that never change (CREATED_AT): a row that exists throughout is seen exactly once;
 *   - keys that change (UPDATED_AT, POSITION): the same for rows that do not move;
 *   - orders that the backend does not state (STATUS and PRIORITY by rank, TITLE by alphabet, lists without an order):
 *     the same while the anchor stays where it is; after it has gone, rows may be missed or seen again near the place.
 */
import { GatewayError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  isTied,
  listDigest,
  rowDigest,
  type Anchor,
  type SortKey,
} from './cursor.ts';

/** Pages read beyond those that full pages would need: for anchors pushed on, and for pages that come short. */
export const maxExtraPages = 10;

/**
 * Pages that are read where pages are full and the anchor is where it was.
 * @param anchorIndex `Anchor.index`; -1 where there is no anchor
 */
export const pagesToRead = (first: number, anchorIndex: number, maxPageSize: number): number =>
  // Cursors are not signed: an index that no page has must not buy more pages.
  Math.max(1, Math.ceil((first + Math.min(anchorIndex + 1, maxPageSize)) / maxPageSize));

export interface RowOrder<Row> {
  keyOf(row: Row): SortKey;
  /** Negative: `left` comes first. null: the backend does not state its order, equality is all that keys tell. */
  readonly compare: ((left: SortKey, right: SortKey) => number) | null;
}

/** A list as the backend pages it. */
export interface List<Row> {
  /** What it lists, its filter and its order: cursors of one list are refused by every other. */
  readonly identity: Json;
  /** Rows a page holds at most. */
  readonly maxPageSize: number;
  readonly order: RowOrder<Row>;
  idOf(row: Row): string;
  /** A page may hold fewer rows than asked, or more. */
  read(page: PageRequest): Promise<Page<Row>>;
}

export interface ConnectionArguments {
  /** Rows wanted; 0 asks only whether there are any. */
  readonly first: number;
  readonly after: string | null;
}

export interface Connection<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** A page with the cursor it was read by. */
interface ReadPage<Row> {
  readonly cursor: string | null;
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/** A row of the result and where it was read. */
interface Taken<Row> {
  readonly page: ReadPage<Row>;
  readonly index: number;
  readonly row: Row;
}

const clamp = (size: number, max: number): number => Math.max(1, Math.min(size, max));

/**
 * Reads as many pages as `first` needs, usually `first / maxPageSize` rounded up.
 * `hasNextPage` is the backend's word: true while it names a next page, even if that one turns out empty.
 * @throws GatewayError CURSOR_INVALID, CURSOR_MISMATCH, or what the backend's read rejects with
 */
export async function readConnection<Row>(
  list: List<Row>,
  { first, after }: ConnectionArguments,
): Promise<Connection<Row>> {
  const digest = listDigest(list.identity);
  const anchor = after === null ? null : decodeCursor(digest, after);
  const { taken, more, next } = await collect(list, first, anchor);
  const edges = taken.map((place, position) => ({
    node: place.row,
    // Made when selected: most clients want two of them, or none.
    get cursor() {
      const resumeAt = position === taken.length - 1 ? next : null;
      return encodeCursor(digest, anchorAt(list, place, resumeAt));
    },
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: after !== null,
      get startCursor() {
        return edges.at(0)?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
    },
  };
}

interface Collected<Row> {
  readonly taken: readonly Taken<Row>[];
  /** Whether rows may follow. */
  readonly more: boolean;
  /** Where reading stopped for want of rows although pages follow; the last row's cursor goes on from there. */
  readonly next: string | null;
}

async function collect<Row>(list: List<Row>, first: number, anchor: Anchor | null): Promise<Collected<Row>> {
  const read = guardedReader(list);
  const rowsToCover = first + (anchor === null ? 0 : anchor.index + 1);
  let pagesLeft = pagesToRead(first, anchor?.index ?? -1, list.maxPageSize) + maxExtraPages;
  let found: Taken<Row>[] = [];
  let settled = anchor === null;
  let page = await readFirst(list, read, rowsToCover, anchor);
  for (;;) {
    let start = 0;
    if (anchor !== null && !settled) {
      const place = locate(anchor, page.rows, list);
      if (place.restarts) found = [];
      ({ start, settled } = place);
    }
    for (const [index, row] of page.rows.entries()) if (index >= start) found.push({ page, index, row });
    const { nextCursor } = page;
    const enough = settled && found.length >= first;
    if (nextCursor === null || enough) {
      return { taken: found.slice(0, first), more: found.length > first || nextCursor !== null, next: null };
    }
    pagesLeft -= 1;
    if (pagesLeft <= 0) return stopShort(found, first, settled, nextCursor);
    page = await read(nextCursor, settled ? first - found.length : list.maxPageSize);
  }
}

type Reader<Row> = (cursor: string | null, size: number) => Promise<ReadPage<Row>>;

/** Reads pages, and refuses to go round in circles where the backend's cursors do. */
function guardedReader<Row>(list: List<Row>): Reader<Row> {
  const seen = new Set<string>();
  return async (cursor, size) => {
    if (cursor !== null) seen.add(cursor);
    const { items, nextCursor } = await list.read({ cursor, size: clamp(size, list.maxPageSize) });
    if (nextCursor !== null && seen.has(nextCursor)) {
      throw brokenPaging('The backend’s list leads back to a page that was read already.');
    }
    return { cursor, rows: items, nextCursor };
  };
}

const brokenPaging = (message: string): GatewayError =>
  new GatewayError('BACKEND_CONTRACT_MISMATCH', message, { details: { attribute: 'nextCursor' } });

async function readFirst<Row>(
  list: List<Row>,
  read: Reader<Row>,
  rowsToCover: number,
  anchor: Anchor | null,
): Promise<ReadPage<Row>> {
  // Where only its id can find the anchor, the largest page finds it most often, at the same price.
  const byIdAlone = anchor !== null && anchor.index >= 0 && list.order.compare === null;
  try {
    return await read(anchor?.page ?? null, byIdAlone ? list.maxPageSize : rowsToCover);
  } catch (error) {
    const refused = error instanceof GatewayError && error.code === 'CURSOR_INVALID';
    if (!refused || error.fields.length > 0) throw error;
    throw cursorInvalid('The backend does not accept this cursor any more. Start from the first page.');
  }
}

/** The bound on pages is reached: what was found is given, and the cursor goes on where reading stopped. */
function stopShort<Row>(
  found: readonly Taken<Row>[],
  first: number,
  settled: boolean,
  nextCursor: string,
): Collected<Row> {
  if (found.length > 0) {
    return { taken: found.slice(0, first), more: true, next: found.length > first ? null : nextCursor };
  }
  if (settled) throw brokenPaging('The backend’s list goes on and on without a row.');
  throw cursorInvalid(
    'So many rows have come in before this cursor that its place was not found. Start from the first page.',
  );
}

const equalKeys = (left: SortKey, right: SortKey): boolean =>
  left.length === right.length && left.every((part, index) => part === right[index]);

interface Place {
  /** The index from which rows follow the anchor, or may. */
  readonly start: number;
  /** Whether that is certain; if not, the next page may hold rows that the anchor follows. */
  readonly settled: boolean;
  /** Whether this page holds a row that comes no later than the anchor: none on pages before it can follow. */
  readonly restarts: boolean;
}

/** Looks for the place after the anchor in a page. */
function locate<Row>(anchor: Anchor, rows: readonly Row[], { order, idOf }: List<Row>): Place {
  const { compare } = order;
  const compared = (row: Row): number => compare?.(order.keyOf(row), anchor.key) ?? -1;
  const standing = rows.findLastIndex(
    (row) => idOf(row) === anchor.id && equalKeys(order.keyOf(row), anchor.key),
  );
  if (standing >= 0) return { start: standing + 1, settled: true, restarts: true };
  const tied = rows.findLastIndex((row) => compared(row) === 0 && isTied(anchor.tied, idOf(row)));
  if (anchor.index < 0) return { start: tied + 1, settled: true, restarts: true };
  if (compare === null) {
    // Its going let the rows behind it move up by one, unless it went to a place before them.
    const moved = rows.findIndex((row) => idOf(row) === anchor.id);
    const start = moved >= 0 && moved < anchor.index ? anchor.index + 1 : anchor.index;
    return { start, settled: true, restarts: true };
  }
  const settled = rows.some((row) => compared(row) > 0);
  if (tied >= 0) return { start: tied + 1, settled, restarts: true };
  const notBefore = rows.findIndex((row) => compared(row) >= 0);
  return { start: notBefore < 0 ? rows.length : notBefore, settled, restarts: false };
}

/** @param resumeAt the page to go on with, where reading stopped after pages without rows */
function anchorAt<Row>(list: List<Row>, { page, index, row }: Taken<Row>, resumeAt: string | null): Anchor {
  const { order, idOf } = list;
  const next = resumeAt ?? (index === page.rows.length - 1 ? page.nextCursor : null);
  const key = order.keyOf(row);
  const tied = order.compare === null ? '' : tiedBefore(list, page.rows, index, order.compare, key);
  return { page: next ?? page.cursor, index: next === null ? index : -1, id: idOf(row), key, tied };
}

function tiedBefore<Row>(
  { order, idOf }: List<Row>,
  rows: readonly Row[],
  index: number,
  compare: (left: SortKey, right: SortKey) => number,
  key: SortKey,
): string {
  const tied: string[] = [];
  for (let before = index - 1; before >= 0; before -= 1) {
    const row = rows[before];
    if (row === undefined || compare(order.keyOf(row), key) !== 0) break;
    tied.push(rowDigest(idOf(row)));
  }
  return tied.join('');
}
