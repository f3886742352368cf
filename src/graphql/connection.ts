/**
 * Turns a backend's pages into a connection that resumes after any of its rows (Relay's cursor connections
 * specification, forward only). Lists that are read side by side: `lists/merged.ts`.
 *
 * A row's cursor names the page it stood in; that of a page's last row names the next page, so walking N full pages
 * costs N requests. Resuming reads the named page and looks for the place after the anchor (`lists/place.ts`):
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
import { decodeCursor, encodeCursor, listDigest, type Anchor } from './cursor.ts';
import { createGrower, type Growing } from './lists/growing.ts';
import {
  guardedReader,
  maxExtraPages,
  nothingFound,
  pagesToRead,
  resumed,
  type List,
  type Reader,
  type ReadPage,
  type Scan,
  type ScanReport,
  type Taken,
} from './lists/pages.ts';
import { anchorAt, locate } from './lists/place.ts';

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
    /** Of a scan: where the next one goes on, be it after a row that did not match. */
    readonly endCursor: string | null;
  };
  /** null: it was not a scan. */
  readonly scan: ScanReport | null;
}

/** What was read for a connection. Cursors are made when selected: most clients want two of them, or none. */
export interface Collected<Row> {
  readonly rows: readonly { readonly row: Row; readonly cursor: () => string }[];
  /** Whether rows may follow. */
  readonly more: boolean;
  readonly scanned: { readonly report: ScanReport; readonly end: (() => string) | null } | null;
}

/** A connection whose first rows are there while others are still being read. */
export interface GrowingConnection<Row> {
  readonly edges: Growing<Connection<Row>['edges'][number]>;
  /** As it is in the end. */
  readonly whole: Promise<Connection<Row>>;
}

/** A class, for a page has hundreds: objects that each bring a getter of their own take twice as long. */
class Edge<Row> {
  readonly node: Row;
  readonly #cursor: () => string;

  constructor(node: Row, cursor: () => string) {
    this.node = node;
    this.#cursor = cursor;
  }

  get cursor(): string {
    return this.#cursor();
  }
}

export function connectionOf<Row>(
  { rows, more, scanned }: Collected<Row>,
  after: string | null,
): Connection<Row> {
  const edges = rows.map(({ row, cursor }) => new Edge(row, cursor));
  return {
    edges,
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: after !== null,
      get startCursor() {
        return edges.at(0)?.cursor ?? null;
      },
      get endCursor() {
        return (scanned === null ? edges.at(-1)?.cursor : scanned.end?.()) ?? null;
      },
    },
    scan: scanned?.report ?? null,
  };
}

/**
 * Lets a connection be seen as it grows; resolves once its first rows are there, or all of it.
 * @param read reads it, and tells of all rows so far after each page
 * @throws what `read` rejects with before there is a row
 */
export async function growing<Row>(
  read: (onEdges: (edges: Connection<Row>['edges']) => void) => Promise<Connection<Row>>,
): Promise<GrowingConnection<Row>> {
  const grower = createGrower<Connection<Row>['edges'][number]>();
  const whole = read(grower.grow);
  const done = whole.then(
    ({ edges }) => grower.end(edges),
    (reason: unknown) => grower.fail(reason instanceof Error ? reason : new Error(String(reason))),
  );
  await Promise.race([grower.begun, done, whole]);
  return { edges: grower.list, whole };
}

/**
 * Reads as many pages as `first` needs, usually `first / maxPageSize` rounded up.
 * `hasNextPage` is the backend's word: true while it names a next page, even if that one turns out empty.
 * @param scan keeps only the rows that it wants, and bounds the pages
 * @param onEdges told of all rows so far when a page brought some, as soon as it is certain that they stay
 * @throws GatewayError CURSOR_INVALID, CURSOR_MISMATCH, or what the backend's read rejects with
 */
export async function readConnection<Row>(
  list: List<Row>,
  { first, after }: ConnectionArguments,
  scan: Scan<Row> | null = null,
  onEdges: ((edges: Connection<Row>['edges']) => void) | null = null,
): Promise<Connection<Row>> {
  const digest = listDigest(list.identity);
  const anchor = after === null ? null : decodeCursor(digest, after);
  const cursorAt = (place: Taken<Row>, resumeAt: string | null) => () =>
    encodeCursor(digest, anchorAt(list, place, resumeAt));
  const onRows =
    onEdges &&
    ((taken: readonly Taken<Row>[]): void =>
      onEdges(taken.map((place) => new Edge(place.row, cursorAt(place, null)))));
  const read = await collect(list, first, anchor, scan, onRows);
  const rows = read.taken.map((place, position) => ({
    row: place.row,
    cursor: cursorAt(place, scan === null && position === read.taken.length - 1 ? read.next : null),
  }));
  const { end, examined, more } = read;
  const report = { examined, requests: read.requests, exhausted: !more };
  const scanned = scan && { report, end: end && cursorAt(end, read.next) };
  return connectionOf({ rows, more, scanned }, after);
}

interface Read<Row> {
  readonly taken: readonly Taken<Row>[];
  readonly more: boolean;
  /** Where reading stopped for want of rows although pages follow; the last row's cursor goes on from there. */
  readonly next: string | null;
  /** The last row looked at, as far as the result goes. */
  readonly end: Taken<Row> | null;
  /** Rows looked at up to `end`. */
  readonly examined: number;
  readonly requests: number;
}

async function collect<Row>(
  list: List<Row>,
  first: number,
  anchor: Anchor | null,
  scan: Scan<Row> | null,
  onRows: ((taken: readonly Taken<Row>[]) => void) | null,
): Promise<Read<Row>> {
  const read = guardedReader(list);
  const allowed =
    scan?.maxRequests ?? pagesToRead(first, anchor?.index ?? -1, list.maxPageSize) + maxExtraPages;
  const sieve = createSieve(first, scan);
  let settled = anchor === null;
  let page = await readFirst(list, read, first, anchor, scan);
  for (let requests = 1; ; requests += 1) {
    let start = 0;
    if (anchor !== null && !settled) {
      const place = locate(anchor, page.rows, list);
      if (place.restarts) sieve.restart();
      ({ start, settled } = place);
    }
    const ended = sieve.add(page, start);
    if (settled && onRows !== null && sieve.hasTaken()) onRows(sieve.taken());
    const { nextCursor } = page;
    if (ended || nextCursor === null) return sieve.result(page, requests, false);
    if (settled && sieve.enough()) return sieve.result(page, requests, true);
    if (requests >= allowed) {
      if (sieve.isEmpty()) throw nothingFound(settled);
      return sieve.result(page, requests, true);
    }
    page = await read(nextCursor, settled && scan === null ? sieve.missing() : list.maxPageSize);
  }
}

async function readFirst<Row>(
  list: List<Row>,
  read: Reader<Row>,
  first: number,
  anchor: Anchor | null,
  scan: Scan<Row> | null,
): Promise<ReadPage<Row>> {
  if (anchor === null) return read(null, scan === null ? first : list.maxPageSize);
  // Where only its id can find the anchor, the largest page finds it most often, at the same price.
  const byIdAlone = anchor.index >= 0 && list.order.compare === null;
  const largest = byIdAlone || scan !== null;
  return resumed(read(anchor.page, largest ? list.maxPageSize : first + anchor.index + 1));
}

/** Keeps of the rows that are read those that are wanted, and remembers how far they were looked at. */
function createSieve<Row>(first: number, scan: Scan<Row> | null) {
  let kept: { readonly place: Taken<Row>; readonly examined: number }[] = [];
  let last: Taken<Row> | null = null;
  let examined = 0;
  const takenSoFar = () => kept.slice(0, first).map(({ place }) => place);
  return {
    restart: () => {
      kept = [];
      last = null;
      examined = 0;
    },
    /** Whether the scan ends here. */
    add: (page: ReadPage<Row>, start: number): boolean => {
      for (const [index, row] of page.rows.entries()) {
        if (index < start) continue;
        if (scan?.ends(row) === true) return true;
        last = { page, index, row };
        examined += 1;
        if (scan === null || scan.matches(row)) kept.push({ place: last, examined });
      }
      return false;
    },
    // Whether there are any cannot be told from rows that do not match.
    enough: () => kept.length >= (scan === null ? first : Math.max(1, first)),
    missing: () => first - kept.length,
    taken: takenSoFar,
    hasTaken: () => Math.min(kept.length, first) > 0,
    isEmpty: () => last === null,
    /** @param follows whether pages follow the last one that was read */
    result: (page: ReadPage<Row>, requests: number, follows: boolean): Read<Row> => {
      const taken = takenSoFar();
      if (kept.length > first) {
        const end = kept[first - 1];
        return {
          taken,
          more: true,
          next: null,
          end: end?.place ?? null,
          examined: end?.examined ?? 0,
          requests,
        };
      }
      const next = follows && last !== null && last.page !== page ? page.nextCursor : null;
      return { taken, more: follows, next, end: last, examined, requests };
    },
  };
}
