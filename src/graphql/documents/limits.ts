/** What a document may be. These are found before GraphQL's own rules, whose work grows with the square of its fields. */
import { GraphQLError, Kind, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { GatewayError } from '../../domain/errors.ts';
import { createMeasure, type Measure } from './measure.ts';

/** The most of each that an operation may have. */
export interface DocumentLimits {
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxRootFields: number;
  readonly maxDirectives: number;
}

interface Limit {
  readonly name: string;
  readonly max: (limits: DocumentLimits) => number;
  readonly found: (measure: Measure) => number;
  readonly says: (found: number, max: number) => string;
}

const limits: readonly Limit[] = [
  {
    name: 'DEPTH',
    max: ({ maxDepth }) => maxDepth,
    found: ({ depth }) => depth,
    says: (found, max) => `The operation has ${found} fields inside each other; ${max} are allowed.`,
  },
  {
    name: 'ALIASES',
    max: ({ maxAliases }) => maxAliases,
    found: ({ aliases }) => aliases,
    says: (found, max) => `The operation has ${found} aliases; ${max} are allowed.`,
  },
  {
    name: 'ROOT_FIELDS',
    max: ({ maxRootFields }) => maxRootFields,
    found: ({ rootFields }) => rootFields,
    says: (found, max) => `The operation has ${found} fields of the first level; ${max} are allowed.`,
  },
  {
    name: 'DIRECTIVES',
    max: ({ maxDirectives }) => maxDirectives,
    found: ({ directives }) => directives,
    says: (found, max) => `The operation has ${found} directives; ${max} are allowed.`,
  },
];

/** Refuses a document for its first operation that is too large. null: none is. */
export function documentFault(document: DocumentNode, allowed: DocumentLimits): GraphQLError | null {
  const measure = createMeasure(document);
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const size = measure(operation);
    const limit = limits.find(({ found, max }) => found(size) > max(allowed));
    if (limit) return tooLarge(operation, limit, size, allowed);
  }
  return null;
}

function tooLarge(
  operation: OperationDefinitionNode,
  { name, found, max, says }: Limit,
  size: Measure,
  allowed: DocumentLimits,
): GraphQLError {
  // Fragments that spread each other twice come to more than a number holds.
  const details = {
    limit: name,
    found: Math.min(found(size), Number.MAX_SAFE_INTEGER),
    max: max(allowed),
  };
  const message = says(details.found, details.max);
  return new GraphQLError(message, {
    nodes: operation,
    originalError: new GatewayError('GRAPHQL_VALIDATION_FAILED', message, { details }),
  });
}
