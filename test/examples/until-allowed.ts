import type { FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws';

/** Begins a subscription again, after a pause, whenever the gateway ends it with an error that is `retryable`. */
export function untilAllowed<Result extends FormattedExecutionResult<unknown, unknown>>(
  { query }: SubscribePayload,
  sink: Sink<Result>,
  begin: (sink: Sink<Result>) => () => void,
): () => void {
  let [refusals, waitMs, stop] = [0, 0, () => {}];
  const next = (result: Result) => {
    const error = (result.errors?.[0]?.extensions ?? {}) as { retryable?: boolean; retryAfterMs?: number };
    const isRefused = !result.data && error.retryable === true && query.includes('ticketEvents');
    waitMs = isRefused ? Math.max(error.retryAfterMs ?? 0, pauseMs(refusals)) : 0;
    refusals = isRefused ? refusals + 1 : 0;
    if (!isRefused) sink.next(result); // else its end follows
  };
  const complete = () => {
    const timer = waitMs > 0 ? setTimeout(again, waitMs) : undefined;
    stop = () => clearTimeout(timer);
    if (waitMs === 0) sink.complete();
  };
  const again = () => {
    stop = begin({ ...sink, next, complete });
  };
  again();
  return () => {
    waitMs = 0;
    stop();
  };
}

/** Milliseconds to wait before an attempt: longer each time, and different for each client. */
export const pauseMs = (attempt: number): number =>
  Math.min(30_000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2);
