import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { pause } from '../domain/pause.ts';
import { describeError } from '../domain/redact.ts';
import type { StateStore } from './state-store.ts';

/** Milliseconds that a stop waits for the store, beside the end of the work: a shutdown has other things to wait for. */
const farewellMs = 1_000;

const noLog: Pick<Log, 'info' | 'warn' | 'error'> = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface LeaseOptions {
  readonly store: Pick<StateStore, 'lease' | 'release'>;
  readonly name: string;
  readonly clock: Clock;
  /** @default says nothing */
  readonly log?: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Milliseconds a lease is good for when it is not prolonged. @default 15,000 */
  readonly ttlMs?: number;
  /**
   * What only one process at a time shall do. Its signal is aborted when the lease is lost, or could not be prolonged
   * in time, or is given back; it then ends soon. If it ends by itself or throws, the lease is given back, so that
   * others may try, and sought again after a `ttlMs`.
   */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Spreads the attempts; from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

export interface KeptLease {
  /**
   * Aborts the work, waits for its end and gives the lease back, for which a store that hangs has one second in all. May
   * be called again.
   */
  stop(): Promise<void>;
  /** Whether the work may go on. */
  readonly held: boolean;
}

interface Keeper extends Required<LeaseOptions> {
  readonly holder: string;
  readonly stopping: AbortController;
  /** Aborted a little after `stopping`: nobody waits for the store any longer. */
  readonly leaving: AbortController;
  held: boolean;
  /** Whether the log knows that the store does not answer. */
  unreachable: boolean;
}

/**
 * Seeks a lease from now on and works while it has it. One work of a keeper runs at a time.
 * A lease makes it rare that two processes work at once, not impossible: a process that stood still for longer than
 * the lease lasts notices only afterwards. So the work does nothing that two may not do.
 */
export function keepLease(options: LeaseOptions): KeptLease {
  const keeper: Keeper = {
    ttlMs: 15_000,
    log: noLog,
    random: Math.random,
    ...options,
    holder: randomUUID(),
    stopping: new AbortController(),
    leaving: new AbortController(),
    held: false,
    unreachable: false,
  };
  const running = run(keeper);
  return {
    stop: () => {
      depart(keeper, running);
      return running;
    },
    get held() {
      return keeper.held;
    },
  };
}

/** What the store has not answered a second after the stop, it may do without us: the lease runs out by itself. */
function depart({ clock, stopping, leaving }: Keeper, running: Promise<void>): void {
  if (stopping.signal.aborted) return;
  const cancel = clock.after(farewellMs, () => leaving.abort());
  stopping.abort();
  void running.then(cancel, cancel);
}

async function run(keeper: Keeper): Promise<void> {
  const { store, name, holder, ttlMs, random, clock } = keeper;
  const stopping = keeper.stopping.signal;
  while (!stopping.aborted) {
    const term = new AbortController();
    const answer = await take(keeper, term);
    let wait = ttlMs / 3;
    if (answer.has === 'YES') {
      if ((await hold(keeper, term, answer.cancelEnd)) === 'ENDED') wait = ttlMs;
      // Where the store does not answer, the lease runs out by itself.
      await bounded(keeper, store.release(name, holder)).catch(() => undefined);
    }
    await passed(clock, wait * (0.5 + random()), stopping);
  }
}

type Answer =
  | { readonly has: 'YES'; /** Called when the lease was prolonged. */ readonly cancelEnd: () => void }
  /** UNKNOWN: the store did not answer, or not soon enough. */
  | { readonly has: 'NO' | 'UNKNOWN' };

/** Takes or prolongs the lease. `term` is aborted before it runs out, counted from before the store was asked. */
async function take(keeper: Keeper, term: AbortController): Promise<Answer> {
  const { store, name, holder, ttlMs, clock, log } = keeper;
  const cancelEnd = clock.after((ttlMs * 5) / 6, () => term.abort());
  try {
    const has = await bounded(keeper, store.lease(name, holder, ttlMs));
    if (keeper.unreachable) log.info({ lease: name }, 'lease: the store answers again');
    keeper.unreachable = false;
    if (has) return { has: 'YES', cancelEnd };
    cancelEnd();
    return { has: 'NO' };
  } catch (error) {
    cancelEnd();
    if (!keeper.unreachable) {
      log.warn({ lease: name, error: describeError(error) }, 'lease: the store does not answer');
    }
    keeper.unreachable = true;
    return { has: 'UNKNOWN' };
  }
}

/** Works and prolongs; resolves once the work has ended. ENDED: by itself, or it threw. */
async function hold(
  keeper: Keeper,
  term: AbortController,
  firstEnd: () => void,
): Promise<'ENDED' | 'LOST' | 'STOPPED'> {
  const { clock, ttlMs, log, name, stopping } = keeper;
  let cancelEnd = firstEnd;
  let ended = false;
  const stop = (): void => term.abort();
  const leave = (): void => {
    keeper.held = false;
  };
  term.signal.addEventListener('abort', leave, { once: true });
  stopping.signal.addEventListener('abort', stop, { once: true });
  if (stopping.signal.aborted) stop();
  keeper.held = !term.signal.aborted;
  const working = workUnder(keeper, term.signal).then(() => {
    ended = !term.signal.aborted;
    term.abort();
  });
  let wait = ttlMs / 3;
  for (;;) {
    await passed(clock, wait, term.signal);
    if (term.signal.aborted) break;
    const answer = await take(keeper, term);
    if (answer.has === 'YES') {
      cancelEnd();
      cancelEnd = answer.cancelEnd;
    }
    if (answer.has === 'NO') term.abort();
    wait = answer.has === 'UNKNOWN' ? ttlMs / 12 : ttlMs / 3;
  }
  cancelEnd();
  stopping.signal.removeEventListener('abort', stop);
  const outcome = stopping.signal.aborted ? 'STOPPED' : ended ? 'ENDED' : 'LOST';
  if (outcome === 'LOST') log.warn({ lease: name }, 'lease: lost, or not prolonged in time');
  await working;
  return outcome;
}

async function workUnder({ work, log, name }: Keeper, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    await work(signal);
  } catch (error) {
    if (!signal.aborted) log.error({ lease: name, error: describeError(error) }, 'lease: the work failed');
  }
}

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
const passed = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  pause(clock, ms, signal).catch(() => undefined);

/** What the store answers; rejects when that takes longer than a lease can wait. */
async function bounded<T>({ clock, ttlMs, leaving: { signal } }: Keeper, asked: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const ms = ttlMs / 6;
  const giveUp = (): void => late.reject(new Error('no answer before the end'));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  const cancel = clock.after(ms, () => late.reject(new Error(`no answer within ${ms} ms`)));
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    cancel();
  }
}
