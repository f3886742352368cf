/** Where a row stands in an order: by key, rows of one key by id. */
export interface Place {
  readonly key: number | string;
  readonly id: string;
}

export interface PageQuery<T> {
  /** Rows behind this place, whether or not a row still stands there; null: from the beginning. */
  readonly after: Place | null;
  readonly descending: boolean;
  readonly size: number;
  readonly matches?: (row: T) => boolean;
}

export interface SortedPage<T> {
  readonly rows: readonly T[];
  /** Of the last row; null on an empty page. */
  readonly last: Place | null;
  readonly hasMore: boolean;
}

/**
 * Rows in one order, kept sorted while rows come and go, so that a page costs a binary search
 * and not a sort. Pages go by place, not by offset: what is inserted or deleted elsewhere moves nothing.
 */
export interface SortedIndex<T> {
  readonly size: number;
  /** Replaces everything. */
  load(rows: readonly T[]): void;
  insert(row: T): void;
  /** The row must be as it was when it was inserted. */
  remove(row: T): void;
  /** As `remove` and `insert`, and cheaper where the place stays the same. */
  replace(row: T, by: T): void;
  page(query: PageQuery<T>): SortedPage<T>;
}

function compare(keyA: number | string, idA: string, keyB: number | string, idB: string): number {
  if (keyA !== keyB) return keyA < keyB ? -1 : 1;
  if (idA === idB) return 0;
  return idA < idB ? -1 : 1;
}

/** How an order reads the place of a row. */
interface Placed<T> {
  readonly keyOf: (row: T) => number | string;
  readonly idOf: (row: T) => string;
}

/** How many of the sorted rows stand before the place; with `through`, a row at the place counts too. */
function rankIn<T>(
  rows: readonly T[],
  { keyOf, idOf }: Placed<T>,
  { key, id }: Place,
  through: boolean,
): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row === undefined) break;
    const order = compare(keyOf(row), idOf(row), key, id);
    if (order < 0 || (through && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function createSortedIndex<T>(placed: Placed<T>): SortedIndex<T> {
  const { keyOf, idOf } = placed;
  let rows: T[] = [];

  const placeOf = (row: T): Place => ({ key: keyOf(row), id: idOf(row) });
  const rank = (place: Place, through = false): number => rankIn(rows, placed, place, through);
  const insert = (row: T): void => {
    rows.splice(rank(placeOf(row)), 0, row);
  };
  const remove = (row: T): void => {
    const at = rank(placeOf(row));
    if (rows[at] === row) rows.splice(at, 1);
  };
  const pageOf = (found: readonly T[], hasMore: boolean): SortedPage<T> => {
    const last = found.at(-1);
    return { rows: found, hasMore, last: last === undefined ? null : placeOf(last) };
  };

  return {
    get size() {
      return rows.length;
    },
    load: (all) => {
      rows = all.toSorted((a, b) => compare(keyOf(a), idOf(a), keyOf(b), idOf(b)));
    },
    insert,
    remove,
    replace: (row, by) => {
      const at = rank(placeOf(row));
      if (keyOf(row) === keyOf(by) && idOf(row) === idOf(by) && rows[at] === row) rows[at] = by;
      else {
        remove(row);
        insert(by);
      }
    },
    page: ({ after, descending, size, matches }) => {
      const found: T[] = [];
      const step = descending ? -1 : 1;
      let at = descending ? rows.length - 1 : 0;
      if (after) at = descending ? rank(after) - 1 : rank(after, true);
      for (; at >= 0 && at < rows.length; at += step) {
        const row = rows[at];
        if (row === undefined || (matches && !matches(row))) continue;
        if (found.length === size) return pageOf(found, true);
        found.push(row);
      }
      return pageOf(found, false);
    },
  };
}
