import { getOperationAST, OperationTypeNode, type ExecutionArgs } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { RequestContext } from './request-context.ts';
import type { SourceContext } from './use-operations.ts';

const operationOf = ({ document, operationName }: ExecutionArgs) => getOperationAST(document, operationName);

/** Follows an answer that may be kept from its execution to its bytes. Comes behind `useOperations`. */
export function useDrafts(): Plugin<SourceContext, RequestContext> {
  return {
    onExecute({ args, context }) {
      const draft = context.source?.draft;
      if (draft === undefined) return undefined;
      return {
        onExecuteDone({ result }) {
          const node = operationOf(args);
          const { operation, notes } = context;
          if (isAsyncIterable(result) || node?.operation !== OperationTypeNode.QUERY) return;
          // Without them it was refused before it began.
          if (operation === undefined || notes === undefined) return;
          draft.executed({ operationName: node.name?.value ?? null, operation, notes, result });
        },
      };
    },
    onResponse({ response, serverContext }) {
      const { draft } = serverContext.source;
      if (draft === undefined) return;
      // Not every `Headers` that Yoga runs on has them in lower case.
      const headers = [...response.headers].map(([name, value]) => [name.toLowerCase(), value] as const);
      draft.answered(response.status, new Map(headers));
    },
  };
}
