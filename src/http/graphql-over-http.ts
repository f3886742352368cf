import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Telemetry } from '../domain/telemetry.ts';
import { createDocumentCaches, useDocumentRules, useNoSuggestions, type DocumentRules } from './documents.ts';
import { useIncremental } from './incremental/use-incremental.ts';
import { useDrafts } from './use-drafts.ts';
import { useFailures } from './use-failures.ts';
import { useOperations, type OperationsOptions } from './use-operations.ts';
import type { RequestContext } from './request-context.ts';
import type { DocumentOf } from './trusted-documents.ts';
import { useParams } from './use-params.ts';
import { useTelemetry } from './use-telemetry.ts';
import { useResults, type ResultsOptions } from './use-results.ts';

export interface GraphQLOverHttpOptions extends OperationsOptions, ResultsOptions {
  readonly schema: GraphQLSchema;
  readonly documents: DocumentRules;
  readonly documentOf: DocumentOf;
  /** Whether answers may be kept as they go out (`OperationSource.draft`). @default false */
  readonly keepsAnswers?: boolean;
  /** Documents that stay parsed, whatever else is asked. */
  readonly lastingDocuments: Iterable<string>;
  /** null: nobody watches. */
  readonly telemetry: Telemetry | null;
}

export type GraphQLOverHttp = YogaServerInstance<RequestContext, object>;

/**
 * The GraphQL pipeline. What Yoga does by default and the gateway does itself is off: CORS, bodies, forms, masking,
 * pages, health.
 */
export function createGraphQLOverHttp(options: GraphQLOverHttpOptions): GraphQLOverHttp {
  return createYoga<RequestContext>({
    schema: options.schema,
    graphqlEndpoint: '/graphql',
    plugins: [
      useFailures(options),
      useParams(options.documentOf, options.telemetry?.refused),
      useDocumentRules(options.documents),
      ...(options.documents.fieldSuggestions ? [] : [useNoSuggestions()]),
      ...(options.telemetry === null ? [] : [useTelemetry(options.telemetry)]),
      useIncremental(options),
      useOperations(options),
      ...(options.keepsAnswers ? [useDrafts()] : []),
      useResults(options),
    ],
    parserAndValidationCache: createDocumentCaches(options.lastingDocuments),
    // Its limit costs more than executing a small query; `readBody` has its own.
    maxRequestBodySize: false,
    // Errors stay as they were thrown until the one place where results leave (`useResults`, and the socket's).
    maskedErrors: false,
    logging: false,
    multipart: false,
    cors: false,
    batching: false,
    landingPage: false,
    graphiql: false,
    // Yoga cannot leave it out; no address ends like this.
    healthCheckEndpoint: '\0',
  });
}
