import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

/** What the file says of one workspace; the columns of table `workspace`. */
export interface WorkspaceRow {
  readonly id: number;
  readonly head: number;
  readonly headCursor: string;
  readonly base: number;
  readonly baseCursor: string;
  readonly forgotten: number;
  readonly lastWebhookAt: string | null;
}

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** @throws TypeError when the column holds something else, which tables of these types cannot */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`${column} is no integer`);
  return value;
}

/** @throws TypeError as `integer` */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`${column} is no text`);
  return value;
}

/** @throws TypeError as `integer` */
export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);

export const toWorkspaceRow = (row: Row): WorkspaceRow => ({
  id: integer(row, 'id'),
  head: integer(row, 'head'),
  headCursor: text(row, 'head_cursor'),
  base: integer(row, 'base'),
  baseCursor: text(row, 'base_cursor'),
  forgotten: integer(row, 'forgotten'),
  lastWebhookAt: textOrNull(row, 'last_webhook_at'),
});

export type Statements = ReturnType<typeof prepareStatements>;

/** Every statement that is run again and again; each takes as long as a look into an index or two. */
export function prepareStatements(db: DatabaseSync) {
  return {
    workspaces: db.prepare('SELECT name FROM workspace'),
    workspace: db.prepare('SELECT * FROM workspace WHERE name = ?'),
    addWorkspace: db.prepare(
      `INSERT INTO workspace (name, head, head_cursor, base, base_cursor, forgotten)
       VALUES (?, 0, ?, 0, ?, 0) RETURNING *`,
    ),
    saveWorkspace: db.prepare(
      `UPDATE workspace
       SET head = ?, head_cursor = ?, base = ?, base_cursor = ?, forgotten = ?, last_webhook_at = ? WHERE id = ?`,
    ),

    records: db.prepare(
      `SELECT position, cursor, body FROM record
       WHERE workspace = ? AND position > ? AND position <= ? ORDER BY position`,
    ),
    record: db.prepare('SELECT cursor, received_at FROM record WHERE workspace = ? AND position = ?'),
    firstRecord: db.prepare('SELECT min(position) AS position FROM record WHERE workspace = ?'),
    youngRecord: db.prepare(
      `SELECT position FROM record
       WHERE workspace = ? AND position > ? AND received_ms > ? ORDER BY position LIMIT 1`,
    ),
    addRecord: db.prepare(
      `INSERT INTO record (workspace, position, received_ms, received_at, ticket, cursor, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    dropRecords: db.prepare('DELETE FROM record WHERE workspace = ? AND position > ? AND position <= ?'),

    traceOfEvent: db.prepare('SELECT 1 FROM trace WHERE workspace = ? AND event_id = ? AND position > ?'),
    // Left to itself SQLite would walk all traces backwards, to save itself the sorting.
    traceOfChange: db.prepare(
      `SELECT channel FROM trace INDEXED BY trace_by_change
       WHERE workspace = ? AND change = ? AND position > ? ORDER BY position DESC LIMIT 1`,
    ),
    firstTrace: db.prepare('SELECT min(position) AS position FROM trace WHERE workspace = ?'),
    youngTrace: db.prepare(
      `SELECT position FROM trace
       WHERE workspace = ? AND position > ? AND received_ms > ? ORDER BY position LIMIT 1`,
    ),
    addTrace: db.prepare(
      `INSERT INTO trace (workspace, position, received_ms, event_id, ticket, channel, change)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    dropTraces: db.prepare('DELETE FROM trace WHERE workspace = ? AND position > ? AND position <= ?'),

    ...prepareTicketStatements(db),
  };
}

function prepareTicketStatements(db: DatabaseSync) {
  return {
    ticket: db.prepare('SELECT * FROM ticket WHERE workspace = ? AND ticket = ?'),
    saveTicket: db.prepare(
      `INSERT OR REPLACE INTO ticket
       (workspace, ticket, version, deleted, deleted_by, confirmed, digest, announced, attributes, before,
        said_by, spoken_by)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    raiseTombstone: db.prepare(
      'UPDATE ticket SET version = ?, confirmed = ? WHERE workspace = ? AND ticket = ?',
    ),
    /** What tickets were like goes with the records (from, to] that said so. */
    dropAttributes: db.prepare(
      `UPDATE ticket SET attributes = NULL, before = NULL
       WHERE workspace = ?1 AND said_by > ?2 AND said_by <= ?3 AND ticket IN
         (SELECT ticket FROM record WHERE workspace = ?1 AND position > ?2 AND position <= ?3)`,
    ),
    /** A ticket is forgotten with the last trace (from, to] that spoke of it. */
    dropTickets: db.prepare(
      `DELETE FROM ticket
       WHERE workspace = ?1 AND spoken_by > ?2 AND spoken_by <= ?3 AND ticket IN
         (SELECT ticket FROM trace WHERE workspace = ?1 AND position > ?2 AND position <= ?3)`,
    ),
  };
}
