import { getIntrospectionQuery, type DocumentNode, type GraphQLError, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { schema } from '../../../src/graphql/schema.ts';
import { createDocumentCaches, useDocumentRules, type DocumentRules } from '../../../src/http/documents.ts';

const rules: DocumentRules = {
  maxDepth: 15,
  maxAliases: 100,
  maxRootFields: 100,
  maxDirectives: 50,
  maxTokens: 2000,
  introspection: true,
  fieldSuggestions: true,
};

interface Engine {
  readonly schema: GraphQLSchema;
  readonly parse: (text: string) => DocumentNode;
  readonly validate: (of: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
}

function createEngine(changed: Partial<DocumentRules> = {}, trusted: readonly string[] = []) {
  const yoga = createYoga({
    schema,
    plugins: [useDocumentRules({ ...rules, ...changed })],
    parserAndValidationCache: createDocumentCaches(trusted),
    logging: false,
  });
  /** As an operation gets it. */
  return (text: string) => {
    const engine: Engine = yoga.getEnveloped({});
    const document = engine.parse(text);
    return { document, errors: engine.validate(engine.schema, document) };
  };
}

const others = Array.from({ length: 1100 }, (_, at) => `{ a${at}: __typename }`);

describe('a document', () => {
  test('is parsed and checked once, whether it passes or not', () => {
    const read = createEngine({ maxAliases: 0 });
    for (const text of ['{ __typename }', '{ a: __typename }', '{ nothing }']) {
      const first = read(text);
      const second = read(text);
      expect(second.document).toBe(first.document);
      expect(second.errors).toBe(first.errors);
    }
  });

  test('that is trusted stays parsed, however many others come', () => {
    const trusted = '{ mine: __typename }';
    const read = createEngine({}, [trusted]);
    const [first, other] = [read(trusted), read('{ other: __typename }')];
    for (const text of others) read(text);
    expect(read(trusted).document).toBe(first.document);
    expect(read('{ other: __typename }').document).not.toBe(other.document);
  });

  test('that is too large is told so and nothing else', () => {
    const { errors } = createEngine({ maxDepth: 1 })('{ nothing { at { all } } }');
    expect(errors.map(({ message }) => message)).toEqual([
      'The operation has 3 fields inside each other; 1 are allowed.',
    ]);
  });

  test('may ask for the schema as often as it is allowed to', () => {
    expect(createEngine()(getIntrospectionQuery()).errors).toEqual([]);
    expect(createEngine({ introspection: false })(getIntrospectionQuery()).errors).not.toEqual([]);
  });
});

test.for(['{ ticket }', '{ tickets { nodes { subjec } } }', '{ tickets(frist: 1) { nodes { id } } }'])(
  'without suggestions the error of %s names nothing that the client did not',
  (text) => {
    const [told] = createEngine()(text).errors;
    const [bare] = createEngine({ fieldSuggestions: false })(text).errors;
    expect(bare?.message).not.toContain('Did you mean');
    expect(told?.message.startsWith(bare?.message ?? '-')).toBe(true);
  },
);
