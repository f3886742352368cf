import type { CallPriority } from '../domain/operation.ts';
import type { PermitOutcome } from './limiter.ts';
import { initialPace, paced, readyAt, spent, turnOf } from './pacing.ts';
import { type Outlook, outlook, rolled, withSent, withSettled } from './window.ts';
import { initialWindow, type WindowState } from './window-state.ts';

/** Window and pace of one key, kept in this process. Every question is about the moment of the last `look`. */
export interface Ledger {
  /** Brings everything up to `now`. */
  look(now: number): Outlook;
  /** @see readyAt */
  readyAt(view: Outlook, priority: CallPriority, now: number): number;
  /** @see turnOf */
  turnOf(view: Outlook, priority: CallPriority, count: number, now: number): number;
  sent(now: number): void;
  settled(sentAt: number, outcome: PermitOutcome, now: number): void;
  window(): WindowState;
}

/**
 * @param limit the limit to go by until the backend tells it
 * @param windowMs how long a window lasts
 */
export function createLedger(limit: number, windowMs: number): Ledger {
  let window = initialWindow(limit, windowMs);
  let pace = initialPace;
  return {
    look(now) {
      window = rolled(window, now);
      const view = outlook(window, now);
      pace = paced(pace, view, now);
      return view;
    },
    readyAt: (view, priority, now) => readyAt(pace, view, priority, now),
    turnOf: (view, priority, count, now) => turnOf(pace, view, priority, count, now),
    sent(now) {
      window = withSent(window, now);
      pace = spent(pace);
    },
    settled(sentAt, outcome, now) {
      window = withSettled(window, sentAt, outcome, now);
      if (outcome.kind === 'NOT_SENT') pace = { ...pace, tokens: pace.tokens + 1 };
    },
    window: () => window,
  };
}
