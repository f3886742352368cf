import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { BodyCutError, BodyTooLargeError } from './body.ts';
import { paramsOfBody, paramsOfQuery } from './params.ts';
import type { RequestContext } from './request-context.ts';
import type { DocumentOf } from './trusted-documents.ts';

/** Reads what is to be run, instead of Yoga's parsers, which take forms and multipart too and report faults as 500s. */
export function useParams(documentOf: DocumentOf): Plugin<object, RequestContext> {
  return {
    onRequestParse(payload) {
      const { request, serverContext } = payload;
      payload.setRequestParser(async (): Promise<GraphQLParams> => {
        const { documentId, ...params } =
          request.method === 'GET'
            ? paramsOfQuery(serverContext.search)
            : paramsOfBody(await bodyOf(serverContext));
        params.query = documentOf({ query: params.query, documentId });
        return params;
      });
    },
  };
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
