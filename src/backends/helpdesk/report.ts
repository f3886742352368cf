import type { Log } from '../../domain/log.ts';
import { loggable } from '../../domain/redact.ts';
import type { FailedAttempt } from './errors.ts';

/**
 * Logs what the client is not told of a failed attempt, and what is tried again.
 * @param retryInMs null: it was the last attempt
 */
export function report(log: Log, traceId: string, failed: FailedAttempt, retryInMs: number | null): void {
  const { error, original } = failed;
  if (original === null && retryInMs === null) return;
  const { operation, status, attempts } = error.backend;
  const fields = {
    traceId,
    operation,
    status,
    attempts,
    code: error.code,
    ...(original === null ? {} : { original: loggable(original) }),
    ...(retryInMs === null ? {} : { retryInMs: Math.round(retryInMs) }),
  };
  if (retryInMs !== null) log.info(fields, 'A call to the backend failed and is tried again.');
  else if (error.category === 'GATEWAY')
    log.error(fields, 'The backend could not read what the gateway sent.');
  else log.warn(fields, 'A call to the backend failed.');
}
