import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { isErrorCode } from '../domain/error-codes.ts';
import type { GapReason, StreamMessage } from '../domain/event.ts';
import type {
  CallBegun,
  DeliveryFate,
  OperationBegun,
  OperationEnd,
  OperationOutcome,
  Telemetry,
} from '../domain/telemetry.ts';
import { createCounter, createHistogram, type Cell, type Cells } from './cells.ts';
import { registerGauges, type Sources } from './gauges.ts';
import { createOperationNames, otherName } from './operation-names.ts';

/** What Prometheus is given. */
export interface MetricsPage {
  readonly contentType: string;
  readonly text: string;
}

export interface Metrics {
  readonly telemetry: Telemetry;
  /** What is asked at each scrape instead of being counted. To be called once. */
  observe(sources: Sources): void;
  page(): Promise<MetricsPage>;
}

/** Names of operations that have series of their own. */
const maxNames = 100;

/** Seconds. */
const bounds = {
  operation: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  call: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  wait: [0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
  lag: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300],
};

/** Counts what it is told, for Prometheus. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const cache = createCacheCells(registry);
  return {
    telemetry: {
      operation: createOperations(registry, cache),
      call: createCalls(registry, cache),
      delivery: createDeliveries(registry),
      refused: createRefused(registry),
      told: createTold(registry),
      streams: createStreams(registry),
    },
    observe: (sources) => registerGauges(registry, sources),
    page: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** Series of one name and kind. */
interface OperationSeries {
  readonly outcomes: Map<OperationOutcome, Cell>;
  readonly duration: Cell;
}

function createOperations(registry: Registry, cache: CacheCells): Telemetry['operation'] {
  const counted = createCounter(registry, {
    name: 'gateway_operations_total',
    help: 'GraphQL operations by name, type and outcome. Names that are not known are "other".',
    labelNames: ['name', 'type', 'outcome'],
  });
  const durations = createHistogram(registry, {
    name: 'gateway_operation_duration_seconds',
    help: 'Time that queries and mutations took, and subscriptions until they stood.',
    labelNames: ['name', 'type'],
    bounds: bounds.operation,
  });
  const errors = createCounter(registry, {
    name: 'gateway_operation_errors_total',
    help: 'Errors in answers to operations by code. Codes that the gateway does not list are "other".',
    labelNames: ['code'],
  });
  const series = new Map<string, Map<string, OperationSeries>>();

  const names = createOperationNames({
    max: maxNames,
    now: () => performance.now(),
    forgotten: (name) => {
      for (const [type, { outcomes }] of series.get(name) ?? []) {
        durations.remove({ name, type });
        for (const outcome of outcomes.keys()) counted.remove({ name, type, outcome: told(outcome) });
      }
      series.delete(name);
    },
  });

  const seriesOf = (name: string, type: string): OperationSeries => {
    const types = series.get(name) ?? new Map<string, OperationSeries>();
    series.set(name, types);
    const known = types.get(type) ?? { outcomes: new Map(), duration: durations.of({ name, type }) };
    types.set(type, known);
    return known;
  };

  const ended = ({ name: own, kind }: OperationBegun, begunAt: number, end: OperationEnd): void => {
    const { outcome, codes, meter } = end;
    const name = names.of(own, hasEarned(kind, end));
    const type = kind ?? 'unknown';
    const { outcomes, duration } = seriesOf(name, type);
    let cell = outcomes.get(outcome);
    if (cell === undefined) {
      cell = counted.of({ name, type, outcome: told(outcome) });
      outcomes.set(outcome, cell);
    }
    cell.add(1);
    duration.add(seconds(begunAt));
    for (const code of codes) errors.of({ code: isErrorCode(code) ? code : otherName }).add(1);
    if (meter === null) return;
    cache.hit.add(meter.cacheHits);
    cache.shared.add(meter.shared);
  };

  return (begun) => {
    const begunAt = performance.now();
    return { trace: null, end: (end) => ended(begun, begunAt, end) };
  };
}

/** As labels are written. */
const told = (outcome: string): string => outcome.toLowerCase();

/** Whether it was answered with something that took a key: whoever has none cannot make series. */
function hasEarned(kind: OperationBegun['kind'], { outcome, meter }: OperationEnd): boolean {
  if (meter === null || (outcome !== 'OK' && outcome !== 'PARTIAL')) return false;
  return kind === 'subscription' || meter.spent + meter.cacheHits + meter.shared > 0;
}

interface CacheCells {
  readonly hit: Cell;
  readonly shared: Cell;
  readonly miss: Cell;
}

function createCacheCells(registry: Registry): CacheCells {
  const reads = createCounter(registry, {
    name: 'gateway_cache_reads_total',
    help: 'Reads of operations: answered by what was kept (hit), with another under way (shared), or asked for (miss).',
    labelNames: ['result'],
  });
  const of = (result: string): Cell => reads.of({ result });
  return { hit: of('hit'), shared: of('shared'), miss: of('miss') };
}

function createCalls(registry: Registry, cache: CacheCells): Telemetry['call'] {
  const labelNames = ['operation'] as const;
  const answered = createCounter(registry, {
    name: 'gateway_rest_requests_total',
    help: 'REST requests by endpoint and status of HTTP, every attempt counted; without an answer the status is a word.',
    labelNames: ['operation', 'status'],
  });
  const durations = createHistogram(registry, {
    name: 'gateway_rest_request_duration_seconds',
    help: 'Time from the sending of a REST request to the end of its answer.',
    labelNames,
    bounds: bounds.call,
  });
  const waits = createHistogram(registry, {
    name: 'gateway_rate_limit_wait_seconds',
    help: 'Time that REST requests waited for their turn in the budget of their key.',
    labelNames: ['priority'],
    bounds: bounds.wait,
  });

  return ({ method, path, attempt, waitedMs, priority }: CallBegun) => {
    const begunAt = performance.now();
    const operation = `${method} ${path}`;
    waits.of({ priority: told(priority) }).add(waitedMs / 1000);
    if (method === 'GET' && attempt === 1 && priority !== 'BACKGROUND') cache.miss.add(1);
    return {
      trace: null,
      end: (status, fault) => {
        answered.of({ operation, status: status === null ? told(fault ?? 'none') : String(status) }).add(1);
        durations.of({ operation }).add(seconds(begunAt));
      },
    };
  };
}

function createDeliveries(registry: Registry): Telemetry['delivery'] {
  const results: Cells<'result'> = createCounter(registry, {
    name: 'gateway_webhook_deliveries_total',
    help: 'Deliveries of webhooks by what became of them.',
    labelNames: ['result'],
  });
  const durations = createHistogram(registry, {
    name: 'gateway_webhook_duration_seconds',
    help: 'Time from a delivery that came in to its answer.',
    labelNames: [],
    bounds: bounds.call,
  }).of({});
  return () => {
    const begunAt = performance.now();
    return {
      end: (result: DeliveryFate) => {
        results.of({ result: told(result) }).add(1);
        durations.add(seconds(begunAt));
      },
    };
  };
}

function createRefused(registry: Registry): Telemetry['refused'] {
  const refused = createCounter(registry, {
    name: 'gateway_refusals_total',
    help: 'Requests that went no further than the door, by code: hosts and origins, methods, sizes, malformed bodies; sockets that are too many or not let in.',
    labelNames: ['code'],
  });
  return (code) => refused.of({ code }).add(1);
}

function createTold(registry: Registry): Telemetry['told'] {
  const delivered = createCounter(registry, {
    name: 'gateway_events_delivered_total',
    help: 'Events that subscribers were given, live or replayed out of the log.',
    labelNames: ['kind'],
  });
  const live = delivered.of({ kind: 'live' });
  const replayed = delivered.of({ kind: 'replayed' });
  const lag = createHistogram(registry, {
    name: 'gateway_event_lag_seconds',
    help: 'Age of live events when a subscriber was given them: since they occurred by the source’s clock, since they were received.',
    labelNames: ['since'],
    bounds: bounds.lag,
  });
  const occurred = lag.of({ since: 'occurred' });
  const received = lag.of({ since: 'received' });
  const gaps = createCounter(registry, {
    name: 'gateway_gaps_total',
    help: 'Gaps that subscribers were told of, by reason.',
    labelNames: ['reason'],
  });
  const gap = (reason: GapReason): void => gaps.of({ reason: told(reason) }).add(1);
  const age = createAges();

  return (message: StreamMessage) => {
    if (message.kind === 'GAP') gap(message.reason);
    if (message.kind !== 'EVENT') return;
    if (message.replayed) {
      replayed.add(1);
      return;
    }
    live.add(1);
    const { occurredMs, receivedMs } = age(message.record);
    const now = Date.now();
    // Clocks differ: an event from the future is one from now.
    occurred.add(Math.max(0, now - occurredMs) / 1000);
    received.add(Math.max(0, now - receivedMs) / 1000);
  };
}

function createStreams(registry: Registry): Telemetry['streams'] {
  const gauge = new Gauge({
    name: 'gateway_event_streams',
    help: 'Subscriptions over server-sent events that are open.',
    registers: [registry],
  });
  return () => {
    gauge.inc();
    return () => gauge.dec();
  };
}

type Aged = Extract<StreamMessage, { readonly kind: 'EVENT' }>['record'];

/** One event is told to thousands in a row: its times are read once. */
function createAges() {
  let last: Aged | null = null;
  let ages = { occurredMs: 0, receivedMs: 0 };
  return (record: Aged) => {
    if (record !== last) {
      last = record;
      ages = { occurredMs: Date.parse(record.event.occurredAt), receivedMs: Date.parse(record.receivedAt) };
    }
    return ages;
  };
}
