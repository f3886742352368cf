import type { FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { toGraphQLError, type ToGraphQLErrorOptions } from '../graphql/errors.ts';

/** A result of whichever library's making. */
interface Result {
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly data?: FormattedExecutionResult['data'] | undefined;
  readonly extensions?: FormattedExecutionResult['extensions'] | undefined;
}

/** Gives every error of a result its public form. */
export function presentErrors<T extends Result>(result: T, options: ToGraphQLErrorOptions): T {
  return result.errors?.length
    ? { ...result, errors: result.errors.map((error) => toGraphQLError(error, options)) }
    : result;
}

/** An error as it goes out: what only the HTTP layer reads stays here. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const shown = error.toJSON();
  return { ...shown, extensions: { ...shown.extensions, http: undefined } };
}

/** A result as it goes out; `errors` come first, where they are seen (GraphQL, 7.1). */
export function formatResult({ errors, data, extensions }: Result): FormattedExecutionResult {
  return {
    ...(errors?.length ? { errors: errors.map(formatError) } : {}),
    ...(data === undefined ? {} : { data }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}
