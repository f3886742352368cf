import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folder.ts';

export interface JsonFile extends AsyncDisposable {
  readonly path: string;
  /** @param content a text is written as it is */
  write(content: unknown): Promise<void>;
}

/** A file of its own, gone with the test. */
export async function makeJsonFile(content: unknown): Promise<JsonFile> {
  const folder = await makeFolder();
  const path = join(folder.path, 'file.json');
  const write = (next: unknown) => writeFile(path, typeof next === 'string' ? next : JSON.stringify(next));
  await write(content);
  return { path, write, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
