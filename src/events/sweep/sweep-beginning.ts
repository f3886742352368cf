import type { Clock } from '../../domain/clock.ts';
import type { EventRecord } from '../../domain/event.ts';
import type { Ticket } from '../../domain/ticket.ts';
import type { EventLog } from '../log/log.ts';
import type { SweepState } from './reconcile-store.ts';
import { note, ticketMark, timeOf, type Progress, type SweepParts, type SweptPage } from './sweep-pages.ts';

/** From where on the first sweep goes. */
export type Beginning = Pick<SweepState, 'watermark' | 'floor' | 'seenAtFirst'>;

/** Milliseconds within which a log may have begun before the first sweep of all. */
const youngMs = 60_000;

/** Pages that may be read for tickets that share the newest time. Each of them is named in what sweeps keep. */
const maxPages = 5;

/**
 * Before anything was swept: no event, only where to begin. Where every ticket seems to lie ahead it is our clock that is
 * slow, and the newest counts all the same. Where too many share the newest time (an import) all of it is past.
 */
export async function readFloor(
  { list, clock }: Pick<SweepParts, 'list' | 'clock'>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Beginning> {
  const seen: Ticket[] = [];
  let cursor: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const { items, nextCursor }: SweptPage = await list(cursor, signal);
    progress.pages += 1;
    for (const ticket of items) note(ticket, clock, progress);
    seen.push(...items);
    const watermark = progress.newest ?? seen.find((ticket) => !Number.isNaN(timeOf(ticket)))?.updatedAt;
    const newest = watermark === undefined ? Number.NaN : Date.parse(watermark);
    const last = seen.at(-1);
    const goesOn = last !== undefined && timeOf(last) >= newest && nextCursor !== null;
    if (goesOn && pages < maxPages) {
      cursor = nextCursor;
      continue;
    }
    if (watermark === undefined) return { watermark: null, floor: null, seenAtFirst: [] };
    const floor = goesOn ? newest + 1 : newest;
    return {
      watermark,
      floor: new Date(floor).toISOString(),
      seenAtFirst: seen.filter((ticket) => timeOf(ticket) >= floor).map(ticketMark),
    };
  }
}

/**
 * Where what was kept of the sweeps is lost, and the log is not: cursors of that log are still good, so nothing that
 * changed since may be left out. Sweeps had come as far as the newest entry, or nearly. Where no entry is left the last
 * webhook tells, and without one everything is looked at.
 * @returns null: there is no log, or it has just begun and has outlived nothing
 */
export async function beginningByLog(
  log: Pick<EventLog, 'head' | 'read' | 'lastWebhookAt'>,
  workspaceId: string,
  { now }: Pick<Clock, 'now'>,
): Promise<Beginning | null> {
  const { position } = await log.head(workspaceId);
  if (position === 0) return null;
  const [first] = await log.read(workspaceId, 0, 1);
  if (first?.position === 1 && now() - Date.parse(first.record.receivedAt) < youngMs) return null;
  const [last] = await log.read(workspaceId, position - 1, 1);
  const watermark = last === undefined ? await log.lastWebhookAt(workspaceId) : timeOfRecord(last.record);
  return { watermark, floor: null, seenAtFirst: [] };
}

/** Our clock may be ahead of the backend's: the earlier of both loses nothing. */
function timeOfRecord({ receivedAt, event }: EventRecord): string {
  const { updatedAt } = event.ticket ?? { updatedAt: '' };
  return Date.parse(updatedAt) < Date.parse(receivedAt) ? updatedAt : receivedAt;
}
