import type { BackendStatus } from './backend.ts';
import { GatewayError } from './errors.ts';

/**
 * Whether a read failed only because it could not be asked now: the key's budget is spent, or the backend is let alone
 * because it keeps failing. Nothing is wrong with the question then, and the last known answer may do.
 */
export function isLimited(error: unknown, status: () => BackendStatus): boolean {
  if (!(error instanceof GatewayError)) return false;
  const { code } = error;
  if (code === 'BACKEND_UNAVAILABLE') return status().circuit !== 'CLOSED';
  return code === 'RATE_BUDGET_EXHAUSTED' || code === 'RATE_LIMIT_EXCEEDED';
}
