import type { EventRecord, TicketEvent } from '../../domain/event.ts';
import type { TicketState } from './ticket-state.ts';

/**
 * What an append did. A REPEATED event has no record: its `eventId` was taken before, the same change had come by another
 * channel (`changeOf`), or it was known already (`alreadyKnown`; what is then known better is seen to by `afterRepeat`).
 */
export type AppendResult =
  | {
      readonly result: 'APPENDED';
      readonly record: EventRecord;
      /** Its `updatedAt` is that of the state known before, and its ticket another: which is right cannot be told. */
      readonly contested: boolean;
    }
  | { readonly result: 'REPEATED' };

/** APPENDED: there is more to read. RECONNECTED: the log was out of reach; what it holds now may be more, or less. */
export type LogNews = 'APPENDED' | 'RECONNECTED';

/** Where a cursor stands in a log. */
export type CursorPosition =
  | { readonly kind: 'KNOWN'; readonly position: number }
  /**
   * Readable, and what came after it is not all here any more.
   * SOURCE_RESTARTED: it is of another log. CURSOR_EXPIRED: what followed it was trimmed away.
   * EVENTS_LOST: the log does not hold the record it names, although it should: its tail was lost.
   */
  | { readonly kind: 'GAP'; readonly reason: 'CURSOR_EXPIRED' | 'EVENTS_LOST' | 'SOURCE_RESTARTED' }
  | { readonly kind: 'UNREADABLE' };

/** A record with its place in the log. Positions grow by one from record to record; the first is 1. */
export interface LogEntry {
  readonly position: number;
  readonly record: EventRecord;
}

/** What a log keeps, and for how long. The defaults are those of `defaultRetention`. */
export interface Retention {
  /** Milliseconds a record is kept; personal data goes with it. @default 24 hours */
  readonly maxAgeMs: number;
  /** Records kept of one workspace. @default 100,000 */
  readonly maxCount: number;
  /** Milliseconds an `eventId` and a ticket's newest `updatedAt` are remembered. @default 72 hours */
  readonly memoryMs: number;
  /** Events of one workspace whose ids and tickets are remembered. @default 300,000 */
  readonly memoryCount: number;
}

const hour = 3_600_000;

export const defaultRetention: Retention = {
  maxAgeMs: 24 * hour,
  maxCount: 100_000,
  memoryMs: 72 * hour,
  memoryCount: 300_000,
};

/**
 * The events of every workspace, in the order they were taken in; workspaces never mix.
 * Dropping a repeat, judging staleness (`judge` in ticket-state.ts), appending and trimming are one atomic step.
 * Every method rejects with a `GatewayError` EVENT_LOG_UNAVAILABLE while the log is out of reach; an append may have happened then.
 */
export interface EventLog {
  /** @param receivedAt ISO 8601 UTC */
  append(workspaceId: string, event: TicketEvent, receivedAt: string): Promise<AppendResult>;
  /**
   * Entries after a position, oldest first; at most `limit`, and none only where nothing follows. Starts later than asked
   * where entries were trimmed, and leaves out those that cannot be read any more: see `readOn` in place.ts.
   */
  read(workspaceId: string, after: number, limit: number): Promise<readonly LogEntry[]>;
  /** Where the log ends now. A cursor from an empty log is valid too. */
  head(workspaceId: string): Promise<{ readonly position: number; readonly cursor: string }>;
  /** `receivedAt` of the oldest entry kept; null when none is. */
  retainedSince(workspaceId: string): Promise<string | null>;
  /** `receivedAt` of the last event with source WEBHOOK, repeats too; null when none came. */
  lastWebhookAt(workspaceId: string): Promise<string | null>;
  /** A cursor whose own record was trimmed is still KNOWN as long as nothing after it was. */
  locate(workspaceId: string, cursor: string): Promise<CursorPosition>;
  /** What is known of a ticket; null: nothing. */
  known(workspaceId: string, ticketId: string): Promise<TicketState | null>;
  /** Calls `listener` after each append, by whichever process, with nothing but the news. Returns how to stop. */
  watch(workspaceId: string, listener: (news: LogNews) => void): () => void;
  close(): Promise<void>;
}
