import { BackendError, GatewayError } from '../domain/errors.ts';
import type { Fate, Refusal } from './ledger.ts';

/**
 * What a failed write comes to. A result is only what the same input would meet again: the backend looked at it and
 * said no. What was never sent, was refused for want of budget or rights, or is worth another try, is UNDONE, and the
 * key may be used again. All else may have been carried out.
 * @param signal the operation's; its reason is thrown only where nothing was carried out
 */
export function fateOf(error: unknown, signal: AbortSignal): Fate {
  if (!(error instanceof GatewayError)) {
    return signal.aborted && error === signal.reason ? { kind: 'UNDONE' } : { kind: 'UNKNOWN' };
  }
  if (error.outcome !== 'NOT_APPLIED') return { kind: 'UNKNOWN' };
  if (!(error instanceof BackendError) || error.backend.attempts === 0) return { kind: 'UNDONE' };
  return !error.retryable && lasting.has(error.category)
    ? { kind: 'REFUSED', refusal: refusalOf(error) }
    : { kind: 'UNDONE' };
}

/** Categories of refusals that are about what was asked, not about who asked or when. */
const lasting: ReadonlySet<GatewayError['category']> = new Set(['INPUT', 'NOT_FOUND', 'CONFLICT']);

const refusalOf = ({ code, message, category, fields, details, backend }: BackendError): Refusal => ({
  code,
  message,
  category,
  fields,
  details,
  backend,
});

/** The error that the first request met. */
export const toError = ({ code, message, backend, ...options }: Refusal): BackendError =>
  new BackendError(code, message, backend, { ...options, retryable: false, outcome: 'NOT_APPLIED' });
