import { graphql } from 'graphql';
import type { Backend, BackendSession, Budget } from '../../../src/domain/backend.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import { createMeter, type Meter } from '../../../src/domain/operation.ts';
import type { Page, PageRequest } from '../../../src/domain/page.ts';
import type { TicketField, TicketFieldOption } from '../../../src/domain/ticket-field.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import type { Webhook } from '../../../src/domain/webhook.ts';
import { AnswerNotes } from '../../../src/graphql/answer-notes.ts';
import type { GatewayContext } from '../../../src/graphql/context.ts';
import { schema } from '../../../src/graphql/schema.ts';
import { createFieldDefinitionCache } from '../../../src/loaders/field-definitions.ts';
import { createFakeSession } from './fake-session.ts';

/** What a backend in memory holds. */
export interface Stock {
  tickets: Ticket[];
  fields: TicketField[];
  /** Options that only their own endpoints tell of. */
  options: TicketFieldOption[];
  webhooks: Webhook[];
}

export interface ReadHarness extends Stock {
  /** Requests so far, as method and what they were for. */
  readonly calls: string[];
  /** Thrown by requests whose line it returns an error for. */
  failing: (call: string) => Error | null;
  readonly meter: Meter;
  budget: Budget | null;
  capabilities: Backend['capabilities'];
  signedIn: boolean;
  /** Runs one operation with loaders of its own. */
  run(
    document: string,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<{ data: Record<string, unknown> | null; errors: readonly ReadError[] }>;
}

export interface ReadError {
  readonly path: readonly (string | number)[] | undefined;
  readonly code: string | undefined;
  readonly fields: readonly (readonly (string | number)[] | null)[];
  readonly error: Error;
}

function pageOf<Row extends { readonly id: string }>(rows: readonly Row[], page: PageRequest): Page<Row> {
  const start = page.cursor === null ? 0 : rows.findIndex(({ id }) => id === page.cursor) + 1;
  const items = rows.slice(start, start + page.size);
  return { items, nextCursor: start + items.length < rows.length ? (items.at(-1)?.id ?? null) : null };
}

/** A gateway's schema over lists in memory, with a count of what it asked of them. */
export function createReadHarness(stock: Partial<Stock> = {}): ReadHarness {
  const cache = createFieldDefinitionCache({ clock: systemClock });
  const harness: ReadHarness = {
    tickets: [],
    fields: [],
    options: [],
    webhooks: [],
    ...stock,
    calls: [],
    failing: () => null,
    meter: createMeter(),
    budget: null,
    signedIn: true,
    capabilities: {
      maxPageSize: 100,
      pushdownFilters: ['status', 'priority', 'assigneeId'],
      orderFields: ['CREATED_AT', 'UPDATED_AT', 'STATUS', 'PRIORITY'],
      writableStatuses: ['NEW', 'OPEN', 'PENDING', 'RESOLVED'],
    },
    run: async (source, variableValues = {}) => {
      const contextValue = contextOf(harness, cache);
      const { data, errors = [] } = await graphql({ schema, source, contextValue, variableValues });
      return { data: data ?? null, errors: errors.map(summary) };
    },
  };
  return harness;
}

function summary(error: { path?: ReadError['path']; originalError?: unknown; message: string }): ReadError {
  const cause = error.originalError;
  if (!(cause instanceof GatewayError)) {
    return { path: error.path, code: undefined, fields: [], error: new Error(error.message, { cause }) };
  }
  return { path: error.path, code: cause.code, fields: cause.fields.map(({ path }) => path), error: cause };
}

function contextOf(
  harness: ReadHarness,
  cache: ReturnType<typeof createFieldDefinitionCache>,
): GatewayContext {
  const session = sessionOf(harness);
  const caller = {
    workspaceId: 'ws_1',
    apiKey: 'a key',
    scope: 'scope',
    keyId: 'key',
    source: 'REQUEST',
    level: null,
    endUser: null,
  } as const;
  const absent = () => Promise.reject(new Error('no events here'));
  return {
    caller: harness.signedIn ? caller : null,
    operation: {
      priority: 'QUERY',
      client: 'test',
      deadline: Number.MAX_SAFE_INTEGER,
      signal: new AbortController().signal,
      traceId: '0'.repeat(32),
      meter: harness.meter,
    },
    notes: new AnswerNotes(),
    backend: { kind: 'HELPDESK', capabilities: harness.capabilities, budget: () => harness.budget },
    get session() {
      if (!harness.signedIn) throw new GatewayError('INVALID_API_KEY', 'no key');
      return session;
    },
    definitions: cache.of('scope', session, { meter: harness.meter }),
    events: { subscribe: absent, admit: absent, status: absent },
    freshSession: () => session,
    resumption: { lastSeen: null, resumeFrom: null, opened: () => undefined },
    feeds: ({ id }) => id === 'whk_feeding',
    once: { create: () => Promise.reject(new Error('no writes here')) },
  };
}

function sessionOf(harness: ReadHarness): BackendSession {
  const answer = async <T>(call: string, make: () => T): Promise<T> => {
    harness.calls.push(call);
    await Promise.resolve();
    const failure = harness.failing(call);
    if (failure !== null) throw failure;
    return make();
  };
  const named = <Row extends { readonly id: string }>(rows: readonly Row[], id: string): Row | null =>
    rows.find((row) => row.id === id) ?? null;
  const writes = createFakeSession();
  return {
    tickets: {
      ...writes.tickets,
      list: ({ filter, page }) =>
        answer(`tickets ${JSON.stringify(filter)} ${page.size}`, () =>
          pageOf(
            harness.tickets.filter(
              ({ status, priority, assigneeId }) =>
                (filter.status === undefined || status === filter.status) &&
                (filter.priority === undefined || priority === filter.priority) &&
                (filter.assigneeId === undefined || assigneeId === filter.assigneeId),
            ),
            page,
          ),
        ),
      get: (id) => answer(`ticket ${id}`, () => named(harness.tickets, id)),
    },
    ticketFields: {
      ...writes.ticketFields,
      list: ({ active, page }) =>
        answer(`fields ${page.size}`, () =>
          pageOf(
            harness.fields.filter((field) => active === undefined || field.active === active),
            page,
          ),
        ),
      get: (id) => answer(`field ${id}`, () => named(harness.fields, id)),
    },
    ticketFieldOptions: {
      ...writes.ticketFieldOptions,
      list: (fieldId, page) =>
        answer(`options of ${fieldId} ${page.size}`, () =>
          pageOf(
            harness.options.filter((option) => option.fieldId === fieldId),
            page,
          ),
        ),
      get: (fieldId, id) =>
        answer(`option ${fieldId} ${id}`, () =>
          named(
            harness.options.filter((option) => option.fieldId === fieldId),
            id,
          ),
        ),
    },
    webhooks: {
      ...writes.webhooks,
      list: (page) => answer(`webhooks ${page.size}`, () => pageOf(harness.webhooks, page)),
      get: (id) => answer(`webhook ${id}`, () => named(harness.webhooks, id)),
    },
  };
}
