import type { EventRecord, TicketEvent } from '../../domain/event.ts';
import { isToldOtherwise } from './change.ts';
import { decodeCursor, encodeCursor, recordDigest } from './cursor.ts';
import type { AppendResult, CursorPosition, LogEntry, Retention } from './log.ts';
import {
  integer,
  text,
  textOrNull,
  toWorkspaceRow,
  type Row,
  type Statements,
  type WorkspaceRow,
} from './sqlite-statements.ts';
import { decodeAttributes, encodeRecord, type RecordDecoder } from './stored-record.ts';
import { afterRepeat, alreadyKnown, judge, type TicketState } from './ticket-state.ts';

/** What the workspaces of one file have in common. */
export interface SqliteWorkspaceContext {
  readonly statements: Statements;
  readonly epoch: string;
  readonly retention: Retention;
  readonly records: Pick<RecordDecoder, 'decode'>;
  /** Told of a record that cannot be read any more. */
  readonly onUnreadable: (place: { readonly workspaceId: string; readonly position: number }) => void;
}

interface KnownTicket {
  readonly state: TicketState;
  /** The position of the record that said so. */
  readonly saidBy: number;
}

/**
 * The events of one workspace in a file. No method pauses; those that write belong into a transaction, and after it was
 * rolled back this object is of no use any more.
 *
 * What has outlived its retention is gone at once for whoever asks: `base` and `forgotten` move on. Its rows follow in
 * slices, so that no append has to delete many.
 */
export class SqliteWorkspace {
  readonly #id: string;
  readonly #context: SqliteWorkspaceContext;
  #row: WorkspaceRow;
  /** As the file has it; null: not yet. */
  #saved: WorkspaceRow | null;
  /** Rows of records and of traces up to these positions are deleted. */
  #deleted: { readonly records: number; readonly traces: number };

  constructor(id: string, context: SqliteWorkspaceContext) {
    this.#id = id;
    this.#context = context;
    const { statements } = context;
    const found = statements.workspace.get(id);
    this.#saved = found === undefined ? null : toWorkspaceRow(found);
    this.#row = this.#saved ?? this.#nothing();
    this.#deleted = {
      records: beforeFirst(statements.firstRecord.get(this.#row.id), this.#row.base),
      traces: beforeFirst(statements.firstTrace.get(this.#row.id), this.#row.forgotten),
    };
  }

  /** Whether the file knows of it. */
  get exists(): boolean {
    return this.#saved !== null;
  }

  get head(): { readonly position: number; readonly cursor: string } {
    return { position: this.#row.head, cursor: this.#row.headCursor };
  }

  get lastWebhookAt(): string | null {
    return this.#row.lastWebhookAt;
  }

  get retainedSince(): string | null {
    const { id, base, head } = this.#row;
    if (base === head) return null;
    const first = this.#context.statements.record.get(id, base + 1);
    return first === undefined ? null : text(first, 'received_at');
  }

  /** Writes. @param change `changeOf(event)` */
  append(event: TicketEvent, change: string | null, receivedAt: string): AppendResult {
    const { statements } = this.#context;
    this.#begin();
    if (event.source === 'WEBHOOK') this.#row = { ...this.#row, lastWebhookAt: receivedAt };
    const { id, forgotten } = this.#row;
    if (statements.traceOfEvent.get(id, event.eventId, forgotten) !== undefined)
      return { result: 'REPEATED' };
    if (isToldOtherwise(event, this.#teller(change))) return { result: 'REPEATED' };
    const receivedMs = Date.parse(receivedAt);
    const known = this.#find(event.ticketId);
    if (known !== null && alreadyKnown(event, known.state, receivedMs)) {
      this.#knowBetter(event.ticketId, known.state, afterRepeat(event, known.state, receivedMs));
      return { result: 'REPEATED' };
    }
    const position = this.#row.head + 1;
    const cursor = this.#cursorOf(position, { eventId: event.eventId, receivedAt });
    const { state, stale, contested, before, after } = judge(event, known?.state ?? null, receivedMs);
    const record: EventRecord = { cursor, event, receivedAt, stale, before, after };
    const { eventId, ticketId, channel } = event;
    const body = encodeRecord(record);
    statements.addRecord.run(id, position, receivedMs, receivedAt, ticketId, cursor, body);
    statements.addTrace.run(id, position, receivedMs, eventId, ticketId, channel, change);
    if (state !== null) {
      const saidBy = known?.state === state ? known.saidBy : position;
      this.#know(ticketId, { state, saidBy }, position);
    }
    this.#row = { ...this.#row, head: position, headCursor: cursor };
    return { result: 'APPENDED', record, contested };
  }

  known(ticketId: string): TicketState | null {
    return this.#find(ticketId)?.state ?? null;
  }

  /** Passes over records that cannot be read: to whoever reads on, they are a hole in the positions. */
  read(after: number, limit: number): readonly LogEntry[] {
    const { id, base, head } = this.#row;
    for (let from = Math.max(after, base); from < head; from += limit) {
      const to = Math.min(head, from + limit);
      const found = this.#context.statements.records
        .all(id, from, to)
        .map((row) => this.#entry(row))
        .filter((entry) => entry !== null);
      if (found.length > 0 || limit < 1) return found;
    }
    return [];
  }

  locate(cursorText: string): CursorPosition {
    const cursor = decodeCursor(cursorText);
    if (cursor === null) return { kind: 'UNREADABLE' };
    if (cursor.epoch !== this.#context.epoch) return { kind: 'GAP', reason: 'SOURCE_RESTARTED' };
    const { position } = cursor;
    if (position < this.#row.base) return { kind: 'GAP', reason: 'CURSOR_EXPIRED' };
    const ours = position === this.#row.base ? this.#row.baseCursor : this.#recordCursor(position);
    return ours === cursorText ? { kind: 'KNOWN', position } : { kind: 'GAP', reason: 'EVENTS_LOST' };
  }

  /** Lets go of what has outlived its retention. @param now milliseconds since the epoch */
  expire(now: number): void {
    const { statements, retention } = this.#context;
    const { id, head, base, forgotten } = this.#row;
    if (base === head && forgotten === head) return;
    const outlived = (young: Statements['youngRecord'], from: number, maxAgeMs: number): number => {
      const first = young.get(id, from, now - maxAgeMs);
      return first === undefined ? head : integer(first, 'position') - 1;
    };
    const { maxCount, maxAgeMs, memoryCount, memoryMs } = retention;
    const newBase = outlived(statements.youngRecord, Math.max(base, head - maxCount), maxAgeMs);
    const forget = outlived(statements.youngTrace, Math.max(forgotten, head - memoryCount), memoryMs);
    if (newBase === base && forget === forgotten) return;
    const baseCursor = newBase === base ? this.#row.baseCursor : (this.#recordCursor(newBase) ?? '');
    this.#row = { ...this.#row, base: newBase, baseCursor, forgotten: forget };
  }

  /**
   * Writes where the workspace stands, if that has changed, and deletes rows that nobody sees any more.
   * @param slice how many of each kind at most
   * @returns whether there are more of them
   */
  save(slice: number): boolean {
    this.#begin();
    const { statements } = this.#context;
    const { id, head, headCursor, base, baseCursor, forgotten, lastWebhookAt } = this.#row;
    const { records, traces } = this.#deleted;
    const lastRecord = Math.min(base, records + slice);
    if (lastRecord > records) {
      statements.dropAttributes.run(id, records, lastRecord);
      statements.dropRecords.run(id, records, lastRecord);
    }
    const lastTrace = Math.min(forgotten, traces + slice);
    if (lastTrace > traces) {
      statements.dropTickets.run(id, traces, lastTrace);
      statements.dropTraces.run(id, traces, lastTrace);
    }
    this.#deleted = { records: lastRecord, traces: lastTrace };
    if (this.#row !== this.#saved) {
      statements.saveWorkspace.run(head, headCursor, base, baseCursor, forgotten, lastWebhookAt, id);
      this.#saved = this.#row;
    }
    return lastRecord < base || lastTrace < forgotten;
  }

  /** Whether `save` would do anything. */
  get unsaved(): boolean {
    if (this.#saved === null) return false;
    const { base, forgotten } = this.#row;
    return this.#row !== this.#saved || this.#deleted.records < base || this.#deleted.traces < forgotten;
  }

  #begin(): void {
    if (this.#saved !== null) return;
    const cursor = this.#row.headCursor;
    const added = this.#context.statements.addWorkspace.get(this.#id, cursor, cursor);
    if (added === undefined) throw new Error('a workspace was not added');
    this.#saved = toWorkspaceRow(added);
    this.#row = this.#saved;
  }

  /** No row has this id. */
  #nothing(): WorkspaceRow {
    const cursor = this.#cursorOf(0, null);
    const places = { head: 0, headCursor: cursor, base: 0, baseCursor: cursor, forgotten: 0 };
    return { id: 0, ...places, lastWebhookAt: null };
  }

  #cursorOf(position: number, record: Parameters<typeof recordDigest>[2]): string {
    const { epoch } = this.#context;
    return encodeCursor({ epoch, position, digest: recordDigest(this.#id, position, record) });
  }

  #recordCursor(position: number): string | null {
    const row = this.#context.statements.record.get(this.#row.id, position);
    return row === undefined ? null : text(row, 'cursor');
  }

  /** Which channel told of a change, if one did. */
  #teller(change: string | null): string | null {
    if (change === null) return null;
    const { id, forgotten } = this.#row;
    const told = this.#context.statements.traceOfChange.get(id, change, forgotten);
    return told === undefined ? null : text(told, 'channel');
  }

  #find(ticketId: string): KnownTicket | null {
    const { id, base, forgotten } = this.#row;
    const row = this.#context.statements.ticket.get(id, ticketId);
    if (row === undefined || integer(row, 'spoken_by') <= forgotten) return null;
    const saidBy = integer(row, 'said_by');
    const kept = saidBy > base;
    const state = {
      version: integer(row, 'version'),
      deleted: integer(row, 'deleted') !== 0,
      deletedBy: textOrNull(row, 'deleted_by'),
      confirmed: integer(row, 'confirmed') !== 0,
      digest: textOrNull(row, 'digest'),
      announced: integer(row, 'announced') !== 0,
      attributes: kept ? decodeAttributes(textOrNull(row, 'attributes')) : null,
      before: kept ? decodeAttributes(textOrNull(row, 'before')) : null,
    };
    return { state, saidBy };
  }

  #know(ticketId: string, { state, saidBy }: KnownTicket, spokenBy: number): void {
    const { version, deleted, deletedBy, confirmed, digest, announced, attributes, before } = state;
    this.#context.statements.saveTicket.run(
      this.#row.id,
      ticketId,
      version,
      deleted ? 1 : 0,
      deletedBy,
      confirmed ? 1 : 0,
      digest,
      announced ? 1 : 0,
      attributes === null ? null : JSON.stringify(attributes),
      before === null ? null : JSON.stringify(before),
      saidBy,
      spokenBy,
    );
  }

  /** Without a record: it is not spoken of. */
  #knowBetter(ticketId: string, known: TicketState, { version, confirmed }: TicketState): void {
    if (version === known.version && confirmed === known.confirmed) return;
    this.#context.statements.raiseTombstone.run(version, confirmed ? 1 : 0, this.#row.id, ticketId);
  }

  #entry(row: Row): LogEntry | null {
    const position = integer(row, 'position');
    const record = this.#context.records.decode(text(row, 'cursor'), text(row, 'body'));
    if (record !== null) return { position, record };
    this.#context.onUnreadable({ workspaceId: this.#id, position });
    return null;
  }
}

/** Rows are deleted from the first on, so what is before the first that is left is gone. */
const beforeFirst = (row: Row | undefined, ifNone: number): number =>
  row === undefined || row['position'] === null ? ifNone : integer(row, 'position') - 1;
