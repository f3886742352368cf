import { ROOT_CONTEXT, trace as traces, TraceFlags, type Context } from '@opentelemetry/api';
import { ExportResultCode, TraceState } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type IdGenerator,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../domain/log.ts';
import { loggable } from '../domain/redact.ts';
import type { Telemetry } from '../domain/telemetry.ts';
import type { TraceContext } from '../domain/trace.ts';
import { createSpans } from './spans.ts';

/** Which traces are recorded: those of `share`, 0 to 1; the caller's own decision counts more where `parentBased`. */
export interface Sampling {
  readonly share: number;
  readonly parentBased: boolean;
}

export interface TracingOptions {
  /** Where spans are posted as JSON (OTLP over HTTP): `https://…/v1/traces`. */
  readonly url: string;
  /** Headers of those posts: secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly sampling: Sampling;
  readonly log: Pick<Log, 'warn' | 'info'>;
}

export interface Tracing {
  readonly telemetry: Telemetry;
  /** Sends what waits, within a bound. Never rejects. */
  close(): Promise<void>;
}

/** Milliseconds that one post may take: also what waits at the end. */
const patienceMs = 2_000;

/** Spans for OpenTelemetry. Nothing global is touched: whoever embeds the gateway keeps their own. */
export function createTracing({ url, headers, serviceName, sampling, log }: TracingOptions): Tracing {
  const ids = createIds();
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: patienceMs });
  const processor = new BatchSpanProcessor({
    exporter: reporting(exporter, log),
    exportTimeoutMillis: patienceMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    sampler: samplerOf(sampling),
    idGenerator: ids,
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('helpdesk-graphql-gateway');

  return {
    telemetry: createSpans((name, kind, trace, attributes) => {
      ids.next = trace.traceId;
      return tracer.startSpan(name, { kind, attributes }, contextOf(trace));
    }),
    close: () => closed(provider, log),
  };
}

function contextOf({ traceId, spanId, sampled, state }: TraceContext): Context {
  if (spanId === null) return ROOT_CONTEXT;
  return traces.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled === false ? TraceFlags.NONE : TraceFlags.SAMPLED,
    isRemote: true,
    ...(state === null ? {} : { traceState: new TraceState(state) }),
  });
}

/** A trace that begins here has the id that is in the log and in errors: what is about to begin is told it. */
function createIds(): IdGenerator & { next: string | null } {
  const random = new RandomIdGenerator();
  return {
    next: null,
    generateSpanId: () => random.generateSpanId(),
    generateTraceId() {
      const { next } = this;
      this.next = null;
      return next ?? random.generateTraceId();
    },
  };
}

function samplerOf({ share, parentBased }: Sampling): Sampler {
  const root =
    share >= 1
      ? new AlwaysOnSampler()
      : share <= 0
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(share);
  return parentBased ? new ParentBasedSampler({ root }) : root;
}

/** Says once that spans do not arrive, and once that they do again. */
function reporting(exporter: SpanExporter, log: TracingOptions['log']): SpanExporter {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !failing) {
          log.warn(
            { error: loggable(result.error?.message ?? 'failed') },
            'Spans cannot be sent; they are lost.',
          );
        }
        if (failing && !failed) log.info({}, 'Spans can be sent again.');
        failing = failed;
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

async function closed(provider: TracerProvider, log: TracingOptions['log']): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMs);
  const ended = provider.shutdown().catch((error: unknown) => {
    log.warn({ error: loggable(String(error)) }, 'The last spans could not be sent.');
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
}
