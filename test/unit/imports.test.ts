import { expect, test } from 'vitest';
import { findCycle, forbidden, importsOf, readImports, type DirectionRule } from '../support/import-graph.ts';

const domain = /^domain\//;
const node = /^node:/;

/** Who may import what; the first rule whose `from` fits counts. Packages are named where only one place may use them. */
const fileRules: readonly DirectionRule[] = [
  { from: domain, allowed: [domain] },
  { from: /^redis\//, allowed: [domain, /^redis\//] },
  { from: /^state\//, allowed: [domain, /^state\//, /^redis\//] },
  { from: /^rate-limit\//, allowed: [domain, /^rate-limit\//, /^redis\//] },
  { from: /^events\//, allowed: [domain, /^events\//, /^redis\//, /^state\//] },
  { from: /^reads\//, allowed: [domain, /^reads\//, /^events\/log\//, /^events\/feed\/place\.ts$/] },
  { from: /^registration\//, allowed: [domain, /^registration\//, /^state\//] },
  { from: /^auth\//, allowed: [domain, /^auth\//] },
  { from: /^loaders\//, allowed: [domain, /^loaders\//] },
  { from: /^idempotency\//, allowed: [domain, /^idempotency\//] },
  {
    from: /^doctor\//,
    allowed: [domain, /^doctor\//, /^redis\//, /^registration\/target\.ts$/],
  },
  { from: /^graphql\//, allowed: [domain, /^graphql\//, /^loaders\//, /^events\//, /^idempotency\//] },
  { from: /^http\//, allowed: [domain, /^http\//, /^graphql\//, /^events\//, /^auth\/grant\.ts$/] },
  {
    from: /^backends\/helpdesk\//,
    allowed: [domain, /^rate-limit\//, /^backends\/helpdesk\//, /^backends\/(?!registry)[^/]+\.ts$/],
  },
  { from: /^backends\/(?!registry)[^/]+\.ts$/, allowed: [domain] },
  { from: /^backends\/registry\.ts$/, allowed: [domain, /^rate-limit\//, /^backends\/[^/]+\/index\.ts$/] },
  {
    from: /^telemetry\//,
    allowed: [domain, /^telemetry\//, /^config\/telemetry\.ts$/, /^rate-limit\/limiter\.ts$/],
  },
  { from: /^sandbox\//, allowed: [domain, /^sandbox\//, /^backends\/helpdesk\/wire[^/]*\.ts$/] },
  { from: /^config\/(values|reader)\.ts$/, allowed: [] },
  { from: /^config\//, allowed: [domain, /^config\//] },
  { from: /^gateway(-\w+)?\.ts$/, allowed: [/^(?!main\.ts$)/] },
  {
    from: /^index\.ts$/,
    allowed: [/^domain\/log\.ts$/, /^config\/(config|reader)\.ts$/, /^gateway\.ts$/, /^http\/server\.ts$/],
  },
  { from: /^lifecycle\.ts$/, allowed: [domain, /^http\/server\.ts$/] },
  {
    from: /^main\.ts$/,
    allowed: [
      domain,
      /^config\//,
      /^gateway(-commands|-doctor|-callers)?\.ts$/,
      /^http\//,
      /^lifecycle\.ts$/,
      /^sandbox\//,
      /^telemetry\/open\.ts$/,
    ],
  },
];

const packageRules: readonly DirectionRule[] = [
  { from: /^telemetry\/(?:metrics|cells|gauges)\.ts$/, allowed: [/^prom-client$/] },
  { from: /^telemetry\/(?:tracing|spans)\.ts$/, allowed: [/^@opentelemetry\//] },
  { from: /^telemetry\//, allowed: [] },
  { from: domain, allowed: [] },
  { from: /^backends\/helpdesk\/http\.ts$/, allowed: [/^(?!undici$|prom-client$|@opentelemetry\/)/] },
  { from: /^backends\/transport\.ts$/, allowed: [node, /^undici$/] },
  { from: /^sandbox\//, allowed: [node, /^(undici|zod|standardwebhooks)$/] },
  { from: /^auth\//, allowed: [node, /^(jose|lru-cache|zod)$/] },
  { from: /^(graphql|http)\//, allowed: [/^(?!ky$|undici$|jose$|prom-client$|@opentelemetry\/)/] },
  {
    from: /^(redis|events|state|rate-limit)\//,
    allowed: [/^(?!ky$|undici$|jose$|prom-client$|@opentelemetry\/|@pothos\/|@graphql-yoga\/|graphql|ws$)/],
  },
  {
    from: /./,
    allowed: [
      /^(?!ioredis$|ky$|undici$|jose$|prom-client$|@opentelemetry\/|@pothos\/|@graphql-yoga\/|graphql|ws$)/,
    ],
  },
];

const imports = await readImports(new URL('../../src/', import.meta.url));

test('every file imports only from the layers below it', () => {
  const files = imports.filter(({ kind }) => kind === 'FILE');
  expect(files).not.toHaveLength(0);
  expect(forbidden(files, fileRules)).toEqual([]);
});

test('a package that belongs to one layer is imported nowhere else', () => {
  const packages = imports.filter(({ kind }) => kind === 'PACKAGE');
  expect(packages).not.toHaveLength(0);
  expect(forbidden(packages, packageRules)).toEqual([]);
});

test('no file imports itself by a detour', () => {
  expect(findCycle(imports)).toBeNull();
});

test.for([
  ['a type from above', `import type { Config } from '../config/config.ts';`],
  ['a value from above', `import { createGateway } from '../gateway.ts';`],
  ['a re-export', `export * from '../backends/helpdesk/index.ts';`],
  ['a lazy import', `export const late = () => import('../sandbox/sandbox.ts');`],
  ['a type written in place', `export type Late = import('../backends/registry.ts').Registry;`],
  ['an import for its effects', `import '../main.ts';`],
] as const)('a forbidden import is found: %s', ([, text]) => {
  expect(forbidden(importsOf('graphql/schema.ts', text), fileRules)).toHaveLength(1);
});

test('imports in comments and strings do not count', () => {
  const text = `// import '../main.ts';\nexport const text = "import '../main.ts'";`;
  expect(importsOf('graphql/schema.ts', text)).toEqual([]);
});

test('a file that does not parse is not taken for one without imports', () => {
  expect(() => importsOf('graphql/schema.ts', 'import {')).toThrow('graphql/schema.ts');
});

test('one backend may not see another', () => {
  const seen = importsOf('backends/helpdesk/index.ts', `import '../other/index.ts';`);
  expect(forbidden(seen, fileRules)).toHaveLength(1);
});

test('a circle of three files is found', () => {
  const circle = [
    ...importsOf('a.ts', `import './b.ts';`),
    ...importsOf('b.ts', `import type { C } from './c.ts';`),
    ...importsOf('c.ts', `export * from './a.ts';`),
  ];
  expect(findCycle(circle)).toEqual(['a.ts', 'b.ts', 'c.ts', 'a.ts']);
});
