import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLeaks, type Leak } from './log-search.ts';
import { sinkVariable } from './log-sink.ts';

/** Characters of a line that are shown. */
const shown = 400;

async function search(folder: string): Promise<{ readonly lines: number; readonly leaks: readonly Leak[] }> {
  const names = await readdir(folder);
  const read = (ending: string) =>
    Promise.all(
      names.filter((name) => name.endsWith(ending)).map((name) => readFile(join(folder, name), 'utf8')),
    );
  const secrets = (await read('.secrets')).flatMap((text) => text.split('\n'));
  const logs = await read('.log');
  return {
    lines: logs.reduce((sum, text) => sum + text.split('\n').length - 1, 0),
    leaks: logs.flatMap((text) => findLeaks(text, secrets)),
  };
}

let folder: string | null = null;

/**
 * Vitest calls both around a whole run, whatever files were asked for: all that gateways have logged, at every level, is
 * searched for keys, secrets, tokens and e-mail addresses. One of them fails the run.
 */
export async function setup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'gateway-log-'));
  process.env[sinkVariable] = folder;
}

export async function teardown(): Promise<void> {
  if (folder === null) return;
  const { lines, leaks } = await search(folder);
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`\n Logs of the run: ${lines} lines, ${leaks.length} with a secret.\n`);
  for (const { what, text } of leaks.slice(0, 20)) {
    process.stderr.write(` SECRET IN THE LOG, ${what}: ${text.slice(0, shown)}\n`);
  }
  if (leaks.length > 0) process.exitCode = 1;
}
