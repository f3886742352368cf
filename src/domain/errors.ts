import type { BackendKind } from './backend.ts';
import {
  errorRules,
  isErrorCode,
  ruleOfStatus,
  type ErrorCategory,
  type ErrorCode,
  type ErrorRule,
} from './error-codes.ts';
import type { Json } from './json.ts';

/** One bad input. */
export interface FieldFault {
  /**
   * Where it is. From a backend: the attribute in our words, `['requesterEmail']`, `['customFields', 'cf_9']`,
   * `['options', 3, 'value']`; `['id']` or `['fieldId']` for what the write is aimed at, `[]` for all it sends.
   * The mutation that knows its arguments turns it into an argument path. null where it cannot be mapped.
   */
  readonly path: readonly (string | number)[] | null;
  /** E.g. REQUIRED, INVALID. */
  readonly code: string;
  readonly message: string;
  /** The backend's own name for it; null for faults that the gateway found. */
  readonly sourceKey: string | null;
}

export interface GatewayErrorOptions {
  readonly fields?: readonly FieldFault[];
  readonly retryAfterMs?: number;
  readonly retryable?: boolean;
  readonly category?: ErrorCategory;
  /** What became of a write; absent on reads. */
  readonly outcome?: 'NOT_APPLIED' | 'UNKNOWN';
  /** Further extensions of this code: `supported`, `max`, `requiredLevel`, `known`… */
  readonly details?: Readonly<Record<string, Json>>;
  readonly cause?: unknown;
}

/** Fills in what the table knows of a code; what an occurrence says itself wins. */
function completed(
  code: string,
  options: GatewayErrorOptions,
): GatewayErrorOptions & Pick<ErrorRule, 'category' | 'retryable'> {
  const known: Pick<ErrorRule, 'category' | 'retryable'> = isErrorCode(code)
    ? errorRules[code]
    : ruleOfStatus(500);
  return { ...known, ...options };
}

/**
 * An error that was meant for the client, as it is: `message` holds no key, URL, id of another or stack.
 * Whatever else is thrown is a defect and gets masked.
 */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError';
  readonly code: string;
  readonly category: ErrorCategory;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly outcome: 'NOT_APPLIED' | 'UNKNOWN' | null;
  readonly fields: readonly FieldFault[];
  readonly details: Readonly<Record<string, Json>>;

  constructor(code: ErrorCode, message: string, options?: GatewayErrorOptions);
  constructor(
    code: string,
    message: string,
    options: GatewayErrorOptions & Pick<ErrorRule, 'category' | 'retryable'>,
  );
  constructor(code: string, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { category, retryable } = completed(code, options);
    this.code = code;
    this.category = category;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.outcome = options.outcome ?? null;
    this.fields = options.fields ?? [];
    this.details = options.details ?? {};
  }
}

/** What a client may know of the REST call behind an error. */
export interface BackendCall {
  readonly kind: BackendKind;
  /** null where no answer came. */
  readonly status: number | null;
  /** Method and path pattern, no ids: `PUT /tickets/:id`. */
  readonly operation: string;
  /** Attempts made; 0 where nothing was sent. */
  readonly attempts: number;
}

/** An error that came of a call to the backend. */
export class BackendError extends GatewayError {
  override readonly name = 'BackendError';
  readonly backend: BackendCall;

  constructor(code: ErrorCode, message: string, backend: BackendCall, options?: GatewayErrorOptions);
  constructor(
    code: string,
    message: string,
    backend: BackendCall,
    options: GatewayErrorOptions & Pick<ErrorRule, 'category' | 'retryable'>,
  );
  constructor(code: string, message: string, backend: BackendCall, options: GatewayErrorOptions = {}) {
    super(code, message, completed(code, options));
    this.backend = backend;
  }
}

/**
 * BAD_USER_INPUT for one argument; nothing was sent.
 * @param path from the argument's name, e.g. `['input', 'id']`
 * @param code of the fault: REQUIRED, INVALID…
 */
export const badInput = (
  path: readonly (string | number)[],
  message: string,
  code = 'INVALID',
): GatewayError =>
  new GatewayError('BAD_USER_INPUT', message, { fields: [{ path, code, message, sourceKey: null }] });
