import type { Page, PageRequest } from '../../../../src/domain/page.ts';
import type { Direction } from '../../../../src/domain/ticket.ts';
import type { MergedList } from '../../../../src/graphql/lists/merged.ts';
import { byAt, type Row } from '../paged-source.ts';

/** A row of one of several lists. */
export interface LanedRow extends Row {
  readonly lane: number;
  readonly version: number;
}

export interface LanedSource {
  rows: LanedRow[];
  /** Rows made since, for their names. */
  created: number;
  /** Pages read so far, with the list that each is of. */
  readonly requests: (PageRequest & { readonly lane: number })[];
  /** Called before a page is answered: what happens between the pages of one reading. */
  before: (lane: number) => void;
  list(maxPageSize?: number): MergedList<LanedRow>;
}

/** REST lists of one kind, told apart by a filter, with cursors of the keyset kind. @param cap rows a page has at most */
export function createLanedSource(
  rows: readonly LanedRow[],
  lanes: number,
  direction: Direction,
  cap = Infinity,
): LanedSource {
  const sign = direction === 'ASC' ? 1 : -1;
  const compare = (left: Row, right: Row): number =>
    sign * (left.at - right.at || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  const source: LanedSource = {
    rows: [...rows],
    created: 0,
    requests: [],
    before: () => undefined,
    list: (maxPageSize = 100) => ({
      identity: ['rows', direction, lanes],
      maxPageSize,
      order: { ...byAt(direction), compare: ([one], [other]) => sign * (Number(one) - Number(other)) },
      idOf: ({ id }) => id,
      isNewer: (row, than) => row.version > than.version,
      lanes: Array.from({ length: lanes }, (_, lane) => async (request: PageRequest) => {
        source.requests.push({ ...request, lane });
        await Promise.resolve();
        source.before(lane);
        return read(lane, request);
      }),
    }),
  };
  function read(lane: number, { cursor, size }: PageRequest): Page<LanedRow> {
    const [at = '', id = ''] = cursor?.split(':') ?? [];
    const rest = source.rows
      .filter((row) => row.lane === lane && (cursor === null || compare(row, { at: Number(at), id }) > 0))
      .toSorted(compare);
    const items = rest.slice(0, Math.min(size, cap));
    const last = items.at(-1);
    return { items, nextCursor: last && items.length < rest.length ? `${last.at}:${last.id}` : null };
  }
  return source;
}
