import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, linkSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';

/*
 * What is done here without waiting takes microseconds: it touches names, not contents. Handed to other threads it
 * would queue behind whatever waits for the disk there.
 */

/**
 * Milliseconds; whoever has the lock needs it for less, so one that is older was left by a process that died. One that
 * is as much younger than now was left before the clock was set back.
 */
const staleMs = 10_000;
/** Milliseconds between two attempts. */
const retryMs = 10;

/** The lock while somebody has it. */
export interface HeldLock {
  /** Whether nobody has taken it for stale meanwhile; asked right before what must not be done twice. */
  isOurs(): boolean;
}

/**
 * Runs `work` while no other process that asks for the same lock does. The lock is a file that one process can create.
 * @param endAt by `performance.now()`, when to wait no longer; it is tried once at least
 * @throws when others keep it until then: says what to do
 */
export async function withFileLock<T>(
  path: string,
  endAt: number,
  work: (lock: HeldLock) => T | Promise<T>,
): Promise<T> {
  const id = await acquire(path, endAt);
  const isOurs = (): boolean => identify(path)?.id === id;
  try {
    return await work({ isOurs });
  } finally {
    if (isOurs()) unless('ENOENT', () => unlinkSync(path));
  }
}

/** @returns what tells this lock from another of the same name */
async function acquire(path: string, endAt: number): Promise<string> {
  for (;;) {
    const id = unless('EEXIST', () => create(path));
    if (id !== null) return id;
    const found = identify(path);
    if (found !== null && Math.abs(Date.now() - found.modifiedAt) > staleMs) remove(path, found.id);
    else if (performance.now() > endAt)
      throw new Error(`${path} is kept by another process: delete it if none is running`);
    else await passed(retryMs * (0.5 + Math.random()));
  }
}

function create(path: string): string {
  const file = openSync(path, 'wx', 0o600);
  try {
    return idOf(fstatSync(file, { bigint: true }));
  } finally {
    closeSync(file);
  }
}

/** Moved away first, for what was looked at and what is removed may be two: another has removed it, and has it now. */
function remove(path: string, id: string): void {
  const aside = `${path}.${randomUUID()}`;
  unless('ENOENT', () => {
    renameSync(path, aside);
    if (identify(aside)?.id !== id) unless('EEXIST', () => linkSync(aside, path));
    unlinkSync(aside);
  });
}

function identify(path: string): { readonly id: string; readonly modifiedAt: number } | null {
  const found = unless('ENOENT', () => statSync(path, { bigint: true }));
  return found && { id: idOf(found), modifiedAt: Number(found.mtimeMs) };
}

/** An inode is used again once it is free; its time then differs. */
const idOf = ({ ino, mtimeNs }: { readonly ino: bigint; readonly mtimeNs: bigint }): string =>
  `${ino}:${mtimeNs}`;

/** What `attempt` gives; null where the system refuses it for this reason. */
export function unless<T>(code: string, attempt: () => T): T | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return null;
    throw error;
  }
}
