/** How every mutation runs: what is wrong is found before anything is sent, and each failure says what became of the write. */
import { BackendError, GatewayError, type GatewayErrorOptions } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { argumentFaults, type GivenArguments, type MutationArguments } from './argument-paths.ts';
import type { GatewayContext } from './context.ts';

export interface WriteSteps<Prepared, Result> {
  /** Checks and translates the input. It may read, never write: whatever fails here was not applied. */
  readonly prepare: () => Prepared | Promise<Prepared>;
  /** The one call that writes, and what has to follow it. */
  readonly send: (prepared: Prepared) => Promise<Result>;
  /** What of the input the paths of faults depend on. */
  readonly given?: (prepared: Prepared) => GivenArguments;
}

/**
 * Runs a write.
 * @throws GatewayError with `outcome`, and with the paths of the mutation's own arguments
 */
export async function write<Prepared, Result>(
  mutation: MutationArguments,
  { operation }: Pick<GatewayContext, 'operation'>,
  { prepare, send, given = () => ({}) }: WriteSteps<Prepared, Result>,
): Promise<Result> {
  let prepared: Prepared;
  try {
    prepared = await prepare();
  } catch (error) {
    throw operation.signal.aborted && !(error instanceof GatewayError) ? error : notSent(error);
  }
  try {
    return await send(prepared);
  } catch (error) {
    throw operation.signal.aborted && !(error instanceof GatewayError)
      ? error
      : refused(error, mutation, given(prepared));
  }
}

const notSent = (error: unknown): GatewayError =>
  error instanceof GatewayError ? restated(error, { outcome: 'NOT_APPLIED' }) : defect(error, 'NOT_APPLIED');

function refused(error: unknown, mutation: MutationArguments, given: GivenArguments): GatewayError {
  if (!(error instanceof GatewayError)) return defect(error, 'UNKNOWN');
  const outcome = error.outcome ?? outcomeOf(error);
  const levelled: Readonly<Record<string, Json>> =
    error.code === 'INSUFFICIENT_API_PERMISSION' ? { requiredLevel: mutation.level } : {};
  return restated(error, {
    outcome,
    // Repeating what may have been applied is not for a machine to decide.
    retryable: error.retryable && outcome === 'NOT_APPLIED',
    fields: error instanceof BackendError ? argumentFaults(error, mutation, given) : error.fields,
    details: { ...levelled, ...error.details },
  });
}

/** A refusal changed nothing; where nothing was sent, nothing happened; anything else may have. */
function outcomeOf(error: GatewayError): 'NOT_APPLIED' | 'UNKNOWN' {
  if (!(error instanceof BackendError) || error.backend.attempts === 0) return 'NOT_APPLIED';
  const { status } = error.backend;
  return status !== null && status >= 400 && status < 500 ? 'NOT_APPLIED' : 'UNKNOWN';
}

function defect(cause: unknown, outcome: 'NOT_APPLIED' | 'UNKNOWN'): GatewayError {
  return new GatewayError('INTERNAL_SERVER_ERROR', 'a write failed', { outcome, cause });
}

/** The same error with something more to say. */
function restated(error: GatewayError, changes: GatewayErrorOptions): GatewayError {
  const options = {
    category: error.category,
    retryable: error.retryable,
    fields: error.fields,
    details: error.details,
    ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
    ...changes,
    cause: error,
  };
  return error instanceof BackendError
    ? new BackendError(error.code, error.message, error.backend, options)
    : new GatewayError(error.code, error.message, options);
}
