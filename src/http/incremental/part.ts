import type { ExecutionResult, GraphQLError } from 'graphql';

/** What one part adds to an answer. */
export interface Increment {
  readonly path?: readonly (string | number)[];
  readonly label?: string;
  /** Of a fragment; null: an error ended it. */
  readonly data?: Readonly<Record<string, unknown>> | null;
  /** Of a list, from the index that ends `path` on; null: an error ended it. */
  readonly items?: readonly unknown[] | null;
  readonly errors?: readonly GraphQLError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** One of the results that an answer in parts is made of. */
export interface Part extends ExecutionResult {
  /** Of all but the first and the last. */
  readonly incremental?: readonly Increment[];
  readonly hasNext: boolean;
}
