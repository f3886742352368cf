import { GraphQLError } from 'graphql';

/** As graphql-js ends a message: ` Did you mean "a", "b", or "c"?`, ` Did you mean the enum value "A"?` */
const suggestion = / Did you mean [^?]*\?$/;

/** An error without the names of the schema that it proposes. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(suggestion, '');
  if (message === error.message) return error;
  return new GraphQLError(message, {
    ...(error.nodes ? { nodes: error.nodes } : { source: error.source, positions: error.positions }),
    path: error.path,
    originalError: error.originalError,
    extensions: error.extensions,
  });
}
