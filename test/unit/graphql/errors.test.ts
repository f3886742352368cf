import { GraphQLError, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  errorRules,
  isErrorCode,
  type ErrorCategory,
  type ErrorCode,
} from '../../../src/domain/error-codes.ts';
import { BackendError, badInput, GatewayError } from '../../../src/domain/errors.ts';
import { errorCatalog, toGraphQLError } from '../../../src/graphql/errors.ts';
import { backendError, createHarness, createRecordingLog, told, traceId } from './run.ts';

type Row = readonly [code: string, status: number | null, category: ErrorCategory, retryable: boolean];

/** The rows of the error model that the gateway can raise so far, as they stand there; of `retryable`, what holds for reads. */
const model: readonly Row[] = [
  ['INVALID_API_KEY', 401, 'AUTH', false],
  ['TOKEN_EXPIRED', 401, 'AUTH', false],
  ['AUTH_UNAVAILABLE', null, 'GATEWAY', true],
  ['MISSING_WORKSPACE', 400, 'AUTH', false],
  ['INSUFFICIENT_API_PERMISSION', 403, 'AUTH', false],
  ['BAD_REQUEST', 400, 'GATEWAY', false],
  ['NOT_FOUND', 404, 'NOT_FOUND', false],
  ['VALIDATION_ERROR', 422, 'INPUT', false],
  ['CONFLICT', 409, 'CONFLICT', false],
  ['DUPLICATE_OPTION_VALUE', 409, 'CONFLICT', false],
  ['RATE_LIMIT_EXCEEDED', 429, 'RATE_LIMIT', true],
  ['TICKET_CLOSED', 403, 'INPUT', false],
  ['CLOSED_STATUS_SYSTEM_ONLY', 403, 'INPUT', false],
  ['IMMUTABLE_FIELD', 422, 'INPUT', false],
  ['SYSTEM_FIELD', 422, 'INPUT', false],
  ['INVALID_FIELD_TYPE', 422, 'INPUT', false],
  ['TOO_MANY_OPTIONS', 422, 'INPUT', false],
  ['OPTION_IN_USE', 422, 'CONFLICT', false],
  ['BACKEND_BUSY', 503, 'BACKEND', true],
  ['BACKEND_UNAVAILABLE', 503, 'BACKEND', true],
  ['BACKEND_TIMEOUT', 504, 'TRANSPORT', true],
  ['BACKEND_UNREACHABLE', null, 'TRANSPORT', true],
  ['BACKEND_BAD_RESPONSE', null, 'BACKEND', false],
  ['BACKEND_CONTRACT_MISMATCH', null, 'BACKEND', false],
  ['FILTER_NOT_SUPPORTED', null, 'INPUT', false],
  ['ORDER_NOT_SUPPORTED', null, 'INPUT', false],
  ['UNSUPPORTED_BY_BACKEND', null, 'INPUT', false],
  ['CURSOR_INVALID', null, 'INPUT', false],
  ['CURSOR_MISMATCH', null, 'INPUT', false],
  ['BAD_USER_INPUT', null, 'INPUT', false],
  ['PRECONDITION_FAILED', null, 'CONFLICT', false],
  ['OUTCOME_UNKNOWN', null, 'CONFLICT', false],
  ['RATE_BUDGET_EXHAUSTED', null, 'RATE_LIMIT', true],
  ['OPERATION_TOO_COSTLY', null, 'GATEWAY', false],
  ['EVENT_LOG_UNAVAILABLE', null, 'GATEWAY', true],
  ['INTERNAL_SERVER_ERROR', null, 'GATEWAY', false],
];
/** Codes of GraphQL itself and of those who speak it over HTTP, which the model does not list. */
const ofGraphQL = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_IN_LIST',
  'INVALID_REQUEST',
  'REQUEST_ENTITY_TOO_LARGE',
];

describe('the catalog', () => {
  test('lists the codes of the model and those of GraphQL, and no others', () => {
    expect(errorCatalog.map(({ code }) => code).toSorted()).toEqual(
      [...model.map(([code]) => code), ...ofGraphQL].toSorted(),
    );
  });

  test.each(model)(
    '%s has the status, category and retryability of the model',
    (code, httpStatus, category, retryable) => {
      expect(errorCatalog.find((entry) => entry.code === code)).toMatchObject({
        httpStatus,
        category,
        retryable,
      });
    },
  );

  test.each(errorCatalog)('$code says what happened', ({ description }) => {
    expect(description).toMatch(/^[A-Z].{10,}\.$/s);
  });

  test('is what Query.errorCatalog answers, without spending a request', async () => {
    const { run, session } = createHarness();
    const { data } = await run('{ errorCatalog { code category retryable httpStatus description } }');
    expect(data?.['errorCatalog']).toEqual(errorCatalog);
    expect(session.calls).toEqual([]);
  });
});

describe('an error of a call to the backend', () => {
  const rows = model.flatMap(([code, status, category, retryable]) =>
    isErrorCode(code) && status !== null ? [{ code, status, category, retryable }] : [],
  );

  test.each(rows)('$code carries everything the model documents', ({ code, status, category, retryable }) => {
    const error = backendError(code, status, {
      retryAfterMs: 1_500,
      fields: [{ path: ['input', 'subject'], code: 'REQUIRED', message: 'Required', sourceKey: 'subject' }],
      details: { max: 7 },
    });
    expect(told(error).extensions).toEqual({
      code,
      category,
      origin: 'BACKEND',
      retryable,
      retryAfterMs: 1_500,
      fields: [{ path: ['input', 'subject'], code: 'REQUIRED', message: 'Required', sourceKey: 'subject' }],
      backend: { kind: 'HELPDESK', status, operation: 'POST /tickets', attempts: 1 },
      traceId,
      max: 7,
      http: expect.any(Object),
    });
  });

  test.each(rows)(
    '$code keeps the backend’s text only where the fault is the caller’s',
    ({ code, status, category }) => {
      const { message } = told(backendError(code, status, { message: 'words of the backend' }));
      const silenced: readonly ErrorCategory[] = ['BACKEND', 'TRANSPORT', 'GATEWAY'];
      expect(message).toBe(
        silenced.includes(category) ? errorRules[code].description : 'words of the backend',
      );
    },
  );

  test('of a code that nobody knows keeps it, says so, and hides the text of a 5xx', () => {
    const call = { kind: 'HELPDESK', operation: 'GET /tickets', attempts: 1 } as const;
    const strange = new BackendError(
      'TEAPOT',
      'short and stout',
      { ...call, status: 418 },
      { category: 'INPUT', retryable: false },
    );
    expect(told(strange)).toMatchObject({
      message: 'short and stout',
      extensions: { code: 'TEAPOT', category: 'INPUT', retryable: false, known: false },
    });
    const broken = new BackendError(
      'OOPS',
      'at db1.internal',
      { ...call, status: 599 },
      { category: 'BACKEND', retryable: false },
    );
    expect(told(broken)).toMatchObject({
      message: 'The backend failed.',
      extensions: { code: 'OOPS', known: false },
    });
  });

  test('is of the gateway where nothing was sent', () => {
    expect(told(backendError('BACKEND_UNREACHABLE', null, { attempts: 0 })).extensions).toMatchObject({
      origin: 'GATEWAY',
    });
  });

  test('keeps the details of its code from overruling what every error says', () => {
    const error = new GatewayError('FILTER_NOT_SUPPORTED', 'no', {
      details: { code: 'X', traceId: 'Y', supported: ['status'] },
    });
    expect(told(error).extensions).toMatchObject({
      code: 'FILTER_NOT_SUPPORTED',
      traceId,
      supported: ['status'],
    });
  });

  test('tells what became of a write, and on reads says nothing of it', () => {
    expect(told(backendError('BACKEND_TIMEOUT', 504, { outcome: 'UNKNOWN' })).extensions).toMatchObject({
      outcome: 'UNKNOWN',
    });
    expect(told(backendError('BACKEND_TIMEOUT', 504)).extensions).not.toHaveProperty('outcome');
  });
});

describe('nothing of the inside reaches a client', () => {
  const secrets = [
    `aclou_${'0a1b2c3d'.repeat(5)}`,
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwqJk3vQnD',
    'https://helpdesk.internal/helpdesk/api/v1/tickets',
    'Bearer abc.def-ghi',
    '\n    at send (/srv/gateway/src/http.ts:12:3)',
  ];

  test.each(secrets)('%s is cut out of texts and faults of the backend', (secret) => {
    const message = `Refused: ${secret}`;
    const error = backendError('VALIDATION_ERROR', 422, {
      message,
      fields: [{ path: null, code: 'INVALID', message, sourceKey: null }],
    });
    expect(JSON.stringify(told(error))).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(told(error).message).toMatch(/^Refused:/);
  });

  test.each(secrets)(
    '%s in an error nobody expected is masked, and what the log keeps holds no key',
    (secret) => {
      const log = createRecordingLog();
      const thrown = new TypeError(`cannot read ${secret}`, { cause: new Error(secret) });
      const answer = JSON.stringify(told(thrown, log));
      expect(answer).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(answer).not.toContain('cannot read');
      const line = JSON.stringify(log.lines);
      expect(line).toContain('cannot read');
      expect(line).not.toContain('aclou_0a1b');
      expect(line).not.toContain('whsec_MfKQ');
      expect(line).not.toContain('abc.def-ghi');
    },
  );

  test('a defect is INTERNAL_SERVER_ERROR to the client, and in the log once with its causes under the trace id', () => {
    const log = createRecordingLog();
    const thrown = new TypeError('x is undefined', { cause: new Error('because of ada@example.com') });
    const place = new GraphQLError(thrown.message, { originalError: thrown, path: ['ticket', 'subject'] });
    expect(told(place, log)).toEqual({
      message: errorRules.INTERNAL_SERVER_ERROR.description,
      path: ['ticket', 'subject'],
      extensions: {
        code: 'INTERNAL_SERVER_ERROR',
        category: 'GATEWAY',
        origin: 'GATEWAY',
        retryable: false,
        retryAfterMs: null,
        fields: [],
        backend: null,
        traceId,
      },
    });
    told(new GraphQLError(thrown.message, { originalError: thrown, path: ['node'] }), log);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({
      level: 'error',
      fields: {
        traceId,
        error: {
          name: 'TypeError',
          stack: expect.stringContaining('errors.test.ts'),
          cause: { message: 'because of [removed]' },
        },
      },
    });
  });

  test.each([['a string'], [undefined], [null], [{ message: 'no error' }], [Symbol('s')]])(
    'even %s can be thrown',
    (thrown) => {
      expect(told(thrown).extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    },
  );

  test('an operation that was aborted is no defect', () => {
    const log = createRecordingLog();
    told(new DOMException('gone', 'AbortError'), log);
    expect(log.lines.map(({ level }) => level)).toEqual(['debug']);
  });
});

describe('an error on its way through the layers', () => {
  test('keeps path and place, however often it was wrapped', () => {
    const document = parse('{ ticket(id: "a") { id } }');
    const inner = new GraphQLError('x', {
      originalError: badInput(['id'], 'Not an id.'),
      path: ['ticket'],
      nodes: document.definitions,
    });
    const outer = new GraphQLError('y', {
      originalError: inner,
      path: ['ticket'],
      nodes: document.definitions,
    });
    expect(told(outer)).toMatchObject({
      message: 'Not an id.',
      path: ['ticket'],
      locations: [{ line: 1, column: 1 }],
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path: ['id'], message: 'Not an id.' }] },
    });
  });

  test('is finished only once', () => {
    const options = { traceId, log: createRecordingLog() };
    const once = toGraphQLError(badInput(['id'], 'Not an id.'), options);
    expect(toGraphQLError(once, { ...options, traceId: 'f'.repeat(32) })).toBe(once);
    const wrapped = new GraphQLError('again', { originalError: once, path: ['ticket'] });
    expect(toGraphQLError(wrapped, options)).toMatchObject({
      path: ['ticket'],
      message: 'Not an id.',
      extensions: { traceId },
    });
  });

  test('of a request that was not executed suggests a status; of one field it does not', () => {
    const options = { traceId, log: createRecordingLog() };
    const hint = (code: ErrorCode, path?: string[]): unknown =>
      toGraphQLError(new GraphQLError('x', { path, originalError: new GatewayError(code, 'x') }), options)
        .extensions.http;
    expect(hint('INVALID_API_KEY')).toEqual({ status: 401 });
    expect(hint('MISSING_WORKSPACE')).toEqual({ status: 400 });
    expect(hint('BAD_USER_INPUT')).toEqual({ status: 400 });
    expect(hint('INTERNAL_SERVER_ERROR')).toEqual({ status: 500 });
    expect(hint('INVALID_API_KEY', ['ticket'])).toBeUndefined();
  });
});
