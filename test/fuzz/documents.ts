import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isInputObjectType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import { fromTape, type Choices } from './choices.ts';
import { json, oddTexts, valueOf } from './values.ts';

export interface FuzzedRequest {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string;
  readonly extensions?: unknown;
}

/** Documents of whatever the schema offers, and what is left of them once they were damaged. */
export const requests = fromTape(400, makeRequest);

function makeRequest(choices: Choices): FuzzedRequest {
  const document = choices.oneIn(12) ? { query: rubbish(choices), variables: {} } : validDocument(choices);
  const { query, variables } = document;
  return {
    query: choices.oneIn(3) ? damaged(query, choices) : query,
    variables: choices.oneIn(20) ? json(choices, 3) : variables,
    ...(choices.oneIn(15) && { operationName: choices.pick(['', 'Q', '__proto__', '\0']) }),
    ...(choices.oneIn(15) && { extensions: json(choices, 3) }),
  };
}

function validDocument(choices: Choices) {
  const kind = choices.pick(['query', 'query', 'query', 'mutation', 'subscription'] as const);
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[kind];
  if (!root) throw new Error(`no ${kind}`);
  const variables: Record<string, unknown> = {};
  const definitions: string[] = [];
  let names = 0;

  const argument = (arg: GraphQLArgument): string => {
    const value = valueOf(arg.type, choices);
    if (!choices.oneIn(2)) return `${arg.name}: ${literal(value, arg.type)}`;
    const name = `v${(names += 1)}`;
    definitions.push(`$${name}: ${String(arg.type)}`);
    variables[name] = value;
    return `${arg.name}: $${name}`;
  };

  const selection = (type: GraphQLNamedType, depth: number): string => {
    if (isLeafType(type)) return '';
    if (isAbstractType(type)) {
      const parts = schema.getPossibleTypes(type).filter(() => choices.oneIn(2));
      return ` { __typename ${parts.map((part) => `... on ${part.name}${fieldsOf(part, depth)}`).join(' ')} }`;
    }
    return isObjectType(type) ? fieldsOf(type, depth) : '';
  };

  const fieldsOf = (type: GraphQLObjectType, depth: number, most = 3): string => {
    const all = Object.values(type.getFields()).filter(
      (field) => depth > 0 || isLeafType(getNamedType(field.type)),
    );
    const chosen = Array.from({ length: 1 + choices.next(most) }, () => all[choices.next(all.length)]);
    const parts = chosen.flatMap((field) => {
      if (field === undefined) return [];
      const args = field.args.filter((arg) => isNonNullType(arg.type) || choices.oneIn(3)).map(argument);
      const alias = choices.oneIn(12) ? '' : `a${(names += 1)}: `;
      const directive = choices.oneIn(15)
        ? ` @${choices.pick(['skip', 'include', 'defer', 'x'])}(if: true)`
        : '';
      return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive}${selection(getNamedType(field.type), depth - 1)}`;
    });
    return ` { __typename ${parts.join(' ')} }`;
  };

  const body = kind === 'subscription' ? fieldsOf(root, 3, 1).replace('__typename ', '') : fieldsOf(root, 4);
  const head = definitions.length > 0 ? `${kind} Q(${definitions.join(', ')})` : kind;
  return { query: `${head}${body}`, variables };
}

/** A value as it is written in a document; not every value can be what its type wants. */
function literal(value: unknown, type: GraphQLInputType): string {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (Array.isArray(value)) {
    const of = isListType(bare) ? bare.ofType : bare;
    return `[${value.map((one) => literal(one, of)).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = isInputObjectType(bare) ? bare.getFields() : {};
    const members = Object.entries(value).map(
      ([name, one]) =>
        `${/^[_A-Za-z]\w*$/.test(name) ? name : 'odd'}: ${literal(one, fields[name]?.type ?? bare)}`,
    );
    return `{${members.join(', ')}}`;
  }
  if (typeof value === 'string' && isEnumType(bare) && /^[_A-Za-z]\w*$/.test(value)) return value;
  return JSON.stringify(value) ?? 'null';
}

const pieces = [
  '{',
  '}',
  '(',
  ')',
  '[',
  '...',
  '... on ',
  '$',
  '@include(if: ',
  'fragment F on Query { ...F }',
  '"""',
  '"\\u{110000}"',
  '"\\ud800"',
  '#',
  '__schema { types { name } }',
  '\ufeff',
  '\0',
  '0123',
  '1e999',
  '"',
  ',,,,',
  '&',
] as const;

const rubbish = (choices: Choices): string =>
  Array.from({ length: choices.next(30) }, () =>
    choices.oneIn(2) ? choices.pick(pieces) : choices.pick(oddTexts),
  ).join(choices.pick(['', ' ', '\n']));

/** One to three wounds. */
function damaged(query: string, choices: Choices): string {
  let result = query;
  for (let wounds = 1 + choices.next(3); wounds > 0; wounds -= 1) {
    const at = choices.next(result.length + 1);
    const end = Math.min(result.length, at + choices.next(20));
    switch (choices.next(6)) {
      case 0:
        result = result.slice(0, at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 2:
        result = result.slice(0, end) + result.slice(at);
        break;
      case 3:
        result = result.slice(0, at) + choices.pick(pieces) + result.slice(at);
        break;
      case 4:
        result =
          result.slice(0, at) +
          choices.pick(['{ a ', '[', '{a:', '(']).repeat(choices.next(3000)) +
          result.slice(at);
        break;
      default:
        result = result.slice(0, at) + choices.pick(oddTexts) + result.slice(at);
    }
  }
  return result;
}
