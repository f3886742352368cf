import { getOperationAST, OperationTypeNode, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Backend } from '../domain/backend.ts';
import type { Caller } from '../domain/caller.ts';
import { GatewayError } from '../domain/errors.ts';
import { createMeter, type Meter } from '../domain/operation.ts';
import { needsCaller } from '../graphql/anonymous.ts';
import type { AnswerNotes } from '../graphql/answer-notes.ts';
import type { GatewayContext } from '../graphql/context.ts';
import type { CostedOperation } from '../graphql/cost/estimate.ts';
import { toGraphQLError, type ToGraphQLErrorOptions } from '../graphql/errors.ts';
import { createSubscribe, eventExecutionOf } from '../graphql/subscribe.ts';
import { Parts } from './incremental/parts.ts';
import type { ContextFactory, OperationSource } from './operation.ts';
import { reportOf } from './report.ts';
import type { RequestContext } from './request-context.ts';
import { sharingKey } from './sockets/fan-out-key.ts';
import { plainTerms, readTerms } from './terms.ts';

export interface OperationsOptions {
  readonly createContext: ContextFactory;
  readonly budget: Backend['budget'];
  /** Refuses an operation for what it may cost; null: it may run. */
  readonly costFault: (operation: CostedOperation) => GatewayError | null;
  readonly log: ToGraphQLErrorOptions['log'];
}

/** Yoga's context before an operation begins: a transport puts its source there. */
export interface SourceContext extends Partial<GatewayContext> {
  source?: OperationSource;
  /** Of the request; Yoga puts them there. */
  params?: { readonly extensions?: Readonly<Record<string, unknown>> };
}

type Begun =
  | {
      readonly context: GatewayContext;
      readonly deadlineMs: number | null;
      readonly source: OperationSource;
    }
  | { readonly refused: ExecutionResult };

/**
 * Begins and ends every operation, whatever transport brought it: says who asks, refuses those that may not or that
 * would cost too much, and reports what it cost.
 */
export function useOperations(options: OperationsOptions): Plugin<SourceContext, RequestContext> {
  const reported = createReporter(options.budget);
  const begin = createBegin(options, reported);
  const standing = createStanding();

  /** Yoga keeps one context for a whole subscription; nothing loaded for one event may be shown with the next. */
  const subscribe = createSubscribe({
    renewContext: (context) => standing.of(context).renew(),
    sharingKey: (context) => standing.of(context).key,
  });

  const announce = (stream: object, source: OperationSource, deadlineMs: number | null): void => {
    const terms = { ...plainTerms, deadlineMs };
    const execution = eventExecutionOf(stream);
    if (execution === null) return;
    source.began({
      deadlineMs,
      resultOf: (message, of) => execution(message, () => options.createContext(of, 'EVENT', terms)),
    });
  };

  return {
    onExecute({ args, context, extendContext, setResultAndStopExecution }) {
      const begun = begin(args, context);
      if ('refused' in begun) {
        setResultAndStopExecution(begun.refused);
        return undefined;
      }
      extendContext(begun.context);
      return {
        onExecuteDone: ({ result, setResult }) => setResult(ended(result, begun.context, reported)),
      };
    },
    onSubscribe({ args, context, extendContext, setResultAndStopExecution, setSubscribeFn }) {
      const begun = begin(args, context);
      if ('refused' in begun) {
        setResultAndStopExecution(begun.refused);
        return undefined;
      }
      extendContext(begun.context);
      const { source, deadlineMs } = begun;
      setSubscribeFn(subscribe);
      const { caller, operation } = begun.context;
      const renew = () => options.createContext(source, 'EVENT', { ...plainTerms, deadlineMs });
      standing.begin(context, {
        renew,
        key: caller === null ? null : sharingKeyOf(caller, deadlineMs, args),
      });
      return {
        onSubscribeResult({ result, setResult }) {
          // What is no stream is the answer to a subscription that did not begin.
          if (isAsyncIterable(result)) announce(result, source, deadlineMs);
          else setResult(reported(result, caller, operation.meter));
        },
      };
    },
    onResultProcess({ result, setResult, serverContext }) {
      // Without a report it did not come to an operation: the document is wrong.
      if (Array.isArray(result) || isAsyncIterable(result) || isReported(result)) return;
      setResult(reported(result, serverContext.source.identity.caller, createMeter()));
    },
  };
}

/** What comes in parts is reported on in the last one. */
function ended(
  result: ExecutionResult | AsyncIterable<unknown>,
  { caller, operation: { meter }, notes }: GatewayContext,
  reported: Reporter,
): ExecutionResult | Parts {
  return isAsyncIterable(result)
    ? new Parts(result, () => reported({}, caller, meter, notes))
    : reported(result, caller, meter, notes);
}

/** What is kept of a subscription beside the context that it began with. */
interface Standing {
  readonly renew: () => GatewayContext;
  /** `sharingKey`; null: it shares nothing. */
  readonly key: string | null;
}

function createStanding() {
  const known = new WeakMap<object, Standing>();
  return {
    begin: (context: object, standing: Standing): void => {
      known.set(context, standing);
    },
    of: (context: unknown): Standing => {
      const found = typeof context === 'object' && context !== null ? known.get(context) : undefined;
      if (!found) throw new Error('an event came without its subscription');
      return found;
    },
  };
}

/** null: what its document is cannot be told. */
function sharingKeyOf(caller: Caller, deadlineMs: number | null, args: ExecutionArgs): string | null {
  const query = args.document.loc?.source.body;
  if (query === undefined) return null;
  const { operationName, variableValues } = args;
  const payload = { query, operationName: operationName ?? null, variables: { ...variableValues } };
  return sharingKey(caller, deadlineMs, payload, args);
}

const isReported = ({ extensions }: ExecutionResult): boolean => extensions?.['rateLimit'] !== undefined;

type Reporter = (
  result: ExecutionResult,
  caller: Caller | null,
  meter: Meter,
  notes?: AnswerNotes,
) => ExecutionResult;

/** Adds to an answer what is left to the caller, where it is known who that is. */
const createReporter =
  (budget: Backend['budget']): Reporter =>
  (result, caller, meter, notes) =>
    caller === null
      ? result
      : {
          ...result,
          extensions: {
            ...result.extensions,
            rateLimit: reportOf(caller, meter, budget),
            ...(notes && said(notes)),
          },
        };

/** Nothing is said of what is as usual. */
const said = ({ readAfter, stale }: AnswerNotes) => ({
  ...(readAfter !== null && { readAfter }),
  ...(stale.length > 0 && { stale }),
});

function createBegin({ createContext, costFault, log }: OperationsOptions, reported: Reporter) {
  const refusal = (fault: GatewayError, { identity, traceId }: OperationSource) => ({
    refused: reported({ errors: [toGraphQLError(fault, { traceId, log })] }, identity.caller, createMeter()),
  });
  return (args: ExecutionArgs, { source, params }: SourceContext): Begun => {
    if (!source) throw new Error('an operation came without its source');
    const kind = getOperationAST(args.document, args.operationName)?.operation;
    const { fault } = source.identity;
    if (fault && needsCaller(args.schema, args.document, args.operationName)) return refusal(fault, source);
    if (kind === OperationTypeNode.SUBSCRIPTION && !source.streams) return refusal(needsStream, source);
    const dear = costFault(args);
    if (dear) return refusal(dear, source);
    const terms = readTerms(source.header, params?.extensions);
    if (terms instanceof GatewayError) return refusal(terms, source);
    const purpose = kind === OperationTypeNode.MUTATION ? 'MUTATION' : 'QUERY';
    return { context: createContext(source, purpose, terms), deadlineMs: terms.deadlineMs, source };
  };
}

const needsStream = new GatewayError(
  'INVALID_REQUEST',
  'A subscription needs a WebSocket (graphql-transport-ws) or Accept: text/event-stream.',
);
