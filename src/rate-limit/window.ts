/**
 * Follows one key's window as the backend reports it. Pure: state + event + now → state; plain data, no queue, no
 * timer, no storage, so that the same steps can run on a state kept anywhere.
 *
 * A plain token bucket could send almost twice the limit around a reset. Here every call counts against each window
 * it may fall into, until an answer tells which one it was. Two upper bounds of what a window has counted:
 *
 *   ours = calls that answers placed in it + calls that no answer placed anywhere + calls in flight
 *   all  = the backend's highest count + calls in flight or unplaced that it may have counted since
 *
 * Both hold for a sole spender, and the lower one is taken. Once the backend has counted more than we can have sent,
 * somebody else spends the key: in that window and the next only the second is taken, a hundredth of the limit is
 * left to the others, and what was last heard is trusted for a second.
 *
 * A window is known by its `Reset`. It turns over between two moments of our clock (`turnover.ts`): until the later
 * one a call must fit into the old window, and what was in flight at the earlier one, or came back without headers
 * after it, counts against the new one as well. From then until an answer names the new window, its limit is a guess
 * and its end unknown: a tenth of the last limit may be in flight, and that answer opens the rest. Where answers bear
 * no headers, no stretch as long as a window counts more than the limit. Before the first answer, and after a refusal,
 * one call goes at a time. `Retry-After` overrules all.
 *
 * Assumptions:
 * - A call is counted once or not at all, between being sent and its answer; one given up without an answer, at most
 *   `LOST_GRACE_MS` later. Headers describe the moment of counting or that of answering.
 * - A window lasts `windowMs` (a longer one is found out) and begins with the clock or with its first call. Refused
 *   calls may count. If a call reports a lower count than an answer heard before it was sent, the backend lowered it.
 * - `Date` is rounded down to whole seconds, `Reset` to the second in any way. Clocks may differ by any amount, and
 *   drift apart unnoticed by less than `SAFETY_MS`; when ours is set, the next answers put it right.
 * - A new limit shows in the first answer under it, and is no less than a tenth of the one before.
 */
import type { Observation, PermitOutcome } from './limiter.ts';
import { withReport } from './report.ts';
import { turnoverOf, withDate } from './turnover.ts';
import { oldestSince, withCall } from './unattributed.ts';
import { endOf, type Gate, initialWindow, type Reported, spentIn, type WindowState } from './window-state.ts';

/** A call given up without an answer may still be counted for so long. */
const LOST_GRACE_MS = 2_000;
/** Calls whose window stays unknown are kept for so long: answers may come late. */
const KEPT_WINDOWS = 2;
/** Waited beyond the last moment of a turnover: timers are coarse, and clocks drift. */
const SAFETY_MS = 50;
/** Silence after a refusal that names no time, or less. */
const LEAST_SILENCE_MS = 1_000;
/** Part of the limit that may be in flight until an answer confirms a new window. */
const UNCONFIRMED_PART = 0.1;
/** While others spend the key, knowledge older than this has to be confirmed like a new window. */
const STALE_MS = 1_000;
/** A clock that goes back by more was set. */
const SET_BACK_MS = 1_000;
/** A turnover known no better than to this part of a window is as good as unknown. */
const VAGUE_PART = 0.25;
/** Of a call's way, no more than this is reckoned with when a window is about to end. */
const LONGEST_TRIP_MS = 2_000;

/** What may be sent now. Moments are by our clock. */
export interface Outlook {
  readonly windowMs: number;
  readonly limit: number;
  /** Calls that surely still fit into the running window. */
  readonly remaining: number;
  /** How many of them may be sent right now. Where it is less, it takes an answer, or `blockedUntil`. */
  readonly sendable: number;
  readonly blockedUntil: number;
  /** Since when the running window is spent from. */
  readonly openedAt: number;
  /** What is sent by then can still be expected to count in this window; null: no window is known. */
  readonly end: number | null;
  /** From then on a new window is surely open; where none is known, when the next call drops out of the count. */
  readonly turnover: number;
}

/** @param state as `rolled` to `now` */
export function outlook(state: WindowState, now: number): Outlook {
  const { limit, current, trip } = state;
  const remaining = Math.max(0, limit - spentIn(state, now));
  const common = {
    windowMs: state.windowMs,
    limit,
    remaining,
    sendable: now < state.blockedUntil ? 0 : Math.min(remaining, Math.max(0, roomIn(state, now))),
    blockedUntil: state.blockedUntil,
    openedAt: state.openedAt,
  };
  if (current === null) {
    const oldest = oldestSince(state.unattributed, Math.max(state.beganAfter, now - state.windowMs));
    return { ...common, end: null, turnover: (oldest?.at ?? now) + state.windowMs + 1 };
  }
  const { to } = current.end;
  const tripMs = Math.min(LONGEST_TRIP_MS, trip.mean + 4 * trip.deviation);
  return { ...common, end: (earliestEnd(state, current) ?? to + tripMs) - tripMs, turnover: to + SAFETY_MS };
}

/** The earliest moment at which the window may end, by what was known before it began; null: anybody's guess. */
function earliestEnd({ knowledge, windowMs }: WindowState, window: Reported): number | null {
  const known = turnoverOf(knowledge, window.resetAt);
  if (known === null || known.to < window.after) return null;
  return known.to - known.from > windowMs * VAGUE_PART ? null : known.from;
}

/** How many calls may be in flight more, whatever the window holds. */
function roomIn({ gate, current, suspicion, limit, inFlight }: WindowState, now: number): number {
  if (gate !== null) return gate.room - gate.inFlight;
  const stale = suspicion > 0 && current !== null && now - current.usedHeardAt > STALE_MS;
  return stale ? unconfirmed(limit) - inFlight : Infinity;
}

/**
 * When the running window resets, as well as can be told; by our clock. Where none runs (the key was idle, or nothing
 * was heard of the new one yet), the latest moment at which one that runs unseen can end.
 */
export function nominalReset({ current, knowledge, windowMs }: WindowState, now: number): number {
  if (current === null) return now + windowMs;
  const known = turnoverOf(knowledge, current.resetAt);
  const { from, to } = current.end;
  const nominal = known === null ? current.resetAt : (known.from + known.to) / 2;
  return Math.min(to, Math.max(from, nominal));
}

/** Calls that may be in flight in a window that no answer has confirmed. */
const unconfirmed = (limit: number): number => Math.max(1, Math.floor(limit * UNCONFIRMED_PART));

/** Ends the running window if its time is up. Every other step begins with this one. */
export function rolled(state: WindowState, now: number): WindowState {
  const { current, observedAt } = state;
  if (observedAt !== null && now < observedAt - SET_BACK_MS) {
    // Our clock was set back, and all moments known by it mean nothing any more: ask anew, one call at a time.
    // Only what is left of a silence that was asked for is still to be kept.
    const silentMs = Math.max(0, state.blockedUntil - observedAt);
    const blockedUntil = silentMs === 0 ? 0 : now + silentMs;
    return { ...initialWindow(state.limit, state.windowMs), inFlight: state.inFlight, blockedUntil };
  }
  if (current === null) return state;
  const { from, to } = current.end;
  const openedAt = to + SAFETY_MS;
  if (now < openedAt) return state;
  return {
    ...state,
    current: null,
    ended: current,
    openedAt,
    beganAfter: from,
    gate: state.gate ?? { kind: 'UNCONFIRMED', since: now, inFlight: 0, room: unconfirmed(state.limit) },
  };
}

/** A call is sent. Only where `outlook` says `sendable`. */
export function withSent(state: WindowState, now: number): WindowState {
  const at = rolled(state, now);
  const gate = at.gate && { ...at.gate, inFlight: at.gate.inFlight + 1 };
  return { ...at, inFlight: at.inFlight + 1, gate };
}

/** The call sent at `sentAt` is not in flight any more. */
export function withSettled(
  state: WindowState,
  sentAt: number,
  outcome: PermitOutcome,
  now: number,
): WindowState {
  const landed = withLanded(rolled(state, now), sentAt);
  switch (outcome.kind) {
    case 'NOT_SENT':
      return landed;
    case 'LOST':
      return withUnplaced(landed, now + LOST_GRACE_MS, now);
    case 'ANSWERED':
      return withAnswer(landed, sentAt, outcome.observation, now);
  }
}

function withLanded(state: WindowState, sentAt: number): WindowState {
  const { gate } = state;
  const inFlight = Math.max(0, state.inFlight - 1);
  if (gate === null || sentAt < gate.since) return { ...state, inFlight };
  return { ...state, inFlight, gate: { ...gate, inFlight: Math.max(0, gate.inFlight - 1) } };
}

/** A call whose window stays unknown, counted by `by` at the latest. */
function withUnplaced(state: WindowState, by: number, now: number): WindowState {
  const { current } = state;
  return {
    ...state,
    unattributed: withCall(state.unattributed, by, now - KEPT_WINDOWS * state.windowMs),
    current: current && { ...current, unsure: current.unsure + 1 },
  };
}

function withAnswer(state: WindowState, sentAt: number, said: Observation, now: number): WindowState {
  const refused = said.retryAfterMs !== undefined;
  let next: WindowState = { ...state, trip: withTrip(state.trip, now - sentAt) };
  if (isTime(said.serverTime)) {
    next = { ...next, knowledge: withDate(next.knowledge, sentAt, now, said.serverTime) };
  }
  const limit = isCount(said.limit) && said.limit >= 1 ? said.limit : next.limit;
  if (isCount(said.remaining) && isTime(said.resetAt)) {
    const used = Math.max(0, limit - said.remaining);
    next = withReport(next, { limit, used, resetAt: said.resetAt, sentAt, heardAt: now });
    next = { ...next, gate: gateAfter(state, sentAt, refused, next.current !== null) };
  } else {
    next = withUnplaced({ ...next, limit }, now, now);
    next = { ...next, gate: gateAfter(state, sentAt, refused, false) };
  }
  if (next.current !== null) {
    next = { ...next, current: { ...next.current, end: endOf(next.current, next.knowledge) } };
  }
  return refused ? withRefusal(next, now + Math.max(LEAST_SILENCE_MS, said.retryAfterMs || 0)) : next;
}

/** @param told whether the answer told of the running window */
function gateAfter(
  { gate, limit }: WindowState,
  sentAt: number,
  refused: boolean,
  told: boolean,
): Gate | null {
  if (gate === null || refused) return gate;
  const own = sentAt >= gate.since;
  if (told && (own || gate.kind === 'UNCONFIRMED')) return null;
  // The backend lives, but says nothing of its window.
  return own ? { ...gate, room: Math.max(gate.room, Math.min(gate.room + 1, unconfirmed(limit))) } : gate;
}

function withRefusal(state: WindowState, until: number): WindowState {
  const blockedUntil = Math.max(state.blockedUntil, until);
  return { ...state, blockedUntil, gate: { kind: 'REFUSED', since: blockedUntil, inFlight: 0, room: 1 } };
}

function withTrip(trip: WindowState['trip'], ms: number): WindowState['trip'] {
  const latest = Math.max(0, ms);
  if (trip.mean === 0) return { mean: latest, deviation: latest / 2 };
  const error = latest - trip.mean;
  return { mean: trip.mean + error / 8, deviation: trip.deviation + (Math.abs(error) - trip.deviation) / 4 };
}

const isTime = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value);
const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value) && value >= 0;
