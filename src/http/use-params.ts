import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { GatewayError } from '../domain/errors.ts';
import type { Telemetry } from '../domain/telemetry.ts';
import { BodyCutError, BodyTooLargeError } from './body.ts';
import { paramsOfBody, paramsOfQuery } from './params.ts';
import type { RequestContext } from './request-context.ts';
import type { DocumentOf } from './trusted-documents.ts';

/**
 * Reads what is to be run, instead of Yoga's parsers, which take forms and multipart too and report faults as 500s.
 * @param refused told of each request of which that cannot be told. @default nobody is
 */
export function useParams(
  documentOf: DocumentOf,
  refused?: Telemetry['refused'],
): Plugin<object, RequestContext> {
  return {
    onRequestParse(payload) {
      const { request, serverContext } = payload;
      payload.setRequestParser(async (): Promise<GraphQLParams> => {
        try {
          const { documentId, ...params } =
            request.method === 'GET'
              ? paramsOfQuery(serverContext.search)
              : paramsOfBody(await bodyOf(serverContext));
          params.query = documentOf({ query: params.query, documentId });
          return params;
        } catch (error) {
          const code = codeOf(error);
          if (code !== null) refused?.(code);
          throw error;
        }
      });
    },
  };
}

/** null: nobody was refused anything. */
function codeOf(error: unknown): string | null {
  if (error instanceof GatewayError) return error.code;
  return error === tooLarge ? 'REQUEST_ENTITY_TOO_LARGE' : null;
}

async function bodyOf({ readBody }: RequestContext): Promise<Buffer> {
  try {
    return await readBody();
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge;
    // Nobody is there to read an answer.
    if (error instanceof BodyCutError) throw new DOMException('The sender went away.', 'AbortError');
    throw error;
  }
}

const tooLarge = new GraphQLError('The body is too large.', {
  extensions: { code: 'REQUEST_ENTITY_TOO_LARGE', http: { status: 413 } },
});
