import { randomUUID } from 'node:crypto';
import type { TraceContext } from '../domain/trace.ts';

/** W3C Trace Context, version 00: `00-<trace-id>-<parent-id>-<flags>`. All zeros are no id. */
const traceparent = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/;

/** `tracestate`: a list of `key=value`; it goes into a header as it is. */
const tracestate = /^[\x20-\x7e]{1,512}$/;

/** Node draws random bytes for many UUIDs at once, for 16 bytes it asks the system each time. */
const newTraceId = (): string => randomUUID().replaceAll('-', '');

/** Names an answer of GraphQL by its trace: the same id is in its errors, in the log, and in what the backend was sent. */
export const requestIdHeader = 'x-request-id';

/** A trace that begins here. */
const newTrace = (): TraceContext => ({
  traceId: newTraceId(),
  spanId: null,
  sampled: null,
  state: null,
});

/**
 * Where the caller is, if it says so in a way that is valid, so that its traces and our log meet; else a new trace.
 * @param parent `traceparent` as it came, if it came @param state likewise, `tracestate`
 */
export function traceOf(parent: unknown, state: unknown): TraceContext {
  const [, traceId, spanId, flags] = (typeof parent === 'string' ? traceparent.exec(parent) : null) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return newTrace();
  return {
    traceId,
    spanId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    state: typeof state === 'string' && tracestate.test(state) ? state : null,
  };
}

/** The id alone. */
export const traceIdOf = (parent: string | null): string => traceOf(parent, null).traceId;
