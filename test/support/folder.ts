import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory where the system has such a place: tests that write a lot need not wait for the disk. */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface TestFolder extends AsyncDisposable {
  readonly path: string;
}

/** An empty folder of its own, gone with the test. */
export async function makeFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(parent, 'gateway-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
