import { expect, onTestFinished, test } from 'vitest';
import { createSqliteLog } from '../../../src/events/log/sqlite-log.ts';
import { a } from '../../contract/open-log.ts';
import { makeFolder } from '../../support/folder.ts';
import { startProgram } from '../../support/program.ts';
import { until, within } from '../../support/wait.ts';

const writer = 'test/support/event-writer.ts';

/** What the writer was told is in the log: cursor and event id. A last line that was cut off is none. */
const acknowledged = (output: string): string[] =>
  output
    .slice(0, output.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '' && !/^(failed|readable)/.test(line))
    .map((line) => line.split(' ').slice(0, 2).join(' '));

/** What is in the log. */
async function held(folder: string): Promise<string[]> {
  const log = createSqliteLog({ folder });
  const entries = await log.read(a, 0, 100_000);
  await log.close();
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
  return entries.map(({ record }) => `${record.cursor} ${record.event.eventId}`);
}

test(
  'a process that is killed while it appends loses nothing that it acknowledged, and gives up its lock',
  { timeout: 60_000 },
  async () => {
    const folder = await makeFolder();
    onTestFinished(() => folder[Symbol.asyncDispose]());
    const all = new Set<string>();
    for (const run of ['first', 'second']) {
      await using program = startProgram(process.execPath, [writer, folder.path, run]);
      await until('appends', () => acknowledged(program.output).length > 100, 20_000);
      program.signal('SIGKILL');
      await within('its end', program.ended);
      expect(program.errors).toBe('');
      for (const line of acknowledged(program.output)) all.add(line);
      expect((await held(folder.path)).filter((line) => all.has(line))).toEqual([...all]);
    }
  },
);

test('while one process has the log open, another one cannot', { timeout: 30_000 }, async () => {
  const folder = await makeFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const log = createSqliteLog({ folder: folder.path });
  onTestFinished(() => log.close());
  await using program = startProgram(process.execPath, [writer, folder.path]);
  expect(await within('its end', program.ended, 20_000)).not.toBe(0);
  expect(program.errors).toContain('in use by another process');
  expect(program.output).toBe('');
});

test.skipIf(process.platform === 'win32')(
  'a full disk fails appends, and what was acknowledged stays',
  { timeout: 30_000 },
  async () => {
    const folder = await makeFolder();
    onTestFinished(() => folder[Symbol.asyncDispose]());
    // Files may not grow beyond so many blocks of 512 or 1,024 bytes, which is all that a full disk means here.
    const command = `ulimit -f 1000; exec "${process.execPath}" ${writer} "${folder.path}"`;
    await using program = startProgram('sh', ['-c', command]);
    expect(await within('its end', program.ended, 20_000)).toBe(0);
    expect(program.output).toContain('failed EVENT_LOG_UNAVAILABLE');
    const told = acknowledged(program.output);
    expect(told.length).toBeGreaterThan(20);
    expect(program.output).toContain(`readable ${told.length}`);
    expect(await held(folder.path)).toEqual(told);
  },
);
