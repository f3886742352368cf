import { GraphQLError } from 'graphql';
import type { GraphQLHTTPExtensions } from 'graphql-yoga';
import type { ApiLevel } from '../domain/caller.ts';
import {
  errorRules,
  isErrorCode,
  type ErrorCode,
  type ErrorCategory,
  type ErrorRule,
} from '../domain/error-codes.ts';
import { BackendError, GatewayError, type BackendCall, type FieldFault } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Log } from '../domain/log.ts';
import { describeError, presentable, shorten } from '../domain/redact.ts';
import { requestError, type RequestFault } from './request-errors.ts';

/** What every error says of itself. Details of its code stand beside: `supported`, `max`, `known`… */
export interface ErrorExtensions {
  readonly code: string;
  readonly category: ErrorCategory;
  /** BACKEND: it came of a call that was made. GATEWAY: nothing was sent. */
  readonly origin: 'BACKEND' | 'GATEWAY';
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  /** Writes only. UNKNOWN: it may have been applied; look before you repeat it. */
  readonly outcome?: 'NOT_APPLIED' | 'UNKNOWN';
  readonly fields: readonly FieldFault[];
  readonly backend: BackendCall | null;
  readonly traceId: string;
}

declare module 'graphql' {
  interface GraphQLErrorExtensions extends Partial<ErrorExtensions> {
    /** Levels of keys that may do this. */
    requiredLevel?: ApiLevel;
    /** false: a code the gateway does not list. */
    known?: boolean;
  }
}

export interface ErrorCatalogEntry extends ErrorRule {
  readonly code: string;
}

/** Every code that the gateway names, for `Query.errorCatalog`. */
export const errorCatalog: readonly ErrorCatalogEntry[] = Object.entries(errorRules).map(([code, rule]) => ({
  code,
  ...rule,
}));

export interface ToGraphQLErrorOptions {
  /** `Operation.traceId`; where there is no operation yet, one made for the occasion. */
  readonly traceId: string;
  /** Takes what the client does not get to read. */
  readonly log: Log;
}

/** Characters of a document's or a variable's own text that an error repeats. */
const longestEcho = 500;

/** Errors that are finished: a layer that sees one again passes it on. */
const finished = new WeakSet<GraphQLError>();
/** One failure may fail a hundred fields; the log needs it once. */
const logged = new WeakSet<object>();

/**
 * Turns whatever was thrown into the error a client reads.
 * Errors of ours speak for themselves, those of GraphQL itself (syntax, validation, variables) get a code,
 * all others are masked and logged with their cause. Idempotent.
 */
export function toGraphQLError(error: unknown, { traceId, log }: ToGraphQLErrorOptions): GraphQLError {
  const place = error instanceof GraphQLError ? error : null;
  if (place && finished.has(place)) return place;
  const source = innermost(error);
  if (source instanceof GraphQLError && finished.has(source)) {
    return finish(place, source.message, source.extensions);
  }
  if (source instanceof GatewayError) {
    if (source.code === 'INTERNAL_SERVER_ERROR') logDefect(source.cause ?? source, traceId, log);
    return ofGatewayError(source, place, traceId);
  }
  const fault = place && requestError(place, source instanceof GraphQLError);
  if (fault) return ofRequest(fault, place, traceId);
  logDefect(source, traceId, log);
  return ofGatewayError(new GatewayError('INTERNAL_SERVER_ERROR', ''), place, traceId);
}

/** GraphQL wraps what a resolver throws to add path and location, some layers do so twice. */
function innermost(error: unknown): unknown {
  let current = error;
  while (current instanceof GraphQLError && current.originalError && !finished.has(current)) {
    current = current.originalError;
  }
  return current;
}

function ofGatewayError(error: GatewayError, place: GraphQLError | null, traceId: string): GraphQLError {
  const backend = error instanceof BackendError ? error.backend : null;
  const extensions: ErrorExtensions = {
    code: error.code,
    category: error.category,
    origin: backend && backend.attempts > 0 ? 'BACKEND' : 'GATEWAY',
    retryable: error.retryable,
    retryAfterMs: error.retryAfterMs,
    ...(error.outcome === null ? {} : { outcome: error.outcome }),
    fields: error.fields.map((fault) => ({ ...fault, message: presentable(fault.message) })),
    backend,
    traceId,
  };
  const known: Readonly<Record<string, Json>> = isErrorCode(error.code) ? {} : { known: false };
  const details = { ...known, ...error.details, ...extensions };
  return finish(place, publicText(error, backend), details, httpOf(place, error));
}

/**
 * What the caller did wrong is told in the text that came. Faults that are not the caller's get the catalog's text:
 * theirs may speak of the inside. The backend's module has logged the original by now.
 */
function publicText(error: GatewayError, backend: BackendCall | null): string {
  const inside =
    error.category === 'GATEWAY' ||
    (backend !== null &&
      (error.category === 'BACKEND' ||
        error.category === 'TRANSPORT' ||
        (backend.status !== null && backend.status >= 500)));
  if (inside) return isErrorCode(error.code) ? errorRules[error.code].description : 'The backend failed.';
  return backend === null ? error.message : presentable(error.message);
}

function logDefect(error: unknown, traceId: string, log: Log): void {
  // Whoever asked has gone: nobody reads the answer, and nothing is wrong.
  if (error instanceof DOMException && error.name === 'AbortError') {
    log.debug({ traceId }, 'The operation was aborted.');
    return;
  }
  if (typeof error === 'object' && error !== null) {
    if (logged.has(error)) return;
    logged.add(error);
  }
  log.error({ traceId, error: describeError(error) }, 'A defect: the client was told INTERNAL_SERVER_ERROR.');
}

/** The caller's own text comes back in these, so it is cut, not cleaned. */
function ofRequest(fault: RequestFault, place: GraphQLError, traceId: string): GraphQLError {
  const extensions: ErrorExtensions = {
    code: fault.code,
    category: errorRules[fault.code].category,
    origin: 'GATEWAY',
    retryable: errorRules[fault.code].retryable,
    retryAfterMs: null,
    fields: fault.fields.map((field) => ({ ...field, message: shorten(field.message, longestEcho) })),
    backend: null,
    traceId,
  };
  return finish(
    place,
    shorten(place.message, longestEcho),
    { ...extensions },
    place.extensions.http ?? fault.http,
  );
}

/** What an operation is refused with as a whole, as if it did not fit the schema. */
const ofOperation: ReadonlySet<string> = new Set<ErrorCode>([
  'OPERATION_TOO_COSTLY',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_IN_LIST',
]);

/** For the HTTP layer, which removes it again: an error before execution decides the status. */
function httpOf(place: GraphQLError | null, error: GatewayError): GraphQLHTTPExtensions | undefined {
  if (place?.path) return undefined;
  if (ofOperation.has(error.code)) return { status: 400, spec: true };
  const status = isErrorCode(error.code) ? errorRules[error.code].httpStatus : null;
  if (error.category === 'AUTH') return { status: status ?? 403 };
  if (error.category === 'INPUT') return { status: 400 };
  return { status: error.category === 'GATEWAY' && error.retryable ? 503 : 500 };
}

function finish(
  place: GraphQLError | null,
  message: string,
  extensions: GraphQLError['extensions'],
  http?: GraphQLHTTPExtensions,
): GraphQLError {
  const error = new GraphQLError(message, {
    ...(place?.nodes ? { nodes: place.nodes } : { source: place?.source, positions: place?.positions }),
    path: place?.path,
    extensions: { ...extensions, ...(http ? { http } : {}) },
  });
  finished.add(error);
  return error;
}
