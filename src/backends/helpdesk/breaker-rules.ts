import type { Verdict } from '../breaker.ts';
import { TransportError } from '../transport.ts';
import type { Answer } from './answer.ts';
import type { Failure } from './retry-rules.ts';

/**
 * What a failed attempt says of the host. An answer that refuses, asks for patience or makes no sense comes from one
 * that lives: only what a dead or dying host does counts against it.
 */
export const verdicts: Readonly<Record<Failure, Verdict>> = {
  UNSENT: 'FAILED',
  RESET: 'FAILED',
  TIMEOUT: 'FAILED',
  GATEWAY_TIMEOUT: 'FAILED',
  OUTAGE: 'FAILED',
  BUSY: 'ALIVE',
  RATE_LIMITED: 'ALIVE',
  REFUSED: 'ALIVE',
};

/**
 * Milliseconds within which a host has to answer. An attempt that got less, because its caller's deadline was near,
 * says nothing when it gets no answer.
 */
export const fairTimeoutMs = 2_000;

/**
 * @param failure why the attempt failed; null: it did not
 * @param timeoutMs what the attempt got
 * @param fullTimeoutMs what an attempt gets at most
 * @param left whether the caller has left and taken the attempt along
 */
export function verdictOf(
  failure: Failure | null,
  result: Answer | TransportError,
  { timeoutMs, fullTimeoutMs, left }: { timeoutMs: number; fullTimeoutMs: number; left: boolean },
): Verdict {
  if (failure === null) return 'ALIVE';
  const givenUp = result instanceof TransportError && result.fault === 'ABORTED';
  if (givenUp && (left || timeoutMs < Math.min(fairTimeoutMs, fullTimeoutMs))) return 'UNDECIDED';
  return verdicts[failure];
}
