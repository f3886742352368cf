/**
 * Merges lists of a backend that are sorted alike into one connection, in exact order: by key, rows of equal keys in the
 * order of their lists, rows of one list as the backend has them. Every list is read once, with as many rows as could
 * be wanted of it, and again only when its rows are used up.
 *
 * A cursor holds its row, and for each list the page to go on with. What follows is told by the row's key: whatever has
 * come to stand before it meanwhile, in whichever list, is passed over. So each list keeps what `connection.ts` promises
 * of a single one, and a row that goes from one list to another and keeps its key comes once at most; of two states that
 * one reading meets, the newer counts.
 */
import type { Json } from '../../domain/json.ts';
import { connectionOf, type Connection, type ConnectionArguments } from '../connection.ts';
import {
  decodeMergedCursor,
  digestsOf,
  encodeMergedCursor,
  listDigest,
  maxSeen,
  rowDigest,
  type LanePlace,
  type MergedAnchor,
} from '../cursor.ts';
import { createLane, type Head, type Lane, type StatedOrder } from './lane.ts';
import { maxExtraPages, mergedPagesToRead, nothingFound, type List, type Scan } from './pages.ts';
import { anchorAt } from './place.ts';

export interface MergedList<Row> extends Pick<List<Row>, 'maxPageSize' | 'idOf'> {
  /** As `List.identity`. */
  readonly identity: Json;
  readonly order: StatedOrder<Row>;
  /** Two to `maxLanes` lists in this order, none of whose rows is in another at the same time. */
  readonly lanes: readonly List<Row>['read'][];
  /** Whether it is a later state of the same row. */
  isNewer(row: Row, than: Row): boolean;
}

/** A row that was taken, and where all lists stood then. */
interface Step<Row> extends Head<Row> {
  readonly lane: number;
  readonly places: readonly LanePlace[];
}

/**
 * As `readConnection`. Reads each list once at least.
 * @throws GatewayError also BACKEND_CONTRACT_MISMATCH where a list is not in its order
 */
export async function readMerged<Row>(
  list: MergedList<Row>,
  { first, after }: ConnectionArguments,
  scan: Scan<Row> | null = null,
): Promise<Connection<Row>> {
  const digest = listDigest(list.identity);
  const anchor = after === null ? null : decodeMergedCursor(digest, list.lanes.length, after);
  const { kept, end, more, examined, requests } = await collect(list, first, anchor, scan);
  const cursorAt = (step: Step<Row>, before: number) => () =>
    encodeMergedCursor(digest, anchorOf(list, kept.slice(0, before), step, anchor));
  const rows = kept.map((step, index) => ({ row: step.row, cursor: cursorAt(step, index) }));
  const report = { examined, requests, exhausted: !more };
  const scanned = scan && { report, end: end && cursorAt(end, kept.length) };
  return connectionOf({ rows, more, scanned }, after);
}

interface Read<Row> {
  readonly kept: readonly Step<Row>[];
  /** The last row looked at, as far as the result goes. */
  readonly end: Step<Row> | null;
  readonly more: boolean;
  /** Rows looked at up to `end`. */
  readonly examined: number;
  readonly requests: number;
}

async function collect<Row>(
  list: MergedList<Row>,
  first: number,
  anchor: MergedAnchor | null,
  scan: Scan<Row> | null,
): Promise<Read<Row>> {
  const { maxPageSize } = list;
  const lanes = list.lanes.map((read, lane) => createLane({ ...list, read, lane }, anchor));
  const indexes = anchor?.places.map(({ index }) => index) ?? list.lanes.map(() => -1);
  const allowed = scan?.maxRequests ?? mergedPagesToRead(first, indexes, maxPageSize) + maxExtraPages;
  const sieve = createSieve(list, scan);
  // Whether there are any cannot be told from rows that do not match.
  const wanted = scan === null ? first : Math.max(1, first);
  let requests = 0;
  let places: readonly LanePlace[] = [];
  for (;;) {
    const hungry = lanes.filter((lane) => lane.isHungry());
    const enough = requests > 0 && sieve.kept().length >= wanted;
    if (enough || requests + hungry.length > allowed) {
      if (!enough && sieve.isEmpty()) throw nothingFound(anchor === null);
      return {
        ...sieve.result(first, lanes),
        more: sieve.kept().length > first || lanes.some((lane) => lane.goesOn()),
        requests,
      };
    }
    if (hungry.length > 0) {
      requests += hungry.length;
      const rows = scan === null ? first - sieve.kept().length : maxPageSize;
      await Promise.all(hungry.map((lane) => lane.load(rows)));
      places = lanes.map((lane) => lane.place());
      continue;
    }
    const next = least(lanes, list.order);
    if (next === null || scan?.ends(next.head.row) === true) {
      return { ...sieve.result(first, lanes), more: sieve.kept().length > first, requests };
    }
    next.lane.pass();
    places = places.with(next.at, next.lane.place());
    const { page, index, row, key } = next.head;
    sieve.add({ page, index, row, key, lane: next.at, places });
  }
}

/** The first of the heads; where keys are equal, that of the first list. */
function least<Row>(lanes: readonly Lane<Row>[], { compare }: StatedOrder<Row>) {
  let found: { readonly lane: Lane<Row>; readonly at: number; readonly head: Head<Row> } | null = null;
  for (const [at, lane] of lanes.entries()) {
    const head = lane.head();
    if (head !== null && (found === null || compare(head.key, found.head.key) < 0))
      found = { lane, at, head };
  }
  return found;
}

/** Keeps of the rows that come those that are wanted, each once and as it was last. */
function createSieve<Row>({ idOf, isNewer }: MergedList<Row>, scan: Scan<Row> | null) {
  const kept: { readonly step: Step<Row>; readonly examined: number }[] = [];
  const known = new Map<string, Row>();
  let last: Step<Row> | null = null;
  return {
    kept: () => kept,
    isEmpty: () => last === null,
    add: (step: Step<Row>): void => {
      last = step;
      const id = idOf(step.row);
      const other = known.get(id);
      if (other !== undefined) {
        if (!isNewer(step.row, other)) return;
        const at = kept.findIndex(({ step: { row } }) => row === other);
        if (at >= 0) kept.splice(at, 1);
      }
      known.set(id, step.row);
      if (scan === null || scan.matches(step.row)) kept.push({ step, examined: known.size });
    },
    result: (first: number, lanes: readonly Lane<Row>[]) => {
      const steps = kept.slice(0, first).map(({ step }) => step);
      if (kept.length > first) {
        const end = kept[first - 1];
        return { kept: steps, end: end?.step ?? null, examined: end?.examined ?? 0 };
      }
      // What was read since the last row was taken need not be read again.
      const end = last && { ...last, places: lanes.map((lane) => lane.place()) };
      const whole = steps.map((step) => (step === last && end !== null ? end : step));
      return { kept: whole, end, examined: known.size };
    },
  };
}

/** @param before the rows of the result that came before it */
function anchorOf<Row>(
  list: MergedList<Row>,
  before: readonly Step<Row>[],
  step: Step<Row>,
  resumed: MergedAnchor | null,
): MergedAnchor {
  const { compare } = list.order;
  const { id, key, tied } = anchorAt(list, step);
  const near = before.slice(-maxSeen);
  const apart = near.findLastIndex((other) => compare(other.key, key) !== 0);
  const seen = near
    .slice(apart + 1)
    .map(({ row }) => rowDigest(list.idOf(row)))
    .toReversed();
  if (apart < 0 && resumed !== null && compare(resumed.key, key) === 0) {
    seen.push(rowDigest(resumed.id), ...digestsOf(resumed.tied), ...digestsOf(resumed.seen));
  }
  const { lane, places } = step;
  return { places, lane, id, key, tied, seen: [...new Set(seen)].slice(0, maxSeen).join('') };
}
