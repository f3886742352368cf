/**
 * The steps by which processes spend one budget together. Pure: state + event + moment → state. Whoever stores the
 * result must be sure that nobody stored another one in between (compare and swap).
 *
 * The budget is one window of `window.ts`, and the permits that processes hold are its calls in flight. That machine
 * asks of a call only that it is counted between being sent and its answer. A permit's life covers both: it begins when
 * the step that allowed it is taken, before the call leaves, and ends with a step taken after its answer came. So what
 * is proved there of one process with many calls in flight holds here of many processes: as long as all calls are
 * steps of this state, no window is overdrawn. A process that ends or is cut off with permits in hand leaves them in
 * flight, until they lapse as lost.
 */
import type { CallPriority } from '../domain/operation.ts';
import type { PermitOutcome } from './limiter.ts';
import { type Pace, paced, readyAt, spent } from './pacing.ts';
import type { Instances } from './presence.ts';
import { order } from './queue.ts';
import type { SharedState } from './shared-state.ts';
import { countSince, type Unattributed } from './unattributed.ts';
import { type Outlook, outlook, rolled, withSent, withSettled } from './window.ts';
import { unplaced, type WindowState } from './window-state.ts';

/** A permit whose process has not ended it by then never will; milliseconds. No call lasts so long. */
const LAPSE_MS = 120_000;
/** A process that was cut off waits so much longer for the end of the window: the window itself waits about as long. */
const TURNOVER_MS = 100;

/** What became of a permit. */
export interface Settlement {
  readonly id: string;
  readonly outcome: PermitOutcome;
}

export interface Grant {
  readonly id: string;
  /** The class that was entitled to it. */
  readonly priority: CallPriority;
}

/** How many calls of each class wait. */
export type Demand = Readonly<Record<CallPriority, number>>;

/** Calls of ours that the running window may have counted, at most. */
const oursIn = (window: WindowState, now: number): number =>
  (window.current?.attributed ?? 0) + unplaced(window, now);

/** One process's part of a limit. */
export const shareOf = (limit: number, { total }: Instances): number => Math.floor(limit / total);

/** The outlook of no more than `most` calls of ours in this window, and of none before `from`. */
function bounded(window: WindowState, most: number, from: number, now: number): Outlook {
  const view = outlook(window, now);
  const remaining = Math.min(view.remaining, Math.max(0, most - oursIn(window, now)));
  return {
    ...view,
    remaining,
    sendable: now < from ? 0 : Math.min(view.sendable, remaining),
    blockedUntil: Math.max(view.blockedUntil, from),
  };
}

/** What all may send together; those that are cut off are left their shares. @param state as `advanced` to `now` */
export const sharedOutlook = (
  { window, quietUntil }: SharedState,
  instances: Instances,
  now: number,
): Outlook =>
  bounded(window, window.limit - instances.missing * shareOf(window.limit, instances), quietUntil, now);

/** What a process that is cut off may send by itself: its share, once the window it was cut off in is over. */
export const lonelyOutlook = (
  window: WindowState,
  instances: Instances,
  from: number,
  now: number,
): Outlook => ({
  ...bounded(window, shareOf(window.limit, instances), from, now),
  limit: Math.max(1, shareOf(window.limit, instances)),
});

/** Brings window and pace up to `now`. */
export function advanced(state: SharedState, instances: Instances, now: number): SharedState {
  const window = rolled(state.window, now);
  const next = { ...state, at: now, window };
  return { ...next, pace: paced(state.pace, sharedOutlook(next, instances, now), now) };
}

/** Ends permits of `instance`. One that is not there was ended before, and is passed over: a step may come twice. */
export function withSettlements(
  state: SharedState,
  instance: string,
  settlements: readonly Settlement[],
  now: number,
): SharedState {
  const own = { ...state.permits[instance] };
  let { window, pace } = state;
  for (const { id, outcome } of settlements) {
    const at = own[id];
    if (at === undefined) continue;
    delete own[id];
    window = withSettled(window, at, outcome, now);
    if (outcome.kind === 'NOT_SENT') pace = { ...pace, tokens: pace.tokens + 1 };
  }
  return { ...state, window, pace, permits: withOwn(state.permits, instance, own) };
}

function withOwn(
  permits: SharedState['permits'],
  instance: string,
  own: Readonly<Record<string, number>>,
): SharedState['permits'] {
  const others = Object.entries(permits).filter(([name]) => name !== instance);
  return Object.fromEntries(Object.keys(own).length > 0 ? [...others, [instance, own]] : others);
}

/**
 * Ends permits nobody will end: those of `instance` it does not hold (the step that gave them was never confirmed, so
 * they were not used), and those of others that are too old.
 */
export function withLapsed(
  state: SharedState,
  instance: string,
  holds: (id: string) => boolean,
  now: number,
): SharedState {
  let next = state;
  for (const [name, permits] of Object.entries(state.permits)) {
    const own = name === instance;
    const over = Object.entries(permits).filter(([id, at]) => (own ? !holds(id) : now - at > LAPSE_MS));
    if (over.length === 0) continue;
    const outcome: PermitOutcome = { kind: own ? 'NOT_SENT' : 'LOST' };
    const settlements = over.map(([id]) => ({ id, outcome }));
    next = withSettlements(next, name, settlements, now);
  }
  return next;
}

/** The most urgent class that waits and may send now. */
function entitled(pace: Pace, view: Outlook, demand: Demand, now: number): CallPriority | undefined {
  return order.find((priority) => demand[priority] > 0 && readyAt(pace, view, priority, now) <= now);
}

/** Allows as many of the calls that wait as may go now. @param state as `advanced` to `now` */
export function withGrants(
  state: SharedState,
  instance: string,
  demand: Demand,
  instances: Instances,
  newId: () => string,
  now: number,
): { readonly state: SharedState; readonly grants: readonly Grant[] } {
  const left = { ...demand };
  const own: Record<string, number> = { ...state.permits[instance] };
  const grants: Grant[] = [];
  let next = state;
  for (;;) {
    const view = sharedOutlook(next, instances, now);
    const priority = entitled(next.pace, view, left, now);
    if (priority === undefined) break;
    left[priority] -= 1;
    const id = newId();
    own[id] = now;
    grants.push({ id, priority });
    next = { ...next, window: withSent(next.window, now), pace: spent(next.pace) };
  }
  if (grants.length === 0) return { state, grants };
  return { state: { ...next, permits: withOwn(state.permits, instance, own) }, grants };
}

/** A process that was cut off, by itself. */
export interface Apart {
  readonly window: WindowState;
  readonly pace: Pace;
  /** Nothing but what it holds already is spent before: what the others spend in the window that runs is unknown. */
  readonly from: number;
  /** Its calls that ended while it was cut off, by the last moment at which they can have been counted. */
  readonly born: Unattributed;
}

/**
 * A process goes its own way. What others have in flight is lost sight of.
 * @param state what it saw last, its own settlements taken in, or a new one
 * @param own its permits in flight
 * @param lostAt since when the others may have spent without its knowledge; null: it never knew of any others
 */
export function departed(state: SharedState, own: number, lostAt: number | null, now: number): Apart {
  let window = rolled(state.window, now);
  while (window.inFlight > own) window = withSettled(window, now, { kind: 'LOST' }, now);
  const over =
    window.current === null ? (lostAt ?? 0) + window.windowMs : window.current.end.to + TURNOVER_MS;
  return { window, pace: state.pace, from: lostAt === null ? 0 : Math.max(over, state.quietUntil), born: [] };
}

/** Brings it up to `now`. */
export function advancedApart(apart: Apart, instances: Instances, now: number): Apart {
  const window = rolled(apart.window, now);
  const view = lonelyOutlook(window, instances, apart.from, now);
  return { ...apart, window, pace: paced(apart.pace, view, now) };
}

/** Takes a call of a lonely process that waits, if one may go now. @param apart as `advancedApart` to `now` */
export function grantApart(
  apart: Apart,
  demand: Demand,
  instances: Instances,
  now: number,
): { readonly apart: Apart; readonly priority: CallPriority } | null {
  const view = lonelyOutlook(apart.window, instances, apart.from, now);
  const priority = entitled(apart.pace, view, demand, now);
  if (priority === undefined) return null;
  return { apart: { ...apart, window: withSent(apart.window, now), pace: spent(apart.pace) }, priority };
}

/** The store has lost the budget: the first process to come back begins it anew with what it knows itself. */
export const recreated = (
  apart: Apart,
  epoch: string,
  instance: string,
  held: ReadonlyMap<string, number>,
  now: number,
): SharedState => ({
  epoch,
  version: 0,
  at: now,
  quietUntil: apart.from,
  window: apart.window,
  pace: apart.pace,
  permits: withOwn({}, instance, Object.fromEntries(held)),
});

/**
 * A process that was cut off comes back: what it sent meanwhile counts in the common window, as calls that no answer
 * placed. Its view of that window is forgotten, except that the backend wants silence.
 * @param held its permits in flight
 */
export function joined(
  state: SharedState,
  apart: Apart,
  instance: string,
  held: ReadonlyMap<string, number>,
  now: number,
): SharedState {
  const own: Record<string, number> = { ...state.permits[instance] };
  let { window } = state;
  const { gate, current } = window;
  for (const [id, at] of held) {
    if (own[id] !== undefined) continue;
    // Not one of the gate's own calls, whenever it was sent.
    own[id] = gate === null ? at : Math.min(at, gate.since - 1);
    window = { ...window, inFlight: window.inFlight + 1 };
  }
  const born = [...window.unattributed, ...apart.born].toSorted((a, b) => a.at - b.at);
  const since = Math.max(window.beganAfter, now - window.windowMs);
  window = {
    ...window,
    unattributed: born,
    current: current && { ...current, unsure: current.unsure + countSince(apart.born, since) },
  };
  const { blockedUntil } = apart.window;
  if (blockedUntil > window.blockedUntil && blockedUntil > now) {
    window = {
      ...window,
      blockedUntil,
      gate: { kind: 'REFUSED', since: blockedUntil, inFlight: 0, room: 1 },
    };
  }
  return { ...state, window, permits: withOwn(state.permits, instance, own) };
}
