/** One of several lists that are read side by side: its pages, what of them is still to come, and the place it is at. */
import { GatewayError } from '../../domain/errors.ts';
import { isTied, type LanePlace, type MergedAnchor, type SortKey } from '../cursor.ts';
import { guardedReader, resumed, type List, type ReadPage, type RowOrder, type Taken } from './pages.ts';
import { locate } from './place.ts';

/** An order by which rows of different lists can be told apart. */
export interface StatedOrder<Row> extends RowOrder<Row> {
  readonly compare: NonNullable<RowOrder<Row>['compare']>;
}

export const isStated = <Row>(order: RowOrder<Row>): order is StatedOrder<Row> => order.compare !== null;

export interface LaneSource<Row> extends Pick<List<Row>, 'read' | 'maxPageSize' | 'idOf'> {
  readonly order: StatedOrder<Row>;
  /** Its number among the lists; rows of equal keys come in the order of their lists. */
  readonly lane: number;
}

/** Rows that may have come to stand before the anchor since: to ask for some more costs less than to ask again. */
const spareRows = 10;

/** A row that may come next, with its key. */
export interface Head<Row> extends Taken<Row> {
  readonly key: SortKey;
}

export interface Lane<Row> {
  /** Whether a page must be read before its next row is known. */
  isHungry(): boolean;
  /**
   * Reads one page.
   * @param wanted rows that may be of use
   */
  load(wanted: number): Promise<void>;
  /** null: nothing follows, or it is hungry. */
  head(): Head<Row> | null;
  /** Goes past the head. */
  pass(): void;
  /** Whether anything may follow. */
  goesOn(): boolean;
  /** Right before its head. */
  place(): LanePlace;
}

/** @param anchor where reading goes on; null: from the beginning */
export function createLane<Row>(source: LaneSource<Row>, anchor: MergedAnchor | null): Lane<Row> {
  const { lane, order, maxPageSize } = source;
  const read = guardedReader(source);
  const begun = anchor?.places[lane] ?? { page: null, index: -1 };
  /** The row that the cursor is of stood in this list. */
  const own = anchor !== null && anchor.lane === lane ? { ...anchor, ...begun } : null;
  let settled = own === null;
  let queue: Head<Row>[] = [];
  let passed = 0;
  let last: ReadPage<Row> | null = null;

  const take = (page: ReadPage<Row>): void => {
    const keys = page.rows.map((row) => order.keyOf(row));
    checkOrder(keys, order);
    let start = 0;
    if (own !== null && !settled) {
      const found = locate(own, page.rows, source);
      if (found.restarts) queue = [];
      ({ start, settled } = found);
    }
    for (const [index, row] of page.rows.entries()) {
      const key = keys[index] ?? [];
      if (index >= start && !isBehind(source, anchor, row, key)) queue.push({ page, index, row, key });
    }
    last = page;
  };

  const follows = (): boolean => last === null || last.nextCursor !== null;
  const head = (): Head<Row> | null => (settled || !follows() ? (queue[passed] ?? null) : null);

  return {
    isHungry: () => head() === null && follows(),
    load: async (wanted) => {
      if (last === null) {
        take(
          await (anchor === null
            ? read(null, wanted)
            : resumed(read(begun.page, begun.index + 1 + wanted + spareRows))),
        );
        return;
      }
      if (passed === queue.length) [queue, passed] = [[], 0];
      take(await read(last.nextCursor, settled ? wanted : maxPageSize));
    },
    head,
    pass: () => {
      passed += 1;
    },
    goesOn: () => queue.length > passed || follows(),
    place: () => {
      const next = queue[passed];
      if (next !== undefined) return { page: next.page.cursor, index: next.index - 1 };
      if (last === null) return begun;
      if (last.nextCursor !== null) return { page: last.nextCursor, index: -1 };
      return { page: last.cursor, index: last.rows.length - 1 };
    },
  };
}

/** Whether a row comes before the anchor, or came with it. Rows that moved here are known by their names. */
function isBehind<Row>(
  { lane, order, idOf }: LaneSource<Row>,
  anchor: MergedAnchor | null,
  row: Row,
  key: SortKey,
): boolean {
  if (anchor === null) return false;
  const compared = order.compare(key, anchor.key);
  if (compared !== 0) return compared < 0;
  if (lane < anchor.lane || isTied(anchor.seen, idOf(row))) return true;
  return lane > anchor.lane && (idOf(row) === anchor.id || isTied(anchor.tied, idOf(row)));
}

/** Lists that are not in order cannot be merged in order: a page says whether its backend keeps to it. */
function checkOrder<Row>(keys: readonly SortKey[], { compare }: StatedOrder<Row>): void {
  let before: SortKey | null = null;
  for (const key of keys) {
    const sound = key.every((part) => typeof part === 'number');
    if (!sound || (before !== null && compare(before, key) > 0)) throw disordered();
    before = key;
  }
}

const disordered = (): GatewayError =>
  new GatewayError(
    'BACKEND_CONTRACT_MISMATCH',
    'The backend’s list is not in the order that was asked for.',
    {
      details: { attribute: 'order' },
    },
  );
