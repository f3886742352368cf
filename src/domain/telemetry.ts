import type { ErrorCategory } from './error-codes.ts';
import type { StreamMessage } from './event.ts';
import type { CallPriority, Meter } from './operation.ts';
import type { TraceContext } from './trace.ts';

/**
 * What the layers tell of their work, so that somebody may count, trace or log it; they know nobody who does.
 * Nothing here may throw, wait, or change what is done. What is told holds no key, secret, variable or text of a document;
 * an operation's name is the one thing in it that a client chose.
 */
export interface Telemetry {
  /** An operation begins: a query, a mutation, a subscription until it stands. Its `end` is called once. */
  operation(begun: OperationBegun): OperationWatch;
  /** One attempt of a call to the backend is about to leave. */
  call(begun: CallBegun): CallWatch;
  /** A delivery of a webhook came in. */
  delivery(begun: DeliveryBegun): DeliveryWatch;
  /** A request went no further than the door: it came to no operation, delivery or socket. @param code of the refusal */
  refused(code: string): void;
  /** A subscriber was told something. */
  told(message: StreamMessage): void;
  /** A subscription over server-sent events stands. Returns what to call once at its end. */
  streams(): () => void;
}

export type OperationKind = 'query' | 'mutation' | 'subscription';

export interface OperationBegun {
  /** As the client calls it: not to be trusted, neither in number nor in what it says. null: it has no name. */
  readonly name: string | null;
  /** null: the document could not be read. */
  readonly kind: OperationKind | null;
  /** Where its caller is in a trace. */
  readonly trace: TraceContext;
}

export interface OperationWatch {
  /** Where in the trace its calls are; null: nobody traces, and they are where its caller is. */
  readonly trace: TraceContext | null;
  end(end: OperationEnd): void;
}

/** OK: without an error. PARTIAL: data and errors. Else the category of the first error: there is no data, or all of it is null. */
export type OperationOutcome = 'OK' | 'PARTIAL' | ErrorCategory;

export interface OperationEnd {
  readonly outcome: OperationOutcome;
  /** Of each error, in their order. */
  readonly codes: readonly string[];
  /** null: it did not come so far as to spend anything. */
  readonly meter: Readonly<Meter> | null;
}

export interface CallBegun {
  readonly method: string;
  /** The path's pattern, no ids: `/tickets/:id`. */
  readonly path: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds that it waited for its turn. */
  readonly waitedMs: number;
  readonly priority: CallPriority;
  readonly trace: TraceContext;
}

export interface CallWatch {
  /** Where the backend is in the trace; null: nobody traces. */
  readonly trace: TraceContext | null;
  /** @param status of HTTP; null: no answer came @param fault why none came, a word */
  end(status: number | null, fault: string | null): void;
}

export interface DeliveryBegun {
  readonly workspaceId: string;
  readonly trace: TraceContext;
}

/**
 * ACCEPTED: it is in the log. STALE: likewise, and older than what was known. REPEATED: it was there already. UNREADABLE:
 * genuine, and not understood. UNAVAILABLE: the log did not take it. HELD_BACK: not looked at, too
 * much of its sender was refused. The others: it does not prove where it comes from.
 */
export const deliveryFates = [
  'ACCEPTED',
  'STALE',
  'REPEATED',
  'UNREADABLE',
  'UNAVAILABLE',
  'HELD_BACK',
  'UNKNOWN_WORKSPACE',
  'UNSIGNED',
  'FORGED',
  'UNTIMELY',
] as const;
export type DeliveryFate = (typeof deliveryFates)[number];

export interface DeliveryWatch {
  end(result: DeliveryFate): void;
}

const nothing = (): void => undefined;
const unwatched = { trace: null, end: nothing };

/** Nobody wants to know. */
export const noTelemetry: Telemetry = {
  operation: () => unwatched,
  call: () => unwatched,
  delivery: () => ({ end: nothing }),
  refused: nothing,
  told: nothing,
  streams: () => nothing,
};
