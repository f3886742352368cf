import type { Clock } from '../../domain/clock.ts';
import { BackendError, GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { Operation } from '../../domain/operation.ts';
import type { CustomFieldValue, Ticket, TicketPatch } from '../../domain/ticket.ts';
import type { Rest } from './http.ts';
import { putTicket } from './ticket-calls.ts';

/**
 * How the backend treats `customFields` in a PUT, which its contract leaves open. Whichever is set, no value is lost
 * that the caller did not name.
 *
 * A patch that names custom fields begins with a read of the ticket, one call more; other patches cost nothing extra.
 * - `merge`: the named values are sent. If another one is gone in the answer, the backend replaces after all: it is
 *   written back, a third call, and the log says to set `replace`.
 * - `replace`: the whole is sent, the named values and the others as they were read.
 *
 * The API has no conditional write, so a race remains with whoever writes the same ticket between the read and the
 * write: under `replace` his values of other fields are overwritten; under `merge` a value that he removed comes
 * back. And if the PUT is carried out but its answer lost, twice, nothing can be checked: the error says UNKNOWN.
 */
export type CustomFieldsOnPut = 'merge' | 'replace';

/** Milliseconds that writing back may take, whatever the operation's own deadline. */
const writeBackMs = 10_000;

/** A patch that names custom fields. */
export type CustomFieldsPatch = TicketPatch & { readonly customFields: readonly CustomFieldValue[] };

/**
 * Changes a ticket by a patch that names custom fields.
 * @param before the ticket, read just now
 * @param put sends a PUT for the caller
 */
export type CustomFieldsUpdate = (
  before: Ticket,
  patch: CustomFieldsPatch,
  put: (sent: TicketPatch) => Promise<Ticket>,
) => Promise<Ticket>;

export interface CustomFieldsUpdateOptions {
  readonly setting: CustomFieldsOnPut;
  /** One that goes on when the caller has left: the check must not go with him. */
  readonly operation: Operation;
  /** The API for an operation that lives by other rules than the caller's. */
  readonly restFor: (operation: Operation) => Rest;
  readonly clock: Clock;
  readonly log: Log;
}

export function createCustomFieldsUpdate(options: CustomFieldsUpdateOptions): CustomFieldsUpdate {
  const { setting, operation, restFor, clock, log } = options;
  return async (before, patch, put) => {
    const others = without(before.customFields, patch.customFields);
    // The named ones first: a fault of the nth value is then the caller's nth.
    if (setting === 'replace') return put({ ...patch, customFields: [...patch.customFields, ...others] });
    const after = await put(patch);
    const kept = after.customFields.filter(({ value }) => value !== null);
    const lost = without(others, kept).filter(({ value }) => value !== null);
    if (lost.length === 0) return after;

    const fields = { traceId: operation.traceId, fieldIds: lost.map(({ fieldId }) => fieldId) };
    log.warn(
      fields,
      'A PUT removed custom fields that it did not name; they are written back. Set customFieldsOnPut to replace.',
    );
    const deadline = Math.max(operation.deadline, clock.now() + writeBackMs);
    try {
      const rest = restFor({ ...operation, deadline });
      return await putTicket(rest, clock, before.id, { customFields: [...kept, ...lost] });
    } catch (error) {
      log.error(fields, 'Custom fields that a PUT removed could not be written back.');
      throw halfDone(error);
    }
  };
}

const without = (
  values: readonly CustomFieldValue[],
  taken: readonly CustomFieldValue[],
): readonly CustomFieldValue[] =>
  values.filter(({ fieldId }) => !taken.some((value) => value.fieldId === fieldId));

/** The change itself was carried out: whatever the error says of the last step, it is not as if nothing happened. */
function halfDone(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { category, details, cause } = error;
  const options = { category, details, cause, retryable: false, outcome: 'UNKNOWN' } as const;
  return error instanceof BackendError
    ? new BackendError(error.code, error.message, error.backend, options)
    : new GatewayError(error.code, error.message, options);
}
