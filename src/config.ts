import { z } from 'zod';
import { ConfigError, createReader, type Env, type Reader } from './config-reader.ts';
import {
  agents,
  dataDir,
  customFieldsSetting,
  flag,
  headerSafe,
  helpdeskUrl,
  host,
  isLoopback,
  origins,
  proxies,
  publicUrl as publicAddress,
  redisUrl,
  secrets,
  wholeNumber,
  workspaceId,
} from './config-values.ts';

/** What one deployment knows of one workspace. */
export interface WorkspaceConfig {
  readonly id: string;
  /** The key that the server holds for it; null: callers bring their own. */
  readonly apiKey: string | null;
  /** Every secret that may have signed a delivery to it, `whsec_…`; none: its receiver answers to nobody. */
  readonly webhookSecrets: readonly string[];
}

/** Where the helpdesk is. */
export interface BackendConfig {
  readonly kind: 'HELPDESK';
  /** `https://…/helpdesk/api/v1`, no slash at the end. */
  readonly url: string;
  /** Requests a minute for each key, until the backend's headers say it themselves. */
  readonly rateLimit: number;
  /** What its PUT does to custom fields that it does not name: keep them, or drop them. */
  readonly customFieldsOnPut: 'merge' | 'replace';
  /** The workspace that the server acts for or receives events of; null in plain pass-through. */
  readonly workspace: WorkspaceConfig | null;
}

/**
 * PASS_THROUGH: whoever asks brings a key. ANONYMOUS: who brings none acts with the server's.
 * A caller's own key wins in both.
 */
export type AuthMode = 'PASS_THROUGH' | 'ANONYMOUS';

/** How events are kept, found and announced. */
export interface EventsConfig {
  /** Folder of the event log and of what registrations keep; null: in memory, or in Redis where that is configured. */
  readonly dataDir: string | null;
  /** Milliseconds an event is kept. */
  readonly maxAgeMs: number;
  /** Events kept of one workspace. */
  readonly maxCount: number;
  /** Milliseconds between two sweeps while webhooks are not to be relied on; otherwise it is a minute. */
  readonly pollMs: number;
  /** Whether a subscriber's own key may be used to sweep its workspace, where the gateway holds none. */
  readonly sweepWithCallerKey: boolean;
  /** Where the backend reaches this gateway, `https://…`, no slash at the end; null: webhooks are registered by hand. */
  readonly publicUrl: string | null;
}

/** How answers of the backend are kept. */
export interface CacheConfig {
  /** Bytes of them that one process keeps; 0: none, and no request is shared. */
  readonly maxBytes: number;
  /** Milliseconds for which one is trusted while changes announce themselves. */
  readonly liveMs: number;
  /** And while they do not. */
  readonly otherwiseMs: number;
}

/** What a gateway needs to be built; nothing of it is read from the environment. */
export interface GatewayConfig {
  /** Address it listens on; requests that name it as their host are its own. */
  readonly host: string;
  readonly authMode: AuthMode;
  /** Further origins whose pages may call, `https://app.example.com`; their hosts may be asked for too. */
  readonly corsOrigins: readonly string[];
  /**
   * Proxies that stand before it, each adding to `X-Forwarded-For` whom it was called by; 0: that header is anybody's
   * word. Clients that give themselves no name take turns by address. Hosts and origins are checked without it.
   */
  readonly trustProxy: number;
  /** REST requests one operation may be estimated to send; a dearer one is refused. */
  readonly maxRestCallsPerOperation: number;
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
  readonly logLevel: LogLevel;
  /** null: no helpdesk was named, `sandbox` stands in. */
  readonly backend: BackendConfig | null;
  readonly sandbox: SandboxConfig;
  /** What was set and does nothing, in sentences. */
  readonly warnings: readonly string[];
}

/** Names that later versions give a meaning. */
const reserved = [
  'WORKSPACES_FILE',
  'JWT_JWKS_URL',
  'JWT_SECRET',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'GATEWAY_TOKENS_FILE',
] as const;

const authMode = z
  .enum(['pass-through', 'anonymous'], 'must be pass-through or anonymous')
  .transform((mode): AuthMode => (mode === 'anonymous' ? 'ANONYMOUS' : 'PASS_THROUGH'));

function readBackend({ read, isSet, fault }: Reader): BackendConfig | null {
  const url = read('HELPDESK_URL', helpdeskUrl, null);
  const apiKey = read('HELPDESK_API_KEY', headerSafe(512), null);
  const id = read('HELPDESK_WORKSPACE_ID', workspaceId, null);
  const webhookSecrets = read('HELPDESK_WEBHOOK_SECRET', secrets, []);
  const rateLimit = read('HELPDESK_RATE_LIMIT', wholeNumber(1, 1_000_000), 400);
  const customFieldsOnPut = read('HELPDESK_CUSTOM_FIELDS_ON_PUT', customFieldsSetting, 'merge');

  const members = [
    'HELPDESK_API_KEY',
    'HELPDESK_WORKSPACE_ID',
    'HELPDESK_WEBHOOK_SECRET',
    'HELPDESK_RATE_LIMIT',
    'HELPDESK_CUSTOM_FIELDS_ON_PUT',
  ];
  const given = members.filter(isSet);
  if (!isSet('HELPDESK_URL')) {
    if (given.length > 0)
      fault('HELPDESK_URL', `is missing beside ${given.join(', ')} (without any of them the sandbox runs)`);
    return null;
  }
  const needs = given.filter((name) => name === 'HELPDESK_API_KEY' || name === 'HELPDESK_WEBHOOK_SECRET');
  if (needs.length > 0 && !isSet('HELPDESK_WORKSPACE_ID')) {
    fault('HELPDESK_WORKSPACE_ID', `is missing: ${needs.join(' and ')} must belong to one workspace`);
  }
  if (needs.length === 0 && isSet('HELPDESK_WORKSPACE_ID')) {
    fault(
      'HELPDESK_API_KEY',
      'is missing: HELPDESK_WORKSPACE_ID alone does nothing (set the key, or HELPDESK_WEBHOOK_SECRET)',
    );
  }
  if (url === null) return null;
  const workspace = id === null ? null : { id, apiKey, webhookSecrets };
  return { kind: 'HELPDESK', url, rateLimit, customFieldsOnPut, workspace };
}

function readAuthMode({ read, isSet, fault }: Reader, listensOn: string): AuthMode {
  const allowed = read('ALLOW_ANONYMOUS', flag, false);
  const open = allowed || isLoopback(listensOn);
  // The sandbox comes with a key for the server.
  const holdsKey = isSet('HELPDESK_API_KEY') || !isSet('HELPDESK_URL');
  const mode = read('AUTH_MODE', authMode, null) ?? (holdsKey && open ? 'ANONYMOUS' : 'PASS_THROUGH');
  if (mode === 'ANONYMOUS' && !holdsKey) {
    fault('AUTH_MODE', 'anonymous needs a key to act with: set HELPDESK_API_KEY and HELPDESK_WORKSPACE_ID');
  }
  if (mode === 'ANONYMOUS' && !open) {
    fault(
      'AUTH_MODE',
      `anonymous would let everybody who reaches HOST act with the server’s key: set ALLOW_ANONYMOUS=true if that is wanted`,
    );
  }
  return mode;
}

function readEvents({ read, isSet, fault }: Reader): EventsConfig {
  const hours = read('EVENT_RETENTION_HOURS', wholeNumber(1, 720), 24);
  const publicUrl = read('PUBLIC_URL', publicAddress, null);
  if (publicUrl !== null && isSet('HELPDESK_URL') && !isSet('HELPDESK_API_KEY')) {
    fault('PUBLIC_URL', 'needs a key of level admin to register a webhook with: set HELPDESK_API_KEY');
  }
  // The sandbox forgets everything when it stops: a log that outlived it would speak of tickets that are no more.
  const otherwise = isSet('HELPDESK_URL') && !isSet('REDIS_URL') ? '.data' : null;
  return {
    dataDir: read('DATA_DIR', dataDir, otherwise),
    maxAgeMs: hours * 3_600_000,
    maxCount: read('EVENT_RETENTION_COUNT', wholeNumber(100, 10_000_000), 100_000),
    pollMs: read('POLL_SECONDS', wholeNumber(1, 60), 5) * 1000,
    sweepWithCallerKey: read('SWEEP_WITH_CALLER_KEY', flag, false),
    publicUrl,
  };
}

/**
 * Reads the environment. `HOST`, `PORT`, `HELPDESK_*`, `AUTH_MODE`, `ALLOW_ANONYMOUS`, `CORS_ORIGINS`, `LOG_LEVEL`, `MAX_REST_CALLS_PER_OPERATION`,
 * `TRUST_PROXY` (how many proxies stand before it; default 0), `REDIS_URL` (where several gateways share what they must),
 * `MAX_SOCKETS_PER_KEY`, `MAX_SOCKETS_PER_ADDRESS`, those of `EventsConfig` (`DATA_DIR`, `EVENT_RETENTION_HOURS`, `EVENT_RETENTION_COUNT`,
 * `POLL_SECONDS`, `SWEEP_WITH_CALLER_KEY`, `PUBLIC_URL`), and for the sandbox
 * `SANDBOX_TICKETS` (how many it starts with; default 500) and
 * `SANDBOX_AGENTS` (seconds between two changes by simulated agents, or `off`; default 5).
 * @throws ConfigError naming every fault at once
 */
export function parseConfig(env: Env): Config {
  const reader = createReader(env);
  const { read, isSet, faults } = reader;
  const listensOn = read('HOST', host, '127.0.0.1');
  const events = readEvents(reader);
  const config: Config = {
    host: listensOn,
    port: read('PORT', wholeNumber(0, 65_535), 4000),
    logLevel: read('LOG_LEVEL', z.enum(logLevels, `must be one of ${logLevels.join(', ')}`), 'info'),
    authMode: readAuthMode(reader, listensOn),
    corsOrigins: read('CORS_ORIGINS', origins, []),
    trustProxy: read('TRUST_PROXY', proxies, 0),
    maxRestCallsPerOperation: read('MAX_REST_CALLS_PER_OPERATION', wholeNumber(1, 100_000), 50),
    redisUrl: read('REDIS_URL', redisUrl, null),
    maxSocketsPerKey: read('MAX_SOCKETS_PER_KEY', wholeNumber(1, 1_000_000), null),
    maxSocketsPerAddress: read('MAX_SOCKETS_PER_ADDRESS', wholeNumber(1, 1_000_000), null),
    events,
    cache: {
      maxBytes: read('CACHE_MAX_BYTES', wholeNumber(0, 68_719_476_736), 0),
      liveMs: read('CACHE_TRUST_LIVE_MS', wholeNumber(0, 3_600_000), 300_000),
      otherwiseMs: read('CACHE_TRUST_MS', wholeNumber(0, 60_000), 2_000),
    },
    backend: readBackend(reader),
    sandbox: {
      tickets: read('SANDBOX_TICKETS', wholeNumber(0, 100_000), 500),
      agentsEveryMs: read('SANDBOX_AGENTS', agents, 5000),
    },
    warnings: warningsOf(isSet, events.sweepWithCallerKey),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function warningsOf(isSet: Reader['isSet'], lends: boolean): string[] {
  const warnings = reserved.filter(isSet).map((name) => `${name} is set, and has no effect in this version.`);
  for (const name of ['SANDBOX_TICKETS', 'SANDBOX_AGENTS']) {
    if (isSet(name) && isSet('HELPDESK_URL'))
      warnings.push(`${name} is set, and has no effect beside HELPDESK_URL.`);
  }
  if (isSet('DATA_DIR') && isSet('REDIS_URL'))
    warnings.push(
      'DATA_DIR is set, and has no effect beside REDIS_URL: events and secrets are kept in Redis.',
    );
  return [...warnings, ...sweepWarnings(isSet, lends)];
}

function sweepWarnings(isSet: Reader['isSet'], lends: boolean): string[] {
  // The sandbox comes with a key for the server.
  const ownKey = isSet('HELPDESK_API_KEY') || !isSet('HELPDESK_URL');
  if (ownKey && lends) {
    return [
      `SWEEP_WITH_CALLER_KEY is set, and has no effect on the workspace of ${
        isSet('HELPDESK_URL') ? 'HELPDESK_API_KEY' : 'the sandbox'
      }: the gateway’s own key sweeps it.`,
    ];
  }
  if (!ownKey && !lends && isSet('POLL_SECONDS')) {
    return [
      'POLL_SECONDS is set, and has no effect: there is no key to look for changes with. Set HELPDESK_API_KEY, or SWEEP_WITH_CALLER_KEY=true.',
    ];
  }
  return [];
}
