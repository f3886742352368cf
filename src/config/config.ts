import { z } from 'zod';
import { readAuth, type AuthConfig } from './auth.ts';
import { readBackend, type BackendConfig } from './backend.ts';
import { readCache, type CacheConfig } from './cache.ts';
import { readDocuments, type DocumentsConfig } from './documents.ts';
import { readEvents, type EventsConfig } from './events.ts';
import { ConfigError, createReader, type Env } from './reader.ts';
import { agents, host, isLoopback, origins, proxies, redisUrl, wholeNumber } from './values.ts';
import { readTelemetry, telemetryWarnings, type TelemetryConfig } from './telemetry.ts';
import { warningsOf } from './warnings.ts';
import { holdsKey, readWorkspaces } from './workspaces.ts';

/** What a gateway needs to be built; nothing of it is read from the environment. */
export interface GatewayConfig {
  /** Address it listens on; requests that name it as their host are its own. */
  readonly host: string;
  readonly auth: AuthConfig;
  /** Further origins whose pages may call, `https://app.example.com`; their hosts may be asked for too. */
  readonly corsOrigins: readonly string[];
  /**
   * Proxies that stand before it, each adding to `X-Forwarded-For` whom it was called by; 0: that header is anybody's
   * word. Clients that give themselves no name take turns by address. Hosts and origins are checked without it.
   */
  readonly trustProxy: number;
  /** REST requests one operation may be estimated to send; a dearer one is refused. */
  readonly maxRestCallsPerOperation: number;
  readonly documents: DocumentsConfig;
  /** The Redis in which gateways keep what they share: budgets, events, registrations; `redis://…` or `rediss://…`; a secret. null: in memory. */
  readonly redisUrl: string | null;
  /** Sockets at a time of one key; null: any number, as an office is one key. */
  readonly maxSocketsPerKey: number | null;
  /** Sockets at a time from one address; null: any number, as an office is one address. */
  readonly maxSocketsPerAddress: number | null;
  readonly events: EventsConfig;
  readonly cache: CacheConfig;
  readonly backend: BackendConfig;
}

/** The helpdesk in the process, for trying things out. */
export interface SandboxConfig {
  /** Tickets at the start. */
  readonly tickets: number;
  /** Milliseconds between two changes by simulated agents; null: nobody works. */
  readonly agentsEveryMs: number | null;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Config extends Omit<GatewayConfig, 'backend'> {
  readonly port: number;
  /** Milliseconds from SIGTERM to the end of listening, in which `/readyz` says so; see `SHUTDOWN_DELAY_SECONDS`. */
  readonly shutdownDelayMs: number;
  readonly logLevel: LogLevel;
  /** null: no helpdesk was named, `sandbox` stands in. */
  readonly backend: BackendConfig | null;
  readonly sandbox: SandboxConfig;
  readonly telemetry: TelemetryConfig;
  /** What was set and does nothing, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * Reads the environment, and the files that it names. `HOST`, `PORT`, `SHUTDOWN_DELAY_SECONDS` (default 5, on loopback 0), `HELPDESK_*`, `WORKSPACES_FILE`, those of `AuthConfig` (`AUTH_MODE`,
 * `ALLOW_ANONYMOUS`, `ANONYMOUS_LEVEL`, `JWT_*`, `GATEWAY_TOKENS_FILE`), `CORS_ORIGINS`, `LOG_LEVEL`, `MAX_REST_CALLS_PER_OPERATION`,
 * `TRUST_PROXY` (how many proxies stand before it; default 0), `REDIS_URL` (where several gateways share what they must),
 * `MAX_SOCKETS_PER_KEY`, `MAX_SOCKETS_PER_ADDRESS`, those of `EventsConfig` (`DATA_DIR`, `EVENT_RETENTION_HOURS`, `EVENT_RETENTION_COUNT`,
 * `POLL_SECONDS`, `SWEEP_WITH_CALLER_KEY`, `PUBLIC_URL`, `WEBHOOK_MAX_REFUSED_PER_MINUTE`), those of `DocumentsConfig` (`MAX_DEPTH`, `MAX_ALIASES`, `MAX_ROOT_FIELDS`,
 * `MAX_DIRECTIVES`, `MAX_TOKENS`, `MAX_RESOLVED_FIELDS`, `INTROSPECTION`, `FIELD_SUGGESTIONS`, `TRUSTED_DOCUMENTS`,
 * `TRUSTED_DOCUMENTS_FILE`), those of `TelemetryConfig` (`METRICS_*`, `LOG_OPERATIONS`, `SLOW_OPERATION_MS`, `OTEL_*`), and for the sandbox
 * `SANDBOX_TICKETS` (how many it starts with; default 500) and
 * `SANDBOX_AGENTS` (seconds between two changes by simulated agents, or `off`; default 5).
 * @throws ConfigError naming every fault at once
 */
export function parseConfig(env: Env): Config {
  const reader = createReader(env);
  const { read, isSet, faults } = reader;
  const listensOn = read('HOST', host, '127.0.0.1');
  const workspaces = readWorkspaces(reader);
  const events = readEvents(reader, workspaces);
  const auth = readAuth(reader, listensOn, workspaces);
  const telemetry = readTelemetry(reader);
  const config: Config = {
    host: listensOn,
    port: read('PORT', wholeNumber(0, 65_535), 4000),
    // On loopback no load balancer must be told first.
    shutdownDelayMs: read('SHUTDOWN_DELAY_SECONDS', wholeNumber(0, 60), isLoopback(listensOn) ? 0 : 5) * 1000,
    logLevel: read('LOG_LEVEL', z.enum(logLevels, `must be one of ${logLevels.join(', ')}`), 'info'),
    auth,
    corsOrigins: read('CORS_ORIGINS', origins, []),
    trustProxy: read('TRUST_PROXY', proxies, 0),
    maxRestCallsPerOperation: read('MAX_REST_CALLS_PER_OPERATION', wholeNumber(1, 100_000), 50),
    documents: readDocuments(reader, listensOn),
    redisUrl: read('REDIS_URL', redisUrl, null),
    maxSocketsPerKey: read('MAX_SOCKETS_PER_KEY', wholeNumber(1, 1_000_000), null),
    maxSocketsPerAddress: read('MAX_SOCKETS_PER_ADDRESS', wholeNumber(1, 1_000_000), null),
    events,
    cache: readCache(reader),
    backend: readBackend(reader, workspaces),
    sandbox: {
      tickets: read('SANDBOX_TICKETS', wholeNumber(0, 100_000), 500),
      agentsEveryMs: read('SANDBOX_AGENTS', agents, 5000),
    },
    telemetry,
    warnings: [
      ...warningsOf(isSet, auth.mode, holdsKey(reader, workspaces), events.sweepWithCallerKey),
      ...telemetryWarnings(isSet, telemetry),
    ],
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}
