/**
 * When a window of the backend turns over, told by our clock.
 *
 * The backend announces `Reset` by its own clock, which may be half a minute off ours, in whole seconds, and does not
 * say whether it rounded up, down or to the nearest. Two things tell how the clocks differ:
 * - `Date`, of whole seconds too: every answer confines the difference, and many answers together to little more than
 *   the fastest round trip;
 * - a turnover that was seen: a call sent at `after` was still counted before it, an answer that came at `by` spoke of
 *   the next window. Where both contradict each other (`Date` may come from a proxy), what was seen wins.
 * Both are kept as intervals that hold the truth. One that new evidence contradicts is forgotten (a clock was set, or
 * drifted), and knowledge starts anew from that evidence.
 */

/** From `from` to `to`, both included; milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export interface ClockKnowledge {
  /** The backend's clock minus ours, by `Date`; null: no answer had one. */
  readonly offset: Interval | null;
  /** When a window turns over by our clock, minus the `Reset` announced for it; null: no turnover was seen. */
  readonly shift: Interval | null;
}

/** `Date` and `Reset` are of whole seconds. */
export const GRAIN_MS = 1000;

export const ignorance: ClockKnowledge = { offset: null, shift: null };

function narrowed(known: Interval | null, evidence: Interval): Interval {
  if (known === null) return evidence;
  const from = Math.max(known.from, evidence.from);
  const to = Math.min(known.to, evidence.to);
  if (from > to) return evidence;
  return from === known.from && to === known.to ? known : { from, to };
}

/** An answer to a call sent at `sentAt` came at `receivedAt` and bore the `Date` `serverTime`, which is rounded down. */
export function withDate(
  knowledge: ClockKnowledge,
  sentAt: number,
  receivedAt: number,
  serverTime: number,
): ClockKnowledge {
  const evidence = { from: serverTime - receivedAt, to: serverTime + GRAIN_MS - sentAt };
  const offset = narrowed(knowledge.offset, evidence);
  return offset === knowledge.offset ? knowledge : { ...knowledge, offset };
}

/** The window announced to reset at `resetAt` turned over after `after` and by `by`, on our clock. */
export function withTurnover(
  knowledge: ClockKnowledge,
  resetAt: number,
  after: number,
  by: number,
): ClockKnowledge {
  if (after > by) return knowledge;
  // Rounding differs from window to window by up to a grain, either way.
  const evidence = { from: after - resetAt - GRAIN_MS, to: by - resetAt + GRAIN_MS };
  return { ...knowledge, shift: narrowed(knowledge.shift, evidence) };
}

/** Between which moments of our clock the window announced to reset at `resetAt` turns over; null: nothing is known. */
export function turnoverOf({ offset, shift }: ClockKnowledge, resetAt: number): Interval | null {
  const byDate = offset && { from: -GRAIN_MS - offset.to, to: GRAIN_MS - offset.from };
  const known = shift && byDate ? narrowed(byDate, shift) : (shift ?? byDate);
  return known && { from: resetAt + known.from, to: resetAt + known.to };
}
