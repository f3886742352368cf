import type { GapReason } from '../../domain/event.ts';
import type { EventLog, LogEntry } from '../log/log.ts';

/** A place in a log, right after the record that the cursor names. */
export interface Place {
  readonly position: number;
  readonly cursor: string;
}

export type Continuation = { readonly entries: readonly LogEntry[] } | { readonly lost: GapReason };

export const placeOf = ({ position, record }: LogEntry): Place => ({ position, cursor: record.cursor });

/**
 * What comes right after a place, oldest first; empty where nothing does yet. Or why that cannot be told any more: the
 * record of the place itself is read again, so that a log which lost its end and grew anew is found out, although its
 * positions go on without a hole.
 * @param hole what to call it when the entries that followed are gone
 */
export async function readOn(
  log: Pick<EventLog, 'read' | 'locate'>,
  workspaceId: string,
  { position, cursor }: Place,
  limit: number,
  hole: GapReason,
): Promise<Continuation> {
  const entries = await log.read(workspaceId, Math.max(0, position - 1), limit + 1);
  const [first, ...rest] = entries;
  if (first?.position === position && first.record.cursor === cursor) return unbroken(rest, position, hole);
  if (first !== undefined && first.position > position + 1) return { lost: hole };
  // Its own record was trimmed, or is another one now.
  const found = await log.locate(workspaceId, cursor);
  if (found.kind === 'UNREADABLE') return { lost: 'SOURCE_RESTARTED' };
  if (found.kind === 'GAP') return { lost: found.reason };
  return unbroken(entries.slice(0, limit), position, hole);
}

/** A log leaves out what it cannot read any more: what comes after such a hole is another page, which begins with it. */
function unbroken(entries: readonly LogEntry[], position: number, hole: GapReason): Continuation {
  const end = entries.findIndex((entry, index) => entry.position !== position + 1 + index);
  if (end === 0) return { lost: hole };
  return { entries: end === -1 ? entries : entries.slice(0, end) };
}
