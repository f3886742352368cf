/** What a document's text alone tells of a selection, whatever its variables are. Found once for each document. */
import {
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

export interface Shape {
  /** Whether anything in it may cause a request. */
  readonly spends: boolean;
  /** Its fields, with fragments written out each time they are spread. */
  readonly fields: number;
}

/** Where selections are read: a document's fragments and the schema it fits. */
export interface Surroundings {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

// Documents are kept parsed, so what is found of their nodes lasts as long as they do.
const found = new WeakMap<SelectionSetNode, Map<GraphQLObjectType, Shape>>();

/** @param set of a document that passed validation: fragments do not spread themselves */
export function shapeOf(set: SelectionSetNode, type: GraphQLObjectType, around: Surroundings): Shape {
  const known = found.get(set);
  const shape = known?.get(type);
  if (shape !== undefined) return shape;
  const read = readShape(set, type, around);
  if (known === undefined) found.set(set, new Map([[type, read]]));
  else known.set(type, read);
  return read;
}

function readShape(set: SelectionSetNode, type: GraphQLObjectType, around: Surroundings): Shape {
  let spends = false;
  let fields = 0;
  const add = (part: Shape): void => {
    spends ||= part.spends;
    fields += part.fields;
  };
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const field = type.getFields()[selection.name.value];
      fields += 1;
      spends ||= field?.extensions.cost !== undefined;
      if (field && selection.selectionSet) add(shapeBelow(field, selection.selectionSet, around));
      continue;
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : around.fragments.get(selection.name.value);
    if (fragment && mayApply(fragment.typeCondition?.name.value, type, around)) {
      add(shapeOf(fragment.selectionSet, type, around));
    }
  }
  return { spends, fields };
}

/** Of the type for which it is the most. */
function shapeBelow(
  field: GraphQLField<unknown, unknown>,
  set: SelectionSetNode,
  around: Surroundings,
): Shape {
  let spends = false;
  let fields = 0;
  for (const type of resultTypes(field, around.schema)) {
    const shape = shapeOf(set, type, around);
    spends ||= shape.spends;
    fields = Math.max(fields, shape.fields);
  }
  return { spends, fields };
}

/** The types that what a field leads to may have. */
export function resultTypes(
  field: GraphQLField<unknown, unknown>,
  schema: GraphQLSchema,
): readonly GraphQLObjectType[] {
  const type = getNamedType(field.type);
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
}

/** Whether a fragment with this type condition says anything of an object of the type. */
export function mayApply(
  condition: string | undefined,
  type: GraphQLObjectType,
  { schema }: Surroundings,
): boolean {
  if (condition === undefined || condition === type.name) return true;
  const named = schema.getType(condition);
  return isAbstractType(named) && schema.isSubType(named, type);
}
