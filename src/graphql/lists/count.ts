/** Counts what lists hold, which no backend tells: by reading them, up to a bound. */
import type { List, Scan } from './pages.ts';
import { guardedReader } from './pages.ts';

/** A number of rows. */
export interface BoundedCount {
  readonly value: number;
  /** false: there are that many at least. */
  readonly exact: boolean;
}

export interface Countable<Row> extends Pick<List<Row>, 'maxPageSize' | 'idOf'> {
  /** One or more; a row that is met in two of them counts once. */
  readonly lanes: readonly List<Row>['read'][];
  readonly scan: Pick<Scan<Row>, 'matches' | 'ends'> | null;
}

/** Requests that a count takes at most: each list is read once, and full pages until the bound is reached. */
export const countRequests = (max: number, lanes: number, maxPageSize: number): number =>
  lanes - 1 + Math.max(1, Math.ceil(max / maxPageSize));

/**
 * @param max 1 or more; counting stops there
 * @param mayAsk asked before each request; false: stop, and say what was counted
 * @returns null where not a single request was allowed
 */
export async function countRows<Row>(
  { lanes, scan, idOf, maxPageSize }: Countable<Row>,
  max: number,
  mayAsk: () => boolean,
): Promise<BoundedCount | null> {
  const ids = new Set<string>();
  const allowed = countRequests(max, lanes.length, maxPageSize);
  let requests = 0;
  for (const list of lanes) {
    const read = guardedReader({ read: list, maxPageSize });
    let cursor: string | null = null;
    do {
      if (requests >= allowed || ids.size > max) return atLeast(ids.size, max);
      if (!mayAsk()) return requests === 0 ? null : atLeast(ids.size, max);
      requests += 1;
      const page = await read(cursor, scan === null ? max + 1 - ids.size : maxPageSize);
      const end = scan === null ? -1 : page.rows.findIndex((row) => scan.ends(row));
      for (const row of end < 0 ? page.rows : page.rows.slice(0, end)) {
        if (scan === null || scan.matches(row)) ids.add(idOf(row));
      }
      cursor = end < 0 ? page.nextCursor : null;
    } while (cursor !== null);
  }
  return ids.size > max ? atLeast(ids.size, max) : { value: ids.size, exact: true };
}

const atLeast = (value: number, max: number): BoundedCount => ({ value: Math.min(value, max), exact: false });
