/** What an answer with all three headers tells of the window its call was counted in. Pure. */
import { GRAIN_MS, ignorance, type Interval, withTurnover } from './turnover.ts';
import { countSince } from './unattributed.ts';
import { type Reported, unplaced, type WindowState } from './window-state.ts';

/** The three headers of an answer, and the round trip of its call. */
export interface Report {
  readonly limit: number;
  readonly used: number;
  /** By the backend's clock. */
  readonly resetAt: number;
  readonly sentAt: number;
  readonly heardAt: number;
}

/** Two `Reset`s this close name one window; those of different windows are a window's length apart. */
const SAME_WINDOW_MS = 1_500;
/**
 * Windows after which a spender that was not seen again is forgotten. In the first window nobody is suspected: it may
 * have been spent from before we came, by ourselves.
 */
const SUSPICION = 2;

/** Until the caller says when the window ends. */
const UNKNOWN: Interval = { from: 0, to: 0 };

const names = (report: Report, window: Reported): boolean =>
  Math.abs(report.resetAt - window.resetAt) <= SAME_WINDOW_MS;

/** Takes a report in. The call it belongs to is not in flight any more. Leaves `current.end` to the caller. */
export function withReport(state: WindowState, report: Report): WindowState {
  const { current, ended } = state;
  if (current !== null && names(report, current)) return confirmed(state, current, report);
  const knownSince = current === null ? state.openedAt : current.firstHeardAt;
  const late = report.sentAt < knownSince;
  if (ended !== null && names(report, ended)) {
    if (!late) return reopened(state, ended, report);
    return { ...state, ended: { ...ended, attributed: ended.attributed + 1 } };
  }
  const last = current ?? ended;
  if (late && last !== null && report.resetAt < last.resetAt) return state;
  return opened(state, report);
}

/** One more call of a window that is known. */
function confirmed(state: WindowState, window: Reported, report: Report): WindowState {
  const { sentAt, heardAt, used } = report;
  // The call was counted after it was sent, so the window began no more than its length before that.
  const ours = window.attributed + 1 + unplaced(state, sentAt);
  const foreign = Math.max(window.foreign, used - ours);
  // Counted after what was heard last: by its count, or because it was sent after that was heard.
  const latest = used >= window.used || sentAt > window.usedHeardAt;
  return {
    ...state,
    current: {
      resetAt: latest ? report.resetAt : window.resetAt,
      firstHeardAt: window.firstHeardAt,
      used: latest ? used : window.used,
      usedHeardAt: latest ? heardAt : window.usedHeardAt,
      unsure: latest ? countSince(state.unattributed, sentAt) : window.unsure,
      attributed: window.attributed + 1,
      foreign,
      after: Math.max(window.after, sentAt),
      until: Math.min(window.until, heardAt + state.windowMs + GRAIN_MS),
      end: window.end,
    },
    observedAt: heardAt,
    limit: latest ? report.limit : state.limit,
    suspicion: foreign > window.foreign && state.ended !== null ? SUSPICION : state.suspicion,
  };
}

/** A window that was thought over still runs: the clocks are not what we believed, or it lasts longer. */
function reopened(state: WindowState, window: Reported, report: Report): WindowState {
  const until = report.heardAt + state.windowMs + GRAIN_MS;
  return confirmed(
    {
      ...state,
      ended: state.current,
      // The calls sent since then are in flight, attributed or unattributed, and count again.
      beganAfter: 0,
      knowledge: { ...ignorance, offset: state.knowledge.offset },
    },
    { ...window, until },
    report,
  );
}

/** A window not heard of before. */
function opened(state: WindowState, report: Report): WindowState {
  const { sentAt, heardAt, used, resetAt } = report;
  const last = state.current ?? state.ended;
  const follows = last !== null && resetAt - last.resetAt > state.windowMs - 2 * GRAIN_MS;
  const began = state.current === null ? state.beganAfter : state.current.end.from;
  const next: WindowState = {
    ...state,
    limit: report.limit,
    observedAt: heardAt,
    ended: state.current ?? state.ended,
    openedAt: state.current === null ? state.openedAt : heardAt,
    beganAfter: began <= heardAt ? began : heardAt - state.windowMs,
    knowledge: follows
      ? withTurnover(state.knowledge, last.resetAt, last.after, Math.min(last.until, heardAt))
      : state.knowledge,
  };
  const foreign = Math.max(0, used - 1 - unplaced(next, sentAt));
  return {
    ...next,
    suspicion: foreign > 0 && last !== null ? SUSPICION : Math.max(0, state.suspicion - 1),
    current: {
      resetAt,
      firstHeardAt: heardAt,
      used,
      usedHeardAt: heardAt,
      unsure: countSince(state.unattributed, sentAt),
      attributed: 1,
      foreign,
      after: sentAt,
      until: heardAt + state.windowMs + GRAIN_MS,
      end: UNKNOWN,
    },
  };
}
