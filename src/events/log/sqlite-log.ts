import type { DatabaseSync } from 'node:sqlite';
import { systemClock, type Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { TicketEvent } from '../../domain/event.ts';
import type { Log } from '../../domain/log.ts';
import { describeError } from '../../domain/redact.ts';
import { changeOf } from './change.ts';
import { createGroupCommit } from './group-commit.ts';
import { createListeners } from './listeners.ts';
import { defaultRetention, type AppendResult, type EventLog, type Retention } from './log.ts';
import { openEventFile } from './sqlite-file.ts';
import { prepareStatements, text } from './sqlite-statements.ts';
import { SqliteWorkspace, type SqliteWorkspaceContext } from './sqlite-workspace.ts';
import { createRecordDecoder } from './stored-record.ts';

export interface SqliteLogOptions {
  /** Where `events.sqlite` is, or is to be; for this process alone. */
  readonly folder: string;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default defaultRetention */
  readonly retention?: Partial<Retention>;
  /** Told when the file cannot be read or written. @default nobody */
  readonly log?: Pick<Log, 'error'>;
}

/** Milliseconds between two looks for what has outlived its retention. */
const upkeepMs = 60_000;

/** Appends in one transaction at most: it keeps the event loop for some ten milliseconds then. */
const maxGroup = 100;

/** Rows of a kind that one transaction deletes of one workspace at most, beside appends and in the upkeep. */
const slice = { append: 100, upkeep: 500 };

/** Pages of 4 KiB that may lie empty; more are given back to the file system, so many at a time. */
const emptyPages = { kept: 1_024, givenBack: 512 };

interface Append {
  readonly workspaceId: string;
  readonly event: TicketEvent;
  readonly change: string | null;
  readonly receivedAt: string;
}

/**
 * A log in one file of a folder, for one process at a time. An append is on the disk when it resolves. Restarts change
 * nothing: cursors, repeats, tombstones stay; a file that was removed is another epoch.
 * A record that cannot be read any more is logged and left out: a hole in the positions, as if it had been trimmed.
 * What has outlived its retention is overwritten within about a minute; as long as that, what it was may still stand in
 * the file's write-ahead log.
 * @throws Error as `openEventFile`
 */
export function createSqliteLog(options: SqliteLogOptions): EventLog {
  return new SqliteLog(options);
}

class SqliteLog implements EventLog {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #log: Pick<Log, 'error'> | undefined;
  readonly #context: SqliteWorkspaceContext;
  readonly #listeners = createListeners();
  readonly #group;
  /** Those that the file knows of. What was rolled back is not what they say: then they go. */
  readonly #workspaces = new Map<string, SqliteWorkspace>();
  /** There may be something in the write-ahead log that is not in the file yet. */
  #written = true;
  /** The last upkeep could not do all of its work. */
  #hindered = false;
  #cancelUpkeep: () => void;
  #closed = false;

  constructor({ folder, clock = systemClock, retention, log }: SqliteLogOptions) {
    const { db, epoch } = openEventFile(folder);
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#context = {
      statements: prepareStatements(db),
      epoch,
      retention: { ...defaultRetention, ...retention },
      records: createRecordDecoder(clock),
      onUnreadable: (place) => log?.error(place, 'event log: a record is damaged and counts as lost'),
    };
    this.#group = createGroupCommit<Append, AppendResult>({
      commit: (appends) => this.#guarded('append', () => this.#transact(() => this.#appendAll(appends))),
      committed: (appends, results) => this.#tell(appends, results),
      limit: maxGroup,
    });
    this.#cancelUpkeep = clock.after(0, () => void this.#upkeep());
  }

  async append(workspaceId: string, event: TicketEvent, receivedAt: string): Promise<AppendResult> {
    if (this.#closed) throw unavailable(new Error('closed'));
    // Here, and not in the transaction: an event that cannot be written down fails alone.
    const change = changeOf(event);
    return this.#group.add({ workspaceId, event, change, receivedAt });
  }

  async read(workspaceId: string, after: number, limit: number) {
    return this.#guarded('read', () => this.#look(workspaceId).read(after, limit));
  }

  async head(workspaceId: string) {
    return this.#guarded('read', () => this.#look(workspaceId).head);
  }

  async retainedSince(workspaceId: string) {
    return this.#guarded('read', () => this.#look(workspaceId).retainedSince);
  }

  async lastWebhookAt(workspaceId: string) {
    return this.#guarded('read', () => this.#look(workspaceId).lastWebhookAt);
  }

  async locate(workspaceId: string, cursor: string) {
    return this.#guarded('read', () => this.#look(workspaceId).locate(cursor));
  }

  async known(workspaceId: string, ticketId: string) {
    return this.#guarded('read', () => this.#look(workspaceId).known(ticketId));
  }

  readonly watch: EventLog['watch'] = this.#listeners.add;

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelUpkeep();
    this.#group.flush();
    this.#listeners.clear();
    // The last to close a file moves all into it and removes the write-ahead log.
    this.#guarded('close', () => this.#db.close());
  }

  /** A workspace nobody wrote to takes no room: whoever asks may have made it up. */
  #look(workspaceId: string): SqliteWorkspace {
    const workspace = this.#workspaces.get(workspaceId) ?? new SqliteWorkspace(workspaceId, this.#context);
    if (workspace.exists) this.#workspaces.set(workspaceId, workspace);
    workspace.expire(this.#clock.now());
    return workspace;
  }

  #appendAll(appends: readonly Append[]): readonly AppendResult[] {
    const touched = new Map<string, SqliteWorkspace>();
    const results = appends.map(({ workspaceId, event, change, receivedAt }) => {
      const workspace = touched.get(workspaceId) ?? this.#look(workspaceId);
      touched.set(workspaceId, workspace);
      workspace.expire(this.#clock.now());
      return workspace.append(event, change, receivedAt);
    });
    for (const workspace of touched.values()) {
      workspace.expire(this.#clock.now());
      workspace.save(slice.append);
    }
    return results;
  }

  #tell(appends: readonly Append[], results: readonly AppendResult[]): void {
    for (const [index, { workspaceId }] of appends.entries()) {
      if (results[index]?.result === 'APPENDED') this.#listeners.tell(workspaceId, 'APPENDED');
    }
  }

  /** All of it is on the disk, or nothing has happened. */
  #transact<T>(work: () => T): T {
    try {
      // One that could not be rolled back when it failed.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#db.exec('BEGIN IMMEDIATE');
      // Also one that fails may have left something in the write-ahead log.
      this.#written = true;
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#workspaces.clear();
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #guarded<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (this.#db.isOpen)
        this.#log?.error({ doing, error: describeError(error) }, 'event log: out of reach');
      throw unavailable(error);
    }
  }

  /**
   * Deletes what has outlived its retention, and tidies up even if some of it could not be deleted. After a failure it
   * tidies up before, too: where the disk is full, to delete takes the room that the write-ahead log may give back.
   * Never rejects.
   */
  async #upkeep(): Promise<void> {
    const failures: unknown[] = [];
    const tidy = (): void => {
      try {
        this.#tidy();
      } catch (error) {
        failures.push(error);
      }
    };
    if (this.#hindered) tidy();
    try {
      for (const row of this.#context.statements.workspaces.all()) {
        const workspaceId = text(row, 'name');
        while (!this.#closed && this.#deleteSome(workspaceId)) await turn();
        if (this.#closed) return;
      }
    } catch (error) {
      failures.push(error);
    }
    tidy();
    const [error] = failures;
    this.#hindered = error !== undefined;
    if (this.#hindered)
      this.#log?.error({ doing: 'upkeep', error: describeError(error) }, 'event log: out of reach');
    if (!this.#closed) this.#cancelUpkeep = this.#clock.after(upkeepMs, () => void this.#upkeep());
  }

  /** @returns whether there is more */
  #deleteSome(workspaceId: string): boolean {
    if (!this.#look(workspaceId).unsaved) return false;
    return this.#transact(() => this.#look(workspaceId).save(slice.upkeep));
  }

  /** What was deleted is overwritten in the file, and the write-ahead log, where it still stands, is emptied. */
  #tidy(): void {
    if (!this.#written) return;
    const empty = (): void => this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    empty();
    const { freelist_count: free } = this.#db.prepare('PRAGMA freelist_count').get() ?? {};
    if (typeof free === 'number' && free > emptyPages.kept) {
      this.#db.exec(`PRAGMA incremental_vacuum(${emptyPages.givenBack})`);
      empty();
    }
    this.#written = false;
  }
}

const unavailable = (cause: unknown): GatewayError =>
  new GatewayError('EVENT_LOG_UNAVAILABLE', 'The event log cannot be read or written at the moment.', {
    cause,
  });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
