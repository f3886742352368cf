import type { FeedEvent, FeedMessage } from './feed-message.ts';

/** What one subscriber was told, against what it should have been told. */
export interface Verdict {
  /** Broken promises, in words; none: all were kept. */
  readonly faults: readonly string[];
  /** Gaps that it was told of. */
  readonly gaps: number;
  /** Updates that it was not told of because it was slow and was told of a later one of the same ticket. */
  readonly coalesced: number;
  /** Whether it has been told of the last event that it should hear of. */
  readonly complete: boolean;
}

/** The log, as far as a verdict needs it. */
export interface Reference {
  /** Where a cursor stands: 0 before the first event, n right after the n-th; undefined: nowhere. */
  readonly placeOf: (cursor: string) => number | undefined;
}

/** @param cursors of the whole log, in its order @param origin the cursor before the first */
export function createReference(origin: string, cursors: readonly string[]): Reference {
  const places = new Map([[origin, 0], ...cursors.map((cursor, index) => [cursor, index + 1] as const)]);
  return { placeOf: (cursor) => places.get(cursor) };
}

type Expected = Pick<FeedEvent, 'type' | 'ticketId' | 'stale' | 'matchesFilter'>;

/** The events that are for one subscriber. */
export interface Expectation {
  has(place: number): boolean;
  /** Those between two places, neither included. */
  between(after: number, before: number): readonly number[];
  /** Whether a later event that was told says all that the one at `place` would have said. */
  isSuperseded(place: number, told: ReadonlySet<number>): boolean;
  /** The place of the last; 0: there is none. */
  readonly last: number;
}

/** @param events by place, in ascending order */
export function createExpectation(events: ReadonlyMap<number, Expected>): Expectation {
  const places = [...events.keys()];
  const indexAfter = (place: number): number => {
    let [from, to] = [0, places.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((places[middle] ?? 0) > place) to = middle;
      else from = middle + 1;
    }
    return from;
  };
  const isSuperseded = (place: number, told: ReadonlySet<number>): boolean => {
    const event = events.get(place);
    if (event === undefined || event.type !== 'TICKET_UPDATED' || event.stale) return false;
    for (const later of places.slice(indexAfter(place))) {
      const { ticketId, type, stale, matchesFilter } = events.get(later) ?? event;
      if (ticketId !== event.ticketId || stale) continue;
      const keepsApart = type === 'TICKET_CREATED' || type === 'TICKET_DELETED';
      if (keepsApart || matchesFilter !== event.matchesFilter) return false;
      if (type === 'TICKET_UPDATED' && told.has(later)) return true;
    }
    return false;
  };
  return {
    has: (place) => events.has(place),
    between: (after, before) => places.slice(indexAfter(after), indexAfter(before - 1)),
    isSuperseded,
    last: places.at(-1) ?? 0,
  };
}

/**
 * Holds a subscriber's messages against the log: nothing twice, nothing out of order, and nothing of what is for it left
 * out, unless a gap says so.
 */
export function judge(
  messages: readonly FeedMessage[],
  reference: Reference,
  expected: Expectation,
): Verdict {
  const faults: string[] = [];
  const missing: { readonly place: number; readonly where: string }[] = [];
  const told = new Set<number>();
  let gaps = 0;
  /** Everything up to here was told, or a gap said that it was not; null: not begun. */
  let at: number | null = null;
  /** It begins elsewhere than it was left: what follows has to be a gap. */
  let mustGap = false;

  for (const [index, message] of messages.entries()) {
    const place = reference.placeOf(message.cursor);
    const where = `message ${index} (${message.__typename})`;
    if (place === undefined) {
      faults.push(`${where}: its cursor is nowhere in the log`);
      continue;
    }
    if (mustGap && message.__typename !== 'StreamGap') faults.push(`${where}: no gap after a break`);
    mustGap = false;
    const left: number = at ?? place;
    if (message.__typename === 'StreamReady') {
      if (at === null) at = place;
      else if (!message.resumed) mustGap = true;
      else if (place < left || expected.between(left, place + 1).length > 0) {
        faults.push(`${where}: it goes on at ${place}, and was left at ${left}`);
      }
    } else if (at === null) {
      faults.push(`${where}: before StreamReady`);
    } else if (message.__typename === 'StreamGap') {
      gaps += 1;
      if (place < left) faults.push(`${where}: it goes on at ${place}, and was left at ${left}`);
      at = Math.max(left, place);
    } else {
      if (place <= left) faults.push(`${where}: ${place} after ${left}, twice or out of order`);
      if (!expected.has(place)) faults.push(`${where}: ${place} is not for this subscriber`);
      for (const between of expected.between(left, place)) missing.push({ place: between, where });
      told.add(place);
      at = Math.max(left, place);
    }
  }
  const lost = missing.filter(({ place }) => !expected.isSuperseded(place, told));
  faults.push(...lost.map(({ place, where }) => `${where}: ${place} is missing before it`));
  const coalesced = missing.length - lost.length;
  return { faults, gaps, coalesced, complete: at !== null && at >= expected.last };
}
