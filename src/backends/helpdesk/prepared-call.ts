import type { Caller } from '../../domain/caller.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Operation } from '../../domain/operation.ts';
import { newSpanId, traceHeaders, type TraceContext } from '../../domain/trace.ts';
import { pathOf, type Endpoint, type PathIds } from './endpoints.ts';
import type { CallFacts, FailedAttempt } from './errors.ts';
import { cursorParameters } from './pages.ts';

export interface RestCall {
  readonly endpoint: Endpoint;
  readonly ids?: PathIds;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** It is the first step of a write: if it fails, the client learns that nothing was changed. */
  readonly beforeWrite?: boolean;
}

/** A call that may be sent, as often as the rules have it. */
export interface PreparedCall extends RestCall {
  readonly caller: Caller;
  readonly operation: Operation;
  /** Below the base URL, ids and query put in. */
  readonly target: string;
  /** Where in the trace the backend is. @default in a span that nobody records */
  readonly trace?: TraceContext;
}

/** @throws GatewayError for what cannot be sent; nothing leaves then */
export function prepare(caller: Caller, operation: Operation, call: RestCall): PreparedCall {
  const path = pathOf(call.endpoint, call.ids ?? {});
  const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
  const reads = purposeOf(call) === 'READ';
  if (!headerValue.test(caller.apiKey)) {
    throw unsendable('INVALID_API_KEY', 'The API key holds characters that no key has.', reads);
  }
  if (!headerValue.test(caller.workspaceId)) {
    throw unsendable('MISSING_WORKSPACE', 'X-Workspace-Id is missing or no id of a workspace.', reads);
  }
  return { ...call, caller, operation, target: path + query };
}

/** Visible ASCII: nothing that ends a header or begins another. */
const headerValue = /^[\x21-\x7e]{1,512}$/;

const unsendable = (
  code: 'INVALID_API_KEY' | 'MISSING_WORKSPACE',
  text: string,
  reads: boolean,
): GatewayError => new GatewayError(code, text, reads ? {} : { outcome: 'NOT_APPLIED' });

/** Headers of one attempt. */
export const headersOf = ({ caller, operation, trace }: PreparedCall): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${caller.apiKey}`,
  'x-workspace-id': caller.workspaceId,
  // W3C Trace Context: our trace, a span for each attempt.
  ...traceHeaders(trace ?? traceOf(operation), trace?.spanId ?? newSpanId()),
});

/** Where in a trace the calls of an operation are. */
export const traceOf = ({ traceId, trace }: Operation): TraceContext =>
  trace ?? { traceId, spanId: null, sampled: null, state: null };

/**
 * What errors depend on.
 * @param last the attempt before; null: there was none
 * @param now milliseconds since the epoch
 */
export const factsOf = (
  call: RestCall,
  attempts: number,
  last: FailedAttempt | null,
  now: number,
): CallFacts => ({
  endpoint: call.endpoint,
  purpose: purposeOf(call),
  attempts,
  withCursor: cursorParameters.some((name) => call.query?.[name] !== undefined),
  mayHaveBeenApplied: last?.mayHaveBeenApplied ?? false,
  now,
});

function purposeOf({ endpoint, beforeWrite }: RestCall): CallFacts['purpose'] {
  if (endpoint.method !== 'GET') return 'WRITE';
  return beforeWrite === true ? 'READ_TO_WRITE' : 'READ';
}
