import fc from 'fast-check';
import {
  getIntrospectionQuery,
  Kind,
  parse,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { documentFault } from '../../../../src/graphql/documents/limits.ts';
import { createMeasure, type Measure } from '../../../../src/graphql/documents/measure.ts';

const operationOf = (document: DocumentNode): OperationDefinitionNode => {
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('no operation');
  return operation;
};

const measure = (source: string): Measure => {
  const document = parse(source);
  return createMeasure(document)(operationOf(document));
};

describe('the depth of an operation', () => {
  test.for([
    ['{ a }', 1],
    ['{ a { b { c } } d { e } }', 3],
    ['{ a { ... { ... on T { b } } } }', 2],
    ['{ ...F } fragment F on Q { a { ...G } } fragment G on Q { b { c } }', 3],
    ['{ ...F a { b { ...F } } } fragment F on Q { c { d } }', 4],
  ] as const)('counts fields, not fragments: %s', ([source, depth]) => {
    expect(measure(source).depth).toBe(depth);
  });

  test('leaves what is below introspection to the rule that is made for it', () => {
    expect(measure(getIntrospectionQuery()).depth).toBe(1);
    expect(measure('{ a { __type(name: "T") { fields { name } } } }').depth).toBe(2);
  });
});

describe('aliases and directives', () => {
  test('count wherever they stand', () => {
    const source = `query ($v: Int @a) @a { x: f @a ... @a { g } ...F @a } fragment F on Q @a { y: h @a }`;
    expect(measure(source)).toMatchObject({ aliases: 2, directives: 7 });
  });

  test('count each time that their fragment is spread, and so do those of every spread', () => {
    const source = `{ a { ...F } ...F @a @a ...F @a } fragment F on Q { x: f @a }`;
    expect(measure(source)).toMatchObject({ aliases: 3, directives: 6 });
  });

  test('of fragments that double each other come to more than anybody could write out, in no time', () => {
    const chain = Array.from(
      { length: 1100 },
      (_, at) => `fragment F${at} on Q { ...F${at + 1} ...F${at + 1} }`,
    );
    const source = `{ ...F0 } ${chain.join(' ')} fragment F1100 on Q { x: f }`;
    expect(measure(source).aliases).toBe(Infinity);
    const fault = documentFault(parse(source), { ...generous, maxAliases: 100 });
    expect(fault?.originalError).toMatchObject({ details: { found: Number.MAX_SAFE_INTEGER } });
  });
});

describe('root fields', () => {
  test.for([
    ['{ a b c: a }', 3],
    ['{ a a ... { a b } }', 2],
    ['{ ...F ...F x: a } fragment F on Q { a ...G } fragment G on Q { b }', 3],
    ['{ a { b c d } }', 1],
  ] as const)('count by their names in the answer: %s', ([source, count]) => {
    expect(measure(source).rootFields).toBe(count);
  });
});

test.for([
  '{ ...F } fragment F on Q { ...F a }',
  '{ ...F } fragment F on Q { a { ...G } } fragment G on Q { ...F b }',
  '{ ...Nothing a }',
])('a document that is not valid is measured all the same: %s', (source) => {
  expect(measure(source).rootFields).toBeGreaterThan(0);
});

const generous = { maxDepth: 1e9, maxAliases: 1e9, maxRootFields: 1e9, maxDirectives: 1e9 };

describe('a limit', () => {
  const source = 'query A { a } query B @d { x: a { b { c } } y: a }';

  test.for([
    ['DEPTH', { maxDepth: 2 }, 3, 2],
    ['ALIASES', { maxAliases: 1 }, 2, 1],
    ['ROOT_FIELDS', { maxRootFields: 1 }, 2, 1],
    ['DIRECTIVES', { maxDirectives: 0 }, 1, 0],
  ] as const)(
    '%s is held by every operation of a document, and says by which it is not',
    ([limit, of, found, max]) => {
      const fault = documentFault(parse(source), { ...generous, ...of });
      expect(fault?.originalError).toMatchObject({
        code: 'GRAPHQL_VALIDATION_FAILED',
        category: 'INPUT',
        details: { limit, found, max },
      });
      expect(fault?.locations).toEqual([{ line: 1, column: source.indexOf('query B') + 1 }]);
    },
  );

  test('that is reached is not passed', () => {
    const exact = { maxDepth: 3, maxAliases: 2, maxRootFields: 2, maxDirectives: 1 };
    expect(documentFault(parse(source), exact)).toBeNull();
  });
});

/** The same, with every fragment written out. */
function writtenOut({ selections }: SelectionSetNode, document: DocumentNode): Omit<Measure, 'rootFields'> {
  let [depth, aliases, directives] = [0, 0, 0];
  for (const selection of selections) {
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? document.definitions.find(
            (node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
          )
        : selection;
    if (!fragment || !('selectionSet' in fragment)) throw new Error('no such fragment');
    const below = fragment.selectionSet
      ? writtenOut(fragment.selectionSet, document)
      : { depth: 0, aliases: 0, directives: 0 };
    const isField = selection.kind === Kind.FIELD;
    depth = Math.max(depth, below.depth + (isField ? 1 : 0));
    aliases += below.aliases + (isField && selection.alias ? 1 : 0);
    directives += below.directives + (selection.directives?.length ?? 0);
    if (fragment !== selection) directives += fragment.directives?.length ?? 0;
  }
  return { depth, aliases, directives };
}

test('any document comes to what it comes to with its fragments written out', () => {
  const directives = fc.constantFrom('', '', '@d', '@d @d');
  const field = fc.tuple(fc.constantFrom('', 'x: ', 'y: '), fc.constantFrom('a', 'b'), directives);
  /** Spreads only fragments that come after it. */
  const set = (at: number, depth: number): fc.Arbitrary<string> => {
    const inner = depth > 0 ? [set(at, depth - 1)] : [];
    return fc
      .array(
        fc.oneof(
          field.map(([alias, name, given]) => `${alias}${name} ${given}`),
          ...inner.map((below) =>
            fc.tuple(field, below).map(([[alias, name, given], body]) => `${alias}${name} ${given} ${body}`),
          ),
          ...inner.map((below) => fc.tuple(directives, below).map(([given, body]) => `... ${given} ${body}`)),
          ...(at < 3
            ? [
                fc
                  .tuple(fc.integer({ min: at, max: 2 }), directives)
                  .map(([of, given]) => `...F${of} ${given}`),
              ]
            : []),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((selections) => `{ ${selections.join(' ')} }`);
  };
  const document = fc
    .tuple(set(0, 3), set(1, 2), set(2, 2), set(3, 2))
    .map(([root, ...others]) =>
      [root, ...others.map((body, at) => `fragment F${at} on Q @d ${body}`)].join(' '),
    );
  fc.assert(
    fc.property(document, (source) => {
      const parsed = parse(source);
      const { selectionSet } = operationOf(parsed);
      expect(measure(source)).toMatchObject(writtenOut(selectionSet, parsed));
    }),
    { numRuns: 300 },
  );
});
