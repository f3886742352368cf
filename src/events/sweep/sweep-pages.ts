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
export type TicketList = (cursor: string | null, signal: AbortSignal) => Promise<SweptPage>;

/** A ticket that cannot be read must not keep the others from being compared. */
export interface SweptPage extends Page<Ticket> {
  /** What is wrong with the tickets that were left out. */
  readonly unreadable?: readonly string[];
}

export interface SweepParts {
  readonly workspaceId: string;
  readonly list: TicketList;
  readonly log: Pick<EventLog, 'known'>;
  readonly intake: Pick<Intake, 'accept'>;
  readonly clock: Clock;
  /** Milliseconds before the watermark that are looked at again, for changes that became visible late. */
  readonly overlapMs: number;
  /** Tickets that are held in memory at most. */
  readonly maxTickets: number;
}

/** What became of one sweep, as far as it has come. */
export interface Progress {
  pages: number;
  /** Events that had to be appended: nobody had told of them. */
  unannounced: number;
  /** Of tickets that could not be read, and were not compared. */
  readonly unreadable: string[];
  /** The newest `updatedAt` that can be relied on; null: none. */
  newest: string | null;
}

export const newProgress = (): Progress => ({ pages: 0, unannounced: 0, unreadable: [], newest: null });

/** Milliseconds that a ticket's `updatedAt` may be ahead of us and still move the watermark: less than the overlap. */
const aheadMs = 60_000;

/** Names a state of a ticket. */
export const ticketMark = (ticket: Ticket): string => `${ticket.id} ${timeOf(ticket)} ${stateDigest(ticket)}`;

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
  const since = beginning(parts, state);
  const tell = async (): Promise<void> => {
    const found = missing;
    missing = [];
    if (found.length > 0) await appendMissing(parts, state, found, { since, graceMs, progress, signal });
  };
  try {
    let cursor: string | null = null;
    let older = false;
    do {
      const { items, nextCursor, unreadable = [] }: SweptPage = await list(cursor, signal);
      progress.pages += 1;
      progress.unreadable.push(...unreadable);
      for (const ticket of items) note(ticket, clock, progress);
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

/**
 * The time from which on changes are looked at, milliseconds since the epoch; by the backend's clock, as everything here.
 * However long ago that is: a cursor at the end of the log is good for as long, and what was left out would be missed.
 */
const beginning = ({ overlapMs }: SweepParts, { watermark, floor }: SweepState): number =>
  Math.max(
    watermark === null ? Number.NEGATIVE_INFINITY : Date.parse(watermark) - overlapMs,
    floor === null ? Number.NEGATIVE_INFINITY : Date.parse(floor),
  );

async function isMissing(
  { workspaceId, log, clock }: SweepParts,
  { seenAtFirst, settled, watermark }: SweepState,
  ticket: Ticket,
): Promise<boolean> {
  if (Number.isNaN(timeOf(ticket))) return false;
  const known = await log.known(workspaceId, ticket.id);
  if (alreadyKnown(stateEvent('RECONCILE', 'TICKET_UPDATED', ticket), known, clock.now())) return false;
  // A quiet workspace is compared again and again with a log that forgets tickets after a while.
  if (known === null && settled && watermark !== null && timeOf(ticket) <= Date.parse(watermark))
    return false;
  // It was there at first, and the log has taken it for deleted since: that has to be put right.
  return known?.deleted === true || !seenAtFirst.includes(ticketMark(ticket));
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

/** When it last changed, milliseconds since the epoch; NaN where that is no time. */
export const timeOf = ({ updatedAt }: Ticket): number => Date.parse(updatedAt);

/** A time that lies ahead would keep everything older out of later sweeps. */
export function note(ticket: Ticket, clock: Clock, progress: Progress): void {
  const time = timeOf(ticket);
  if (Number.isNaN(time) || time > clock.now() + aheadMs) return;
  if (progress.newest === null || time > Date.parse(progress.newest)) progress.newest = ticket.updatedAt;
}
