/** One request as the sandbox saw it. */
export interface BackendCall {
  /** `GET /tickets` */
  readonly operation: string;
  /** null: it was cut. */
  readonly status: number | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly answeredAt: number | null;
}

/** One window of the backend. */
export interface Window {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Requests that it counted. */
  readonly used: number;
  readonly refused: number;
  /** Requests counted in its first second. */
  readonly atOnce: number;
  /** Requests counted in each tenth of it. */
  readonly tenths: readonly number[];
}

/**
 * The backend's windows, told from its log: one begins with the first request after the last has ended. A request
 * counts when it is answered, and one that is refused does not.
 */
export function windowsOf(calls: readonly BackendCall[], windowMs: number): Window[] {
  const answered = calls
    .flatMap(({ status, answeredAt }) =>
      status === null || answeredAt === null ? [] : [{ status, at: answeredAt }],
    )
    .toSorted((a, b) => a.at - b.at);
  const windows: (typeof answered)[] = [];
  let endedAt = -Infinity;
  for (const call of answered) {
    if (call.at >= endedAt) {
      windows.push([]);
      endedAt = call.at + windowMs;
    }
    windows.at(-1)?.push(call);
  }
  return windows.map((members) => {
    const startedAt = members[0]?.at ?? 0;
    const counted = members.flatMap(({ status, at }) => (status === 429 ? [] : [at - startedAt]));
    const within = (from: number, to: number) => counted.filter((ms) => ms >= from && ms < to).length;
    return {
      startedAt,
      endedAt: startedAt + windowMs,
      used: counted.length,
      refused: members.length - counted.length,
      atOnce: within(0, 1000),
      tenths: Array.from({ length: 10 }, (_, index) =>
        within((index * windowMs) / 10, ((index + 1) * windowMs) / 10),
      ),
    };
  });
}

/** Windows that began at `from` or later and had ended by `to`. */
export const fullWindows = (windows: readonly Window[], from: number, to: number): Window[] =>
  windows.filter(({ startedAt, endedAt }) => startedAt >= from && endedAt <= to);

/** The longest time from `from` to `to` in which no request came in; milliseconds. */
export function longestStretch(calls: readonly BackendCall[], from: number, to: number): number {
  const moments = calls.map(({ at }) => at).filter((at) => at >= from && at < to);
  let [last, longest] = [from, 0];
  for (const at of [...moments.toSorted((a, b) => a - b), to]) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}
