import type { BackendSession } from '../../domain/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import type { Operation } from '../../domain/operation.ts';
import type { TicketPatch } from '../../domain/ticket.ts';
import { createRecheck, refuseIfChanged } from './conditional-update.ts';
import {
  createCustomFieldsUpdate,
  type CustomFieldsOnPut,
  type CustomFieldsPatch,
} from './custom-fields-update.ts';
import type { Rest } from './http.ts';
import { putTicket, readTicket } from './ticket-calls.ts';

export interface TicketUpdateOptions {
  readonly customFieldsOnPut: CustomFieldsOnPut;
  readonly operation: Operation;
  /** The API for an operation that lives by other rules than the caller's. */
  readonly restFor: (operation: Operation) => Rest;
  readonly clock: Clock;
  readonly log: Log;
}

/** One PUT; where custom fields are named or a condition is to hold, the ticket is read first. */
export function createTicketUpdate(options: TicketUpdateOptions): BackendSession['tickets']['update'] {
  const { customFieldsOnPut, operation, restFor, clock, log } = options;
  return async (id, patch, condition) => {
    if (condition === undefined && !namesCustomFields(patch)) {
      return putTicket(restFor(operation), clock, id, patch);
    }
    const before = await readTicket(restFor(operation), clock, id, true);
    if (condition !== undefined) refuseIfChanged(before, condition);
    operation.signal.throwIfAborted();
    // A caller who leaves must not take along what follows the write.
    const unhurried = { ...operation, signal: new AbortController().signal };
    const following = restFor(unhurried);
    const put = (rest: Rest) => (sent: TicketPatch) => {
      const recheck = condition && createRecheck({ rest: following, clock, before, condition, sent });
      return putTicket(rest, clock, id, sent, recheck);
    };
    if (!namesCustomFields(patch)) return put(restFor(operation))(patch);
    const update = createCustomFieldsUpdate({
      setting: customFieldsOnPut,
      operation: unhurried,
      restFor,
      clock,
      log,
    });
    return update(before, patch, put(following));
  };
}

const namesCustomFields = (patch: TicketPatch): patch is CustomFieldsPatch =>
  patch.customFields !== undefined && patch.customFields.length > 0;
