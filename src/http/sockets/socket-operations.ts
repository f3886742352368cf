import {
  getOperationAST,
  GraphQLError,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import type { OperationResult, SubscribePayload } from 'graphql-ws';
import type { GraphQLOverHttp } from '../graphql-over-http.ts';
import type { OperationSource } from '../operation.ts';
import { refuseDeep } from '../params.ts';
import { documentIdOf, type DocumentOf } from '../trusted-documents.ts';

/** What Yoga's pipeline is for one operation. */
export interface Engine {
  readonly schema: GraphQLSchema;
  readonly parse: (query: string) => DocumentNode;
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  readonly contextFactory: () => unknown;
  readonly execute: (args: ExecutionArgs) => OperationResult;
  readonly subscribe: (args: ExecutionArgs) => OperationResult;
}

/**
 * Runs operations of sockets through the same pipeline as those of HTTP. Nothing here throws: graphql-ws would close the
 * whole socket, and end every other operation on it.
 */
export function createSocketOperations(
  graphql: Pick<GraphQLOverHttp, 'getEnveloped'>,
  documentOf: DocumentOf,
) {
  const engines = new WeakMap<ExecutionArgs, Engine>();

  const run = async (
    stage: 'execute' | 'subscribe',
    args: ExecutionArgs,
  ): Promise<Awaited<OperationResult>> => {
    try {
      const engine = engines.get(args);
      if (!engine) throw new Error('an operation came without its engine');
      return await engine[stage](args);
    } catch (error) {
      return { errors: [asGraphQLError(error)] };
    }
  };

  return {
    /** Reads and checks a document; what is wrong with it comes back as errors. */
    async prepare(
      payload: SubscribePayload,
      source: OperationSource,
    ): Promise<ExecutionArgs | readonly GraphQLError[]> {
      try {
        refuseDeep(payload.variables);
        refuseDeep(payload.extensions);
        const { operationName, variables, extensions } = payload;
        const query = documentOf({ query: payload.query, documentId: documentIdOf(payload) });
        const params = { query, operationName, variables, extensions };
        const engine: Engine = graphql.getEnveloped({ source, params });
        const document = engine.parse(query);
        const errors = engine.validate(engine.schema, document);
        if (errors.length > 0) return errors;
        if (!getOperationAST(document, operationName)) return [unresolved()];
        const args: ExecutionArgs = {
          schema: engine.schema,
          document,
          contextValue: await engine.contextFactory(),
          operationName: operationName ?? null,
          variableValues: variables ?? null,
        };
        engines.set(args, engine);
        return args;
      } catch (error) {
        return [asGraphQLError(error)];
      }
    },
    execute: (args: ExecutionArgs) => run('execute', args),
    subscribe: (args: ExecutionArgs) => run('subscribe', args),
  };
}

/** As over HTTP. graphql-ws itself would end in a failure of the gateway. */
const unresolved = (): GraphQLError =>
  new GraphQLError('Could not determine what operation to execute.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  });

/** graphql-ws takes nothing else; the cause comes back when the error is presented. */
const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('Failed.', {
        originalError: error instanceof Error ? error : new Error(String(error)),
      });
