import type { Backend } from './domain/backend.ts';
import type { Clock } from './domain/clock.ts';
import type { SeenLog } from './events/log/seen-log.ts';
import type { GatewayEvents } from './gateway-events.ts';
import { createReadiness } from './gateway-readiness.ts';
import { createMetricsRoute, type MetricsRoute } from './http/metrics-route.ts';
import type { Readiness } from './http/readiness.ts';
import type { Sockets } from './http/sockets/sockets.ts';
import type { LimiterRegistry } from './rate-limit/limiter.ts';
import type { SharedLimiterRegistry } from './rate-limit/shared-limiter.ts';
import type { GatewayTelemetry } from './telemetry/open.ts';

export interface WatchedGateway {
  readonly telemetry: GatewayTelemetry;
  readonly helpdesk: Backend;
  readonly limiters: LimiterRegistry;
  readonly events: Pick<GatewayEvents, 'cacheBytes'>;
}

/** What a gateway is asked for at each scrape. */
export function observeGateway(
  { telemetry, helpdesk, limiters, events }: WatchedGateway,
  sockets: Sockets,
): void {
  telemetry.observe({
    keys: (most) => limiters.uses?.(most) ?? { total: 0, last: [] },
    circuit: () => helpdesk.status().circuit,
    sockets: () => ({ open: sockets.size, operations: sockets.operations }),
    cacheBytes: events.cacheBytes,
  });
}

/** On the gateway's own port there are metrics for whoever has their token. */
export const ownMetrics = ({ metrics, metricsToken: token }: GatewayTelemetry): MetricsRoute | null =>
  metrics === null || token === null ? null : createMetricsRoute({ page: metrics, token });

export interface ReadyGateway {
  readonly clock: Clock;
  readonly helpdesk: Backend;
  readonly seenLog: SeenLog;
  readonly sharedLimiters: SharedLimiterRegistry | null;
  readonly config: { readonly redisUrl: string | null };
}

/** What `/readyz` answers. */
export const readinessOf = (
  { clock, helpdesk, seenLog, sharedLimiters, config }: ReadyGateway,
  phase: { readonly started: boolean; readonly draining: boolean },
): (() => Readiness) =>
  createReadiness({
    clock,
    started: () => phase.started,
    draining: () => phase.draining,
    log: seenLog,
    logIsShared: config.redisUrl !== null,
    circuit: () => helpdesk.status(),
    reachesRedis: () => sharedLimiters?.reachesStore ?? null,
  });
