import { randomUUID } from 'node:crypto';

/** W3C Trace Context, version 00: `00-<trace-id>-<parent-id>-<flags>`. All zeros are no id. */
const traceparent = /^00-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** Node draws random bytes for many UUIDs at once, for 16 bytes it asks the system each time. */
const newTraceId = (): string => randomUUID().replaceAll('-', '');

/** The caller's trace id if it sent a valid one, so that its traces and our log meet; else a new one. */
export const traceIdOf = (header: string | null): string =>
  (header === null ? undefined : traceparent.exec(header)?.[1]) ?? newTraceId();
