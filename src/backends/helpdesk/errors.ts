import { errorRules, isErrorCode, ruleOfStatus, type ErrorCode } from '../../domain/error-codes.ts';
import {
  BackendError,
  type BackendCall,
  type FieldFault,
  type GatewayErrorOptions,
} from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { presentable } from '../../domain/redact.ts';
import type { TransportError } from '../transport.ts';
import { contentType, errorOf, said, type Answer, type ErrorBody } from './answer.ts';
import type { Endpoint } from './endpoints.ts';
import { fieldFaults } from './field-faults.ts';
import { retryAfter, silenceAfterRefusal } from './headers.ts';
import { cursorParameters } from './pages.ts';
import type { Failure } from './retry-rules.ts';

/** The call an error came of, as far as the error depends on it. */
export interface CallFacts {
  readonly endpoint: Endpoint;
  /** READ: nothing can have changed. READ_TO_WRITE: a read that a write begins with. */
  readonly purpose: 'READ' | 'WRITE' | 'READ_TO_WRITE';
  /** Attempts made, the failed one included. */
  readonly attempts: number;
  /** A cursor was sent along. */
  readonly withCursor: boolean;
  /** An earlier attempt may have been carried out. */
  readonly mayHaveBeenApplied: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A failed attempt: what to tell the client if it was the last one, and what the rules of trying again go by. */
export interface FailedAttempt {
  readonly error: BackendError;
  readonly failure: Failure;
  /** Milliseconds the answer asked to wait; null where it did not. */
  readonly waitMs: number | null;
  /** The write may have been carried out. */
  readonly mayHaveBeenApplied: boolean;
  /** What the backend said, where the client is told something else: for the log. */
  readonly original: string | null;
}

/** What the gateway adds to a documented code; see `restErrors`. */
interface RestErrorRow {
  /** The inputs that this code is always about, instead of what `details` names. */
  readonly about?: (endpoint: Endpoint) => FieldFault['path'];
  /** The same where `details` names none. */
  readonly aboutAtLeast?: (endpoint: Endpoint) => FieldFault['path'];
  readonly extra?: (endpoint: Endpoint) => Readonly<Record<string, Json>>;
  /** The gateway's own fault: the client gets the rule's description, the log the text. */
  readonly ours?: true;
}

const target = ({ resource, method }: Endpoint): readonly string[] =>
  resource === 'option' && method === 'POST' ? ['fieldId'] : ['id'];
const ofOption =
  (onOption: readonly string[], onField: readonly string[]) =>
  ({ resource }: Endpoint): readonly string[] =>
    resource === 'option' ? onOption : onField;

/**
 * The documented codes. Category and `retryable` are those of `errorRules`; paths are in the words of `FieldFault`.
 * A code that is not listed keeps its name and takes the category of its HTTP status.
 */
export const restErrors = {
  INVALID_API_KEY: {},
  MISSING_WORKSPACE: {},
  INSUFFICIENT_API_PERMISSION: { extra: ({ level }) => ({ requiredLevel: level }) },
  BAD_REQUEST: { ours: true },
  NOT_FOUND: { about: target },
  VALIDATION_ERROR: {},
  CONFLICT: {},
  RATE_LIMIT_EXCEEDED: {},
  TICKET_CLOSED: {},
  CLOSED_STATUS_SYSTEM_ONLY: { about: () => ['status'] },
  IMMUTABLE_FIELD: { about: () => ['id'] },
  SYSTEM_FIELD: { about: () => ['id'] },
  INVALID_FIELD_TYPE: { about: ofOption(['fieldId'], ['options']) },
  DUPLICATE_OPTION_VALUE: { aboutAtLeast: ofOption(['value'], ['options']) },
  TOO_MANY_OPTIONS: { about: ofOption([], ['options']), extra: () => ({ max: 2_000 }) },
  OPTION_IN_USE: { about: () => ['id'] },
} as const satisfies Readonly<Partial<Record<ErrorCode, RestErrorRow>>>;

const isDocumented = (code: string): code is keyof typeof restErrors => Object.hasOwn(restErrors, code);

/** Statuses that speak for themselves, whatever the body: a proxy's page comes with them as often as not. */
const byStatus: Readonly<Record<number, { readonly code: ErrorCode; readonly failure: Failure }>> = {
  429: { code: 'RATE_LIMIT_EXCEEDED', failure: 'RATE_LIMITED' },
  500: { code: 'BACKEND_UNAVAILABLE', failure: 'OUTAGE' },
  502: { code: 'BACKEND_UNAVAILABLE', failure: 'OUTAGE' },
  503: { code: 'BACKEND_UNAVAILABLE', failure: 'OUTAGE' },
  504: { code: 'BACKEND_TIMEOUT', failure: 'GATEWAY_TIMEOUT' },
};

/** An answer other than 2xx. */
export function refusal(facts: CallFacts, answer: Answer): FailedAttempt {
  const { status, headers } = answer;
  const told = retryAfter(headers, facts.now);
  if (status === 503 && told !== null) return masked(facts, 'BACKEND_BUSY', 'BUSY', answer, told);
  const rule = byStatus[status];
  if (rule !== undefined) {
    const wait = status === 429 ? silenceAfterRefusal(headers, facts.now) : null;
    return masked(facts, rule.code, rule.failure, answer, wait);
  }
  const body = errorOf(answer);
  if (body !== null) return refusalByCode(facts, answer, body);
  if (status === 401 && answer.body.trim() === '') {
    return masked(facts, 'INVALID_API_KEY', 'REFUSED', answer, null);
  }
  return status > 504 || status === 501
    ? masked(facts, 'BACKEND_UNAVAILABLE', 'OUTAGE', answer, null)
    : badResponse(facts, answer);
}

function refusalByCode(facts: CallFacts, answer: Answer, body: ErrorBody): FailedAttempt {
  const { endpoint } = facts;
  const { code, message, details } = body;
  if (refusesCursor(facts, answer.status, body)) {
    const text = errorRules.CURSOR_INVALID.description;
    const fields = [{ path: ['after'], code: 'INVALID', message: text, sourceKey: 'after' }];
    return failed(facts, answer.status, 'CURSOR_INVALID', text, 'REFUSED', { fields });
  }
  const text = presentable(message ?? '');
  if (!isDocumented(code)) {
    const server = answer.status >= 500;
    return failed(
      facts,
      answer.status,
      code,
      server ? errorRules.BACKEND_UNAVAILABLE.description : text,
      'REFUSED',
      {
        ...ruleOfStatus(answer.status),
        fields: faultsOf({}, facts, code, text, details),
        details: { known: false },
        original: server ? said(answer) : null,
      },
    );
  }
  const row: RestErrorRow = restErrors[code];
  if (row.ours === true) return masked(facts, code, 'REFUSED', answer, null);
  return failed(facts, answer.status, code, text === '' ? errorRules[code].description : text, 'REFUSED', {
    fields: faultsOf(row, facts, code, text, details),
    details: row.extra?.(endpoint) ?? {},
  });
}

function faultsOf(
  row: RestErrorRow,
  { endpoint, purpose }: CallFacts,
  code: string,
  message: string,
  details: ErrorBody['details'],
): readonly FieldFault[] {
  const told = fieldFaults(details, endpoint.resource);
  // A read has parameters, no attributes: what was wrong with them can be said, but not where in the operation.
  if (purpose === 'READ') return told.map((fault) => ({ ...fault, path: null }));
  const own = (path: FieldFault['path'], sourceKey: string | null): FieldFault[] => [
    { path, code, message, sourceKey },
  ];
  if (row.about !== undefined) return own(row.about(endpoint), told[0]?.sourceKey ?? null);
  return told.length === 0 && row.aboutAtLeast !== undefined ? own(row.aboutAtLeast(endpoint), null) : told;
}

/**
 * Whether a list was refused because of the cursor that was sent along. No code is documented for it, so any refusal
 * of input is taken for one, unless it names other inputs.
 */
function refusesCursor(facts: CallFacts, status: number, { code, details }: ErrorBody): boolean {
  if (!facts.withCursor || (status !== 400 && status !== 422) || code === 'MISSING_WORKSPACE') return false;
  const named = Object.keys(details ?? {});
  return named.length === 0 || named.some((name) => cursorParameters.includes(name));
}

/** An attempt that got no answer, or only the beginning of one. */
export function breakdown(facts: CallFacts, { fault, sent, head, cause }: TransportError): FailedAttempt {
  const status = head?.status ?? null;
  const original = cause instanceof Error ? cause.message : String(cause);
  const [code, failure] = breakdowns[fault][sent ? 'sent' : 'unsent'];
  const details =
    code === 'BACKEND_BAD_RESPONSE' ? { status, contentType: contentType(head?.headers ?? null) } : {};
  return failed(facts, status, code, errorRules[code].description, failure, { sent, details, original });
}

/** ABORTED is our own giving up here: a caller that left is not told anything. */
const breakdowns: Readonly<
  Record<TransportError['fault'], Readonly<Record<'sent' | 'unsent', readonly [ErrorCode, Failure]>>>
> = {
  UNREACHABLE: { sent: ['BACKEND_UNREACHABLE', 'RESET'], unsent: ['BACKEND_UNREACHABLE', 'UNSENT'] },
  ABORTED: { sent: ['BACKEND_TIMEOUT', 'TIMEOUT'], unsent: ['BACKEND_TIMEOUT', 'UNSENT'] },
  TOO_LARGE: { sent: ['BACKEND_BAD_RESPONSE', 'REFUSED'], unsent: ['BACKEND_BAD_RESPONSE', 'REFUSED'] },
  GARBLED: { sent: ['BACKEND_BAD_RESPONSE', 'REFUSED'], unsent: ['BACKEND_BAD_RESPONSE', 'REFUSED'] },
};

/** The deadline passed before anything was sent, or between two attempts. */
export const tooLate = (facts: CallFacts): FailedAttempt =>
  failed(facts, null, 'BACKEND_TIMEOUT', errorRules.BACKEND_TIMEOUT.description, 'UNSENT', { sent: false });

/** The host fails and is left alone: this attempt was not made. */
export const heldBack = (facts: CallFacts, retryAfterMs: number): FailedAttempt =>
  failed(facts, null, 'BACKEND_UNAVAILABLE', errorRules.BACKEND_UNAVAILABLE.description, 'UNSENT', {
    sent: false,
    waitMs: retryAfterMs,
  });

/** It was refused again, later: the client has to wait from now on. */
export const postponed = (error: BackendError, retryAfterMs: number): BackendError =>
  new BackendError(error.code, error.message, error.backend, {
    category: error.category,
    retryable: error.retryable,
    ...(error.outcome === null ? {} : { outcome: error.outcome }),
    retryAfterMs,
  });

/** What came is not of this API: HTML, text, half a JSON document, nothing where something is due. */
export const badResponse = (facts: CallFacts, answer: Answer): FailedAttempt =>
  failed(
    facts,
    answer.status,
    'BACKEND_BAD_RESPONSE',
    errorRules.BACKEND_BAD_RESPONSE.description,
    'REFUSED',
    {
      details: { status: answer.status, contentType: contentType(answer.headers) },
      original: said(answer),
    },
  );

/** It is of this API, and yet not what the contract says. @param attribute where it departs from it */
export const contractMismatch = (facts: CallFacts, status: number, attribute: string): FailedAttempt =>
  failed(
    facts,
    status,
    'BACKEND_CONTRACT_MISMATCH',
    errorRules.BACKEND_CONTRACT_MISMATCH.description,
    'REFUSED',
    { details: { attribute }, original: `The contract is broken at ${attribute}.` },
  );

function masked(
  facts: CallFacts,
  code: ErrorCode,
  failure: Failure,
  answer: Answer,
  waitMs: number | null,
): FailedAttempt {
  return failed(facts, answer.status, code, errorRules[code].description, failure, {
    waitMs,
    original: said(answer),
  });
}

type Particulars = Pick<GatewayErrorOptions, 'fields' | 'details' | 'category' | 'retryable'> & {
  readonly sent?: boolean;
  readonly waitMs?: number | null;
  readonly original?: string | null;
};

function failed(
  facts: CallFacts,
  status: number | null,
  code: string,
  message: string,
  failure: Failure,
  { sent = true, waitMs = null, original = null, ...options }: Particulars,
): FailedAttempt {
  // 4xx: it was looked at and refused. Anything else leaves open how far it got.
  const refused = status !== null && status >= 400 && status < 500;
  const applied = facts.purpose === 'WRITE' && (facts.mayHaveBeenApplied || (sent && !refused));
  const common = isErrorCode(code) ? errorRules[code] : ruleOfStatus(status ?? 500);
  const call: BackendCall = {
    kind: 'HELPDESK',
    status,
    operation: `${facts.endpoint.method} ${facts.endpoint.path}`,
    attempts: facts.attempts,
  };
  const error = new BackendError(code, message, call, {
    category: common.category,
    ...options,
    // Sending it again never does a write twice.
    retryable: (options.retryable ?? common.retryable) && !applied,
    ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
    ...(facts.purpose === 'READ' ? {} : { outcome: applied ? 'UNKNOWN' : 'NOT_APPLIED' }),
  });
  return {
    error,
    failure,
    waitMs,
    mayHaveBeenApplied: applied,
    original,
  };
}
