import { SpanKind, SpanStatusCode, TraceFlags, type Attributes, type Span } from '@opentelemetry/api';
import { loggable } from '../domain/redact.ts';
import { noTelemetry, type CallBegun, type OperationBegun, type Telemetry } from '../domain/telemetry.ts';
import type { TraceContext } from '../domain/trace.ts';
import { shownName } from './operation-names.ts';

/** Begins a span at a place of a trace. */
export type BeginSpan = (name: string, kind: SpanKind, trace: TraceContext, attributes: Attributes) => Span;

/** What is told, as spans: no variables, no ids but those of workspaces, no text of a document. */
export const createSpans = (begin: BeginSpan): Telemetry => ({
  ...noTelemetry,
  operation: (begun) => {
    const span = begin(operationName(begun), SpanKind.SERVER, begun.trace, operationAttributes(begun));
    return {
      trace: placeOf(span, begun.trace),
      end: ({ outcome, codes: [code], meter }) => {
        span.setAttribute('gateway.outcome', outcome);
        if (meter !== null) span.setAttribute('gateway.rest_requests', meter.spent);
        if (outcome !== 'OK') fail(span, code ?? outcome);
        span.end();
      },
    };
  },
  call: (begun) => {
    const { method, path, trace } = begun;
    const span = begin(`${method} ${path}`, SpanKind.CLIENT, trace, callAttributes(begun));
    return {
      trace: placeOf(span, trace),
      end: (status, fault) => {
        if (status !== null) span.setAttribute('http.response.status_code', status);
        const error = status !== null && status >= 400 ? String(status) : fault;
        if (error !== null) fail(span, error);
        span.end();
      },
    };
  },
  delivery: ({ workspaceId, trace }) => {
    const attributes = { 'gateway.workspace': loggable(workspaceId) };
    const span = begin('webhook delivery', SpanKind.SERVER, trace, attributes);
    return {
      end: (fate) => {
        span.setAttribute('gateway.webhook.result', fate);
        if (!taken.has(fate)) fail(span, fate);
        span.end();
      },
    };
  },
});

function fail(span: Span, error: string): void {
  span.setAttribute('error.type', error);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

const taken: ReadonlySet<string> = new Set(['ACCEPTED', 'STALE', 'REPEATED']);

const operationName = ({ name, kind }: OperationBegun): string =>
  name === null ? (kind ?? 'unreadable document') : `${kind ?? ''} ${shownName(name)}`.trim();

const operationAttributes = ({ name, kind }: OperationBegun): Attributes => ({
  ...(name === null ? {} : { 'graphql.operation.name': shownName(name) }),
  ...(kind === null ? {} : { 'graphql.operation.type': kind }),
});

const callAttributes = ({ method, path, attempt, waitedMs, priority }: CallBegun): Attributes => ({
  'http.request.method': method,
  'url.template': path,
  ...(attempt > 1 ? { 'http.request.resend_count': attempt - 1 } : {}),
  'gateway.waited_ms': Math.round(waitedMs),
  'gateway.priority': priority,
});

function placeOf(span: Span, { state }: TraceContext): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0, state };
}
