import type { Redis } from 'ioredis';
import type { Log } from '../../domain/log.ts';
import { decodeCursor, encodeCursor, recordDigest } from './cursor.ts';
import type { CursorPosition, LogEntry } from './log.ts';
import { decodeKnown } from './redis-known-ticket.ts';
import type { LogCommands, StoredEntry } from './redis-log-commands.ts';
import type { LogKeys } from './redis-log-keys.ts';
import type { RecordDecoder } from './stored-record.ts';
import type { TicketState } from './ticket-state.ts';

export interface ReaderOptions {
  readonly redis: Redis;
  readonly commands: LogCommands;
  readonly keys: LogKeys;
  readonly records: Pick<RecordDecoder, 'decode'>;
  /** Lets go of all that has outlived its retention. */
  readonly settle: (workspaceId: string) => Promise<void>;
  /** Called with the epoch that was found. */
  readonly seen: (workspaceId: string, epoch: string) => void;
  readonly log?: Pick<Log, 'error'> | undefined;
}

/** What is asked of a log. Each answer is of one moment. */
export class RedisReader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async head(workspaceId: string): Promise<{ readonly position: number; readonly cursor: string }> {
    const { commands, keys, seen } = this.#options;
    const { epoch, head, headId, headAt } = await commands.open(keys.ofWorkspace(workspaceId));
    seen(workspaceId, epoch);
    const record = head === 0 ? null : { eventId: headId ?? '', receivedAt: headAt ?? '' };
    const digest = recordDigest(workspaceId, head, record);
    return { position: head, cursor: encodeCursor({ epoch, position: head, digest }) };
  }

  async read(workspaceId: string, after: number, limit: number): Promise<readonly LogEntry[]> {
    let from = after;
    for (;;) {
      const { epoch, entries } = await this.#page(workspaceId, from, limit);
      const last = entries.at(-1);
      if (epoch !== null) this.#options.seen(workspaceId, epoch);
      if (epoch === null || last === undefined) return [];
      const found = entries
        .map((entry) => this.#readable(workspaceId, epoch, entry))
        .filter((entry) => entry !== null);
      // A page of which nothing can be read is not the end.
      if (found.length > 0) return found;
      from = last.position;
    }
  }

  async retainedSince(workspaceId: string): Promise<string | null> {
    const { entries } = await this.#page(workspaceId, 0, 1);
    return entries[0]?.receivedAt ?? null;
  }

  lastWebhookAt(workspaceId: string): Promise<string | null> {
    const { redis, keys } = this.#options;
    return redis.hget(keys.ofWorkspace(workspaceId)[0], 'webhookAt');
  }

  async known(workspaceId: string, ticketId: string): Promise<TicketState | null> {
    const { commands, keys, settle } = this.#options;
    await settle(workspaceId);
    const { text, base } = await commands.ticket(keys.ofWorkspace(workspaceId), ticketId);
    return decodeKnown(text, base);
  }

  async locate(workspaceId: string, text: string): Promise<CursorPosition> {
    const cursor = decodeCursor(text);
    if (cursor === null) return { kind: 'UNREADABLE' };
    const { position } = cursor;
    const { epoch, entry, base } = await this.#afterTrim(workspaceId, () =>
      this.#around(workspaceId, position),
    );
    if (epoch !== cursor.epoch) return { kind: 'GAP', reason: 'SOURCE_RESTARTED' };
    if (position < base) return { kind: 'GAP', reason: 'CURSOR_EXPIRED' };
    const record = position === 0 ? null : entry;
    const isOurs = record !== undefined && recordDigest(workspaceId, position, record) === cursor.digest;
    return isOurs ? { kind: 'KNOWN', position } : { kind: 'GAP', reason: 'EVENTS_LOST' };
  }

  #page(workspaceId: string, after: number, limit: number): ReturnType<LogCommands['read']> {
    const { commands, keys } = this.#options;
    return this.#afterTrim(workspaceId, () => commands.read(keys.ofWorkspace(workspaceId), after, limit));
  }

  /** Where the records begin, and the one at a position. */
  async #around(workspaceId: string, position: number) {
    const { commands, keys } = this.#options;
    const { meta, due, first, entry } = await commands.place(keys.ofWorkspace(workspaceId), position);
    const end = { position: Number(meta('head')), eventId: meta('headId'), receivedAt: meta('headAt') };
    const trimmed = { position: Number(meta('base')), eventId: meta('baseId'), receivedAt: meta('baseAt') };
    const base = first === undefined ? end.position : first.position - 1;
    // Its record is gone, but not what its cursor was made of.
    const beforeFirst = [end, trimmed].find((place) => place.position === base);
    return { epoch: meta('epoch'), due, entry: position === base ? beforeFirst : entry, base };
  }

  /** The same question again, should the first record it finds be one that ought to be gone. */
  async #afterTrim<T extends { readonly due: boolean }>(
    workspaceId: string,
    ask: () => Promise<T>,
  ): Promise<T> {
    const answer = await ask();
    if (!answer.due) return answer;
    await this.#options.settle(workspaceId);
    return ask();
  }

  #readable(workspaceId: string, epoch: string, entry: StoredEntry): LogEntry | null {
    const { position, text } = entry;
    const cursor = encodeCursor({ epoch, position, digest: recordDigest(workspaceId, position, entry) });
    const record = this.#options.records.decode(cursor, text);
    if (record !== null) return { position, record };
    this.#options.log?.error({ workspaceId, position }, 'a record of the event log cannot be read');
    return null;
  }
}
