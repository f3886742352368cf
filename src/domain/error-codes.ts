export type ErrorCategory =
  'INPUT' | 'AUTH' | 'NOT_FOUND' | 'CONFLICT' | 'RATE_LIMIT' | 'BACKEND' | 'TRANSPORT' | 'GATEWAY';

/** What every occurrence of a code has in common. */
export interface ErrorRule {
  readonly category: ErrorCategory;
  /** Whether sending the same again, after `retryAfterMs`, may help. A write's fate can overrule it. */
  readonly retryable: boolean;
  /** The backend's status that goes with it; null for codes that the gateway itself raises. */
  readonly httpStatus: number | null;
  /** For `errorCatalog`: what happened and what to do. */
  readonly description: string;
}

const rule = (
  category: ErrorCategory,
  retryable: boolean,
  httpStatus: number | null,
  description: string,
): ErrorRule => ({ category, retryable, httpStatus, description });

/**
 * Every code the gateway names. A backend may send others: they keep their name and take `ruleOfStatus`.
 * Clients decide by `code`; texts are for people and may change.
 */
export const errorRules = {
  INVALID_API_KEY: rule('AUTH', false, 401, 'The API key is missing, wrong or revoked. Send a valid one.'),
  TOKEN_EXPIRED: rule('AUTH', false, 401, 'The token has expired. Get a new one, and send the same with it.'),
  AUTH_UNAVAILABLE: rule(
    'GATEWAY',
    true,
    null,
    'The gateway cannot check tokens for a moment. Nothing was sent. Try again after `retryAfterMs`.',
  ),
  MISSING_WORKSPACE: rule('AUTH', false, 400, 'No workspace was named. Send X-Workspace-Id beside the key.'),
  INSUFFICIENT_API_PERMISSION: rule(
    'AUTH',
    false,
    403,
    'The key does not allow this. `requiredLevel` says which level does.',
  ),
  BAD_REQUEST: rule(
    'GATEWAY',
    false,
    400,
    'The backend could not read what the gateway sent. A defect of the gateway: report the traceId.',
  ),
  NOT_FOUND: rule('NOT_FOUND', false, 404, 'What was to be changed does not exist, or not any more.'),
  VALIDATION_ERROR: rule('INPUT', false, 422, 'An input is missing or invalid. `fields` names each.'),
  CONFLICT: rule(
    'CONFLICT',
    false,
    409,
    'It contradicts what is stored, or somebody else wrote first. Read again, then decide.',
  ),
  RATE_LIMIT_EXCEEDED: rule(
    'RATE_LIMIT',
    true,
    429,
    'The backend refused the call because the key’s requests for this minute are spent. It was not applied.',
  ),
  TICKET_CLOSED: rule('INPUT', false, 403, 'The ticket is closed.'),
  CLOSED_STATUS_SYSTEM_ONLY: rule(
    'INPUT',
    false,
    403,
    'Only the helpdesk itself closes tickets. Set RESOLVED instead.',
  ),
  IMMUTABLE_FIELD: rule('INPUT', false, 422, 'A field’s key and type never change.'),
  SYSTEM_FIELD: rule('INPUT', false, 422, 'System fields cannot be changed or deleted.'),
  INVALID_FIELD_TYPE: rule('INPUT', false, 422, 'Only dropdown and multiselect fields have options.'),
  DUPLICATE_OPTION_VALUE: rule('CONFLICT', false, 409, 'Another option of this field has the value already.'),
  TOO_MANY_OPTIONS: rule('INPUT', false, 422, 'The field has as many options as it may have (`max`).'),
  OPTION_IN_USE: rule('CONFLICT', false, 422, 'A ticket uses this option. Change the tickets first.'),
  BACKEND_BUSY: rule(
    'BACKEND',
    true,
    503,
    'The backend is overloaded for a moment. Try again after `retryAfterMs`.',
  ),
  BACKEND_UNAVAILABLE: rule('BACKEND', true, 503, 'The backend is down. Try again after `retryAfterMs`.'),
  BACKEND_TIMEOUT: rule('TRANSPORT', true, 504, 'The backend did not answer in time.'),
  BACKEND_UNREACHABLE: rule(
    'TRANSPORT',
    true,
    null,
    'The backend could not be reached, or the connection broke.',
  ),
  BACKEND_BAD_RESPONSE: rule(
    'BACKEND',
    false,
    null,
    'What came back is not an answer of the helpdesk API: a proxy or a wrong address. See `status` and `contentType`.',
  ),
  BACKEND_CONTRACT_MISMATCH: rule(
    'BACKEND',
    false,
    null,
    'The backend’s answer breaks its own contract: `attribute` says where. Report the traceId.',
  ),
  FILTER_NOT_SUPPORTED: rule(
    'INPUT',
    false,
    null,
    'The backend cannot filter like this. `supported` lists what it can; where `hint` is `scan`, looking through its lists may find it.',
  ),
  ORDER_NOT_SUPPORTED: rule(
    'INPUT',
    false,
    null,
    'The backend cannot sort like this. `supported` lists what it can.',
  ),
  UNSUPPORTED_BY_BACKEND: rule('INPUT', false, null, 'This helpdesk has no such thing.'),
  CURSOR_INVALID: rule(
    'INPUT',
    false,
    null,
    'The cursor is damaged, or the backend does not accept it any more. Start from the first page.',
  ),
  CURSOR_MISMATCH: rule(
    'INPUT',
    false,
    null,
    'The cursor belongs to a list with another filter or order. Start from the first page.',
  ),
  BAD_USER_INPUT: rule('INPUT', false, null, 'An argument is invalid. `fields` names it. Nothing was sent.'),
  PRECONDITION_FAILED: rule(
    'CONFLICT',
    false,
    null,
    'The ticket has changed since `ifUpdatedAt`; `updatedAt` says when. Nothing was written. Read again, then decide.',
  ),
  OUTCOME_UNKNOWN: rule(
    'CONFLICT',
    false,
    null,
    'Nobody can tell whether the first request under this idempotencyKey was carried out. Look before you repeat it under another.',
  ),
  RATE_BUDGET_EXHAUSTED: rule(
    'RATE_LIMIT',
    true,
    null,
    'The key’s requests are spent until `retryAfterMs` from now. Nothing was sent.',
  ),
  OPERATION_TOO_COSTLY: rule(
    'GATEWAY',
    false,
    null,
    'The operation may need more REST requests, or resolve more fields (`unit`: `estimated`), than one operation may (`max`). Ask for less at a time: a smaller `first`, fewer ids, fewer lists.',
  ),
  GRAPHQL_PARSE_FAILED: rule('INPUT', false, null, 'The document is not GraphQL.'),
  GRAPHQL_VALIDATION_FAILED: rule(
    'INPUT',
    false,
    null,
    'The document does not fit the schema, or is too large: where `limit` is there, it names what there is too much of (`found`, `max`).',
  ),
  OPERATION_RESOLUTION_FAILURE: rule(
    'INPUT',
    false,
    null,
    'Which operation of the document to run is not clear. Send the `operationName` of one of them.',
  ),
  PERSISTED_QUERY_NOT_SUPPORTED: rule(
    'INPUT',
    false,
    null,
    'Ids of documents mean nothing here. Send the document itself.',
  ),
  PERSISTED_QUERY_NOT_FOUND: rule(
    'INPUT',
    false,
    null,
    'No document of the gateway’s list has this id. Send the document itself.',
  ),
  PERSISTED_QUERY_NOT_IN_LIST: rule(
    'INPUT',
    false,
    null,
    'The gateway runs the documents of its list and no others. Send the id of one of them; a new one is added by whoever runs the gateway.',
  ),
  INVALID_REQUEST: rule(
    'INPUT',
    false,
    null,
    'The request carries no GraphQL operation: malformed JSON, no query, a wrong method.',
  ),
  REQUEST_ENTITY_TOO_LARGE: rule(
    'INPUT',
    false,
    null,
    'The request’s body is larger than the gateway reads.',
  ),
  EVENT_LOG_UNAVAILABLE: rule(
    'GATEWAY',
    true,
    null,
    'The gateway’s event log is out of reach for a moment. Nothing is lost: subscribe again with the last cursor.',
  ),
  INTERNAL_SERVER_ERROR: rule(
    'GATEWAY',
    false,
    null,
    'A defect of the gateway. The log has the cause under this traceId.',
  ),
} as const satisfies Readonly<Record<string, ErrorRule>>;

export type ErrorCode = keyof typeof errorRules;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorRules, code);

/** The rule for a code the table does not know, by the HTTP status it came with. */
export function ruleOfStatus(status: number): Pick<ErrorRule, 'category' | 'retryable'> {
  if (status === 401 || status === 403) return { category: 'AUTH', retryable: false };
  if (status === 404) return { category: 'NOT_FOUND', retryable: false };
  if (status === 409) return { category: 'CONFLICT', retryable: false };
  if (status === 429) return { category: 'RATE_LIMIT', retryable: false };
  return { category: status >= 500 ? 'BACKEND' : 'INPUT', retryable: false };
}
