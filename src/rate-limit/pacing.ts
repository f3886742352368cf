/**
 * Spreads a window over its length when more is asked than it holds. Pure.
 *
 * Up to a third of the limit may go at once; what is used of that flows back at the rate that spends the last call
 * when the window ends. So a key that is not saturated is never slowed, and a saturated one never falls silent for
 * long. As the moment of the turnover is known to a second or two only, nearly all is spent by its earliest moment,
 * and a few calls are kept to be sent until its latest: the first that the new window counts opens it.
 *
 * A tenth of the limit is kept for mutations and released evenly over the window's last ten seconds. Mutations may run
 * ahead of the pace by up to as much; all that is sent until the window's end then goes a little slower, and nobody
 * has to wait until they are made up for.
 */
import type { CallPriority } from '../domain/operation.ts';
import type { Outlook } from './window.ts';

/** Part of the limit that may be sent at once. */
const BURST_PART = 1 / 3;
/** Part of the limit that is kept for mutations. */
const RESERVE_PART = 0.1;
/** Before the end of a window, the reserve is released over so long. */
const RELEASE_MS = 10_000;
/** Kept for the time in which the turnover may be: at most so many calls, and about this part of the limit. */
const MOST_PROBES = 3;
const PROBE_PART = 0.01;
/** Fractions of calls come out of floating point sums. */
const EPSILON = 1e-6;

export interface Pace {
  /** Calls that may go at once, as of `at`. */
  readonly tokens: number;
  /** Calls by which mutations ran ahead; forgotten evenly until the window ends. */
  readonly ahead: number;
  readonly at: number;
  /** The window they belong to: `Outlook.openedAt`. */
  readonly openedAt: number;
  /** The limit they were reckoned by. */
  readonly limit: number;
}

/** Belongs to no window: the first look at one fills it. */
export const initialPace: Pace = { tokens: 0, ahead: 0, at: 0, openedAt: -1, limit: 0 };

const burst = (limit: number): number => Math.max(1, limit * BURST_PART);
const reserveOf = (limit: number): number => Math.floor(limit * RESERVE_PART);
const probesOf = (limit: number): number => Math.min(MOST_PROBES, Math.round(limit * PROBE_PART));
/** Calls to be spent by the window's end. */
const dueByEnd = ({ limit, remaining }: Outlook): number => remaining - probesOf(limit);

/** Tokens flow evenly: at `until` there are `level`, unless there are more already. */
function flowed(pace: Pace, from: number, until: number, level: number, now: number): number {
  const { tokens } = pace;
  const at = Math.max(pace.at, from);
  if (at >= until || now <= at || level <= tokens) return tokens;
  return tokens + ((level - tokens) * (Math.min(now, until) - at)) / (until - at);
}

/** Brings the pace up to `now`. */
export function paced(pace: Pace, outlook: Outlook, now: number): Pace {
  const { limit, openedAt, remaining, end, turnover, windowMs } = outlook;
  const most = burst(limit);
  if (openedAt !== pace.openedAt) return { tokens: most, ahead: 0, at: now, openedAt, limit };
  if (limit !== pace.limit) return paced(rescaled(pace, limit), outlook, now);
  if (now <= pace.at) return pace;
  let { tokens } = pace;
  if (end === null) tokens += ((now - pace.at) * limit) / windowMs;
  else {
    // At the end all of it is due, also where the end was found to be earlier than it seemed.
    tokens =
      now < end ? flowed(pace, pace.at, end, dueByEnd(outlook), now) : Math.max(tokens, dueByEnd(outlook));
    tokens = flowed({ ...pace, tokens }, end, turnover, remaining, now);
  }
  return { tokens: Math.min(most, tokens), ahead: aheadAt(pace, outlook, now), at: now, openedAt, limit };
}

function aheadAt({ ahead, at, limit }: Pace, { end, windowMs }: Outlook, now: number): number {
  if (end === null) return Math.max(0, ahead - ((now - at) * limit) / windowMs);
  return now < end ? (ahead * (end - now)) / (end - at) : 0;
}

/** What went at once under the old limit counts as if the new one had stood already, but leaves no debt. */
function rescaled(pace: Pace, limit: number): Pace {
  const tokens = pace.tokens + burst(limit) - burst(pace.limit);
  return { ...pace, tokens: Math.max(tokens, 0), limit };
}

/** One call is sent. */
export function spent(pace: Pace): Pace {
  const tokens = Math.max(0, pace.tokens - 1);
  return { ...pace, tokens, ahead: pace.ahead + 1 - (pace.tokens - tokens) };
}

/**
 * Tokens that a call of this priority needs before it is sent. How far mutations may run ahead grows from nothing when
 * a window opens, so that a burst stays a burst, and shrinks to nothing at its end, so that what they went ahead is not
 * missing there.
 */
function neededFor({ ahead }: Pace, priority: CallPriority, outlook: Outlook, now: number): number {
  if (priority !== 'MUTATION') return 1;
  const { limit, openedAt, end, windowMs } = outlook;
  const grown = (now - openedAt) / RELEASE_MS;
  const left = end === null ? 1 : (end - now) / (windowMs - RELEASE_MS);
  return 1 - Math.max(0, reserveOf(limit) * Math.min(1, grown, left) - ahead);
}

/** Calls that only mutations may send at `now`. */
function reservedAt({ limit, end }: Outlook, now: number): number {
  const left = end === null ? 1 : (end - now) / RELEASE_MS;
  return reserveOf(limit) * Math.min(1, Math.max(0, left));
}

/**
 * When a call of this priority may be sent if nothing is heard until then: `now` or earlier if it may at once,
 * Infinity if only an answer can tell.
 * @param pace as `paced` to `now`
 */
export function readyAt(pace: Pace, outlook: Outlook, priority: CallPriority, now: number): number {
  const { limit, remaining, sendable, blockedUntil, end, turnover, windowMs } = outlook;
  if (now < blockedUntil) return blockedUntil;
  const keeps = priority === 'MUTATION' ? 0 : reservedAt(outlook, now);
  if (remaining < 1) return turnover;
  if (sendable < 1) return Infinity;
  const released = remaining - keeps >= 1 - EPSILON ? now : releasedAt(outlook);
  const needed = neededFor(pace, priority, outlook, now);
  if (end !== null) return Math.max(released, flowedAt(pace, outlook, needed));
  const missing = needed - EPSILON - pace.tokens;
  return Math.max(released, missing <= 0 ? now : now + (missing * windowMs) / limit);
}

/** When the reserve has shrunk so far that one of the remaining calls is free. */
function releasedAt({ limit, remaining, end, turnover }: Outlook): number {
  if (end === null) return turnover;
  return Math.min(turnover, end - (RELEASE_MS * Math.max(0, remaining - 1)) / Math.max(1, reserveOf(limit)));
}

/** When `needed` tokens have flowed in, in a window that is known. */
function flowedAt({ tokens, at }: Pace, outlook: Outlook, needed: number): number {
  const { remaining, turnover } = outlook;
  const end = outlook.end ?? at;
  if (tokens >= needed - EPSILON) return at;
  const level = dueByEnd(outlook);
  if (at < end && level >= needed) return at + ((needed - tokens) * (end - at)) / (level - tokens);
  if (remaining < needed) return turnover;
  const from = Math.max(at, end);
  const then = at < end ? Math.max(tokens, level) : tokens;
  return from + ((needed - then) * (turnover - from)) / (remaining - then);
}

/**
 * When the `count`th further call would be sent if those before it are sent as the pace allows and nothing else
 * happens. An estimate: what others spend and what more urgent callers ask for later delays it.
 * @param pace as `paced` to `now`
 */
export function turnOf(
  pace: Pace,
  outlook: Outlook,
  priority: CallPriority,
  count: number,
  now: number,
): number {
  const { limit, remaining, blockedUntil, turnover, end, windowMs } = outlook;
  const start = Math.max(now, blockedUntil);
  const most = burst(limit);
  // Once a burst is gone, the rest of a window has to last for its length.
  const restMs = (calls: number): number => (Math.max(0, calls) * windowMs) / (limit - most || 1);
  if (start < turnover && count <= remaining) {
    const needed = count - 1 + neededFor(pace, priority, outlook, now);
    return Math.max(
      start,
      end === null ? now + restMs(needed - pace.tokens) : flowedAt(pace, outlook, needed),
    );
  }
  const later = start < turnover ? count - remaining : count;
  const windows = Math.floor((later - 1) / limit);
  return Math.max(start, turnover) + windows * windowMs + restMs(later - windows * limit - most);
}
