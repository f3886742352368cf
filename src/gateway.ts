import { backends } from './backends/registry.ts';
import type { GatewayConfig } from './config.ts';
import type { Backend } from './domain/backend.ts';
import { systemClock, type Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { createFeed } from './events/event-feed.ts';
import { createIntake } from './events/intake.ts';
import type { EventLog } from './events/log.ts';
import { createMemoryLog } from './events/memory-log.ts';
import { costFault } from './graphql/cost/estimate.ts';
import { schema } from './graphql/schema.ts';
import { createAdmission } from './http/admission.ts';
import { createAuthenticator, type Authenticator } from './http/caller.ts';
import { createClientAddress } from './http/client.ts';
import { createGraphiQL } from './http/graphiql.ts';
import { createGraphQLOverHttp, type GraphQLOverHttp } from './http/graphql-over-http.ts';
import { createHandler, type HttpHandler } from './http/handler.ts';
import { createContextFactory } from './http/operation.ts';
import { defaultLimits, type GatewayLimits } from './http/limits.ts';
import type { Handler } from './http/server.ts';
import { createSockets, type Sockets } from './http/sockets.ts';
import { createWebhookRoute, type WebhookRoute } from './http/webhook-route.ts';
import type { IdempotencyLedger } from './idempotency/ledger.ts';
import { createMemoryLedger } from './idempotency/memory-ledger.ts';
import { createOnce } from './idempotency/once.ts';
import { createFieldDefinitionCache } from './loaders/field-definitions.ts';
import type { LimiterRegistry } from './rate-limit/limiter.ts';
import { createLimiterRegistry } from './rate-limit/memory-limiter.ts';
import { createRedisLimiterRegistry } from './rate-limit/redis-limiter.ts';
import type { SharedLimiterRegistry } from './rate-limit/shared-limiter.ts';

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
  /** @default in memory */
  readonly eventLog?: EventLog;
  /** @default in memory */
  readonly idempotencyLedger?: IdempotencyLedger;
  /** Whether the backend is known to send a workspace's events to this gateway. @default not until one has come */
  readonly registered?: (workspaceId: string) => boolean;
  readonly limits?: Partial<GatewayLimits>;
}

/** A gateway that listens nowhere yet: `startServer` binds it, or any host that speaks WHATWG `fetch`. */
export interface Gateway extends Handler {
  /** All of it but the WebSocket, for hosts other than node:http. */
  readonly fetch: HttpHandler['fetch'];
}

const silent = (): void => undefined;
const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** What the config and the parts come to. */
interface Core {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly backend: Backend;
  /** null: budgets are kept elsewhere, or by others. */
  readonly sharedLimiters: SharedLimiterRegistry | null;
  readonly eventLog: EventLog;
  readonly idempotencyLedger: IdempotencyLedger;
  readonly registered: (workspaceId: string) => boolean;
}

/** Picks implementations and puts them together. Opens no socket but to Redis if there is one, reads no environment. */
export function createGateway(config: GatewayConfig, parts: GatewayParts = {}): Gateway {
  const { log = noLog, clock = systemClock } = parts;
  const sharedLimiters = createSharedLimiters(config, parts, log, clock);
  const core: Core = {
    config,
    log,
    clock,
    limits: { ...defaultLimits, ...parts.limits },
    backend:
      parts.backend ?? createBackend(config, log, clock, parts.limiters ?? sharedLimiters ?? undefined),
    sharedLimiters,
    eventLog: parts.eventLog ?? createMemoryLog({ clock }),
    idempotencyLedger: parts.idempotencyLedger ?? createMemoryLedger({ clock, log }),
    registered: parts.registered ?? (() => false),
  };
  const authenticate = createAuthenticator({
    backendKind: core.backend.kind,
    anonymous: anonymousKey(config),
  });
  const graphql = createGraphQL(core);
  const sockets = createSocketServer(core, graphql, authenticate);
  let draining = false;
  let ended: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    await sockets.dispose();
    await graphql.dispose();
    await core.eventLog.close();
    await core.backend.close();
    await core.sharedLimiters?.close();
    // What was under way has failed by now, and that is stored.
    await core.idempotencyLedger.close();
  };
  return {
    ...createHandler({
      admit: admissionOf(core),
      authenticate,
      addressOf: createClientAddress(config.trustProxy),
      graphql,
      sockets,
      graphiql: createGraphiQL({
        operations: new URL('../schema/operations/', import.meta.url),
        needsKey: config.authMode === 'PASS_THROUGH',
      }),
      webhook: createReceiver(core),
      isReady: () => !draining,
      maxBodyBytes: core.limits.maxBodyBytes,
      log,
    }),
    drain: () => {
      draining = true;
    },
    dispose: () => {
      draining = true;
      return (ended ??= end());
    },
  };
}

function createSharedLimiters(
  { redisUrl, backend: { url, rateLimit } }: GatewayConfig,
  { backend, limiters }: GatewayParts,
  log: Log,
  clock: Clock,
): SharedLimiterRegistry | null {
  if (redisUrl === null || backend !== undefined || limiters !== undefined) return null;
  return createRedisLimiterRegistry({ redisUrl, backendUrl: url, defaultLimit: rateLimit, log, clock });
}

const admissionOf = ({ config, backend, limits }: Core) =>
  createAdmission({
    host: config.host,
    corsOrigins: config.corsOrigins,
    webhookSegment: backend.kind.toLowerCase(),
    maxBodyBytes: limits.maxBodyBytes,
  });

function createBackend(
  { backend: { kind, url, rateLimit, customFieldsOnPut } }: GatewayConfig,
  log: Log,
  clock: Clock,
  limiters: LimiterRegistry = createLimiterRegistry({ defaultLimit: rateLimit, clock, log }),
): Backend {
  return backends[kind]({ url, rateLimit: limiters, customFieldsOnPut, log, clock });
}

function anonymousKey({ authMode, backend: { workspace } }: GatewayConfig) {
  if (authMode !== 'ANONYMOUS' || !workspace?.apiKey) return null;
  return { workspaceId: workspace.id, apiKey: workspace.apiKey };
}

function createGraphQL({
  config,
  backend,
  eventLog,
  clock,
  limits,
  log,
  idempotencyLedger,
  registered,
}: Core): GraphQLOverHttp {
  const fieldDefinitions = createFieldDefinitionCache({ clock });
  return createGraphQLOverHttp({
    schema,
    createContext: createContextFactory({
      backend,
      events: createFeed({ log: eventLog, clock, registered }),
      definitions: (scope, session, meter) => fieldDefinitions.of(scope, session, meter),
      once: createOnce({ ledger: idempotencyLedger, clock }),
      clock,
      deadlineMs: limits.deadlineMs,
    }),
    budget: (caller) => backend.budget(caller),
    costFault: (operation) =>
      costFault(
        operation,
        { kind: backend.kind, maxPageSize: backend.capabilities.maxPageSize },
        config.maxRestCallsPerOperation,
      ),
    log,
    heartbeatMs: limits.heartbeatMs,
  });
}

function createSocketServer(
  { log, limits }: Core,
  graphql: GraphQLOverHttp,
  authenticate: Authenticator,
): Sockets {
  return createSockets({
    graphql,
    authenticate,
    log,
    initTimeoutMs: limits.socketInitMs,
    maxOperations: limits.maxOperationsPerSocket,
    maxMessageBytes: limits.maxMessageBytes,
    pingMs: limits.socketPingMs,
  });
}

function createReceiver({ config, backend, eventLog, clock, log, limits }: Core): WebhookRoute {
  const { workspace } = config.backend;
  const intake = createIntake({ log: eventLog, clock, logger: log });
  return createWebhookRoute({
    receiver: backend.receiver,
    secretsOf: (workspaceId) => (workspaceId === workspace?.id ? workspace.webhookSecrets : []),
    accept: (workspaceId, event) => intake.accept(workspaceId, event),
    clock,
    log,
    timeoutMs: limits.intakeMs,
  });
}
