/** How long the lists of introspection are, from the schema itself. */
import {
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** Items of a list, by type and field: `__Type.fields`. Lists that differ from type to type are as long as on average. */
type Sizes = ReadonlyMap<string, number>;

const known = new WeakMap<GraphQLSchema, Sizes>();

/** null: it is no list of introspection. */
export function introspectionSize(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  field: string,
): number | null {
  if (!type.name.startsWith('__')) return null;
  let sizes = known.get(schema);
  if (sizes === undefined) {
    sizes = sizesOf(schema);
    known.set(schema, sizes);
  }
  return sizes.get(`${type.name}.${field}`) ?? null;
}

const fieldsOf = (type: GraphQLNamedType) =>
  isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];

function sizesOf(schema: GraphQLSchema): Sizes {
  const types = Object.values(schema.getTypeMap());
  const directives = schema.getDirectives();
  const fields = types.flatMap(fieldsOf);
  const perType = (count: (type: GraphQLNamedType) => number): number =>
    types.reduce((total, type) => total + count(type), 0) / types.length;
  const args = (holders: readonly { readonly args: readonly unknown[] }[]): number =>
    holders.reduce((total, holder) => total + holder.args.length, 0) / Math.max(1, holders.length);
  return new Map([
    ['__Schema.types', types.length],
    ['__Schema.directives', directives.length],
    ['__Type.fields', fields.length / types.length],
    [
      '__Type.interfaces',
      perType((type) => (isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0)),
    ],
    [
      '__Type.possibleTypes',
      perType((type) => (isAbstractType(type) ? schema.getPossibleTypes(type).length : 0)),
    ],
    ['__Type.enumValues', perType((type) => (isEnumType(type) ? type.getValues().length : 0))],
    [
      '__Type.inputFields',
      perType((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)),
    ],
    ['__Field.args', args(fields)],
    ['__Directive.args', args(directives)],
  ]);
}

/** A field as execution finds it: those that every schema has are on no type. */
export function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}
