import { GatewayError } from '../../../src/domain/errors.ts';
import type { EventRecord, TicketEvent } from '../../../src/domain/event.ts';
import { decodeCursor, encodeCursor, recordDigest } from '../../../src/events/log/cursor.ts';
import { createListeners } from '../../../src/events/log/listeners.ts';
import type { EventLog, LogEntry } from '../../../src/events/log/log.ts';
import { makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { ws } from './feed-harness.ts';

const outOfReach = () => new GatewayError('EVENT_LOG_UNAVAILABLE', 'The event log is out of reach.');

/** The log of one workspace with everything that can befall a log on another machine. */
export function createFlakyLog() {
  const listeners = createListeners();
  let epoch = 'first';
  /** What was trimmed away: where it ended, and its last event. */
  let base: { position: number; cursor: string; eventId: string | null } = {
    position: 0,
    cursor: encodeCursor({ epoch, position: 0, digest: recordDigest(ws, 0, null) }),
    eventId: null,
  };
  let entries: LogEntry[] = [];
  let state: 'UP' | 'DOWN' | 'SILENT' = 'UP';
  const asked: string[] = [];

  const cursorAt = (position: number): string | null =>
    position === base.position ? base.cursor : (entries[position - base.position - 1]?.record.cursor ?? null);
  const reached = <T>(what: string, answer: () => T): Promise<T> => {
    asked.push(what);
    if (state === 'SILENT') return new Promise(() => {});
    return state === 'UP' ? Promise.resolve(answer()) : Promise.reject(outOfReach());
  };
  const head = () => {
    const position = base.position + entries.length;
    return { position, cursor: cursorAt(position) ?? '' };
  };
  const unused = () => Promise.reject(new Error('not part of this log'));

  const log: EventLog = {
    append: unused,
    retainedSince: unused,
    lastWebhookAt: unused,
    known: unused,
    close: unused,
    watch: listeners.add,
    head: () => reached('head', head),
    read: (_workspaceId, after, limit) =>
      reached('read', () => entries.filter(({ position }) => position > after).slice(0, limit)),
    locate: (_workspaceId, cursor) =>
      reached('locate', () => {
        const known = decodeCursor(cursor);
        if (known === null) return { kind: 'UNREADABLE' };
        if (known.epoch !== epoch) return { kind: 'GAP', reason: 'SOURCE_RESTARTED' };
        const { position } = known;
        if (position < base.position) return { kind: 'GAP', reason: 'CURSOR_EXPIRED' };
        return cursorAt(position) === cursor
          ? { kind: 'KNOWN', position }
          : { kind: 'GAP', reason: 'EVENTS_LOST' };
      }),
  };

  return {
    log,
    /** What was asked of it, by name. */
    asked,
    head,
    listening: () => [...listeners.workspaces()].length,
    tell: (news: 'APPENDED' | 'RECONNECTED') => listeners.tell(ws, news),
    be: (next: typeof state) => {
      state = next;
    },
    /** Takes events in, and says nothing of them. */
    add: (...events: TicketEvent[]) => {
      for (const event of events) {
        const position = base.position + entries.length + 1;
        const digest = recordDigest(ws, position, { eventId: event.eventId, receivedAt: timeAt(0) });
        const cursor = encodeCursor({ epoch, position, digest });
        const record: EventRecord = {
          cursor,
          event,
          receivedAt: timeAt(0),
          stale: false,
          before: null,
          after: null,
        };
        entries.push({ position, record });
      }
    },
    last: () => entries.at(-1)?.record.event.eventId ?? base.eventId,
    /** Loses its newest entries. */
    loseTail: (count: number) => {
      entries = entries.slice(0, Math.max(0, entries.length - count));
    },
    /** Lets its oldest entries go. */
    trim: (count: number) => {
      const last = entries.slice(0, count).at(-1);
      if (last === undefined) return;
      base = {
        position: last.position,
        cursor: last.record.cursor,
        eventId: last.record.event.eventId,
      };
      entries = entries.slice(count);
    },
    /** Is lost, and begun anew. */
    restart: () => {
      epoch = `${epoch}x`;
      const cursor = encodeCursor({ epoch, position: 0, digest: recordDigest(ws, 0, null) });
      base = { position: 0, cursor, eventId: null };
      entries = [];
    },
  };
}

/** Events of tickets of their own. */
export const someEvents = (count: number): TicketEvent[] =>
  Array.from({ length: count }, (_, index) => makeEvent({ ticketId: `tkt_${index}` }));
