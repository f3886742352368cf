import { getOperationAST, type ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GatewayError } from '../../domain/errors.ts';
import { incrementalUse, initialCountFault } from '../../graphql/incremental/document.ts';
import { incrementalRules } from '../../graphql/incremental/rules.ts';
import { toGraphQLError, type ToGraphQLErrorOptions } from '../../graphql/errors.ts';
import type { OperationSource } from '../operation.ts';

export interface IncrementalOptions {
  readonly log: ToGraphQLErrorOptions['log'];
}

interface Context {
  readonly source?: OperationSource;
}

/** Yoga wraps streams of results: what one is of is known by who asked. */
const inParts = new WeakSet<OperationSource>();

/** Whether a stream of results is one answer in parts, and not the results of a subscription. */
export const comesInParts = (source: OperationSource): boolean => inParts.has(source);

/**
 * `@defer` and `@stream`, for whoever takes an answer in parts. For all others the document is run without them, which
 * the proposal allows, so that nothing below ever has to make one answer of many. Comes before whatever begins
 * operations: that sees the document that is run.
 */
export function useIncremental({ log }: IncrementalOptions): Plugin<Context> {
  return {
    onValidate({ addValidationRule }) {
      for (const rule of incrementalRules) addValidationRule(rule);
    },
    onExecute({ args, context: { source }, setResultAndStopExecution }) {
      const fault = settle(args, source);
      if (fault === null) return;
      const error = toGraphQLError(fault, { traceId: source?.traceId ?? '', log });
      setResultAndStopExecution({ errors: [error] });
    },
  };
}

/** Decides in how many parts an operation is answered. */
function settle(args: ExecutionArgs, source: OperationSource | undefined): GatewayError | null {
  const use = incrementalUse(args.document);
  if (use === null) return null;
  const operation = getOperationAST(args.document, args.operationName);
  const fault = operation && initialCountFault(use, operation, { ...args.variableValues });
  if (fault) return fault;
  if (source?.parts === true) inParts.add(source);
  else args.document = use.whole;
  return null;
}
