/** Reading a list page by page: what a list is, how many pages its rows take, and what to do with a backend that goes astray. */
import { GatewayError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import { cursorInvalid, type SortKey } from '../cursor.ts';

/** Pages read beyond those that full pages would need: for anchors pushed on, and for pages that come short. */
export const maxExtraPages = 10;

/**
 * Pages that are read where pages are full and the anchor is where it was.
 * @param anchorIndex `Anchor.index`; -1 where there is no anchor
 */
export const pagesToRead = (first: number, anchorIndex: number, maxPageSize: number): number =>
  // Cursors are not signed: an index that no page has must not buy more pages.
  Math.max(1, Math.ceil((first + Math.min(anchorIndex + 1, maxPageSize)) / maxPageSize));

/**
 * The same for lists that are read side by side: each is read once, and again whenever its rows are used up while more
 * are wanted. The dearest case is the one in which those are used up first that need the fewest rows for it.
 * @param indexes for each list how far it was used up, as `pagesToRead` takes it
 */
export function mergedPagesToRead(first: number, indexes: readonly number[], maxPageSize: number): number {
  const left = indexes.map((index) => maxPageSize - Math.min(index + 1, maxPageSize));
  let rows = first - 1;
  let pages = indexes.length;
  for (const needed of left.toSorted((one, other) => one - other)) {
    if (rows < needed) return pages;
    rows -= needed;
    pages += 1;
  }
  return pages + Math.floor(rows / maxPageSize);
}

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

/** Reads a list for rows that the backend cannot find itself. */
export interface Scan<Row> {
  /** Pages read at most, whatever happens; at least as many as lists that are read side by side. */
  readonly maxRequests: number;
  matches(row: Row): boolean;
  /** Whether the order tells that neither this row nor any after it matches. */
  ends(row: Row): boolean;
}

/** What a scan did. */
export interface ScanReport {
  /** Rows looked at, up to where the next scan goes on. */
  readonly examined: number;
  readonly requests: number;
  /** Whether nothing is left to look at. */
  readonly exhausted: boolean;
}

/** A page with the cursor it was read by. */
export interface ReadPage<Row> {
  readonly cursor: string | null;
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/** A row and where it was read. */
export interface Taken<Row> {
  readonly page: ReadPage<Row>;
  readonly index: number;
  readonly row: Row;
}

export type Reader<Row> = (cursor: string | null, size: number) => Promise<ReadPage<Row>>;

/** Reads pages of sizes that the backend takes, and refuses to go round in circles where its cursors do. */
export function guardedReader<Row>({
  read,
  maxPageSize,
}: Pick<List<Row>, 'read' | 'maxPageSize'>): Reader<Row> {
  const seen = new Set<string>();
  return async (cursor, size) => {
    if (cursor !== null) seen.add(cursor);
    const { items, nextCursor } = await read({ cursor, size: Math.max(1, Math.min(size, maxPageSize)) });
    if (nextCursor !== null && seen.has(nextCursor)) {
      throw brokenPaging('The backend’s list leads back to a page that was read already.');
    }
    return { cursor, rows: items, nextCursor };
  };
}

/** Reads the page that a client's cursor names: if the backend refuses it, the fault is the argument's. */
export async function resumed<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    const refused = error instanceof GatewayError && error.code === 'CURSOR_INVALID';
    if (!refused || error.fields.length > 0) throw error;
    throw cursorInvalid('The backend does not accept this cursor any more. Start from the first page.');
  }
}

export const brokenPaging = (message: string): GatewayError =>
  new GatewayError('BACKEND_CONTRACT_MISMATCH', message, { details: { attribute: 'nextCursor' } });

/**
 * The bound on pages was reached before any row was found.
 * @param settled whether the place after the cursor was found
 */
export const nothingFound = (settled: boolean): GatewayError =>
  settled
    ? brokenPaging('The backend’s list goes on and on without a row.')
    : cursorInvalid(
        'So many rows have come in before this cursor that its place was not found. Start from the first page.',
      );
