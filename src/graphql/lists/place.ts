/** Where a cursor's row stands in a list that has changed since, and what a cursor must hold to tell. */
import { isTied, rowDigest, type Anchor, type SortKey } from '../cursor.ts';
import type { List, Taken } from './pages.ts';

const equalKeys = (left: SortKey, right: SortKey): boolean =>
  left.length === right.length && left.every((part, index) => part === right[index]);

export interface Place {
  /** The index from which rows follow the anchor, or may. */
  readonly start: number;
  /** Whether that is certain; if not, the next page may hold rows that the anchor follows. */
  readonly settled: boolean;
  /** Whether this page holds a row that comes no later than the anchor: none on pages before it can follow. */
  readonly restarts: boolean;
}

type Ordered<Row> = Pick<List<Row>, 'order' | 'idOf'>;

/** Looks for the place after the anchor in a page. */
export function locate<Row>(anchor: Anchor, rows: readonly Row[], { order, idOf }: Ordered<Row>): Place {
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
export function anchorAt<Row>(
  list: Ordered<Row>,
  { page, index, row }: Taken<Row>,
  resumeAt: string | null = null,
): Anchor {
  const { order, idOf } = list;
  const next = resumeAt ?? (index === page.rows.length - 1 ? page.nextCursor : null);
  const key = order.keyOf(row);
  const tied = order.compare === null ? '' : tiedBefore(list, page.rows, index, order.compare, key);
  return { page: next ?? page.cursor, index: next === null ? index : -1, id: idOf(row), key, tied };
}

function tiedBefore<Row>(
  { order, idOf }: Ordered<Row>,
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
