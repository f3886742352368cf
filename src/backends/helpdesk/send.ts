import type { Clock } from '../../domain/clock.ts';
import { GatewayError, type BackendError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { Operation } from '../../domain/operation.ts';
import type { LimiterRegistry, Permit } from '../../rate-limit/limiter.ts';
import type { Breaker, GuardedCall } from '../breaker.ts';
import { pause } from '../../domain/pause.ts';
import { TransportError } from '../transport.ts';
import type { Answer, Decoded } from './answer.ts';
import { verdictOf } from './breaker-rules.ts';
import {
  badResponse,
  breakdown,
  contractMismatch,
  heldBack,
  postponed,
  refusal,
  tooLate,
  type CallFacts,
  type FailedAttempt,
} from './errors.ts';
import { factsOf, type PreparedCall } from './prepared-call.ts';
import { report } from './report.ts';
import { createRetries } from './retry-rules.ts';

export interface SendOptions {
  readonly rateLimit: LimiterRegistry;
  /** The host's. */
  readonly breaker: Breaker;
  readonly log: Log;
  readonly clock: Clock;
  /** Milliseconds for one attempt at most. */
  readonly attemptTimeoutMs: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** Sends a call once and settles its permit. What it throws is a defect. @param attempts this one included */
export type Attempt = (
  call: PreparedCall,
  permit: Permit,
  timeoutMs: number,
  attempts: number,
) => Promise<Answer | TransportError>;

/**
 * Looks, before a write is sent again, whether it still may be. AGAIN: it may. APPLIED: the lost attempt did it after
 * all, with this answer. UNCLEAR: it may not, and nobody can tell whether it was done. Where it certainly was not, it
 * throws what is to be told instead.
 */
export type Recheck<Value> = (
  failed: FailedAttempt,
) => Promise<{ readonly kind: 'AGAIN' | 'UNCLEAR' } | { readonly kind: 'APPLIED'; readonly value: Value }>;

/** Sends a call as often as the rules have it. @param recheck makes a PUT a CHECKED_PUT */
export type Send = <Value>(
  call: PreparedCall,
  read: (answer: Answer) => Decoded<Value>,
  recheck?: Recheck<Value>,
) => Promise<Value>;

/**
 * A permit for every attempt, a bound for each, and another one where `retryRules` has it. While the host is left
 * alone nothing waits for a permit, and one that was waited for goes back.
 */
export function createSend(options: SendOptions, attempt: Attempt): Send {
  const { clock, log } = options;
  return async <Value>(
    call: PreparedCall,
    read: (answer: Answer) => Decoded<Value>,
    recheck?: Recheck<Value>,
  ): Promise<Value> => {
    const { operation, endpoint } = call;
    const retries = createRetries(recheck === undefined ? endpoint.method : 'CHECKED_PUT', options.random);
    let last: FailedAttempt | null = null;
    for (let attempts = 1; ; attempts += 1) {
      const { mayRepeatTimeout } = retries;
      const judged: Judged<Value> = await tryOnce(options, attempt, {
        call,
        read,
        last,
        attempts,
        mayRepeatTimeout,
      });
      if (judged.kind === 'READ') return judged.value;
      last = judged.failed;
      const wait = retries.next(last.failure, last.waitMs, operation.deadline - clock.now());
      report(log, operation.traceId, last, wait);
      if (wait === null) throw last.error;
      await rememberingDone(last, operation, pause(clock, wait, operation.signal));
      if (last.failure === 'RATE_LIMITED') operation.meter.waitedMs += wait;
      const found = await recheck?.(last);
      if (found?.kind === 'APPLIED') return found.value;
      if (found?.kind === 'UNCLEAR') throw last.error;
    }
  };
}

interface Try<Value> {
  readonly call: PreparedCall;
  readonly read: (answer: Answer) => Decoded<Value>;
  /** The attempt before; null: there was none. */
  readonly last: FailedAttempt | null;
  /** Attempts, this one included. */
  readonly attempts: number;
  /** It has to leave time for another. */
  readonly mayRepeatTimeout: boolean;
}

/** One attempt, in its turn. Throws where there is none to be made. */
async function tryOnce<Value>(
  options: SendOptions,
  attempt: Attempt,
  { call, read, last, attempts, mayRepeatTimeout }: Try<Value>,
): Promise<Judged<Value>> {
  const { clock, breaker, attemptTimeoutMs: fullTimeoutMs } = options;
  const { operation, endpoint } = call;
  const permit = await rememberingDone(last, operation, turn(options, call, last, attempts - 1));
  const remaining = operation.deadline - clock.now();
  const timeoutMs = Math.min(fullTimeoutMs, mayRepeatTimeout ? remaining / 2 : remaining);
  const guarded = await breaker.guard(guardedAs(call), async () => {
    operation.sent?.();
    const result = await attempt(call, permit, timeoutMs, attempts);
    const judged = judge(factsOf(call, attempts, last, clock.now()), result, read);
    const left = endpoint.method === 'GET' && result instanceof TransportError && operation.signal.aborted;
    const failure = judged.kind === 'READ' ? null : judged.failed.failure;
    return {
      value: { judged, left },
      verdict: verdictOf(failure, result, { timeoutMs, fullTimeoutMs, left }),
    };
  });
  if (!guarded.sent) {
    permit.settle({ kind: 'NOT_SENT' });
    throw whileDown(options, call, last, attempts - 1, guarded.retryAfterMs);
  }
  // Without an answer there is nobody to tell, if the caller of a read has left.
  if (guarded.value.left) operation.signal.throwIfAborted();
  return guarded.value.judged;
}

const guardedAs = ({ endpoint }: PreparedCall): GuardedCall => (endpoint.method === 'GET' ? 'READ' : 'WRITE');

/** What to throw while the host is left alone. What an earlier attempt may have done matters more. */
const whileDown = (
  { clock }: SendOptions,
  call: PreparedCall,
  last: FailedAttempt | null,
  attempts: number,
  retryAfterMs: number,
): BackendError =>
  last?.mayHaveBeenApplied === true
    ? last.error
    : heldBack(factsOf(call, attempts, last, clock.now()), retryAfterMs).error;

/** A caller who leaves ends the waiting between two attempts; what the first may have done is told all the same. */
async function rememberingDone<Value>(
  last: FailedAttempt | null,
  { signal }: Operation,
  step: Promise<Value>,
): Promise<Value> {
  try {
    return await step;
  } catch (error) {
    throw last?.mayHaveBeenApplied === true && error === signal.reason ? last.error : error;
  }
}

/**
 * What an attempt needs to be answered in, at the least; milliseconds. A call whose turn leaves it less is not sent: it
 * would cost a request and, where it writes, leave everybody in doubt. Short deadlines keep a quarter for it.
 */
const leastAttemptMs = 100;

/** Waits for a permit. Where none comes, an earlier attempt's failure is what matters. */
async function turn(
  options: SendOptions,
  call: PreparedCall,
  last: FailedAttempt | null,
  attempts: number,
): Promise<Permit> {
  const { rateLimit, clock, breaker } = options;
  const { operation, caller } = call;
  operation.signal.throwIfAborted();
  const retryAfterMs = breaker.holdsBack(guardedAs(call));
  if (retryAfterMs !== null) throw whileDown(options, call, last, attempts, retryAfterMs);
  const patience = operation.deadline - clock.now();
  if (patience > 0) {
    const { priority, client, signal } = operation;
    const reserved = Math.min(leastAttemptMs, patience / 4);
    const deadline = operation.deadline - reserved;
    const opening = breaker.nextOpening();
    const limiter = rateLimit.of(caller.keyId);
    const result = await limiter
      .take({ priority, client, deadline, signals: [signal, opening] })
      .catch((error: unknown) => {
        if (!opening.aborted || signal.aborted) throw error;
        throw whileDown(options, call, last, attempts, breaker.holdsBack(guardedAs(call)) ?? 0);
      });
    if (!result.allowed) throw exhausted(factsOf(call, attempts, last, clock.now()), last, result);
    operation.meter.waitedMs += result.permit.waitedMs;
    if (operation.deadline - clock.now() >= reserved / 2 && !signal.aborted) return result.permit;
    result.permit.settle({ kind: 'NOT_SENT' });
    signal.throwIfAborted();
  }
  throw last?.error ?? tooLate(factsOf(call, attempts, last, clock.now())).error;
}

type Judged<Value> =
  | { readonly kind: 'READ'; readonly value: Value }
  | { readonly kind: 'FAILED'; readonly failed: FailedAttempt };

function judge<Value>(
  facts: CallFacts,
  result: Answer | TransportError,
  read: (answer: Answer) => Decoded<Value>,
): Judged<Value> {
  if (result instanceof TransportError) return { kind: 'FAILED', failed: breakdown(facts, result) };
  const { status } = result;
  if (status < 200 || status >= 300) return { kind: 'FAILED', failed: refusal(facts, result) };
  const decoded = read(result);
  switch (decoded.kind) {
    case 'READ':
      return decoded;
    case 'NOT_JSON':
      return { kind: 'FAILED', failed: badResponse(facts, result) };
    case 'MISMATCH':
      return { kind: 'FAILED', failed: contractMismatch(facts, status, decoded.attribute) };
  }
}

function exhausted(
  { purpose }: CallFacts,
  last: FailedAttempt | null,
  { reason, retryAfterMs }: { readonly reason: 'DEADLINE' | 'QUEUE_FULL'; readonly retryAfterMs: number },
): GatewayError {
  if (last?.failure === 'RATE_LIMITED') return postponed(last.error, retryAfterMs);
  if (last !== null) return last.error;
  const text =
    reason === 'DEADLINE'
      ? 'The key’s requests for this minute are spent. Nothing was sent.'
      : 'Too many calls wait for this key already. Nothing was sent.';
  return new GatewayError('RATE_BUDGET_EXHAUSTED', text, {
    retryAfterMs,
    ...(purpose === 'READ' ? {} : { outcome: 'NOT_APPLIED' }),
  });
}
