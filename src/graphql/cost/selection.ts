/** What an operation selects of a type, as execution will find it (GraphQL, 6.3.2: CollectFields). */
import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { mayApply, type Surroundings } from './shape.ts';

/** What is needed to tell what will run. */
export interface Reading extends Surroundings {
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** null: whatever they may be. */
export type MaybeReading = Surroundings & { readonly variables: Reading['variables'] | null };

/**
 * The nodes of each field that will run, by its name in the answer: what has one name runs once. Where variables are
 * not known, of each that may.
 */
export function selectedFields(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  reading: MaybeReading,
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (!isIncluded(selection, reading)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const nodes = fields.get(name);
        if (nodes === undefined) fields.set(name, [selection]);
        else nodes.push(selection);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : spreadOnce(selection.name.value, spread, reading);
      if (fragment !== undefined && mayApply(fragment.typeCondition?.name.value, type, reading)) {
        collect(fragment.selectionSet);
      }
    }
  };
  for (const set of sets) collect(set);
  return fields;
}

function spreadOnce(
  name: string,
  spread: Set<string>,
  { fragments }: Surroundings,
): FragmentDefinitionNode | undefined {
  if (spread.has(name)) return undefined;
  spread.add(name);
  return fragments.get(name);
}

function isIncluded(selection: SelectionNode, { variables }: MaybeReading): boolean {
  if (variables === null || selection.directives === undefined || selection.directives.length === 0)
    return true;
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] !== false;
}

export function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true;
  if (value.kind === Kind.LIST) return value.values.some(hasVariable);
  return value.kind === Kind.OBJECT && value.fields.some((field) => hasVariable(field.value));
}
