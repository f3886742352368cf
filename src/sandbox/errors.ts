import type { WireErrorCode } from '../backends/helpdesk/wire.gen.ts';
import type { Json } from '../domain/json.ts';

/** Every code of the contract with its HTTP status. */
export const statusOf = {
  INVALID_API_KEY: 401,
  MISSING_WORKSPACE: 400,
  INSUFFICIENT_API_PERMISSION: 403,
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  VALIDATION_ERROR: 422,
  CONFLICT: 409,
  RATE_LIMIT_EXCEEDED: 429,
  TICKET_CLOSED: 403,
  CLOSED_STATUS_SYSTEM_ONLY: 403,
  IMMUTABLE_FIELD: 422,
  SYSTEM_FIELD: 422,
  INVALID_FIELD_TYPE: 422,
  DUPLICATE_OPTION_VALUE: 409,
  TOO_MANY_OPTIONS: 422,
  OPTION_IN_USE: 422,
} as const satisfies Readonly<Record<WireErrorCode, number>>;

export type RestCode = WireErrorCode;

export interface Detail {
  /** E.g. REQUIRED, INVALID, TOO_LONG, DUPLICATE. */
  readonly code: string;
  readonly message: string;
}

/** Faults by attribute, as the contract's `details`. */
export type Details = Readonly<Record<string, readonly Detail[]>>;

/** An answer of the API that is an error. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly code: RestCode;
  readonly details: Details | null;

  constructor(code: RestCode, message: string, details: Details | null = null) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export const notFound = (what: string): RestError => new RestError('NOT_FOUND', `${what} not found`);

/** VALIDATION_ERROR; its message is the first detail's. */
export const invalid = (details: Details): RestError =>
  new RestError('VALIDATION_ERROR', Object.values(details)[0]?.[0]?.message ?? 'Invalid', details);

/** Throws VALIDATION_ERROR if there is any detail. */
export function refuseIfAny(details: Details): void {
  if (Object.keys(details).length > 0) throw invalid(details);
}

/** Details for one attribute. */
export const detail = (attribute: string, code: string, message: string): Details => ({
  [attribute]: [{ code, message }],
});

/** The contract's error body. */
export const errorBody = (
  code: string,
  status: number,
  message: string,
  details: Json | Details | null,
): string => JSON.stringify({ error: { code, message, status, ...(details === null ? {} : { details }) } });

export const isRestCode = (code: string): code is RestCode => Object.hasOwn(statusOf, code);
