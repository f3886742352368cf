import { LRUCache } from 'lru-cache';
import type { EventRecord, TicketEventFilter } from '../../domain/event.ts';
import type { EventMessage } from './feed.ts';
import { createMatcher, type Matcher } from './filter.ts';

/** A filter at work. */
export interface Judge {
  readonly matcher: Matcher;
  /**
   * What a subscriber at the live end is told of a record; null: nothing. Asked again about the record it was asked
   * about last, it gives the same answer and does no work: readers of one filter are served one after the other.
   */
  readonly live: (record: EventRecord) => EventMessage | null;
}

/** Characters of filters that are remembered at most. */
const maxKeys = 1_000_000;

/** Filters that read the same share a judge. */
export function createJudges(): (filter: TicketEventFilter) => Judge {
  const judges = new LRUCache<string, Judge>({
    maxSize: maxKeys,
    sizeCalculation: (_judge, key) => key.length,
  });
  return (filter) => {
    const key = JSON.stringify(filter);
    const known = judges.get(key);
    if (known !== undefined) return known;
    const judge = createJudge(createMatcher(filter));
    judges.set(key, judge);
    return judge;
  };
}

export function createJudge(matcher: Matcher): Judge {
  let last: EventRecord | null = null;
  let message: EventMessage | null = null;
  return {
    matcher,
    live: (record) => {
      if (record !== last) {
        message = messageOf(record, matcher, false);
        last = record;
      }
      return message;
    },
  };
}

/** null: the record is not for this filter. */
export function messageOf(record: EventRecord, matcher: Matcher, replayed: boolean): EventMessage | null {
  const { deliver, matchesFilter } = matcher(record);
  return deliver ? { kind: 'EVENT', cursor: record.cursor, record, matchesFilter, replayed } : null;
}
