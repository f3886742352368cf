import { type ClockKnowledge, ignorance, type Interval, turnoverOf } from './turnover.ts';
import { countSince, type Unattributed } from './unattributed.ts';

/** A window the backend has named. Moments are by our clock, in milliseconds, unless said otherwise. */
export interface Reported {
  /** Its name: `Reset`, by the backend's clock. */
  readonly resetAt: number;
  readonly firstHeardAt: number;
  /** Calls in it, by the answer that was counted last. */
  readonly used: number;
  readonly usedHeardAt: number;
  /** Unattributed calls that the backend may have counted after it said `used`. */
  readonly unsure: number;
  /** Our calls that answers placed in it. */
  readonly attributed: number;
  /** Calls in it that cannot have been ours. */
  readonly foreign: number;
  /** The latest sending of a call that was counted in it: it ended later. */
  readonly after: number;
  /** It ends by then, if windows are as long as we think. */
  readonly until: number;
  /** Between which moments it turns over, by all that is known: `endOf`, kept because it is read at every call. */
  readonly end: Interval;
}

/** Part of the limit that is not touched while others spend the key: they may have been faster. */
const LEFT_TO_OTHERS = 0.01;

/** Calls go cautiously until an answer tells of the running window. */
export interface Gate {
  /** After a refusal only an answer to a call of the gate's own opens it. */
  readonly kind: 'UNCONFIRMED' | 'REFUSED';
  /** Calls sent from then on are its own. */
  readonly since: number;
  /** How many of its own are in flight. */
  readonly inFlight: number;
  /** How many may be. */
  readonly room: number;
}

/** All that is known of one key's window: plain data that JSON can carry. */
export interface WindowState {
  readonly windowMs: number;
  /** The last limit heard of, or the configured one. */
  readonly limit: number;
  /** When the backend last told of a window; null: it never did. */
  readonly observedAt: number | null;
  /** The window that runs; null: none was named yet, or the last one has ended. */
  readonly current: Reported | null;
  /** The one before: late answers speak of it, or it turns out not to have ended. */
  readonly ended: Reported | null;
  /** Since when calls are sent on the running window's account. */
  readonly openedAt: number;
  /** The running window began no earlier. */
  readonly beganAfter: number;
  readonly inFlight: number;
  readonly unattributed: Unattributed;
  readonly gate: Gate | null;
  /** Nothing is sent before. */
  readonly blockedUntil: number;
  readonly knowledge: ClockKnowledge;
  /** Round trips, smoothed; milliseconds. */
  readonly trip: { readonly mean: number; readonly deviation: number };
  /** For how many windows, this one included, other spenders are reckoned with. */
  readonly suspicion: number;
}

/**
 * @param limit the limit to go by until the backend tells it
 * @param windowMs how long a window lasts
 */
export const initialWindow = (limit: number, windowMs: number): WindowState => ({
  windowMs,
  limit,
  observedAt: null,
  current: null,
  ended: null,
  openedAt: 0,
  beganAfter: 0,
  inFlight: 0,
  unattributed: [],
  gate: { kind: 'UNCONFIRMED', since: 0, inFlight: 0, room: 1 },
  blockedUntil: 0,
  knowledge: ignorance,
  trip: { mean: 0, deviation: 0 },
  suspicion: 0,
});

/** Between which moments `window` turns over. What its own calls showed outweighs what was learned before. */
export function endOf(window: Omit<Reported, 'end'>, knowledge: ClockKnowledge): Interval {
  const known = turnoverOf(knowledge, window.resetAt);
  const seen = { from: window.after, to: Math.max(window.after, window.until) };
  if (known === null || known.to < seen.from) return seen;
  const from = Math.max(known.from, seen.from);
  // Windows that last longer than we think: the backend knows better.
  return { from, to: known.from > seen.to ? known.to : Math.min(known.to, seen.to) };
}

/**
 * Calls of ours without a window to their name that the one which ran at `moment` may have counted, those in flight
 * included.
 */
export const unplaced = (state: WindowState, moment: number): number =>
  state.inFlight + countSince(state.unattributed, Math.max(state.beganAfter, moment - state.windowMs));

/** The most the running window can have counted. */
export function spentIn(state: WindowState, now: number): number {
  const { current } = state;
  if (current === null) return unplaced(state, now);
  const pessimistic = current.used + current.unsure + state.inFlight;
  if (state.suspicion > 0) return pessimistic + Math.ceil(state.limit * LEFT_TO_OTHERS);
  return Math.min(pessimistic, current.attributed + current.foreign + unplaced(state, now));
}
