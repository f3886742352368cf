import { randomBytes } from 'node:crypto';
import type { GatewayConfig } from './config/config.ts';
import type { WorkspaceConfig } from './config/workspaces.ts';
import type { Backend } from './domain/backend.ts';
import type { Room } from './domain/basis.ts';
import type { Caller } from './domain/caller.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { createMeter, type CallPriority, type Operation } from './domain/operation.ts';
import { heldKeys } from './gateway-callers.ts';
import { combineRegistrations, type Registrations } from './gateway-registrations.ts';
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
  /** Where answers are kept; null: nothing is kept. */
  readonly room: Room | null;
  readonly feedOf: (caller: Caller | null) => EventFeed;
  readonly accept: ReturnType<typeof createLive>['intake']['accept'];
  /** Webhooks, kept or followed where another gateway keeps them, and what signs deliveries where people keep them. */
  readonly registrations: Registrations;
  /** Bytes of answers that are kept; null: none are. */
  cacheBytes(): number | null;
  start(): void;
  /** To be called before stores and backend are closed. */
  close(): Promise<void>;
}

/** Milliseconds that one call for the registration may take, its wait for a turn included. */
const patienceMs = 60_000;

/** Who the gateway is with the keys it holds, by workspace. */
const ownCallers = ({
  config,
  backend,
}: Pick<GatewayEventsOptions, 'config' | 'backend'>): ReadonlyMap<string, Caller> =>
  new Map(
    heldKeys(config.backend.workspaces).map((key) => [
      key.workspaceId,
      createCaller(backend.kind, key, 'SERVER'),
    ]),
  );

export interface RegistrationPlaceOptions extends Pick<
  GatewayEventsOptions,
  'config' | 'backend' | 'log' | 'clock'
> {
  readonly state: Place['store'];
  readonly workspaceId: string;
  readonly priority: CallPriority;
}

/** Where the webhook of a workspace is, or shall be; null: no key of it or no public address is configured. */
export function registrationPlace(options: RegistrationPlaceOptions): Place | null {
  const { config, backend, state, log, clock, workspaceId, priority } = options;
  const own = ownCallers(options).get(workspaceId);
  const { publicUrl } = config.events;
  if (own === undefined || publicUrl === null) return null;
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
    workspaceId,
    targetUrl: receiverUrl(publicUrl, backend.kind, workspaceId),
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
function followedPlace(
  { config, backend, state, log, clock }: GatewayEventsOptions,
  workspaceId: string,
): Place | null {
  if (config.redisUrl === null) return null;
  return {
    kind: backend.kind,
    workspaceId,
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

/** null: people register its webhook. */
function registrationOf(options: GatewayEventsOptions, workspace: WorkspaceConfig): Registration | null {
  const { backend } = options;
  const kept = registrationPlace({ ...options, workspaceId: workspace.id, priority: 'BACKGROUND' });
  const place = kept ?? followedPlace(options, workspace.id);
  return (
    place &&
    createRegistration({
      ...place,
      keeps: kept !== null,
      configuredSecrets: workspace.webhookSecrets,
      channelOf: (secret) => backend.receiver.channelOf(secret),
    })
  );
}

function registrationsOf(options: GatewayEventsOptions): Registrations {
  const { workspaces } = options.config.backend;
  const registrations = new Map<string, Registration>();
  for (const workspace of options.background ? workspaces : []) {
    const registration = registrationOf(options, workspace);
    if (registration) registrations.set(workspace.id, registration);
  }
  const secrets = new Map(workspaces.map(({ id, webhookSecrets }) => [id, webhookSecrets]));
  return combineRegistrations(registrations, (id) => secrets.get(id) ?? []);
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
  const registrations = registrationsOf(options);
  const registered = (workspaceId: string): boolean =>
    options.registered(workspaceId) || registrations.registered(workspaceId);
  let reads: Reads | null = null;
  const lends = background && config.events.sweepWithCallerKey;
  const live = createLive({
    backend,
    log: tellingLog(eventLog, (workspaceId, record) => reads?.accepted(workspaceId, record)),
    state,
    clock,
    logger: log,
    own: ownCallers(options),
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
    room: reads?.room ?? null,
    feedOf: (caller) => (caller !== null && lends ? live.sweptBy(feed, caller) : feed),
    accept: (workspaceId, event) => {
      registrations.heard(workspaceId, event.channel);
      return live.intake.accept(workspaceId, event);
    },
    registrations,
    cacheBytes: () => reads?.bytes ?? null,
    start: () => {
      if (!background) return;
      registrations.start();
      live.start();
    },
    close: async () => {
      await Promise.all([registrations.close(), live.close()]);
      await reads?.close();
    },
  };
}
