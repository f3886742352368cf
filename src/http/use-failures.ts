import type { Plugin } from 'graphql-yoga';
import { toGraphQLError, type ToGraphQLErrorOptions } from '../graphql/errors.ts';
import type { RequestContext } from './request-context.ts';
import { formatError } from './results.ts';

/**
 * What fails outside of an operation, a hook for one, is masked like everything else.
 * Yoga's adapter would answer with the stack.
 */
export function useFailures({ log }: Pick<ToGraphQLErrorOptions, 'log'>): Plugin<object, RequestContext> {
  return {
    onRequest({ requestHandler, setRequestHandler, fetchAPI }) {
      setRequestHandler(async (request, context) => {
        try {
          return await requestHandler(request, context);
        } catch (error) {
          const masked = toGraphQLError(error, { traceId: context.source.traceId, log });
          return new fetchAPI.Response(JSON.stringify({ errors: [formatError(masked)] }), {
            status: 500,
            headers: { 'content-type': 'application/json; charset=utf-8' },
          });
        }
      });
    },
  };
}
