import { z } from 'zod';
import type { Reader } from './reader.ts';
import { flag, headerSafe, host, isLoopback, wholeNumber } from './values.ts';

/** How the gateway tells of its work. */
export interface TelemetryConfig {
  /** Port of a listener for `/metrics` alone; null: there is none. */
  readonly metricsPort: number | null;
  /** Address of that listener. */
  readonly metricsHost: string;
  /** What `/metrics` wants as a bearer's token, on either port; a secret. null: on the gateway's own port there is no such page. */
  readonly metricsToken: string | null;
  /** Level of the line that each operation gets in the log; null: none. */
  readonly operationLog: 'debug' | 'info' | null;
  /** Milliseconds from which on an operation is logged as slow; null: none is. */
  readonly slowMs: number | null;
  /** null: nothing is traced. */
  readonly tracing: TracingConfig | null;
}

/** As OpenTelemetry names it. */
export interface TracingConfig {
  /** Where spans are posted: `https://…/v1/traces`. */
  readonly url: string;
  /** Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly sampling: { readonly share: number; readonly parentBased: boolean };
}

const collector = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.hash}` === '') return url;
  context.addIssue({
    code: 'custom',
    message: 'must be a URL without a user, e.g. http://127.0.0.1:4318 (OTLP over HTTP)',
  });
  return z.NEVER;
});

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** `name=value,name=value`, values encoded as in URLs. */
const headers = z.string().transform((text, context) => {
  const pairs: [string, string][] = [];
  for (const pair of text.split(',')) {
    const [name = '', ...rest] = pair.split('=');
    const value = decoded(rest.join('=').trim());
    if (headerName.test(name.trim()) && value !== null && /^[\x20-\x7e]+$/.test(value)) {
      pairs.push([name.trim().toLowerCase(), value]);
      continue;
    }
    context.addIssue({ code: 'custom', message: 'must be name=value pairs, separated by commas' });
    return z.NEVER;
  }
  return Object.fromEntries(pairs);
});

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const ratio = z
  .string()
  .regex(/^(?:[01](?:\.0+)?|0?\.\d+)$/, 'must be a number from 0 to 1')
  .transform(Number);

export function readTelemetry(reader: Reader): TelemetryConfig {
  const { read } = reader;
  const level = read('LOG_LEVEL', z.string(), 'info').toLowerCase();
  const always = read('LOG_OPERATIONS', flag, false);
  return {
    metricsPort: read('METRICS_PORT', wholeNumber(1, 65_535), null),
    metricsHost: read('METRICS_HOST', host, '127.0.0.1'),
    metricsToken: read('METRICS_TOKEN', headerSafe(512).min(16, 'must have 16 characters at least'), null),
    operationLog: always ? 'info' : level === 'debug' || level === 'trace' ? 'debug' : null,
    slowMs: read('SLOW_OPERATION_MS', wholeNumber(1, 3_600_000), null),
    tracing: readTracing(reader),
  };
}

function readTracing({ read }: Reader): TracingConfig | null {
  const base = read('OTEL_EXPORTER_OTLP_ENDPOINT', collector, null);
  const own = read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', collector, null);
  const sent = read('OTEL_EXPORTER_OTLP_HEADERS', headers, {});
  const serviceName = read('OTEL_SERVICE_NAME', z.string().max(255), 'helpdesk-graphql-gateway');
  const sampler = read(
    'OTEL_TRACES_SAMPLER',
    z.enum(samplers, `must be one of ${samplers.join(', ')}`),
    'parentbased_always_on',
  );
  const share = read('OTEL_TRACES_SAMPLER_ARG', ratio, 1);
  const url = own?.href ?? (base && `${base.href.replace(/\/+$/, '')}/v1/traces`);
  if (url === null) return null;
  return {
    url,
    headers: sent,
    serviceName,
    sampling: {
      share: sampler.endsWith('always_off') ? 0 : sampler.endsWith('ratio') ? share : 1,
      parentBased: sampler.startsWith('parentbased'),
    },
  };
}

/** What is set and does nothing, or may be more open than was meant, in sentences. */
export function telemetryWarnings(isSet: Reader['isSet'], config: TelemetryConfig): string[] {
  const { metricsPort, metricsHost, metricsToken, tracing } = config;
  const warnings: string[] = [];
  if (metricsPort === null && isSet('METRICS_HOST')) {
    warnings.push('METRICS_HOST is set, and has no effect without METRICS_PORT.');
  }
  if (metricsPort !== null && metricsToken === null && !isLoopback(metricsHost)) {
    warnings.push(
      `Everybody who reaches ${metricsHost}, port ${metricsPort}, reads the metrics: set METRICS_TOKEN unless only the monitoring does.`,
    );
  }
  if (tracing === null && (isSet('OTEL_TRACES_SAMPLER') || isSet('OTEL_EXPORTER_OTLP_HEADERS'))) {
    warnings.push('OTEL_… is set, and has no effect without OTEL_EXPORTER_OTLP_ENDPOINT.');
  }
  return warnings;
}
