import { readdir, readFile } from 'node:fs/promises';
import { Kind, parse, validate, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

const folder = new URL('../../schema/operations/', import.meta.url);
const files = await Promise.all(
  (await readdir(folder)).map(async (name) => {
    const text = await readFile(new URL(name, folder), 'utf8');
    return { name, text, document: parse(text) };
  }),
);

const operationsOf = (document: DocumentNode): OperationDefinitionNode[] =>
  document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);

test.for(files)('$name is valid against the schema', ({ document }) => {
  expect(validate(schema, document)).toEqual([]);
});

test.for(files)('$name tells an explorer what it is for', ({ text, document }) => {
  expect(text).toMatch(/^# \w/);
  for (const { name } of operationsOf(document)) expect(name?.value).toMatch(/^[A-Z]/);
});

test('no two operations have the same name', () => {
  const names = files.flatMap(({ document }) => operationsOf(document).map(({ name }) => name?.value));
  expect(names).toEqual([...new Set(names)]);
});

test.for(['tickets-page', 'ticket-create', 'ticket-update', 'live-events', 'budget'])(
  '%s runs as it stands: every variable it needs has a default',
  (name) => {
    const file = files.find((candidate) => candidate.name === `${name}.graphql`);
    const variables =
      file?.document &&
      operationsOf(file.document).flatMap(({ variableDefinitions = [] }) => variableDefinitions);
    const open = variables?.filter(
      ({ type, defaultValue }) => type.kind === Kind.NON_NULL_TYPE && !defaultValue,
    );
    expect(open).toEqual([]);
  },
);
