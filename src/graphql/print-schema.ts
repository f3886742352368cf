import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import { Kind, print, type DefinitionNode, type DocumentNode } from 'graphql';
import { schema } from './schema.ts';

/** What a reader looks for first stands first. */
const first = ['Query', 'Mutation', 'Subscription'];

/** The rank of a definition: the schema itself, directives, root types, all others. */
function rankOf(node: DefinitionNode): number {
  if (node.kind === Kind.SCHEMA_DEFINITION) return 0;
  if (node.kind === Kind.DIRECTIVE_DEFINITION) return 1;
  const root = first.indexOf(nameOf(node));
  return root < 0 ? 2 + first.length : 2 + root;
}

const nameOf = (node: DefinitionNode): string => ('name' in node ? (node.name?.value ?? '') : '');

const byName = (left: DefinitionNode, right: DefinitionNode): number =>
  rankOf(left) - rankOf(right) || (nameOf(left) < nameOf(right) ? -1 : 1);

/**
 * Types go by name, and so do the fields of root types, which many files contribute to: the order in which modules
 * happen to load must not show. Within other types fields, arguments and enum values keep the order they were given.
 */
function inOrder(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.map((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION && first.includes(node.name.value)
      ? {
          ...node,
          fields: node.fields?.toSorted((left, right) => (left.name.value < right.name.value ? -1 : 1)) ?? [],
        }
      : node,
  );
  return { ...document, definitions: definitions.toSorted(byName) };
}

/** The schema as SDL, with the directives where they are applied: what `schema/schema.graphql` holds. */
export const printGatewaySchema = (): string => `${print(inOrder(getDocumentNodeFromSchema(schema)))}\n`;
