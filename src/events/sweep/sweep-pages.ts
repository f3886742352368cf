import { pause } from '../../domain/pause.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Page } from '../../domain/page.ts';
import type { Ticket } from '../../domain/ticket.ts';
import { stateDigest } from '../log/change.ts';
import type { Intake } from '../intake/intake.ts';
import type { EventLog } from '../log/log.ts';
import { stateEvent } from '../intake/made-events.ts';
import type { SweepState } from './reconcile-store.ts';
import { alreadyKnown } from '../log/ticket-state.ts';

/** One page of a workspace's tickets, the last updated first. @param cursor of the page before; null: the first page */
export type TicketList = (cursor: string | null, signal: AbortSignal) => Promise<Page<Ticket>>;

export interface SweepParts {
  readonly workspaceId: string;
  readonly list: TicketList;
  readonly log: Pick<EventLog, 'known'>;
  readonly intake: Pick<Intake, 'accept'>;
  readonly clock: Clock;
  /** Milliseconds before the watermark that are looked at again, for changes that became visible late. */
  readonly overlapMs: number;
  /** Milliseconds before the newest change that a sweep goes back at most. */
  readonly retentionMs: number;
  /** Tickets that are held in memory at most. */
  readonly maxTickets: number;
}

/** What became of one sweep, as far as it has come. */
export interface Progress {
  pages: number;
  /** Events that had to be appended: nobody had told of them. */
  unannounced: number;
  /** The newest `updatedAt` that can be relied on; null: none. */
  newest: string | null;
}

export const newProgress = (): Progress => ({ pages: 0, unannounced: 0, newest: null });

/** Milliseconds that a ticket's `updatedAt` may be ahead of us and still move the watermark: less than the overlap. */
const aheadMs = 60_000;

/** Names a state of a ticket. */
export const ticketMark = (ticket: Ticket): string => `${ticket.id} ${timeOf(ticket)} ${stateDigest(ticket)}`;

/**
 * Before anything was swept: no event, only where to begin. Where every ticket seems to lie ahead it is our clock that is
 * slow, and the newest counts all the same.
 */
export async function readFloor(
  { list, clock }: Pick<SweepParts, 'list' | 'clock'>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Pick<SweepState, 'floor' | 'seenAtFirst'>> {
  const { items } = await list(null, signal);
  progress.pages += 1;
  for (const ticket of items) note(ticket, clock, progress);
  const floor = progress.newest ?? items.find((ticket) => !Number.isNaN(timeOf(ticket)))?.updatedAt ?? null;
  if (floor === null) return { floor, seenAtFirst: [] };
  return {
    floor,
    seenAtFirst: items.filter((ticket) => timeOf(ticket) >= Date.parse(floor)).map(ticketMark),
  };
}

/**
 * Reads page after page until the tickets are older than what the sweep before has seen to, and appends what the log does
 * not hold, oldest first. A ticket that is updated meanwhile moves to the top, past what was read: it has a newer time than
 * the watermark then, and the next sweep finds it. Where more than `maxTickets` are missing they are appended in parts,
 * the newest part first; each ticket is in one part only, so no order within a ticket is turned around.
 * What it has found is appended even if a later page fails, so that it gets on.
 * @param graceMs how long webhooks that are on their way may take
 */
export async function sweepPages(
  parts: SweepParts,
  state: SweepState,
  graceMs: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { list, clock, maxTickets } = parts;
  let missing: Ticket[] = [];
  let since = Number.NEGATIVE_INFINITY;
  const tell = async (): Promise<void> => {
    const found = missing;
    missing = [];
    if (found.length > 0) await appendMissing(parts, state, found, { since, graceMs, progress, signal });
  };
  try {
    let cursor: string | null = null;
    let older = false;
    do {
      const { items, nextCursor }: Page<Ticket> = await list(cursor, signal);
      progress.pages += 1;
      for (const ticket of items) note(ticket, clock, progress);
      since = beginning(parts, state, progress);
      for (const ticket of items) {
        older = timeOf(ticket) < since;
        if (!older && (await isMissing(parts, state, ticket))) missing.push(ticket);
        if (missing.length >= maxTickets) await tell();
      }
      cursor = nextCursor;
    } while (cursor !== null && !older);
  } catch (error) {
    // The failure is what has to be told, unless nothing may be done any more.
    if (!signal.aborted) await tell();
    throw error;
  }
  await tell();
}

/** The time from which on changes are looked at, milliseconds since the epoch; by the backend's clock, as everything here. */
function beginning({ overlapMs, retentionMs }: SweepParts, state: SweepState, progress: Progress): number {
  const { watermark, floor } = state;
  const { newest } = progress;
  return Math.max(
    watermark === null ? Number.NEGATIVE_INFINITY : Date.parse(watermark) - overlapMs,
    floor === null ? Number.NEGATIVE_INFINITY : Date.parse(floor),
    newest === null ? Number.NEGATIVE_INFINITY : Date.parse(newest) - retentionMs,
  );
}

async function isMissing(
  { workspaceId, log }: SweepParts,
  { seenAtFirst }: SweepState,
  ticket: Ticket,
): Promise<boolean> {
  if (Number.isNaN(timeOf(ticket))) return false;
  const known = await log.known(workspaceId, ticket.id);
  if (alreadyKnown(stateEvent('RECONCILE', 'TICKET_UPDATED', ticket), known)) return false;
  return seenAtFirst.length === 0 || !seenAtFirst.includes(ticketMark(ticket));
}

async function appendMissing(
  { workspaceId, log, intake, clock }: SweepParts,
  { seenAtFirst }: SweepState,
  missing: readonly Ticket[],
  { since, graceMs, progress, signal }: Way,
): Promise<void> {
  if (graceMs > 0) await pause(clock, graceMs, signal);
  for (const ticket of missing.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    signal.throwIfAborted();
    const known = await log.known(workspaceId, ticket.id);
    const wasThere = known !== null || seenAtFirst.some((mark) => mark.startsWith(`${ticket.id} `));
    const isNew = !wasThere && Date.parse(ticket.createdAt) >= since;
    const event = stateEvent('RECONCILE', isNew ? 'TICKET_CREATED' : 'TICKET_UPDATED', ticket);
    const { result } = await intake.accept(workspaceId, event);
    if (result === 'APPENDED') progress.unannounced += 1;
  }
}

interface Way {
  /** From when on changes are looked at; milliseconds since the epoch. */
  readonly since: number;
  readonly graceMs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const timeOf = ({ updatedAt }: Ticket): number => Date.parse(updatedAt);

/** A time that lies ahead would keep everything older out of later sweeps. */
function note(ticket: Ticket, clock: Clock, progress: Progress): void {
  const time = timeOf(ticket);
  if (Number.isNaN(time) || time > clock.now() + aheadMs) return;
  if (progress.newest === null || time > Date.parse(progress.newest)) progress.newest = ticket.updatedAt;
}
