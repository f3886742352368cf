/** What one key's limiter has done since it began. */
export interface LimiterReport {
  readonly sent: number;
  /** Calls that the backend refused for the budget's sake. */
  readonly refusedByBackend: number;
  /** Calls that were refused here, by deadline or a full queue. */
  readonly refusedHere: number;
  /** The longest time without sending a call while one waited; milliseconds. */
  readonly longestStretchMs: number;
}

export interface Tally {
  /** A call was sent. */
  sent(now: number, othersWait: boolean): void;
  /** A call begins to wait. */
  waits(now: number): void;
  /** The last one that waited was refused, or has left. */
  nobodyWaits(now: number): void;
  refusedHere(): void;
  refusedByBackend(): void;
  report(): LimiterReport;
}

export function createTally(): Tally {
  let sent = 0;
  let refusedByBackend = 0;
  let refusedHere = 0;
  let longestStretchMs = 0;
  /** Since when somebody waits and nothing was sent; null: nobody waits. */
  let silentSince: number | null = null;

  return {
    sent(now, othersWait) {
      sent += 1;
      if (silentSince !== null) longestStretchMs = Math.max(longestStretchMs, now - silentSince);
      silentSince = othersWait ? now : null;
    },
    waits(now) {
      silentSince ??= now;
    },
    nobodyWaits(now) {
      if (silentSince !== null) longestStretchMs = Math.max(longestStretchMs, now - silentSince);
      silentSince = null;
    },
    refusedHere() {
      refusedHere += 1;
    },
    refusedByBackend() {
      refusedByBackend += 1;
    },
    report: () => ({ sent, refusedByBackend, refusedHere, longestStretchMs }),
  };
}
