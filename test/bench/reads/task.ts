import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';

/** Where processes are told what to do: more than an argument can hold. */
export interface Tasks extends AsyncDisposable {
  /** @returns the argument for the process */
  write(task: object): Promise<string>;
}

export async function openTasks(): Promise<Tasks> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-reads-'));
  let count = 0;
  return {
    write: async (task) => {
      count += 1;
      const file = join(folder, `${count}.json`);
      await writeFile(file, JSON.stringify(task));
      return file;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The task of this process. */
export const readTask = <Task>(shape: z.ZodType<Task>): Task =>
  shape.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
