/** A place in a trace that may span many programs (W3C Trace Context). */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** The span that what follows is a child of, 16 lower-case hex digits; null: the trace begins here. */
  readonly spanId: string | null;
  /** Whether spans of this trace are recorded; null: nobody has decided. */
  readonly sampled: boolean | null;
  /** `tracestate` as it came, to be passed on; null: there is none. */
  readonly state: string | null;
}

/** The headers by which whoever is called learns where in the trace it is. @param spanId of the call */
export function traceHeaders({ traceId, sampled, state }: TraceContext, spanId: string): TraceHeaders {
  const traceparent = `00-${traceId}-${spanId}-${sampled === false ? '00' : '01'}`;
  return state === null ? { traceparent } : { traceparent, tracestate: state };
}

export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** 16 hex digits that no other span of the trace is likely to have; no secret. */
export const newSpanId = (): string => half() + half();

const half = (): string =>
  Math.ceil(Math.random() * 0xffff_ffff)
    .toString(16)
    .padStart(8, '0');
