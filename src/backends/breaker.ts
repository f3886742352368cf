import {
  circuitBreaker,
  CircuitState,
  CountBreaker,
  handleWhenResult,
  type IBackoff,
  type IBackoffFactory,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import type { BackendStatus } from '../domain/backend.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';

/**
 * What an attempt says of the host. ALIVE: it answered, whatever it said. FAILED: it is down, or close to it.
 * UNDECIDED: nothing, because the attempt was given up early.
 */
export type Verdict = 'ALIVE' | 'FAILED' | 'UNDECIDED';

/** What is to be sent; see `writesLagMs`. */
export type GuardedCall = 'READ' | 'WRITE';

/** What became of an attempt, and what that says of the host. */
export interface Judged<Value> {
  readonly verdict: Verdict;
  readonly value: Value;
}

export type Guarded<Value> =
  | { readonly sent: true; readonly value: Value }
  /** The attempt was not begun; in so many milliseconds the next one may be let through. */
  | { readonly sent: false; readonly retryAfterMs: number };

/** Keeps calls from a host that fails, and lets one at a time find out whether it is back. */
export interface Breaker {
  /** Milliseconds until such a call may be let through; null: it may now. Changes nothing. */
  holdsBack(call: GuardedCall): number | null;
  /** Aborted when the host is next found to be down, so that nothing waits for a turn that would be of no use. */
  nextOpening(): AbortSignal;
  /** Makes the attempt, unless the host is to be left alone. Rejects with what the attempt rejects with. */
  guard<Value>(call: GuardedCall, attempt: () => Promise<Judged<Value>>): Promise<Guarded<Value>>;
  status(): BackendStatus;
}

/**
 * It opens when more than half of the last 20 answers were failures, and no sooner than after ten. An outage costs
 * about eleven requests, and what was under way.
 *
 * A share, and no run of failures: among the calls of hundreds of agents five in a row that fail are soon found when
 * one ticket cannot be read and somebody's program keeps asking for it; that must not shut all the others out.
 * Of so many calls, and not of so many seconds: a key sends seven calls a second at most and a small team far fewer,
 * which would never reach a least number of calls in some seconds, and would wait out every timeout of an outage.
 */
export const openingRule = { threshold: 0.5, size: 20, minimumNumberOfCalls: 10 } as const;

/** Milliseconds until a call may try the host: after opening, after one failed trial, after two, and so on. */
export const trialWaitsMs: readonly number[] = [5_000, 10_000, 20_000, 30_000];

/**
 * Milliseconds for which a trial is left to reads. Of a write that fails nobody can tell whether it was carried out,
 * so it tries the host only where no read has come to do so.
 */
export const writesLagMs = 1_000;

/** What a call is told to wait while another one tries the host: it will be decided soon. */
export const duringTrialMs = 1_000;

export interface BreakerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Name and port, for the log. */
  readonly host: string;
}

const circuits: Readonly<Record<CircuitState, BackendStatus['circuit']>> = {
  [CircuitState.Closed]: 'CLOSED',
  [CircuitState.Open]: 'OPEN',
  [CircuitState.HalfOpen]: 'HALF_OPEN',
  [CircuitState.Isolated]: 'OPEN',
};

/** Stands for a result that must not count. */
const uncounted = new Error('It says nothing of the host.');

/** One for each host. States and counting are cockatiel's, time is the injected clock's. */
export function createBreaker({ clock, log, host }: BreakerOptions): Breaker {
  const trials = createTrials(clock);
  const policy = circuitBreaker(
    handleWhenResult((verdict) => verdict !== 'ALIVE'),
    { breaker: new CountBreaker(openingRule), halfOpenAfter: trials },
  );
  const openings = follow(policy, trials, { clock, log, host });

  const holdsBack: Breaker['holdsBack'] = (call) => {
    if (policy.state === CircuitState.Closed) return null;
    if (policy.state === CircuitState.HalfOpen) return duringTrialMs;
    const left = trials.left() + (call === 'WRITE' ? Math.max(0, writesLagMs - trials.overdue()) : 0);
    return left > 0 ? Math.ceil(left) : null;
  };

  return {
    holdsBack,
    nextOpening: openings.next,
    async guard<Value>(call: GuardedCall, attempt: () => Promise<Judged<Value>>): Promise<Guarded<Value>> {
      const retryAfterMs = holdsBack(call);
      if (retryAfterMs !== null) return { sent: false, retryAfterMs };
      const isTrial = policy.state !== CircuitState.Closed;
      const begun = openings.count();
      const made = Promise.withResolvers<Judged<Value>>();
      const verdictOnly = async (): Promise<Verdict> => {
        made.resolve((async () => attempt())());
        const verdict = await made.promise.then(
          (judged) => judged.verdict,
          () => 'UNDECIDED' as const,
        );
        // A trial must come to something. What was begun before an opening is old news after it.
        if (isTrial || (verdict !== 'UNDECIDED' && openings.count() === begun)) return verdict;
        throw uncounted;
      };
      try {
        await policy.execute(verdictOnly);
      } catch (error) {
        if (error !== uncounted) throw error;
      }
      return { sent: true, value: (await made.promise).value };
    },
    status: () => ({
      circuit: circuits[policy.state],
      since: openings.changedAt(),
      nextTrialAt: policy.state === CircuitState.Open ? trials.nextAt() : null,
    }),
  };
}

type TrialContext = IHalfOpenAfterBackoffContext;

/** When the host may be tried. */
interface Trials extends IBackoffFactory<TrialContext> {
  /** Milliseconds until then. */
  left(): number;
  /** Milliseconds since then. */
  overdue(): number;
  /** Milliseconds since the epoch. */
  nextAt(): number;
}

/**
 * cockatiel compares the time since an opening, by the machine's clock, with the `duration` of a backoff, each time a
 * call comes. Ours goes by the injected clock: it lasts for ever until its time has come, and from then on not at all.
 */
function createTrials(clock: Clock): Trials {
  let openedAt = clock.now();
  let waitMs = 0;
  /** A clock that was set back tells nothing of how long it was: it counts as long enough. */
  const since = (): number => {
    const ms = clock.now() - openedAt;
    return (ms < 0 ? Infinity : ms) - waitMs;
  };
  const begin = (failed: number, ms: number): IBackoff<TrialContext> => {
    openedAt = clock.now();
    waitMs = ms;
    return {
      get duration() {
        return since() < 0 ? Infinity : -Infinity;
      },
      // A trial that decided nothing is followed by another at once.
      next: ({ result }) =>
        saysNothing(result) ? begin(failed, 0) : begin(failed + 1, waitAfter(failed + 1)),
    };
  };
  return {
    next: () => begin(0, waitAfter(0)),
    left: () => Math.max(0, -since()),
    overdue: () => Math.max(0, since()),
    nextAt: () => openedAt + waitMs,
  };
}

const saysNothing = (reason: object): boolean => 'value' in reason && reason.value === 'UNDECIDED';

const waitAfter = (failed: number): number => trialWaitsMs[Math.min(failed, trialWaitsMs.length - 1)] ?? 0;

/** Keeps account of the changes of state and tells the log. */
function follow(
  policy: ReturnType<typeof circuitBreaker>,
  trials: Trials,
  { clock, log, host }: BreakerOptions,
): {
  readonly count: () => number;
  readonly changedAt: () => number;
  readonly next: () => AbortSignal;
} {
  let count = 0;
  let opening = new AbortController();
  let changedAt = clock.now();
  let downSince: number | null = null;
  policy.onBreak((reason) => {
    count += 1;
    changedAt = clock.now();
    downSince ??= changedAt;
    if (saysNothing(reason)) log.info({ host }, 'The trial was given up: the next call tries again.');
    else {
      log.warn(
        { host, nextTrialInMs: trials.left() },
        'The backend fails: it is left alone, and calls to it are refused.',
      );
      opening.abort();
      opening = new AbortController();
    }
  });
  policy.onHalfOpen(() => {
    changedAt = clock.now();
    log.info({ host }, 'One call tries whether the backend is back.');
  });
  policy.onReset(() => {
    changedAt = clock.now();
    log.info({ host, downMs: changedAt - (downSince ?? changedAt) }, 'The backend is back.');
    downSince = null;
  });
  return { count: () => count, changedAt: () => changedAt, next: () => opening.signal };
}
