import { getOperationAST, GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Meter } from '../domain/operation.ts';
import type { OperationEnd, OperationWatch, Telemetry } from '../domain/telemetry.ts';
import { GatewayError } from '../domain/errors.ts';
import type { OperationSource } from './operation.ts';
import type { RequestContext } from './request-context.ts';
import type { SourceContext } from './use-operations.ts';

/** Yoga puts the request there, and a socket has none. */
interface WatchedContext extends SourceContext {
  readonly request?: unknown;
}

/**
 * Tells of every operation, whatever transport brought it. It comes before whatever refuses operations, so that those are
 * told of too, and before `useOperations`, so that what an operation asks for is in its own place of the trace.
 */
export function useTelemetry(telemetry: Telemetry): Plugin<WatchedContext, RequestContext> {
  const begin = (
    args: ExecutionArgs,
    context: WatchedContext,
    extendContext: (extension: { readonly source: OperationSource }) => void,
  ): OperationWatch | null => {
    const { source } = context;
    if (source?.trace === undefined) return null;
    const operation = getOperationAST(args.document, args.operationName);
    const watch = telemetry.operation({
      name: operation?.name?.value ?? null,
      kind: operation?.operation ?? null,
      trace: source.trace,
    });
    if (watch.trace !== null) extendContext({ source: { ...source, trace: watch.trace } });
    return watch;
  };

  const unreadable = ({ source }: WatchedContext, errors: readonly unknown[], code: string): void => {
    if (source?.trace === undefined || errors.length === 0) return;
    const watch = telemetry.operation({ name: null, kind: null, trace: source.trace });
    watch.end({ outcome: 'INPUT', codes: [code], meter: null });
  };

  return {
    onParse:
      ({ context }) =>
      ({ result }) => {
        if (result instanceof Error) unreadable(context, [result], 'GRAPHQL_PARSE_FAILED');
      },
    onValidate:
      ({ context }) =>
      ({ result }) => {
        unreadable(context, result, 'GRAPHQL_VALIDATION_FAILED');
      },
    onExecute({ args, context, extendContext }) {
      const watch = begin(args, context, extendContext);
      if (watch === null) return undefined;
      return {
        onExecuteDone({ result }) {
          const meter = context.operation?.meter;
          watch.end(isAsyncIterable(result) ? goesOn(meter) : endOf(result, meter));
        },
      };
    },
    onSubscribe({ args, context, extendContext }) {
      const watch = begin(args, context, extendContext);
      if (watch === null) return undefined;
      return {
        onSubscribeResult({ result }) {
          if (!isAsyncIterable(result)) {
            watch.end(endOf(result, context.operation?.meter));
            return undefined;
          }
          watch.end(goesOn(context.operation?.meter));
          // Those of sockets are counted where they are carried on.
          return context.request === undefined ? undefined : { onEnd: telemetry.streams() };
        },
      };
    },
  };
}

/** Of what goes on answering. */
const goesOn = (meter: Readonly<Meter> | undefined): OperationEnd => ({
  outcome: 'OK',
  codes: [],
  meter: meter ?? null,
});

function endOf({ data, errors = [] }: ExecutionResult, meter: Readonly<Meter> | undefined): OperationEnd {
  const faults = errors.map(faultOf);
  const [first] = faults;
  return {
    outcome: first === undefined ? 'OK' : isEmpty(data) ? first.category : 'PARTIAL',
    codes: faults.map(({ code }) => code),
    meter: meter ?? null,
  };
}

const isEmpty = (data: ExecutionResult['data']): boolean =>
  data == null || Object.values(data).every((value) => value === null);

type Fault = Pick<GatewayError, 'code' | 'category'>;

const defect: Fault = { code: 'INTERNAL_SERVER_ERROR', category: 'GATEWAY' };
const badInput: Fault = { code: 'BAD_USER_INPUT', category: 'INPUT' };

/** As the client will be told, before it is: errors take their public form where they leave. */
function faultOf(error: GraphQLError): Fault {
  const { code, category } = error.extensions;
  if (code !== undefined && category !== undefined) return { code, category };
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  if (cause instanceof GatewayError) return cause;
  // GraphQL’s own: a variable that does not fit its type.
  return cause instanceof GraphQLError && error.path === undefined ? badInput : defect;
}
