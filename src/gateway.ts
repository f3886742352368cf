import { boundReads } from './backends/bounded.ts';
import { backends } from './backends/registry.ts';
import type { GatewayConfig } from './config/config.ts';
import type { Backend } from './domain/backend.ts';
import { systemClock, type Clock } from './domain/clock.ts';
import { isLimited } from './domain/limited.ts';
import type { Log } from './domain/log.ts';
import type { EventLog } from './events/log/log.ts';
import { createSeenLog, type SeenLog } from './events/log/seen-log.ts';
import { authenticatorOf } from './gateway-callers.ts';
import { createGatewayDocuments, prepareTrusted, type GatewayDocuments } from './gateway-documents.ts';
import { createGatewayEvents, type GatewayEvents } from './gateway-events.ts';
import { openLimiters } from './gateway-limiters.ts';
import { createSocketServer } from './gateway-sockets.ts';
import { openEventLog, openState, type Stores } from './gateway-stores.ts';
import { observeGateway, ownMetrics, readinessOf } from './gateway-telemetry.ts';
import { createCostLimits } from './graphql/cost/limits.ts';
import { schema } from './graphql/schema.ts';
import { createAdmission } from './http/admission.ts';
import { createClientAddress } from './http/client.ts';
import { createGraphiQL, noGraphiQL } from './http/graphiql.ts';
import { createGraphQLOverHttp, type GraphQLOverHttp } from './http/graphql-over-http.ts';
import { createHandler, type HttpHandler } from './http/handler.ts';
import { EncodedAnswers } from './http/encoded-answers.ts';
import { createContextFactory } from './http/operation.ts';
import { defaultLimits, type GatewayLimits } from './http/limits.ts';
import type { Handler } from './http/server.ts';
import { createShortcut } from './http/shortcut.ts';
import type { Sockets } from './http/sockets/sockets.ts';
import { createWebhookRoute, type WebhookRoute } from './http/webhook-route.ts';
import { createWebhookSenders } from './http/webhook-senders.ts';
import type { IdempotencyLedger } from './idempotency/ledger.ts';
import { createMemoryLedger } from './idempotency/memory-ledger.ts';
import { createOnce } from './idempotency/once.ts';
import { createFieldDefinitionCache } from './loaders/field-definitions.ts';
import type { LimiterRegistry } from './rate-limit/limiter.ts';
import type { SharedLimiterRegistry } from './rate-limit/shared-limiter.ts';
import type { StateStore } from './state/state-store.ts';
import { unwatched, type GatewayTelemetry } from './telemetry/open.ts';

/** Implementations to use instead of the usual ones. */
export interface GatewayParts {
  /** @default says nothing */
  readonly log?: Log;
  /** @default the machine's */
  readonly clock?: Clock;
  /** @default made from `config.backend` */
  readonly backend?: Backend;
  /** Budgets of keys, for the backend that is made from `config.backend`. @default in Redis if `config` names one */
  readonly limiters?: LimiterRegistry;
  /** @default where `config` says: Redis, a folder, or memory */
  readonly eventLog?: EventLog;
  /** @default in the same place */
  readonly state?: StateStore;
  /** @default in memory */
  readonly idempotencyLedger?: IdempotencyLedger;
  /** Whether a workspace's events are known to come by other means than a registration of our own. @default not */
  readonly registered?: (workspaceId: string) => boolean;
  /** Whether it sweeps workspaces and registers its webhook by itself. @default true */
  readonly background?: boolean;
  readonly limits?: Partial<GatewayLimits>;
  /** Who counts, traces and logs what it does; closed with it. @default nobody: see `openTelemetry` */
  readonly telemetry?: GatewayTelemetry;
}

/** A gateway that listens nowhere yet: `startServer` binds it, or any host that speaks WHATWG `fetch`. */
export interface Gateway extends Handler {
  /** All of it but the WebSocket, for hosts other than node:http. */
  readonly fetch: HttpHandler['fetch'];
  /** Answers that are kept as they went out. null: none are. */
  readonly answers: Pick<EncodedAnswers, 'size' | 'served'> | null;
}

/** What GraphiQL asks for. */
const neededBy = { PASS_THROUGH: 'KEY', ANONYMOUS: null, JWT: 'TOKEN', TOKENS: 'TOKEN' } as const;

const silent = (): void => undefined;
const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** What the config and the parts come to. */
interface Core {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  /** null: budgets are kept elsewhere, or by others. */
  readonly sharedLimiters: SharedLimiterRegistry | null;
  readonly limiters: LimiterRegistry;
  readonly telemetry: GatewayTelemetry;
  /** The helpdesk itself. */
  readonly helpdesk: Backend;
  readonly documents: GatewayDocuments;
  readonly stores: Stores;
  readonly seenLog: SeenLog;
  readonly events: GatewayEvents;
  readonly idempotencyLedger: IdempotencyLedger;
}

/**
 * Picks implementations and puts them together. Opens no socket but to Redis if there is one, reads no environment.
 * @throws Error that says what to do where the folder for events or the list of trusted documents cannot be used
 */
export function createGateway(config: GatewayConfig, parts: GatewayParts = {}): Gateway {
  const core = createCore(config, parts);
  const { events, helpdesk, log } = core;
  const authenticate = authenticatorOf(config, helpdesk.kind, core);
  const answers = events.room && new EncodedAnswers(events.room);
  const graphql = createGraphQL(core);
  const sockets = createSocketServer(core, graphql, authenticate);
  const phase = { started: false, draining: false };
  let ended: Promise<void> | null = null;
  observeGateway(core, sockets);
  return {
    ...createHandler({
      admit: admissionOf(core),
      shortcut: createShortcut({
        authenticate,
        budget: helpdesk.budget,
        answers,
        telemetry: core.telemetry.watch,
      }),
      addressOf: createClientAddress(config.trustProxy),
      graphql,
      sockets,
      graphiql: graphiqlOf(config),
      webhook: createReceiver(core),
      readiness: readinessOf(core, phase),
      metrics: ownMetrics(core.telemetry),
      refused: core.telemetry.watch?.refused,
      isOpen: () => !phase.draining,
      maxBodyBytes: core.limits.maxBodyBytes,
      log,
    }),
    answers,
    start: () => {
      phase.started = true;
      events.start();
    },
    drain: () => {
      phase.draining = true;
    },
    dispose: (answered) => {
      phase.draining = true;
      return (ended ??= end(core, sockets, graphql, answered));
    },
  };
}

const graphiqlOf = ({ documents, auth }: GatewayConfig) =>
  documents.trusted.mode === 'ONLY'
    ? noGraphiQL
    : createGraphiQL({
        operations: new URL('../schema/operations/', import.meta.url),
        needs: neededBy[auth.mode],
      });

function createCore(config: GatewayConfig, parts: GatewayParts): Core {
  const { log = noLog, clock = systemClock, registered = () => false, background = true } = parts;
  const documents = createGatewayDocuments(config.documents);
  const { telemetry = unwatched } = parts;
  const tools = { log, clock };
  const { sharedLimiters, limiters } = openLimiters(config, parts, tools);
  const helpdesk = parts.backend ?? createBackend(config, { ...tools, limiters, telemetry });
  const seenLog = createSeenLog(parts.eventLog ?? openEventLog(config, tools), clock);
  const stores: Stores = { eventLog: seenLog, state: parts.state ?? openState(config, tools) };
  return {
    config,
    log,
    clock,
    limits: { ...defaultLimits, ...parts.limits },
    sharedLimiters,
    limiters,
    telemetry,
    helpdesk,
    documents,
    stores,
    seenLog,
    events: createGatewayEvents({
      ...stores,
      config,
      backend: helpdesk,
      log,
      clock,
      registered,
      background,
      told: telemetry.watch?.told,
    }),
    idempotencyLedger: parts.idempotencyLedger ?? createMemoryLedger({ clock, log }),
  };
}

/** What others use is closed after them. */
async function end(
  core: Core,
  sockets: Sockets,
  graphql: GraphQLOverHttp,
  answered?: Promise<void>,
): Promise<void> {
  await Promise.all([sockets.dispose(), answered]);
  await graphql.dispose();
  await core.events.close();
  // Together: a Redis that hangs keeps each of them waiting for a second.
  await Promise.all([
    core.stores.eventLog.close(),
    core.stores.state.close(),
    core.helpdesk.close().then(() => core.sharedLimiters?.close()),
  ]);
  // What was under way has failed by now, and that is stored.
  await core.idempotencyLedger.close();
  await core.telemetry.close();
}

const admissionOf = ({ config, helpdesk, limits, telemetry }: Core) =>
  createAdmission({
    host: config.host,
    corsOrigins: config.corsOrigins,
    webhookSegment: helpdesk.kind.toLowerCase(),
    maxBodyBytes: limits.maxBodyBytes,
    metrics: telemetry.metricsToken !== null,
  });

function createBackend(
  { backend: { kind, url, customFieldsOnPut } }: GatewayConfig,
  { log, clock, limiters, telemetry }: Pick<Core, 'log' | 'clock' | 'limiters' | 'telemetry'>,
): Backend {
  const watch = telemetry.watch ?? undefined;
  return boundReads(
    backends[kind]({ url, rateLimit: limiters, customFieldsOnPut, log, clock, telemetry: watch }),
  );
}

function createGraphQL({
  config,
  helpdesk,
  documents,
  events,
  clock,
  limits,
  log,
  idempotencyLedger,
  telemetry,
}: Core): GraphQLOverHttp {
  const fieldDefinitions = createFieldDefinitionCache({
    clock,
    isLimited: (error) => isLimited(error, helpdesk.status),
  });
  const { backend, registrations } = events;
  const facts = { kind: backend.kind, maxPageSize: backend.capabilities.maxPageSize };
  const graphql = createGraphQLOverHttp({
    schema,
    documents: config.documents,
    documentOf: documents.documentOf,
    keepsAnswers: events.room !== null,
    lastingDocuments: documents.trusted.values(),
    createContext: createContextFactory({
      backend,
      events: events.feedOf,
      definitions: (scope, session, operation) => fieldDefinitions.of(scope, session, operation),
      once: createOnce({ ledger: idempotencyLedger, clock }),
      feeds: registrations.feeds,
      clock,
      deadlineMs: limits.deadlineMs,
      staleIfLimited: config.cache.staleIfLimited,
    }),
    budget: (caller) => helpdesk.budget(caller),
    costFault: createCostLimits(facts, {
      maxRequests: config.maxRestCallsPerOperation,
      maxFields: config.documents.maxResolvedFields,
    }),
    log,
    clock,
    telemetry: telemetry.watch,
    heartbeatMs: limits.heartbeatMs,
  });
  prepareTrusted(graphql, documents, log);
  return graphql;
}

function createReceiver({ config, helpdesk, events, clock, log, limits, telemetry }: Core): WebhookRoute {
  const { registrations, accept } = events;
  return createWebhookRoute({
    receiver: helpdesk.receiver,
    secretsOf: registrations.secretsOf,
    refresh: registrations.refresh,
    accept,
    senders: createWebhookSenders({ maxRefusedPerMinute: config.events.maxRefusedPerMinute, clock }),
    clock,
    log,
    timeoutMs: limits.intakeMs,
    refusalMs: limits.refusalMs,
    telemetry: telemetry.watch ?? undefined,
  });
}
