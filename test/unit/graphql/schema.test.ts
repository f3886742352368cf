import { readFile } from 'node:fs/promises';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  validateSchema,
  type GraphQLArgument,
  type GraphQLNamedType,
} from 'graphql';
import { expect, test } from 'vitest';
import { printGatewaySchema } from '../../../src/graphql/print-schema.ts';
import { schema } from '../../../src/graphql/schema.ts';

type Item = readonly [place: string, description: string | null | undefined];

const argumentsOf = (place: string, args: readonly GraphQLArgument[]): Item[] =>
  args.map(({ name, description }) => [`${place}(${name}:)`, description]);

function itemsOf(type: GraphQLNamedType): Item[] {
  const items: Item[] = [[type.name, type.description]];
  if (isEnumType(type)) {
    for (const { name, description } of type.getValues()) items.push([`${type.name}.${name}`, description]);
  }
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      items.push([`${type.name}.${field.name}`, field.description]);
    }
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const { name, description, args } of Object.values(type.getFields())) {
      items.push([`${type.name}.${name}`, description], ...argumentsOf(`${type.name}.${name}`, args));
    }
  }
  return items;
}

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

test('the schema is valid', () => {
  expect(validateSchema(schema)).toEqual([]);
});

test('every item has a description that is a sentence', () => {
  const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive));
  const items = [
    ...ownTypes.flatMap(itemsOf),
    ...directives.flatMap(({ name, description, args }): Item[] => [
      [`@${name}`, description],
      ...argumentsOf(`@${name}`, args),
    ]),
  ];
  expect(items.length).toBeGreaterThan(200);
  expect(
    items.filter(([, description]) => !/^\S.*[.!?)`]$/s.test(description ?? '')).map(([place]) => place),
  ).toEqual([]);
});

test('the committed schema is the one that is served', async () => {
  const committed = await readFile(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8');
  expect(printGatewaySchema(), 'run `npm run codegen`').toBe(committed);
});

test('directives stand in the printed schema where they apply', () => {
  const printed = printGatewaySchema();
  expect(printed).toContain('): TicketConnection @semanticNonNull @backendCost(requests: 26)');
  expect(printed).toContain('): Webhook @requiresLevel(level: ADMIN) @backendCost(requests: 1)');
  expect(printed).toContain('directive @semanticNonNull(');
});

test('lists read forward only', () => {
  const backward = ownTypes
    .filter((type) => isObjectType(type))
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap(({ name, args }) => argumentsOf(`${type.name}.${name}`, args)),
    )
    .filter(([place]) => /\((last|before):\)$/.test(place));
  expect(backward).toEqual([]);
});
