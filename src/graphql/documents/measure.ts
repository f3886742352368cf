/** How large an operation is, told from its document alone. Each fragment is read once, however often it is spread. */
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Counts are those of the operation with its fragments written out. */
export interface Measure {
  /** Fields inside each other. What is below `__schema` and `__type` has a rule of its own (graphql-js). */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fields of the first level, by their names in the answer. */
  readonly rootFields: number;
}

type Size = Omit<Measure, 'rootFields'>;

const nothing: Size = { depth: 0, aliases: 0, directives: 0 };

const introspection: ReadonlySet<string> = new Set(['__schema', '__type']);

/** The document need not be valid: what is not there counts nothing, nor does a fragment inside itself. */
export function createMeasure({
  definitions,
}: DocumentNode): (operation: OperationDefinitionNode) => Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const known = new Map<string, Size>();

  const ofSpread = (name: string): Size => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const fragment = fragments.get(name);
    if (fragment === undefined) return nothing;
    known.set(name, nothing);
    const size = add(ofSet(fragment.selectionSet), fragment);
    known.set(name, size);
    return size;
  };

  const ofSelection = (selection: SelectionNode): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return add(ofSpread(selection.name.value), selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return add(ofSet(selection.selectionSet), selection);
    const { depth, aliases, directives } = add(ofSet(selection.selectionSet), selection);
    const below = introspection.has(selection.name.value) ? 0 : depth;
    return { depth: below + 1, aliases: aliases + (selection.alias ? 1 : 0), directives };
  };

  const ofSet = (set: SelectionSetNode | undefined): Size => {
    let [depth, aliases, directives] = [0, 0, 0];
    for (const selection of set?.selections ?? []) {
      const size = ofSelection(selection);
      depth = Math.max(depth, size.depth);
      aliases += size.aliases;
      directives += size.directives;
    }
    return { depth, aliases, directives };
  };

  return (operation) => {
    const { variableDefinitions = [], selectionSet } = operation;
    const size = [operation, ...variableDefinitions].reduce(add, ofSet(selectionSet));
    return { ...size, rootFields: namesOf(selectionSet, fragments).size };
  };
}

/** What else has directives: a field, a spread, a fragment, an operation, a variable. */
const add = (size: Size, { directives = [] }: Pick<SelectionNode, 'directives'>): Size =>
  directives.length === 0 ? size : { ...size, directives: size.directives + directives.length };

function namesOf(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen = { names: new Set<string>(), spreads: new Set<string>() },
): ReadonlySet<string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) seen.names.add((selection.alias ?? selection.name).value);
    else if (selection.kind === Kind.INLINE_FRAGMENT) namesOf(selection.selectionSet, fragments, seen);
    else if (!seen.spreads.has(selection.name.value)) {
      seen.spreads.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) namesOf(fragment.selectionSet, fragments, seen);
    }
  }
  return seen.names;
}
