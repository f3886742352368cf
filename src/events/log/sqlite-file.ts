import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, fchmodSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '../../domain/start-error.ts';

export interface EventFile {
  readonly db: DatabaseSync;
  /** Tells this file from any other that ever was in its place. */
  readonly epoch: string;
}

/** What the tables below are; a file says which version it is of in `user_version`. */
const schemaVersion = 1;

/**
 * `base`: records up to here are gone, `forgotten`: traces up to here; their rows may outlive that a little.
 * `said_by` and `spoken_by` are positions: of the record that a ticket's state is from, and of the last of the ticket.
 */
const schema = `
  CREATE TABLE log (epoch TEXT NOT NULL) STRICT;
  CREATE TABLE workspace (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL,
    head_cursor TEXT NOT NULL,
    base INTEGER NOT NULL,
    base_cursor TEXT NOT NULL,
    forgotten INTEGER NOT NULL,
    last_webhook_at TEXT
  ) STRICT;
  CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    position INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    ticket TEXT NOT NULL,
    cursor TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX record_by_place ON record (workspace, position, received_ms);
  CREATE TABLE trace (
    workspace INTEGER NOT NULL,
    position INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    ticket TEXT NOT NULL,
    channel TEXT NOT NULL,
    change TEXT,
    PRIMARY KEY (workspace, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trace_by_event ON trace (workspace, event_id);
  CREATE INDEX trace_by_change ON trace (workspace, change) WHERE change IS NOT NULL;
  CREATE TABLE ticket (
    workspace INTEGER NOT NULL,
    ticket TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    deleted_by TEXT,
    confirmed INTEGER NOT NULL,
    digest TEXT,
    announced INTEGER NOT NULL,
    attributes TEXT,
    before TEXT,
    said_by INTEGER NOT NULL,
    spoken_by INTEGER NOT NULL,
    PRIMARY KEY (workspace, ticket)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Opens `events.sqlite` in a folder, and makes both if they are not there: readable to their owner alone, whatever the
 * umask says. SQLite gives the files beside it the same mode. The folder should be on a local disk: network file systems
 * keep no promise about locks.
 * @throws StartError when another process has it open, a newer gateway wrote it, or it cannot be opened; the message says
 * what to do
 */
export function openEventFile(folder: string): EventFile {
  const path = join(folder, 'events.sqlite');
  let db: DatabaseSync | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    makePrivate(folder, path);
    db = new DatabaseSync(path, { timeout: 0 });
    return { db, epoch: prepare(db, path) };
  } catch (error) {
    db?.close();
    throw explained(error, path);
  }
}

/** @returns the epoch */
function prepare(db: DatabaseSync, path: string): string {
  // Before the first table is made, else it has no effect.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  // Before the first access: then the lock is taken at once and for good, and no memory is shared through a file.
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() ?? {};
  if (mode !== 'wal') throw new StartError(`The file system of ${path} cannot keep an event log.`);
  // FULL: a commit waits for the disk. What is deleted is overwritten, and never laid down in a file elsewhere.
  db.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
  `);
  db.exec('BEGIN IMMEDIATE');
  const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
  if (version === 0) create(db, path);
  else if (version !== schemaVersion) throw new StartError(tooNew(path));
  db.exec('COMMIT');
  const { epoch } = db.prepare('SELECT epoch FROM log').get() ?? {};
  if (typeof epoch !== 'string') throw new StartError(foreign(path));
  return epoch;
}

function create(db: DatabaseSync, path: string): void {
  if (db.prepare('SELECT name FROM sqlite_schema').get() !== undefined) throw new StartError(foreign(path));
  db.exec(schema);
  db.prepare('INSERT INTO log (epoch) VALUES (?)').run(randomBytes(9).toString('base64url'));
  db.exec(`PRAGMA user_version = ${schemaVersion}`);
}

/**
 * A file that is there is never opened for this: closing it again would give up the lock that another log of this
 * process may hold on it.
 */
function makePrivate(folder: string, path: string): void {
  if (!existsSync(path)) {
    const file = openSync(path, 'wx', 0o600);
    fchmodSync(file, 0o600);
    closeSync(file);
    syncFolder(folder);
  }
  for (const each of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(each)) chmodSync(each, 0o600);
}

/** That the file is there is a fact of its folder, and as durable as that. Windows cannot, and need not, do this. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

const tooNew = (path: string): string =>
  `The event log ${path} was written by a newer version of the gateway. ` +
  'Run that version or a newer one, or move the file away: clients are then told that events may be missing.';

const foreign = (path: string): string =>
  `${path} is there, and is no event log. Move it away, or choose another DATA_DIR.`;

/** Result codes of SQLite: https://www.sqlite.org/rescode.html */
const busy = 5;
const damaged: readonly unknown[] = [11, 26];

function explained(error: unknown, path: string): StartError {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null;
  if (code === busy) {
    return new StartError(
      `The event log ${path} is in use by another process. Stop it, give each gateway a DATA_DIR of its own, ` +
        'or set REDIS_URL so that they share one log.',
      { cause: error },
    );
  }
  if (damaged.includes(code)) {
    return new StartError(
      `The event log ${path} is damaged. Restore it, or move it away: clients are then told that events may be missing.`,
      { cause: error },
    );
  }
  if (error instanceof StartError) return error;
  return new StartError(
    `The event log ${path} cannot be opened. Check the folder’s owner, mode and free space.`,
    {
      cause: error,
    },
  );
}
