import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

/** One import of one file, type imports included. */
export interface Import {
  /** The importing file, relative to the folder that was read, with `/`. */
  readonly from: string;
  /** A file like `from`, or a package's name as written. */
  readonly to: string;
  readonly kind: 'FILE' | 'PACKAGE';
}

/** Files may import the files that `allowed` matches (and those of their own folder, where `from` names a folder). */
export interface DirectionRule {
  readonly from: RegExp;
  readonly allowed: readonly RegExp[];
}

const specifiersOf = (node: unknown): string[] => {
  if (Array.isArray(node)) return node.flatMap(specifiersOf);
  if (typeof node !== 'object' || node === null) return [];
  const own: string[] = [];
  if ('type' in node && 'source' in node) {
    const { source } = node;
    const named =
      typeof source === 'object' && source !== null && 'value' in source && typeof source.value === 'string';
    if (named) own.push(String(source.value));
    else if (node.type === 'ImportExpression')
      throw new Error('import() of a computed name cannot be judged');
  }
  return [...own, ...Object.values(node).flatMap(specifiersOf)];
};

/** The imports of one source text: static, dynamic, re-exports and types. @throws when the text does not parse */
export function importsOf(from: string, text: string): Import[] {
  const { program, errors } = parseSync(from, text);
  if (errors[0] !== undefined) throw new Error(`${from}: ${errors[0].message}`);
  return specifiersOf(program).map((specifier) =>
    specifier.startsWith('.')
      ? { from, to: posix.join(posix.dirname(from), specifier), kind: 'FILE' }
      : { from, to: specifier, kind: 'PACKAGE' },
  );
}

/** The imports of every `.ts` file below a folder. */
export async function readImports(folder: URL): Promise<Import[]> {
  const root = fileURLToPath(folder);
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.ts')).toSorted();
  const perFile = await Promise.all(
    files.map(async (file) =>
      importsOf(file.replaceAll('\\', '/'), await readFile(join(root, file), 'utf8')),
    ),
  );
  return perFile.flat();
}

/** The imports that no rule allows. A file that no rule speaks of may import nothing. */
export const forbidden = (imports: readonly Import[], rules: readonly DirectionRule[]): Import[] =>
  imports.filter(({ from, to }) => {
    const rule = rules.find((candidate) => candidate.from.test(from));
    return rule === undefined || !rule.allowed.some((pattern) => pattern.test(to));
  });

/** The first circle of files found, each importing the next; null when there is none. */
export function findCycle(imports: readonly Import[]): string[] | null {
  const next = Map.groupBy(
    imports.filter(({ kind }) => kind === 'FILE'),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return null;
    for (const { to } of next.get(file) ?? []) {
      const cycle = visit(to, [...path, file]);
      if (cycle !== null) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
