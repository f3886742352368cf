import type { UpdateCondition } from '../../domain/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import { errorRules } from '../../domain/error-codes.ts';
import { BackendError, GatewayError } from '../../domain/errors.ts';
import { sameInstant } from '../../domain/instant.ts';
import type { CustomFieldValue, Ticket, TicketPatch } from '../../domain/ticket.ts';
import { endpoints } from './endpoints.ts';
import type { Rest } from './http.ts';
import type { Recheck } from './send.ts';
import { askForTicket, ticketOf, type TicketAnswer } from './ticket-calls.ts';

/**
 * The API has no conditional write, so an update under a condition reads, compares and writes. Two things it cannot
 * see: a change that lands between its read and its write, and one that leaves `updatedAt` as it was.
 * @throws BackendError PRECONDITION_FAILED
 */
export function refuseIfChanged({ updatedAt }: Ticket, { ifUpdatedAt }: UpdateCondition): void {
  if (sameInstant(updatedAt, ifUpdatedAt)) return;
  const code = 'PRECONDITION_FAILED';
  const message = errorRules[code].description;
  const { method, path } = endpoints.getTicket;
  throw new BackendError(
    code,
    message,
    { kind: 'HELPDESK', status: 200, operation: `${method} ${path}`, attempts: 1 },
    {
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['ifUpdatedAt'], code, message, sourceKey: null }],
      details: { updatedAt },
    },
  );
}

export interface RecheckOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  /** The ticket for which the condition held. */
  readonly before: Ticket;
  readonly condition: UpdateCondition;
  /** What the PUT carries. */
  readonly sent: TicketPatch;
}

/**
 * Before such a PUT is sent again, the ticket is read again.
 * If the PUT was refused for the budget, the condition has to hold as before.
 * If its answer was lost: a ticket that has not changed may be written (the lost PUT, should it arrive late, writes the
 * same). One that is, attribute by attribute, what the PUT makes of it is taken for its work: another's hand would have
 * left the same. In any other case somebody else wrote too, before or after, and nobody can tell which.
 */
export const createRecheck =
  ({ rest, clock, before, condition, sent }: RecheckOptions): Recheck<TicketAnswer> =>
  async ({ mayHaveBeenApplied }) => {
    if (!mayHaveBeenApplied) {
      refuseIfChanged(ticketOf(await askForTicket(rest, before.id, true), clock), condition);
      return { kind: 'AGAIN' };
    }
    const answer = await unlessItFails(askForTicket(rest, before.id));
    if (answer === null) return { kind: 'UNCLEAR' };
    const now = ticketOf(answer, clock);
    if (sameInstant(now.updatedAt, before.updatedAt)) return { kind: 'AGAIN' };
    return isWork(now, before, sent) ? { kind: 'APPLIED', value: answer } : { kind: 'UNCLEAR' };
  };

/** null: it cannot be known, and the lost write is what has to be told of. */
async function unlessItFails<Value>(read: Promise<Value>): Promise<Value | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof GatewayError) return null;
    throw error;
  }
}

const plainAttributes = [
  'subject',
  'status',
  'priority',
  'type',
  'assigneeId',
  'requesterEmail',
  'requesterName',
  'tags',
] as const;

/** Whether `now` is what a PUT of `sent` makes of `before`. */
function isWork(now: Ticket, before: Ticket, sent: TicketPatch): boolean {
  const expected: Ticket = { ...before, ...sent };
  return (
    plainAttributes.every((name) => isSame(now[name], expected[name])) &&
    (sent.status !== undefined || now.statusRaw === before.statusRaw) &&
    areWork(now.customFields, before.customFields, sent.customFields ?? [])
  );
}

function areWork(
  now: readonly CustomFieldValue[],
  before: readonly CustomFieldValue[],
  sent: readonly CustomFieldValue[],
): boolean {
  const expected = valuesOf([...before, ...sent]);
  const found = valuesOf(now);
  const named = new Set(sent.map(({ fieldId }) => fieldId));
  return [...new Set([...expected.keys(), ...found.keys()])].every((id) => {
    const value = found.get(id) ?? null;
    // A PUT that names some values may have removed the others: they are put back afterwards.
    const removed = value === null && named.size > 0 && !named.has(id);
    return removed || isSame(value, expected.get(id) ?? null);
  });
}

/** By field; of two values of one field the later. */
const valuesOf = (values: readonly CustomFieldValue[]) =>
  new Map(values.map(({ fieldId, value }) => [fieldId, value]));

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
