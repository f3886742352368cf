import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Files that people write: nothing that is installed or generated. */
const written = (
  await Promise.all(
    ['src', 'test', 'schema'].map((folder) => readdir(new URL(folder, root), { recursive: true })),
  )
)
  .flatMap((names, index) =>
    names.map((name) => `${['src', 'test', 'schema'][index]}/${name.replaceAll('\\', '/')}`),
  )
  .filter(
    (name) =>
      /\.(ts|mjs|graphql|json)$/.test(name) &&
      !/\.gen\.ts$|\/(?:generated|node_modules)\/|\/house-rules\.test\.ts$/.test(name),
  );

const forbidden = [
  ['switches the linter off', /(?:ox|es)lint-disable/],
  ['overrules the type checker', /@ts-(?:ignore|nocheck|expect-error)/],
  ['leaves work behind', /\b(?:TODO|FIXME)\b/],
] as const;

test.for(forbidden)('no file %s', async ([, pattern]) => {
  expect(written.length).toBeGreaterThan(50);
  const texts = await Promise.all(written.map((name) => readFile(new URL(name, root), 'utf8')));
  expect(written.filter((_, index) => pattern.test(texts[index] ?? ''))).toEqual([]);
});

test('the top of the repository stays as tidy as it is', async () => {
  const names = await readdir(root);
  const visible = names.filter((name) => !name.startsWith('.') && !['node_modules', 'dist'].includes(name));
  expect(visible.toSorted()).toEqual([
    'LICENSE',
    'README.md',
    'codegen.ts',
    'package-lock.json',
    'package.json',
    'schema',
    'src',
    'test',
    'tsconfig.json',
  ]);
});
