import type { List, RowOrder } from '../../../src/graphql/lists/pages.ts';
import type { Page, PageRequest } from '../../../src/domain/page.ts';
import type { Direction } from '../../../src/domain/ticket.ts';

export interface Row {
  readonly id: string;
  readonly at: number;
}

/** A REST list with cursors of the keyset kind: they hold the last row's sort value and id, and outlive the row. */
export interface PagedSource {
  rows: Row[];
  /** Pages read so far. */
  readonly requests: PageRequest[];
  list(order: RowOrder<Row>, maxPageSize?: number): List<Row>;
}

/** @param cap rows the backend sends at most, whatever it is asked for */
export function createPagedSource(rows: readonly Row[], direction: Direction, cap = Infinity): PagedSource {
  const requests: PageRequest[] = [];
  const sign = direction === 'ASC' ? 1 : -1;
  const compare = (left: Row, right: Row): number =>
    sign * (left.at - right.at || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  const source = {
    rows: [...rows],
    requests,
    list: (order: RowOrder<Row>, maxPageSize = 100): List<Row> => ({
      identity: ['rows', direction],
      maxPageSize,
      order,
      idOf: ({ id }) => id,
      read: async (request) => {
        requests.push(request);
        return read(request);
      },
    }),
  };
  function read({ cursor, size }: PageRequest): Page<Row> {
    const boundary = cursor === null ? null : parse(cursor);
    const rest = source.rows
      .toSorted(compare)
      .filter((row) => boundary === null || compare(row, boundary) > 0);
    const items = rest.slice(0, Math.min(size, cap));
    const last = items.at(-1);
    return { items, nextCursor: last && items.length < rest.length ? `${last.at}:${last.id}` : null };
  }
  return source;
}

function parse(cursor: string): Row {
  const [at = '', id = ''] = cursor.split(':');
  return { at: Number(at), id };
}

export const byAt = (direction: Direction): RowOrder<Row> => ({
  keyOf: ({ at }) => [at],
  compare: ([left], [right]) => (Number(left) - Number(right)) * (direction === 'ASC' ? 1 : -1),
});

/** An order of which only the backend knows what comes before what. */
export const byRank: RowOrder<Row> = { keyOf: ({ at }) => [String(at)], compare: null };
