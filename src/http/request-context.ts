import type { OperationSource } from './operation.ts';

/** What is known of a request to `/graphql` before GraphQL begins. */
export interface RequestContext {
  readonly source: OperationSource;
  /** The query string, without `?`. */
  readonly search: string;
  /** Reads the body, within its limit. @throws BodyTooLargeError, BodyCutError */
  readonly readBody: () => Promise<Buffer>;
}
