/** Makes random documents of whatever the schema offers. */
import fc from 'fast-check';
import {
  astFromValue,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  print,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
} from 'graphql';
import { schema } from '../../../../src/graphql/schema.ts';

/** Values for arguments, by their name; undefined leaves the argument out. */
export type Pools = Readonly<Record<string, fc.Arbitrary<unknown>>>;

export interface RandomDocument {
  readonly source: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** `Type.field` of every field that it names. */
  readonly fields: ReadonlySet<string>;
}

/** How a field is written down: as it is, in a fragment, once more in one, behind a directive that lets it pass or not. */
const manners = ['PLAIN', 'PLAIN', 'INLINE', 'NAMED', 'TWICE', 'INCLUDED', 'SKIPPED'] as const;

interface Chosen {
  readonly parent: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly args: readonly { readonly arg: GraphQLArgument; readonly value: unknown }[];
  /** What is selected of each type that it may be. */
  readonly parts: readonly { readonly type: GraphQLObjectType; readonly chosen: readonly Chosen[] }[];
  readonly manner: (typeof manners)[number];
  readonly byVariable: boolean;
}

export interface DocumentSize {
  /** Root fields, at most. */
  readonly width: number;
  /** Fields within fields, at most. */
  readonly depth: number;
}

export const randomDocuments = (
  kind: 'query' | 'mutation',
  pools: Pools,
  { width, depth }: DocumentSize,
): fc.Arbitrary<RandomDocument> => {
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  if (!root) throw new Error(`no ${kind}`);
  return selections(root, pools, depth, width).map((chosen) => write(kind, root, chosen));
};

/** Empty where every field leads deeper than that. */
function selections(
  type: GraphQLObjectType,
  pools: Pools,
  depth: number,
  maxLength = 3,
): fc.Arbitrary<readonly Chosen[]> {
  const isLeaf = (field: GraphQLField<unknown, unknown>) => isLeafType(getNamedType(field.type));
  const fields = Object.values(type.getFields()).filter((field) => depth > 0 || isLeaf(field));
  // Fields that lead on are what matters.
  const weighted = fields.map((field) => ({ weight: isLeaf(field) ? 1 : 5, arbitrary: fc.constant(field) }));
  if (weighted.length === 0) return fc.constant([]);
  const one = fc.oneof(...weighted).chain((field) => choice(type, field, pools, depth));
  return fc.array(one, { minLength: 1, maxLength });
}

function choice(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  pools: Pools,
  depth: number,
): fc.Arbitrary<Chosen> {
  const args = field.args.map((arg) => {
    const pool = pools[`${field.name}.${arg.name}`] ?? pools[arg.name];
    if (!pool) throw new Error(`no values for ${parent.name}.${field.name}(${arg.name}:)`);
    return pool.map((value) => {
      if (value === undefined && isRequiredArgument(arg)) throw new Error(`${field.name} needs ${arg.name}`);
      return { arg, value };
    });
  });
  const parts = objectTypes(getNamedType(field.type)).map((type) =>
    selections(type, pools, depth - 1).map((chosen) => ({ type, chosen })),
  );
  return fc.record({
    parent: fc.constant(parent),
    field: fc.constant(field),
    args: fc.tuple(...args),
    parts: fc.tuple(...parts),
    manner: fc.constantFrom(...manners),
    byVariable: fc.boolean(),
  });
}

const objectTypes = (type: GraphQLNamedType): readonly GraphQLObjectType[] => {
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
};

function write(kind: string, root: GraphQLObjectType, chosen: readonly Chosen[]): RandomDocument {
  const definitions: string[] = [];
  const fragments: string[] = [];
  const variables: Record<string, unknown> = {};
  const fields = new Set<string>();
  let names = 0;
  const fresh = (prefix: string): string => `${prefix}${(names += 1)}`;

  const argument = ({ arg, value }: Chosen['args'][number], byVariable: boolean): string[] => {
    if (value === undefined) return [];
    const literal = astFromValue(value, arg.type);
    if (!literal) throw new Error(`${arg.name} takes no ${JSON.stringify(value)}`);
    if (!byVariable) return [`${arg.name}: ${print(literal)}`];
    const name = fresh('v');
    definitions.push(`$${name}: ${String(arg.type)}`);
    variables[name] = value;
    return [`${arg.name}: $${name}`];
  };

  const body = (parts: Chosen['parts']): string => {
    const [only, ...others] = parts;
    if (!only) return '';
    if (others.length === 0) return ` { ${list(only.chosen)} }`;
    return ` { __typename ${parts.map((part) => `... on ${part.type.name} { ${list(part.chosen)} }`).join(' ')} }`;
  };

  const list = (selected: readonly Chosen[]): string =>
    selected.length === 0 ? '__typename' : selected.map(selection).join(' ');

  const selection = ({ parent, field, args, parts, manner, byVariable }: Chosen): string => {
    fields.add(`${parent.name}.${field.name}`);
    const given = args.flatMap((one) => argument(one, byVariable));
    const head = `${fresh('a')}: ${field.name}${given.length === 0 ? '' : `(${given.join(', ')})`}`;
    const text = `${head}${body(parts)}`;
    switch (manner) {
      case 'PLAIN':
        return text;
      case 'INLINE':
        return `... on ${parent.name} { ${text} }`;
      case 'NAMED': {
        const name = fresh('F');
        fragments.push(`fragment ${name} on ${parent.name} { ${text} }`);
        return `...${name} ...${name}`;
      }
      case 'TWICE':
        return `${text} ... { ${head}${body(parts)} }`;
      case 'INCLUDED':
        return `... @skip(if: $no) @include(if: true) { ${text} }`;
      case 'SKIPPED':
        return `... @include(if: $no) { ${text} }`;
    }
  };

  const text = list(chosen);
  const source = `${kind} ($no: Boolean = false ${definitions.join(' ')}) { ${text} ${root.name === 'Query' ? '' : '__typename'} ... @include(if: $no) { __typename } }
    ${fragments.join('\n')}`;
  return { source, variables, fields };
}
