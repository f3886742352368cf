import { createRequire } from 'node:module';
import { GraphQLSchema } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { expect, test } from 'vitest';

test('tests and libraries share one copy of graphql', () => {
  const schema = createSchema({ typeDefs: 'type Query { hello: String }' });
  expect(schema).toBeInstanceOf(GraphQLSchema);
});

test('CommonJS and ES module importers of graphql see the same classes', () => {
  const required: unknown = createRequire(import.meta.url)('graphql');
  expect(required).toHaveProperty('GraphQLSchema', GraphQLSchema);
});
