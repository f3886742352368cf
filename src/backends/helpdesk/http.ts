import ky from 'ky';
import type * as z from 'zod';
import type { Caller } from '../../domain/caller.ts';
import { BackendError } from '../../domain/errors.ts';
import type { Operation } from '../../domain/operation.ts';
import type { Telemetry } from '../../domain/telemetry.ts';
import type { Observation, PermitOutcome } from '../../rate-limit/limiter.ts';
import { TransportError, type Transport } from '../transport.ts';
import { decode, type Answer } from './answer.ts';
import { contractMismatch } from './errors.ts';
import { observe, silenceAfterRefusal } from './headers.ts';
import { factsOf, headersOf, prepare, type RestCall } from './prepared-call.ts';
import { observed } from './observed.ts';
import { report } from './report.ts';
import { createSend, type Attempt, type Recheck, type SendOptions } from './send.ts';

export interface RestClientOptions extends SendOptions {
  /** Base URL of the API, `https://…/helpdesk/api/v1`. */
  readonly url: string;
  readonly transport: Transport;
  /** @default nobody watches */
  readonly telemetry?: Telemetry | undefined;
}

/** The API on behalf of one caller, for one operation. Rejects as `Backend` says. */
export interface Rest {
  /** Sends a call and reads its answer. @param recheck for a PUT that must not be repeated blindly */
  request<Schema extends z.ZodType>(
    call: RestCall,
    schema: Schema,
    recheck?: Recheck<z.output<Schema>>,
  ): Promise<z.output<Schema>>;
  /** Sends a call that has nothing to answer. */
  remove(call: RestCall): Promise<void>;
  /** What to throw when an answer that was read turns out to break the contract. */
  mismatch(call: RestCall, attribute: string): BackendError;
}

export function createRestClient(options: RestClientOptions): (caller: Caller, operation: Operation) => Rest {
  const { clock, log, telemetry } = options;
  const attempt = createAttempt(options);
  const send = createSend(options, telemetry ? observed(attempt, telemetry) : attempt);
  return (caller, operation) => ({
    async request(call, schema, recheck) {
      return send(prepare(caller, operation, call), (answer) => decode(answer, schema), recheck);
    },
    async remove(call) {
      try {
        await send(prepare(caller, operation, call), () => ({ kind: 'READ', value: undefined }));
      } catch (error) {
        if (!isGoneAlready(error)) throw error;
      }
    },
    mismatch(call, attribute) {
      const failed = contractMismatch(factsOf(call, 1, null, clock.now()), 200, attribute);
      report(log, operation.traceId, failed, null);
      return failed.error;
    },
  });
}

/** An earlier attempt may have done it, and now there is nothing: it did. */
const isGoneAlready = (error: unknown): boolean =>
  error instanceof BackendError && error.category === 'NOT_FOUND' && error.outcome === 'UNKNOWN';

/**
 * ky builds the requests, and no more. Its own retries are off, since it asks its `beforeRequest` hook once for all
 * attempts (each needs a permit of its own), repeats a 503 without Retry-After, and cannot know whether a request
 * that failed was sent. Its timeout is off too: it would hide the same knowledge behind an error of its own.
 */
function createAttempt({ url, transport, clock }: RestClientOptions): Attempt {
  const api = ky.create({
    prefix: url,
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
  });
  return async (call, permit, timeoutMs) => {
    const { operation } = call;
    const giveUp = new AbortController();
    const leave = (): void => {
      giveUp.abort(operation.signal.reason);
    };
    const cancelTimer = clock.after(timeoutMs, () => {
      giveUp.abort(new Error(`No answer within ${timeoutMs} ms.`));
    });
    // What a write that has left comes to must be known, whoever still listens; a read is of no use to anybody else.
    if (call.endpoint.method === 'GET') {
      operation.signal.addEventListener('abort', leave, { once: true });
      if (operation.signal.aborted) leave();
    }
    let outcome: PermitOutcome = { kind: 'LOST' };
    try {
      let body = '';
      const response = await api(call.target, {
        method: call.endpoint.method,
        headers: headersOf(call),
        ...(call.body === undefined ? {} : { json: call.body }),
        // The signal goes past ky, which would join it to one of its own, for timeouts that are off.
        fetch: async (input, init) => {
          const request = input instanceof Request ? input : new Request(input, init);
          const answered = await transport.fetch(request, giveUp.signal);
          ({ body } = answered);
          return answered.head;
        },
      });
      outcome = { kind: 'ANSWERED', observation: observation(response, clock.now()) };
      return { status: response.status, headers: response.headers, body };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      outcome = outcomeOf(error, clock.now());
      return error;
    } finally {
      cancelTimer();
      operation.signal.removeEventListener('abort', leave);
      if (outcome.kind !== 'NOT_SENT') operation.meter.spent += 1;
      permit.settle(outcome);
    }
  };
}

/** The head of an answer tells of the budget, even where the rest never came. */
function outcomeOf({ sent, head }: TransportError, now: number): PermitOutcome {
  if (!sent) return { kind: 'NOT_SENT' };
  return head === null ? { kind: 'LOST' } : { kind: 'ANSWERED', observation: observation(head, now) };
}

function observation({ status, headers }: Pick<Answer, 'status' | 'headers'>, now: number): Observation {
  const seen = observe(headers);
  return status === 429 ? { ...seen, retryAfterMs: silenceAfterRefusal(headers, now) } : seen;
}
