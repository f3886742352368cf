import { getDirectiveValues, Kind, type GraphQLResolveInfo, type SelectionNode } from 'graphql';
import { streamDirective } from '../directives.ts';

const rows: ReadonlySet<string> = new Set(['edges', 'nodes']);

/** Whether the rows of the connection that a field leads to are to come one after the other. */
export function streamsRows({ fieldNodes, fragments, variableValues }: GraphQLResolveInfo): boolean {
  const streams = (selection: SelectionNode): boolean => {
    if (selection.kind === Kind.FIELD) {
      return (
        rows.has(selection.name.value) &&
        getDirectiveValues(streamDirective, selection, variableValues)?.['if'] === true
      );
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
    return fragment?.selectionSet.selections.some(streams) ?? false;
  };
  return fieldNodes.some((node) => node.selectionSet?.selections.some(streams) ?? false);
}
