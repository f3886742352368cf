import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';

type Field = GraphQLField<unknown, unknown>;

/** Selects a field with as little as the schema lets it be asked with; what it is given means nothing. */
export function smallestSelection(field: Field): string {
  const given = field.args.flatMap(({ name, type }) =>
    isNonNullType(type) ? [`${name}: ${smallestValue(type)}`] : [],
  );
  const selected = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return `${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selected}`;
}

function smallestValue(type: GraphQLInputType): string {
  if (isNonNullType(type)) return smallestValue(type.ofType);
  if (isListType(type)) return `[${smallestValue(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const members = Object.values(type.getFields()).flatMap(({ name, type: of, defaultValue }) =>
      isNonNullType(of) && defaultValue === undefined ? [`${name}: ${smallestValue(of)}`] : [],
    );
    return `{ ${members.join(', ')} }`;
  }
  const values: Readonly<Record<string, string>> = { Int: '1', Float: '1', Boolean: 'true' };
  return values[type.name] ?? '"1"';
}
