import { createHash } from 'node:crypto';
import type { Caller } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import { errorRules, type ErrorCode } from '../domain/error-codes.ts';
import { GatewayError, type GatewayErrorOptions } from '../domain/errors.ts';
import type { Operation } from '../domain/operation.ts';
import type { Ticket } from '../domain/ticket.ts';
import { fateOf, toError } from './fate.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { IdempotencyLedger, Result } from './ledger.ts';

/** A write that must happen at most once. */
export interface OnceRequest {
  readonly caller: Caller;
  readonly operation: Operation;
  /** The mutation: one key under two mutations is two keys. */
  readonly mutation: string;
  /** What the client calls this write. */
  readonly key: string;
  /** Where the key stands among the arguments, for errors. */
  readonly path: readonly (string | number)[];
  /** What is asked, decoded; JSON. The key comes with the same input every time, or it is another write. */
  readonly input: unknown;
}

export interface OnceResult {
  readonly ticket: Ticket;
  /** It is a repeat: the ticket is as it was when it was created. */
  readonly replayed: boolean;
}

/** Lets a write happen at most once for each key of each caller, as long as the ledger remembers. */
export interface Once {
  /**
   * The first request under a key does the work; whoever repeats it waits, and gets the same result.
   * @param work fails with `outcome` told, or with the operation's abort reason where nothing was carried out
   * @throws GatewayError CONFLICT, OUTCOME_UNKNOWN, BACKEND_TIMEOUT, or what the work failed with
   */
  create(request: OnceRequest, work: () => Promise<Ticket>): Promise<OnceResult>;
}

export interface OnceOptions {
  readonly ledger: IdempotencyLedger;
  readonly clock: Clock;
}

/** Milliseconds after the deadline until a claim that was not settled is given up. */
const graceMs = 30_000;
/** Milliseconds that anything here waits at most, whatever the deadline. */
const longestMs = 15 * 60_000;

export function createOnce({ ledger, clock }: OnceOptions): Once {
  return {
    async create(request, work) {
      const { operation, path } = request;
      const slot = slotOf(request);
      const fingerprint = fingerprintOf(request.input);
      const until = (): number => Math.min(operation.deadline + graceMs, clock.now() + longestMs);
      for (let waited = false; ; waited = true) {
        operation.signal.throwIfAborted();
        const begun = await ledger.begin(slot, fingerprint, until());
        switch (begun.kind) {
          case 'STARTED':
            return { ticket: await settling(ledger, slot, begun.claim, operation, work), replayed: false };
          case 'UNDER_WAY':
            await untilSettled(ledger, slot, request, clock);
            break;
          case 'OTHER_INPUT':
            throw about(path, 'CONFLICT', 'This idempotencyKey was used for another input. Take a new one.', {
              outcome: 'NOT_APPLIED',
            });
          default:
            operation.meter[waited ? 'shared' : 'cacheHits'] += 1;
            return { ticket: replay(begun, path), replayed: true };
        }
      }
    },
  };
}

/** Names the slot. Callers never meet: one key in one workspace is one caller, and so is each end user behind it. */
const slotOf = ({ caller, mutation, key }: OnceRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([caller.scope, caller.endUser, mutation, key]))
    .digest('base64url');

/** Does the work and stores what became of it, whoever still listens. */
async function settling(
  ledger: IdempotencyLedger,
  slot: string,
  claim: string,
  { signal }: Operation,
  work: () => Promise<Ticket>,
): Promise<Ticket> {
  let ticket: Ticket;
  try {
    ticket = await work();
  } catch (error) {
    await ledger.settle(slot, claim, fateOf(error, signal));
    throw error;
  }
  await ledger.settle(slot, claim, { kind: 'CREATED', ticket });
  return ticket;
}

/** Waits for the one who is at it. @throws GatewayError at the deadline; the abort reason */
async function untilSettled(
  ledger: IdempotencyLedger,
  slot: string,
  { operation, path }: OnceRequest,
  clock: Clock,
): Promise<void> {
  const late = new AbortController();
  const patience = Math.min(operation.deadline - clock.now(), longestMs);
  const cancelTimer = clock.after(Math.max(0, patience), () => {
    late.abort(
      about(path, 'BACKEND_TIMEOUT', 'The first request under this idempotencyKey is still under way.', {
        outcome: 'UNKNOWN',
        // Under the same key nothing happens twice.
        retryable: true,
      }),
    );
  });
  try {
    await ledger.settled(slot, AbortSignal.any([operation.signal, late.signal]));
  } finally {
    cancelTimer();
  }
}

function replay(result: Result, path: OnceRequest['path']): Ticket {
  switch (result.kind) {
    case 'CREATED':
      return result.ticket;
    case 'REFUSED':
      throw toError(result.refusal);
    case 'UNKNOWN':
      throw about(path, 'OUTCOME_UNKNOWN', errorRules.OUTCOME_UNKNOWN.description, { outcome: 'UNKNOWN' });
  }
}

const about = (
  path: OnceRequest['path'],
  code: ErrorCode,
  message: string,
  options: GatewayErrorOptions,
): GatewayError =>
  new GatewayError(code, message, { ...options, fields: [{ path, code, message, sourceKey: null }] });
