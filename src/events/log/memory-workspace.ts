import type { EventRecord, TicketEvent } from '../../domain/event.ts';
import { changeOf, isToldOtherwise } from './change.ts';
import { decodeCursor, encodeCursor, recordDigest } from './cursor.ts';
import type { AppendResult, CursorPosition, LogEntry, Retention } from './log.ts';
import type { TicketState } from './ticket-state.ts';
import { afterRepeat, alreadyKnown, judge } from './ticket-state.ts';

interface KnownTicket {
  readonly state: TicketState;
  /** The entry that said so; 0 once it is trimmed. */
  readonly saidBy: number;
  /** The last entry that spoke of it. */
  readonly lastSpokenBy: number;
}

/** What is left of an entry when its record is gone. */
interface Trace {
  readonly eventId: string;
  readonly ticketId: string;
  readonly change: string | null;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/**
 * The events of one workspace. No method pauses, which is what makes an append atomic.
 * Entries and traces are looked up by position, oldest too: a Map that loses its first keys is slow to iterate.
 */
export class MemoryWorkspace {
  readonly #id: string;
  readonly #epoch: string;
  readonly #retention: Retention;
  readonly #entries = new Map<number, LogEntry>();
  readonly #traces = new Map<number, Trace>();
  readonly #eventIds = new Set<string>();
  /** Which channel told of a change, and the last entry that did. */
  readonly #changes = new Map<string, { readonly channel: string; readonly saidBy: number }>();
  readonly #tickets = new Map<string, KnownTicket>();
  #head: { readonly position: number; readonly cursor: string };
  /** The cursor of the last trimmed record: nothing after it was lost yet. */
  #baseCursor: string;
  #lastWebhookAt: string | null = null;

  constructor(id: string, epoch: string, retention: Retention) {
    this.#id = id;
    this.#epoch = epoch;
    this.#retention = retention;
    this.#baseCursor = this.#cursorOf(0, null);
    this.#head = { position: 0, cursor: this.#baseCursor };
  }

  get head(): { readonly position: number; readonly cursor: string } {
    return this.#head;
  }

  get retainedSince(): string | null {
    return this.#oldest?.record.receivedAt ?? null;
  }

  get lastWebhookAt(): string | null {
    return this.#lastWebhookAt;
  }

  append(event: TicketEvent, receivedAt: string): AppendResult {
    if (event.source === 'WEBHOOK') this.#lastWebhookAt = receivedAt;
    if (this.#eventIds.has(event.eventId)) return { result: 'REPEATED' };
    const change = changeOf(event);
    const known = this.known(event.ticketId);
    const first = change === null ? undefined : this.#changes.get(change);
    const now = Date.parse(receivedAt);
    if (isToldOtherwise(event, first?.channel ?? null)) return { result: 'REPEATED' };
    if (alreadyKnown(event, known, now)) {
      this.#knowBetter(event, now);
      return { result: 'REPEATED' };
    }
    const position = this.#head.position + 1;
    const cursor = this.#cursorOf(position, { eventId: event.eventId, receivedAt });
    const { state, stale, contested, before, after } = judge(event, known, now);
    const record: EventRecord = { cursor, event, receivedAt, stale, before, after };
    this.#entries.set(position, { position, record });
    this.#head = { position, cursor };
    this.#remember(event, change, position, now);
    if (state !== null) this.#know(event.ticketId, state, position);
    return { result: 'APPENDED', record, contested };
  }

  known(ticketId: string): TicketState | null {
    return this.#tickets.get(ticketId)?.state ?? null;
  }

  read(after: number, limit: number): readonly LogEntry[] {
    const last = Math.min(this.#head.position, Math.max(after, this.#base) + limit);
    const found: LogEntry[] = [];
    for (let position = Math.max(after, this.#base) + 1; position <= last; position++) {
      const entry = this.#entries.get(position);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  locate(text: string): CursorPosition {
    const cursor = decodeCursor(text);
    if (cursor === null) return { kind: 'UNREADABLE' };
    if (cursor.epoch !== this.#epoch) return { kind: 'GAP', reason: 'SOURCE_RESTARTED' };
    const { position } = cursor;
    if (position < this.#base) return { kind: 'GAP', reason: 'CURSOR_EXPIRED' };
    const ours = position === this.#base ? this.#baseCursor : this.#entries.get(position)?.record.cursor;
    return ours === text ? { kind: 'KNOWN', position } : { kind: 'GAP', reason: 'EVENTS_LOST' };
  }

  /** Lets go of what has outlived its retention. @param now milliseconds since the epoch */
  trim(now: number): void {
    const { maxCount, maxAgeMs, memoryCount, memoryMs } = this.#retention;
    for (let entry = this.#oldest; entry !== undefined; entry = this.#oldest) {
      const age = now - Date.parse(entry.record.receivedAt);
      if (this.#entries.size <= maxCount && age < maxAgeMs) break;
      this.#entries.delete(entry.position);
      this.#baseCursor = entry.record.cursor;
      this.#forgetAttributes(entry);
    }
    for (let position = this.#head.position - this.#traces.size + 1; ; position++) {
      const trace = this.#traces.get(position);
      if (trace === undefined) break;
      if (this.#traces.size <= memoryCount && now - trace.receivedAt < memoryMs) break;
      this.#forget(trace, position);
    }
  }

  get #oldest(): LogEntry | undefined {
    return this.#entries.get(this.#base + 1);
  }

  /** The position of the last trimmed record; 0 while none was. */
  get #base(): number {
    return this.#head.position - this.#entries.size;
  }

  #cursorOf(position: number, record: Parameters<typeof recordDigest>[2]): string {
    return encodeCursor({ epoch: this.#epoch, position, digest: recordDigest(this.#id, position, record) });
  }

  #remember(
    { eventId, ticketId, channel }: TicketEvent,
    change: string | null,
    position: number,
    receivedAt: number,
  ): void {
    this.#traces.set(position, { eventId, ticketId, change, receivedAt });
    this.#eventIds.add(eventId);
    if (change !== null) this.#changes.set(change, { channel, saidBy: position });
  }

  #forget({ eventId, ticketId, change }: Trace, position: number): void {
    this.#traces.delete(position);
    this.#eventIds.delete(eventId);
    if (change !== null && this.#changes.get(change)?.saidBy === position) this.#changes.delete(change);
    if (this.#tickets.get(ticketId)?.lastSpokenBy === position) this.#tickets.delete(ticketId);
  }

  #know(ticketId: string, state: TicketState, position: number): void {
    const known = this.#tickets.get(ticketId);
    const saidBy = known?.state === state ? known.saidBy : position;
    this.#tickets.set(ticketId, { state, saidBy, lastSpokenBy: position });
  }

  /** Without a record: it is not spoken of. */
  #knowBetter(event: TicketEvent, now: number): void {
    const known = this.#tickets.get(event.ticketId);
    if (known === undefined) return;
    this.#tickets.set(event.ticketId, { ...known, state: afterRepeat(event, known.state, now) });
  }

  /** What a ticket was like goes with the record that said so; only when it changed and that it is gone is remembered longer. */
  #forgetAttributes({ position, record }: LogEntry): void {
    const known = this.#tickets.get(record.event.ticketId);
    if (known?.saidBy !== position) return;
    const state = { ...known.state, attributes: null, before: null };
    this.#tickets.set(record.event.ticketId, { ...known, state, saidBy: 0 });
  }
}
