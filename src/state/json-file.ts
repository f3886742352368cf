import { randomUUID } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  unlinkSync,
  writeSync,
  constants,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { unless, withFileLock } from './file-lock.ts';

/** A file does not hold what the gateway writes there. Its message says which, and what to do. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

export interface JsonFileOptions<T> {
  /** Its folder is made at the first change, for its owner alone. */
  readonly path: string;
  readonly schema: z.ZodType<T>;
  /** What is there before the first change. */
  readonly empty: T;
  /**
   * DURABLE: a change is there whole or not at all, also after a loss of power; a damaged file is an error.
   * FLEETING: a change never waits for the disk; what a loss of power damages counts as empty.
   */
  readonly keeping: 'DURABLE' | 'FLEETING';
}

/** One value in a small file that several processes read and change. Readable to its owner alone. */
export interface JsonFile<T> {
  /** @throws DamagedFileError */
  read(): T;
  /**
   * Reads, changes and writes as one step, whoever else does. The same value back: nothing is written.
   * @param patienceMs milliseconds to wait at most while others change it, its turn among our own changes included
   * @default 20,000
   * @throws DamagedFileError
   * @throws Error that says what to do when others keep it for longer
   */
  change<R>(to: (value: T) => { readonly value: T; readonly result: R }, patienceMs?: number): Promise<R>;
  /** Resolves when the changes under way are done. */
  idle(): Promise<void>;
}

/** Enough for a lock that a process left behind to become stale. */
const defaultPatienceMs = 20_000;

export function createJsonFile<T>(options: JsonFileOptions<T>): JsonFile<T> {
  const { path, keeping } = options;
  const folder = dirname(path);
  let last: Promise<unknown> = Promise.resolve();

  // The file is small, and another process may have changed it at any time: so nothing of it is kept.
  const read = (): T => load(options);

  const change = async <R>(
    to: (value: T) => { readonly value: T; readonly result: R },
    endAt: number,
  ): Promise<R> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (;;) {
      const outcome = await withFileLock(`${path}.lock`, endAt, async ({ isOurs }) => {
        const before = read();
        const { value, result } = to(before);
        if (value === before) return { result };
        const text = `${JSON.stringify(value, null, 2)}\n`;
        if (keeping === 'FLEETING') overwrite(path, text);
        else if (!(await replace(path, text, isOurs))) return null;
        return { result };
      });
      if (outcome !== null) return outcome.result;
    }
  };

  return {
    read,
    // One after another within the process: waiting for the lock is for others. Whose time is over when its turn comes
    // tries once, so that what waits behind a lock that stays is never more than was asked within its patience.
    change: (to, patienceMs = defaultPatienceMs) => {
      const endAt = performance.now() + patienceMs;
      const done = last.then(() => change(to, endAt));
      last = done.catch(() => undefined);
      return done;
    },
    idle: async () => {
      await last;
    },
  };
}

function load<T>({ path, schema, keeping, empty }: JsonFileOptions<T>): T {
  const text = unless('ENOENT', () => readFileSync(path, 'utf8'));
  if (text === null) return empty;
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  if (keeping === 'FLEETING') return empty;
  // Neither cause nor content: secrets are in it.
  throw new DamagedFileError(
    `${path} is damaged: it does not hold what the gateway has written there. Put a copy back, or move it away: the gateway then begins anew.`,
  );
}

/** undefined: no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In place: a file that takes another's name, or is emptied first, makes some file systems wait for the disk. */
function overwrite(path: string, text: string): void {
  const file = openSync(path, constants.O_CREAT | constants.O_WRONLY, 0o600);
  try {
    ftruncateSync(file, writeSync(file, text, 0));
  } finally {
    closeSync(file);
  }
}

/** @returns false when another has taken the lock for stale: nothing was written */
async function replace(path: string, text: string, isOurs: () => boolean): Promise<boolean> {
  removeLeftovers(path);
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  if (!isOurs()) {
    unless('ENOENT', () => unlinkSync(draft));
    return false;
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
  return true;
}

/** Drafts of processes that died. Whoever has the lock is the only one who writes. */
function removeLeftovers(path: string): void {
  const prefix = `${basename(path)}.`;
  const drafts = readdirSync(dirname(path)).filter(
    (name) => name.startsWith(prefix) && name.endsWith('.draft'),
  );
  for (const name of drafts) unless('ENOENT', () => unlinkSync(join(dirname(path), name)));
}

/** A new name is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
