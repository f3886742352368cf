import { graphql, type GraphQLError, type GraphQLFormattedError } from 'graphql';
import { expect } from 'vitest';
import type { BackendCall } from '../../../src/domain/errors.ts';
import type { ErrorCode } from '../../../src/domain/error-codes.ts';
import { BackendError, type GatewayErrorOptions } from '../../../src/domain/errors.ts';
import type { Log } from '../../../src/domain/log.ts';
import { createMeter } from '../../../src/domain/operation.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { AnswerNotes } from '../../../src/graphql/answer-notes.ts';
import type { GatewayContext } from '../../../src/graphql/context.ts';
import { toGraphQLError } from '../../../src/graphql/errors.ts';
import { schema } from '../../../src/graphql/schema.ts';
import { createMemoryLedger } from '../../../src/idempotency/memory-ledger.ts';
import { createOnce } from '../../../src/idempotency/once.ts';
import { searched } from '../../support/log-sink.ts';
import { createFieldDefinitionCache } from '../../../src/loaders/field-definitions.ts';
import { createFakeSession, type Call, type FakeSession } from './fake-session.ts';

export const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

export interface LogLine {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

export function createRecordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Log) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  const log = searched({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
  return { lines, ...log };
}

/** What a client reads: the error as JSON. */
export function told(error: unknown, log = createRecordingLog()): GraphQLFormattedError {
  const formatted: GraphQLFormattedError = JSON.parse(
    JSON.stringify(toGraphQLError(error, { traceId, log })),
  );
  return formatted;
}

export interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly GraphQLError[];
}

export interface Harness {
  readonly session: FakeSession;
  readonly context: GatewayContext;
  readonly log: ReturnType<typeof createRecordingLog>;
  readonly abort: AbortController;
  /** Runs an operation with its errors as a client reads them. */
  run(document: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** The calls that reached the backend, lists aside. */
  writes(): readonly Call[];
  /** Runs a mutation that must be refused before anything is written; what was wrong with it. */
  faultsOf(document: string, input: object): Promise<readonly { path: unknown; code: string }[]>;
}

/** One operation's context on a backend in memory. */
export function createHarness(): Harness {
  const session = createFakeSession();
  const log = createRecordingLog();
  const abort = new AbortController();
  const meter = createMeter();
  const context: GatewayContext = {
    caller: {
      workspaceId: 'ws_1',
      apiKey: 'a key',
      scope: 'scope',
      keyId: 'key',
      source: 'REQUEST',
      level: null,
      endUser: null,
    },
    operation: {
      priority: 'MUTATION',
      client: 'test',
      signal: abort.signal,
      deadline: Number.MAX_SAFE_INTEGER,
      traceId,
      meter,
    },
    notes: new AnswerNotes(),
    backend: {
      kind: 'HELPDESK',
      capabilities: {
        maxPageSize: 100,
        pushdownFilters: ['status', 'priority', 'assigneeId'],
        orderFields: ['CREATED_AT', 'UPDATED_AT', 'STATUS', 'PRIORITY'],
        writableStatuses: ['NEW', 'OPEN', 'PENDING', 'RESOLVED'],
      },
      budget: () => null,
    },
    session,
    definitions: createFieldDefinitionCache({ clock: systemClock }).of('scope', session, { meter }),
    events: {
      subscribe: () => Promise.reject(new Error('no events here')),
      admit: () => Promise.reject(new Error('no events here')),
      status: () => Promise.reject(new Error('no events here')),
    },
    freshSession: () => session,
    resumption: { lastSeen: null, resumeFrom: null, opened: () => undefined },
    feeds: ({ id }) => id === 'whk_feeding',
    once: createOnce({ ledger: createMemoryLedger({ clock: systemClock, log }), clock: systemClock }),
  };
  const run: Harness['run'] = async (document, variables = {}) => {
    const { data, errors = [] } = await graphql({
      schema,
      source: document,
      contextValue: context,
      variableValues: variables,
    });
    return { data: data ?? null, errors: errors.map((error) => toGraphQLError(error, { traceId, log })) };
  };
  const writes: Harness['writes'] = () => session.calls.filter(([method]) => !method.endsWith('.list'));
  return {
    session,
    context,
    log,
    abort,
    run,
    writes,
    faultsOf: async (document, input) => {
      const { data, errors } = await run(document, { input });
      expect(errors).toHaveLength(1);
      expect(Object.values(data ?? {})).toEqual([null]);
      const extensions = errors[0]?.extensions;
      expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', origin: 'GATEWAY', outcome: 'NOT_APPLIED' });
      expect(writes()).toEqual([]);
      return (extensions?.fields ?? []).map(({ path, code }) => ({ path, code }));
    },
  };
}

/** An error as the REST client makes it. */
export function backendError(
  code: ErrorCode,
  status: number | null,
  options: GatewayErrorOptions & { message?: string; attempts?: number } = {},
): BackendError {
  const { message = `the backend says ${code}`, attempts = 1, ...rest } = options;
  const call: BackendCall = { kind: 'HELPDESK', status, operation: 'POST /tickets', attempts };
  return new BackendError(code, message, call, rest);
}
