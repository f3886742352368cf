/** What one process knows of one shared budget, and has still to tell the others. No I/O: `shared-account.ts` does that. */
import { randomUUID } from 'node:crypto';
import type { PermitOutcome } from './limiter.ts';
import type { Pace } from './pacing.ts';
import type { Instances } from './presence.ts';
import { begunState, deserialize, type SharedState, tagOf } from './shared-state.ts';
import {
  advanced,
  advancedApart,
  type Apart,
  departed,
  type Demand,
  type Grant,
  grantApart,
  joined,
  lonelyOutlook,
  recreated,
  type Settlement,
  sharedOutlook,
  withGrants,
  withLapsed,
  withSettlements,
} from './shared-steps.ts';
import type { Entry } from './shared-store.ts';
import type { Interval } from './turnover.ts';
import { withCall } from './unattributed.ts';
import { type Outlook, withSettled } from './window.ts';
import type { WindowState } from './window-state.ts';

/** A permit of this process whose call is in flight. */
interface Held {
  readonly at: number;
  /** Whether the store may know of it. */
  readonly listed: boolean;
  /** Whether it began while this process was cut off, and it is not certain that the store knows of it. */
  readonly lonely: boolean;
}

export interface Book {
  /** Names this process among all. */
  readonly instance: string;
  readonly defaultLimit: number;
  readonly windowMs: number;
  /** After so long without a step the store forgets the budget: what it says of the past is void by then. */
  readonly keptMs: number;
  /** What is known of the budget; null: nothing, or that there is none. */
  shared: SharedState | null;
  /** What must be in the store for a step of ours to be taken. */
  tag: string | null;
  /** Whether `shared` and `tag` are of the store as it is, and not of one that was lost since. */
  known: boolean;
  /** Not null: this process is cut off from the others. */
  apart: Apart | null;
  /** How often it was cut off. */
  departures: number;
  /** The store went back to an older state, so nothing may be sent until then. */
  quietUntil: number;
  /** Permits that have ended, and the store does not know it. */
  settlements: readonly Settlement[];
  readonly held: Map<string, Held>;
  readonly newId: () => string;
}

/** A step, and what it comes to when it is taken. */
export interface Plan {
  readonly next: SharedState;
  readonly grants: readonly Grant[];
  /** So many of the settlements are in it. */
  readonly settled: number;
}

/** What is known of the budget now. */
export interface Look {
  readonly window: WindowState;
  readonly view: Outlook;
  readonly pace: Pace;
}

const KEPT_WINDOWS = 10;
const LEAST_KEPT_MS = 300_000;
/** A call given up without an answer may still be counted for so long. */
const LOST_GRACE_MS = 5_000;

export function createBook(instance: string, defaultLimit: number, windowMs: number): Book {
  /** A process may forget a key and come back to it; its permits have other names then. */
  const series = randomUUID().slice(0, 8);
  let permits = 0;
  return {
    instance,
    defaultLimit,
    windowMs,
    keptMs: Math.max(LEAST_KEPT_MS, KEPT_WINDOWS * windowMs),
    shared: null,
    tag: null,
    known: false,
    apart: null,
    departures: 0,
    quietUntil: 0,
    settlements: [],
    held: new Map(),
    newId: () => `${series}.${(permits += 1)}`,
  };
}

const fresh = ({ defaultLimit, windowMs }: Book, now: number): SharedState =>
  begunState(randomUUID(), defaultLimit, windowMs, now);

/** From here on this process goes its own way. @param lostAt as for `departed` */
export function depart(book: Book, lostAt: number | null, now: number): void {
  const { shared, instance, settlements } = book;
  const seen = shared === null ? fresh(book, now) : withSettlements(shared, instance, settlements, now);
  book.apart = departed(seen, book.held.size, lostAt, now);
  book.departures += 1;
  book.known = false;
}

/** Takes in what is in the store, and notices if it has lost anything. */
export function found(book: Book, entry: Entry | null, now: number): void {
  const state = entry === null ? null : parsed(entry.state);
  const { shared } = book;
  const lost = shared !== null && (state === null ? isDue(book, shared, now) : state.epoch !== shared.epoch);
  const older = shared !== null && state?.epoch === shared.epoch && state.version < shared.version;
  if ((lost || older) && book.apart === null) depart(book, now, now);
  if (older) book.quietUntil = Math.max(book.apart?.from ?? 0, now);
  book.shared = state;
  book.tag = entry?.tag ?? null;
  book.known = true;
}

/** Whether the store should still hold it. */
const isDue = ({ keptMs }: Book, { at, window }: SharedState, now: number): boolean =>
  now < Math.max(at, window.blockedUntil) + keptMs / 2;

/** null: it is none of ours, as after a change of the format; it is replaced. */
function parsed(text: string): SharedState | null {
  try {
    return deserialize(text);
  } catch {
    return null;
  }
}

/**
 * The step to take now; null: there is nothing to do.
 * @param span between which moments it is now, by the shared clock: calls are allowed as of the first, since they leave
 * later, and end as of the last, since their answers came before
 */
export function planned(book: Book, demand: Demand, instances: Instances, span: Interval): Plan | null {
  const now = Math.max(span.from, book.shared?.at ?? 0);
  const base = advanced(reunited(book, now), instances, now);
  const settled = book.settlements.length;
  const settledState = withSettlements(base, book.instance, book.settlements, Math.max(now, span.to));
  const lapsed = withLapsed(settledState, book.instance, (id) => book.held.has(id), now);
  const { state, grants } = withGrants(lapsed, book.instance, demand, instances, book.newId, now);
  const idle = settled === 0 && lapsed === settledState && grants.length === 0 && book.apart === null;
  return idle ? null : { next: { ...state, version: base.version + 1 }, grants, settled };
}

/** The common state with all of this process in it. */
function reunited(book: Book, now: number): SharedState {
  const { shared, apart, instance, held } = book;
  if (apart === null) return shared ?? fresh(book, now);
  for (const [id, permit] of held) held.set(id, { ...permit, listed: true });
  const moments = new Map(Array.from(held, ([id, { at }]) => [id, at]));
  if (shared === null) return recreated(apart, randomUUID(), instance, moments, now);
  const state = joined(shared, apart, instance, moments, now);
  return { ...state, quietUntil: Math.max(state.quietUntil, book.quietUntil) };
}

/** The step was taken. Its grants are held from now on. */
export function adopt(book: Book, { next, grants, settled }: Plan): void {
  book.shared = next;
  book.tag = tagOf(next);
  book.apart = null;
  book.settlements = book.settlements.slice(settled);
  for (const [id, permit] of book.held) if (permit.lonely) book.held.set(id, { ...permit, lonely: false });
  for (const { id } of grants) book.held.set(id, { at: next.at, listed: true, lonely: false });
}

/** Allows one of the calls of a process that is cut off; null: none may go. */
export function allowApart(book: Book, demand: Demand, instances: Instances, now: number): Grant | null {
  if (book.apart === null) return null;
  book.apart = advancedApart(book.apart, instances, now);
  const granted = grantApart(book.apart, demand, instances, now);
  if (granted === null) return null;
  book.apart = granted.apart;
  const id = book.newId();
  book.held.set(id, { at: now, listed: false, lonely: true });
  return { id, priority: granted.priority };
}

/** A permit has ended. */
export function settle(book: Book, id: string, outcome: PermitOutcome, now: number): void {
  const permit = book.held.get(id);
  if (permit === undefined) return;
  book.held.delete(id);
  if (permit.listed) book.settlements = [...book.settlements, { id, outcome }];
  const { apart } = book;
  if (apart === null) return;
  const window = withSettled(apart.window, permit.at, outcome, now);
  if (outcome.kind === 'NOT_SENT') {
    book.apart = { ...apart, window, pace: { ...apart.pace, tokens: apart.pace.tokens + 1 } };
    return;
  }
  // Of a call it knows of, the store will learn the fate; the others have to be told of as a whole.
  const by = outcome.kind === 'LOST' ? now + LOST_GRACE_MS : now;
  const born = permit.lonely ? withCall(apart.born, by, now - book.windowMs) : apart.born;
  book.apart = { ...apart, window, born };
}

/** null: nothing is known yet. */
export function look(book: Book, instances: Instances, now: number): Look | null {
  const { apart, shared } = book;
  if (apart !== null) {
    const { window, pace, from } = advancedApart(apart, instances, now);
    return { window, pace, view: lonelyOutlook(window, instances, from, now) };
  }
  if (shared === null) return null;
  const settled = withSettlements(shared, book.instance, book.settlements, now);
  const state = advanced(settled, instances, now);
  return { window: state.window, pace: state.pace, view: sharedOutlook(state, instances, now) };
}
