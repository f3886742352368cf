import { errorRules, isErrorCode, type ErrorCategory } from '../domain/error-codes.ts';

/** Codes of refusals that no GraphQL operation can meet; those of the error catalog are used where one fits. */
const categories = {
  /** The request names a host that is not this gateway's: a page elsewhere may have made a name point here. */
  HOST_NOT_ALLOWED: 'AUTH',
  /** A page of an origin that is not listed asks. */
  ORIGIN_NOT_ALLOWED: 'AUTH',
  /** A delivery that does not prove where it comes from. */
  DELIVERY_REFUSED: 'AUTH',
  /** A genuine delivery that could not be understood. */
  DELIVERY_UNREADABLE: 'INPUT',
  /** Metrics were asked for without their token. */
  METRICS_REFUSED: 'AUTH',
  /** Too much of what a sender delivered was refused: later. */
  TOO_MANY_REFUSED: 'RATE_LIMIT',
  /** Not now: try again. */
  UNAVAILABLE: 'GATEWAY',
  /** There are as many sockets as there may be, of all or of one address: try again later. */
  TOO_MANY_SOCKETS: 'GATEWAY',
} as const satisfies Readonly<Record<string, ErrorCategory>>;

export type RefusalCode =
  keyof typeof categories | 'INVALID_REQUEST' | 'REQUEST_ENTITY_TOO_LARGE' | 'INTERNAL_SERVER_ERROR';

/** An answer to a request that goes no further. */
export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  /** For people; repeats nothing of the request. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Codes after which the same request may succeed later. */
const retryable: readonly RefusalCode[] = ['UNAVAILABLE', 'TOO_MANY_SOCKETS', 'TOO_MANY_REFUSED'];

/** The body of a refusal, the same shape as GraphQL's errors: `{ "errors": [{ "message", "extensions" }] }`. */
export function refusalBody({ code, message }: Refusal): string {
  const category = isErrorCode(code) ? errorRules[code].category : categories[code];
  const extensions = { code, category, origin: 'GATEWAY', retryable: retryable.includes(code) };
  return JSON.stringify({ errors: [{ message, extensions }] });
}

export const refusalHeaders = (refusal: Refusal): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  ...refusal.headers,
});

export const unsupportedMediaType = (message: string): Refusal => ({
  status: 415,
  code: 'INVALID_REQUEST',
  message,
  headers: { accept: 'application/json' },
});

export const tooLarge = (maxBytes: number): Refusal => ({
  status: 413,
  code: 'REQUEST_ENTITY_TOO_LARGE',
  message: `The body is larger than ${maxBytes} bytes.`,
});

export const methodNotAllowed = (allow: string): Refusal => ({
  status: 405,
  code: 'INVALID_REQUEST',
  message: `This path takes ${allow}.`,
  headers: { allow },
});

export const notFound: Refusal = {
  status: 404,
  code: 'INVALID_REQUEST',
  message: 'There is nothing here. GraphQL is at /graphql.',
};

export const failed: Refusal = {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: 'A defect of the gateway. Its log has the cause.',
};
