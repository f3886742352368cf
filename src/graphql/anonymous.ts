/** Which operations run for somebody who has not said who they are. */
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** Extensions of a root field that needs no caller. */
export const anonymous = { anonymous: true } as const;

const introspection: ReadonlySet<string> = new Set(['__schema', '__type', '__typename']);

/**
 * Whether an operation selects a root field that acts for a caller: any but introspection and those that are
 * `anonymous`. Fields behind @skip and @include count; what cannot be told (no such operation, field or fragment)
 * counts too.
 */
export function needsCaller(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName?: string | null,
): boolean {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const operation = operationName
    ? operations.find(({ name }) => name?.value === operationName)
    : operations.length === 1
      ? operations[0]
      : undefined;
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return true;
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return selectsForCaller(
    operation.selectionSet,
    root,
    new Map(fragments.map((node) => [node.name.value, node])),
  );
}

function selectsForCaller(
  { selections }: SelectionSetNode,
  root: GraphQLObjectType,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string> = new Set(),
): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      return !introspection.has(name) && root.getFields()[name]?.extensions['anonymous'] !== true;
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return selectsForCaller(selection.selectionSet, root, fragments, seen);
    }
    const name = selection.name.value;
    const fragment = fragments.get(name);
    if (fragment === undefined) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return selectsForCaller(fragment.selectionSet, root, fragments, seen);
  });
}
