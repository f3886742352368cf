/** How the window of a key behaves. Every member may be changed while the sandbox runs. */
export interface RateLimitBehaviour {
  /** Requests in a window. @default 400 */
  readonly limit: number;
  /** Milliseconds. @default 60,000 */
  readonly windowMs: number;
  /**
   * `first-request`: a window begins with the first request after the last one ended.
   * `aligned`: at multiples of `windowMs` of the server's clock.
   * @default 'first-request'
   */
  readonly start: 'first-request' | 'aligned';
  /** Whether requests answered 429 count like others (seen when the limit is raised within a window). @default false */
  readonly countRefused: boolean;
  /** Whether requests that the API answers with another 4xx count. @default true */
  readonly countFailed: boolean;
  /**
   * The server's clock minus the sandbox's: in `Date`, `X-RateLimit-Reset`, timestamps and aligned windows.
   * Milliseconds. @default 0
   */
  readonly clockSkewMs: number;
  /** `X-RateLimit-Reset` has whole seconds: which way it is rounded. @default 'up' */
  readonly resetRounding: 'up' | 'down' | 'nearest';
  /** Headers that answers carry. @default all four */
  readonly headers: readonly ('limit' | 'remaining' | 'reset' | 'date')[];
}

export const defaultRateLimit: RateLimitBehaviour = {
  limit: 400,
  windowMs: 60_000,
  start: 'first-request',
  countRefused: false,
  countFailed: true,
  clockSkewMs: 0,
  resetRounding: 'up',
  headers: ['limit', 'remaining', 'reset', 'date'],
};

export interface WindowState {
  readonly limit: number;
  readonly remaining: number;
  /** When it ends by the sandbox's clock, without skew; milliseconds since the epoch. */
  readonly resetsAt: number;
  /** Requests answered 429 since the start, over all windows. */
  readonly refused: number;
}

/** The window of one key. Pure: time comes in with every call (milliseconds since the epoch, without skew). */
export interface RateWindow {
  /** One request; false: it is refused. Begins a window if none is open. */
  take(now: number): boolean;
  /** The last request taken turned out not to count. */
  giveBack(): void;
  /** Somebody else's requests; what exceeds the limit is lost. @param requests undefined: all that is left */
  spend(now: number, requests?: number): void;
  /** Looks without beginning a window. */
  state(now: number): WindowState;
  /** As if no request had ever come. */
  reset(): void;
}

/** @param behaviour asked at every call, so that it may change within a window */
export function createWindow(behaviour: () => RateLimitBehaviour): RateWindow {
  let startedAt: number | null = null;
  let used = 0;
  let refused = 0;

  /** Ends a window that is over; then, with `begin`, opens one if none is open. */
  const roll = (now: number, begin: boolean): void => {
    const { start, windowMs, clockSkewMs } = behaviour();
    if (start === 'aligned') {
      const aligned = Math.floor((now + clockSkewMs) / windowMs) * windowMs - clockSkewMs;
      if (startedAt !== aligned) used = 0;
      startedAt = aligned;
      return;
    }
    if (startedAt !== null && now >= startedAt + windowMs) {
      startedAt = null;
      used = 0;
    }
    if (begin) startedAt ??= now;
  };

  return {
    take: (now) => {
      roll(now, true);
      const { limit, countRefused } = behaviour();
      const allowed = used < limit;
      if (allowed || countRefused) used += 1;
      if (!allowed) refused += 1;
      return allowed;
    },
    giveBack: () => {
      used = Math.max(0, used - 1);
    },
    spend: (now, requests) => {
      roll(now, true);
      const { limit } = behaviour();
      used = Math.max(used, requests === undefined ? limit : Math.min(limit, used + requests));
    },
    state: (now) => {
      roll(now, false);
      const { limit, windowMs } = behaviour();
      return {
        limit,
        remaining: Math.max(0, limit - used),
        resetsAt: (startedAt ?? now) + windowMs,
        refused,
      };
    },
    reset: () => {
      startedAt = null;
      used = 0;
    },
  };
}

const rounding = { up: Math.ceil, down: Math.floor, nearest: Math.round };

/** The rate limit's headers as name, value, name, value, … */
export function windowHeaders(state: WindowState, behaviour: RateLimitBehaviour): string[] {
  const headers: string[] = [];
  if (behaviour.headers.includes('limit')) headers.push('x-ratelimit-limit', String(state.limit));
  if (behaviour.headers.includes('remaining')) headers.push('x-ratelimit-remaining', String(state.remaining));
  if (behaviour.headers.includes('reset')) {
    const resetsAt = rounding[behaviour.resetRounding]((state.resetsAt + behaviour.clockSkewMs) / 1000);
    headers.push('x-ratelimit-reset', String(resetsAt));
  }
  return headers;
}

/** Whole seconds until the window ends, never less than what is left of it, and at least 1. */
export const retryAfterSeconds = (state: WindowState, now: number): number =>
  Math.max(1, Math.ceil((state.resetsAt - now) / 1000));
