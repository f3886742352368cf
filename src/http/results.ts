import type { FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { toGraphQLError, type ToGraphQLErrorOptions } from '../graphql/errors.ts';
import type { Increment } from './incremental/part.ts';

/** A result of whichever library's making. */
interface Result {
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly data?: FormattedExecutionResult['data'] | undefined;
  readonly extensions?: FormattedExecutionResult['extensions'] | undefined;
  /** What a part adds to an answer that comes in parts. */
  readonly incremental?: readonly Increment[] | undefined;
  readonly hasNext?: boolean | undefined;
}

/** Gives every error of a result its public form. */
export function presentErrors<T extends Result>(result: T, options: ToGraphQLErrorOptions): T {
  const presented = result.incremental
    ? { ...result, incremental: result.incremental.map((increment) => presentThose(increment, options)) }
    : result;
  return presentThose(presented, options);
}

const presentThose = <T extends Pick<Result, 'errors'>>(result: T, options: ToGraphQLErrorOptions): T =>
  result.errors?.length
    ? { ...result, errors: result.errors.map((error) => toGraphQLError(error, options)) }
    : result;

/** All errors of a result. */
export const errorsOf = ({ errors = [], incremental }: Result): readonly GraphQLError[] =>
  incremental ? [...errors, ...incremental.flatMap((increment) => increment.errors ?? [])] : errors;

/** An error as it goes out: what only the HTTP layer reads stays here. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const shown = error.toJSON();
  return { ...shown, extensions: { ...shown.extensions, http: undefined } };
}

/** A result as it goes out; `errors` come first, where they are seen (GraphQL, 7.1). */
export function formatResult({
  errors,
  data,
  extensions,
  incremental,
  hasNext,
}: Result): FormattedExecutionResult {
  return {
    ...(errors?.length ? { errors: errors.map(formatError) } : {}),
    ...(data === undefined ? {} : { data }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(incremental === undefined ? {} : { incremental: incremental.map(formatIncrement) }),
    ...(hasNext === undefined ? {} : { hasNext }),
  };
}

const formatIncrement = (increment: Increment): object =>
  increment.errors ? { ...increment, errors: increment.errors.map(formatError) } : increment;
