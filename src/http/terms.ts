import { GatewayError } from '../domain/errors.ts';
import { readDeadline } from './deadline.ts';

/** What a client asks of an operation, beside what it asks for. */
export interface OperationTerms {
  /** Milliseconds it may take; null: the client leaves that to the gateway. */
  readonly deadlineMs: number | null;
  /** How things are now is wanted: nothing that was known before is an answer. */
  readonly noCache: boolean;
  /** A cursor of the event log, as `extensions.readAfter` of an earlier answer told it: what is read is no older. */
  readonly readAfter: string | null;
}

export const plainTerms: OperationTerms = { deadlineMs: null, noCache: false, readAfter: null };

/** A header of the request by its lower-case name; null: none came, or the transport has no headers for an operation. */
export type HeaderOf = (name: string) => string | null;

type Extensions = Readonly<Record<string, unknown>> | null | undefined;

/** Longer than any cursor of ours. */
const maxCursorLength = 256;

/**
 * Reads `X-Deadline-Ms`, `Cache-Control` and `readAfter` of a request's head, and what stands for them in its
 * `extensions`: `deadlineMs`, `cache` and `readAfter`. A proxy sets headers for all, a client its own operation: of two
 * deadlines the shorter holds, either may want fresh data, and the operation's own `readAfter` wins.
 * @returns GatewayError BAD_USER_INPUT for what is none of these
 */
export function readTerms(header: HeaderOf, extensions: Extensions): OperationTerms | GatewayError {
  const deadlineMs = readDeadline(header('x-deadline-ms'), extensions);
  if (deadlineMs instanceof GatewayError) return deadlineMs;
  const cache = extensions?.['cache'] ?? null;
  if (cache !== null && cache !== 'no-cache') {
    return unreadable('extensions.cache', 'extensions.cache is "no-cache", or left out.');
  }
  const readAfter = extensions?.['readAfter'] ?? header('readafter');
  if (readAfter !== null && !isCursor(readAfter)) {
    return unreadable('readAfter', 'readAfter must be what extensions.readAfter of an answer was.');
  }
  const noCache = cache !== null || forbidsCache(header('cache-control'));
  return deadlineMs === null && !noCache && readAfter === null
    ? plainTerms
    : { deadlineMs, noCache, readAfter };
}

/** RFC 9111, 5.2.1.4; its other directives for requests do not concern a gateway that keeps what it can answer for. */
const forbidsCache = (value: string | null): boolean =>
  value !== null && value.split(',').some((directive) => directive.trim().toLowerCase() === 'no-cache');

const isCursor = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= maxCursorLength && /^[\w-]+$/.test(value);

function unreadable(sourceKey: string, sentence: string): GatewayError {
  const message = `${sentence} Nothing was sent.`;
  return new GatewayError('BAD_USER_INPUT', message, {
    fields: [{ path: null, code: 'INVALID', message, sourceKey }],
  });
}
