import type { Observation } from '../../rate-limit/limiter.ts';

/**
 * Reads what the headers of an answer say of time and budget. Whatever is missing or unreadable is left out:
 * a guess would be taken for the server's word.
 */
export function observe(headers: Headers): Omit<Observation, 'retryAfterMs'> {
  const limit = wholeNumber(headers.get('x-ratelimit-limit'));
  const remaining = wholeNumber(headers.get('x-ratelimit-remaining'));
  const resetAt = wholeNumber(headers.get('x-ratelimit-reset'));
  const serverTime = httpDate(headers.get('date'));
  return {
    ...(limit === null ? {} : { limit }),
    ...(remaining === null ? {} : { remaining }),
    ...(resetAt === null ? {} : { resetAt: resetAt * 1_000 }),
    ...(serverTime === null ? {} : { serverTime }),
  };
}

/**
 * `Retry-After` (RFC 9110, 10.2.3) in milliseconds from now, in both of its forms; null where there is none.
 * A date is measured against the server's own clock, where the answer shows it.
 * @param now milliseconds since the epoch
 */
export function retryAfter(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after');
  const seconds = wholeNumber(value);
  if (seconds !== null) return seconds * 1_000;
  const date = httpDate(value);
  return date === null ? null : Math.max(0, date - (httpDate(headers.get('date')) ?? now));
}

/**
 * How long to keep silent after a 429: what `Retry-After` says, else until the window resets, else a second.
 * @param now milliseconds since the epoch
 */
export function silenceAfterRefusal(headers: Headers, now: number): number {
  const { resetAt, serverTime } = observe(headers);
  return (
    retryAfter(headers, now) ?? (resetAt === undefined ? 1_000 : Math.max(0, resetAt - (serverTime ?? now)))
  );
}

function wholeNumber(value: string | null): number | null {
  return value !== null && /^\d{1,12}$/.test(value.trim()) ? Number(value) : null;
}

function httpDate(value: string | null): number | null {
  // Every form of HTTP-date begins with a weekday; `Date.parse` alone would read "5" as a month.
  if (value === null || !/^[A-Z][a-z]{2}/.test(value)) return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}
