import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type FetchAPI, type Plugin } from 'graphql-yoga';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { encodeEventStream, eventStreamHeaders } from './event-stream.ts';
import { acceptsMultipart, wantsOnlyMultipart, wantsOnlyStream } from './incremental/accept.ts';
import { encodeMultipart, multipartHeaders } from './incremental/multipart.ts';
import { comesInParts } from './incremental/use-incremental.ts';
import type { RequestContext } from './request-context.ts';
import { presentErrors, formatResult } from './results.ts';
import { markOfStream } from './stream-resumption.ts';
import { cursorOf } from './stream-cursor.ts';
import { untilExpiry } from './until-expiry.ts';

export interface ResultsOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Milliseconds between two signs of life on a silent event stream. */
  readonly heartbeatMs: number;
}

/** Answers that are more than one piece of JSON. */
function createResponses({ log, clock, heartbeatMs }: ResultsOptions, open: Set<() => void>) {
  const encodeFor =
    ({ source: { traceId } }: RequestContext) =>
    (result: ExecutionResult): string =>
      JSON.stringify(formatResult(presentErrors(result, { traceId, log })));
  return {
    stream: (
      results: AsyncIterable<ExecutionResult>,
      context: RequestContext,
      status: number,
      api: FetchAPI,
    ) => {
      const { resumption, identity } = context.source;
      const encode = encodeFor(context);
      const markOf = (): string | null => markOfStream(resumption);
      const expiresAt = identity.caller === null ? null : identity.expiresAt;
      const lasting = expiresAt === null ? results : untilExpiry(results, expiresAt, clock);
      const body = encodeEventStream(
        lasting,
        { encode, cursorOf, markOf, heartbeatMs, open },
        api.ReadableStream,
      );
      return new api.Response(body, { status, headers: eventStreamHeaders });
    },
    parts: (
      results: AsyncIterable<ExecutionResult>,
      context: RequestContext,
      status: number,
      api: FetchAPI,
    ) => {
      const body = encodeMultipart(results, encodeFor(context), api.ReadableStream);
      return new api.Response(body, { status, headers: multipartHeaders });
    },
  };
}

/** The one place where results leave over HTTP: every error takes its public form here, whatever raised it. */
export function useResults(options: ResultsOptions): Plugin<object, RequestContext> {
  const { log } = options;
  const open = new Set<() => void>();
  const responses = createResponses(options, open);

  return {
    /** Of those that a server has cut by itself none is left. */
    onDispose() {
      for (const cut of open) cut();
    },
    onResultProcess(payload) {
      const { request, result, serverContext } = payload;
      const { source } = serverContext;
      if (Array.isArray(result)) return;
      if (isAsyncIterable(result)) {
        if (comesInParts(source) && acceptsMultipart(request.headers.get('accept'))) {
          payload.setResultProcessor(
            (_, api) => responses.parts(result, serverContext, 200, api),
            'multipart/mixed',
          );
          return;
        }
        payload.setResultProcessor(
          (_, api) => responses.stream(result, serverContext, 200, api),
          'text/event-stream',
        );
        return;
      }
      const presented = presentErrors(result, { traceId: source.traceId, log });
      payload.setResult(presented);
      const accept = request.headers.get('accept');
      if (wantsOnlyStream(accept)) {
        payload.setResultProcessor(
          (_, api) => responses.stream(once(presented), serverContext, statusOf(presented), api),
          'text/event-stream',
        );
      } else if (wantsOnlyMultipart(accept)) {
        payload.setResultProcessor(
          (_, api) => responses.parts(once(presented), serverContext, statusOf(presented), api),
          'multipart/mixed',
        );
      }
    },
  };
}

async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield await Promise.resolve(result);
}

/** As for `application/json`: documents that are wrong are an ordinary answer, callers that may not ask are not. */
function statusOf({ errors = [] }: ExecutionResult): number {
  const statuses = errors.map(({ extensions: { http } }) =>
    http?.spec === true ? 200 : (http?.status ?? 200),
  );
  return Math.max(200, ...statuses);
}
