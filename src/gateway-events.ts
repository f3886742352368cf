import { randomBytes } from 'node:crypto';
import type { GatewayConfig } from './config/config.ts';
import type { Backend } from './domain/backend.ts';
import type { Caller } from './domain/caller.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { createMeter, type CallPriority, type Operation } from './domain/operation.ts';
import type { Stores } from './gateway-stores.ts';
import { createFeed, type FeedOptions } from './events/feed/event-feed.ts';
import type { EventFeed } from './events/feed/feed.ts';
import { createLive } from './events/live.ts';
import { createCaller } from './http/caller.ts';
import { createReads, type Reads } from './reads/reads.ts';
import { tellingLog } from './reads/telling-log.ts';
import { createTrust } from './reads/trust.ts';
import { createRegistration, type Registration } from './registration/registration.ts';
import type { Place } from './registration/steps.ts';
import { receiverUrl } from './registration/target.ts';

export interface GatewayEventsOptions extends Stores {
  readonly config: Pick<GatewayConfig, 'events' | 'cache' | 'backend' | 'redisUrl'>;
  readonly backend: Backend;
  readonly log: Log;
  readonly clock: Clock;
  /** Whether a workspace's events are known to come by other means than our own registration. */
  readonly registered: (workspaceId: string) => boolean;
  /** Whether it sweeps and registers by itself. */
  readonly background: boolean;
  /** Told of each message that a subscriber takes. @default nobody is */
  readonly told?: FeedOptions['told'];
}

/** How a gateway hears of changes, and whom it tells. */
export interface GatewayEvents {
  /** The helpdesk for callers: what they write is told at once. */
  readonly backend: Backend;
  readonly feedOf: (caller: Caller | null) => EventFeed;
  readonly accept: ReturnType<typeof createLive>['intake']['accept'];
  /** Kept, or followed where another gateway keeps it. null: people register webhooks. */
  readonly registration: Registration | null;
  /** Bytes of answers that are kept; null: none are. */
  cacheBytes(): number | null;
  start(): void;
  /** To be called before stores and backend are closed. */
  close(): Promise<void>;
}

/** Milliseconds that one call for the registration may take, its wait for a turn included. */
const patienceMs = 60_000;

/** Who the gateway is with the key it holds; null: it holds none. */
function ownCaller({ config, backend }: Pick<GatewayEventsOptions, 'config' | 'backend'>): Caller | null {
  const { workspace } = config.backend;
  if (!workspace?.apiKey) return null;
  return createCaller(backend.kind, { apiKey: workspace.apiKey, workspaceId: workspace.id }, 'SERVER');
}

export interface RegistrationPlaceOptions extends Pick<
  GatewayEventsOptions,
  'config' | 'backend' | 'log' | 'clock'
> {
  readonly state: Place['store'];
  readonly priority: CallPriority;
}

/** Where the webhook of the gateway's own workspace is, or shall be; null: no key or no public address is configured. */
export function registrationPlace(options: RegistrationPlaceOptions): Place | null {
  const { config, backend, state, log, clock, priority } = options;
  const own = ownCaller(options);
  const { publicUrl } = config.events;
  if (own === null || publicUrl === null) return null;
  const operation = (signal: AbortSignal): Operation => ({
    priority,
    client: 'registration',
    signal,
    deadline: clock.now() + patienceMs,
    traceId: randomBytes(16).toString('hex'),
    meter: createMeter(),
  });
  return {
    kind: backend.kind,
    workspaceId: own.workspaceId,
    targetUrl: receiverUrl(publicUrl, backend.kind, own.workspaceId),
    session: (signal) => backend.session(own, operation(signal)),
    pageSize: backend.capabilities.maxPageSize,
    store: state,
    clock,
    log,
  };
}

/**
 * Gateways on one Redis share the webhook that one of them has registered: its deliveries may come to a gateway without a
 * public address, too. null: none of that.
 */
function followedPlace({ config, backend, state, log, clock }: GatewayEventsOptions): Place | null {
  const { workspace } = config.backend;
  if (config.redisUrl === null || workspace === null) return null;
  return {
    kind: backend.kind,
    workspaceId: workspace.id,
    targetUrl: '',
    session: () => {
      throw new Error('a gateway without PUBLIC_URL keeps no webhook');
    },
    pageSize: backend.capabilities.maxPageSize,
    store: state,
    clock,
    log,
  };
}

/** null: people register webhooks. */
function registrationOf(options: GatewayEventsOptions): Registration | null {
  if (!options.background) return null;
  const { config, backend } = options;
  const kept = registrationPlace({ ...options, priority: 'BACKGROUND' });
  const place = kept ?? followedPlace(options);
  return (
    place &&
    createRegistration({
      ...place,
      keeps: kept !== null,
      configuredSecrets: config.backend.workspace?.webhookSecrets ?? [],
      channelOf: (secret) => backend.receiver.channelOf(secret),
    })
  );
}

/** null: nothing is kept. @param backend what it keeps answers of */
function readsOf(
  { config, eventLog, clock, log }: GatewayEventsOptions,
  backend: Backend,
  feed: Pick<EventFeed, 'status'>,
): Reads | null {
  const { maxBytes, liveMs, otherwiseMs } = config.cache;
  if (maxBytes === 0) return null;
  const isLive = async (workspaceId: string): Promise<boolean> => (await feed.status(workspaceId)).live;
  const trustMs = createTrust({ isLive, clock, liveMs, otherwiseMs });
  return createReads({ backend, log: eventLog, clock, logger: log, maxBytes, trustMs });
}

export function createGatewayEvents(options: GatewayEventsOptions): GatewayEvents {
  const { config, backend, log, clock, eventLog, state, background } = options;
  const registration = registrationOf(options);
  const registered = (workspaceId: string): boolean =>
    options.registered(workspaceId) || (registration?.registered(workspaceId) ?? false);
  let reads: Reads | null = null;
  const lends = background && config.events.sweepWithCallerKey;
  const live = createLive({
    backend,
    log: tellingLog(eventLog, (workspaceId, record) => reads?.accepted(workspaceId, record)),
    state,
    clock,
    logger: log,
    own: ownCaller(options),
    lends,
    registered,
    pollMs: config.events.pollMs,
  });
  const feed = createFeed({
    log: eventLog,
    clock,
    registered,
    sweeps: (workspaceId) => background && live.sweeps(workspaceId),
    reconciled: live.reconciled,
    diagnostics: log,
    told: options.told,
  });
  reads = readsOf(options, live.backend, feed);
  return {
    backend: reads?.backend ?? live.backend,
    feedOf: (caller) => (caller !== null && lends ? live.sweptBy(feed, caller) : feed),
    accept: (workspaceId, event) => {
      registration?.heard(workspaceId, event.channel);
      return live.intake.accept(workspaceId, event);
    },
    registration,
    cacheBytes: () => reads?.bytes ?? null,
    start: () => {
      if (!background) return;
      registration?.start();
      live.start();
    },
    close: async () => {
      await Promise.all([registration?.close(), live.close()]);
      await reads?.close();
    },
  };
}
