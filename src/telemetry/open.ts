import type { TelemetryConfig } from '../config/telemetry.ts';
import type { Log } from '../domain/log.ts';
import type { Telemetry } from '../domain/telemetry.ts';
import { toAll } from './all.ts';
import type { Sources } from './gauges.ts';
import type { MetricsPage } from './metrics.ts';

/** What watches a gateway, made by whoever starts one. The gateway closes it at its end. */
export interface GatewayTelemetry {
  /** null: nobody watches, and nothing is told. */
  readonly watch: Telemetry | null;
  /** null: nobody counts. */
  readonly metrics: (() => Promise<MetricsPage>) | null;
  /** The secret that `/metrics` wants to see; null: there is no such page among the gateway's own. */
  readonly metricsToken: string | null;
  /** Hands over what is asked at each scrape. */
  observe(sources: Sources): void;
  /** Sends what has not been sent. Never rejects. */
  close(): Promise<void>;
}

/** Nobody watches. */
export const unwatched: GatewayTelemetry = {
  watch: null,
  metrics: null,
  metricsToken: null,
  observe: () => undefined,
  close: () => Promise.resolve(),
};

/** Loads and starts what the configuration asks for, and nothing else: neither prom-client nor OpenTelemetry is read in vain. */
export async function openTelemetry(config: TelemetryConfig, log: Log): Promise<GatewayTelemetry> {
  const { operationLog, slowMs, tracing: traced } = config;
  const counts = config.metricsToken !== null || config.metricsPort !== null;
  const metrics = counts ? (await import('./metrics.ts')).createMetrics() : null;
  const tracing = traced === null ? null : (await import('./tracing.ts')).createTracing({ ...traced, log });
  const logging =
    operationLog === null && slowMs === null
      ? null
      : (await import('./operation-log.ts')).createOperationLog({ log, level: operationLog, slowMs });
  const watches = [metrics?.telemetry, tracing?.telemetry, logging].filter((watch) => watch != null);
  return {
    watch: watches.length === 0 ? null : toAll(watches),
    metrics: metrics && (() => metrics.page()),
    metricsToken: config.metricsToken,
    observe: (sources) => metrics?.observe(sources),
    close: async () => tracing?.close(),
  };
}
