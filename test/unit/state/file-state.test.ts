import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createFileState } from '../../../src/state/file-state.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { within } from '../../support/wait.ts';

const root = await mkdtemp(join(tmpdir(), 'state-'));
afterAll(() => rm(root, { recursive: true }));

let folders = 0;
/** One that is not there yet. */
const newFolder = (): string => join(root, String((folders += 1)));

describe('in a file', () => {
  stateStoreContract(() => {
    const folder = newFolder();
    return [createFileState({ folder }), createFileState({ folder })];
  });
});

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

test('nobody but its owner can read it, whatever others may read elsewhere', async () => {
  const folder = newFolder();
  const store = createFileState({ folder });
  await store.set('registration', 'a secret');
  await store.lease('registration', 'one', 60_000);
  await store.set('registration', 'another secret');
  expect(await modeOf(folder)).toBe('700');
  expect(await modeOf(join(folder, 'state.json'))).toBe('600');
  expect(await modeOf(join(folder, 'leases.json'))).toBe('600');
});

test('reading alone makes nothing', async () => {
  const folder = newFolder();
  expect(await createFileState({ folder }).get('registration')).toBeNull();
  await expect(stat(folder)).rejects.toThrow('ENOENT');
});

test('what was set is there for the next process', async () => {
  const folder = newFolder();
  const first = createFileState({ folder });
  const setting = first.set('watermark', '1');
  await first.close();
  expect(await createFileState({ folder }).get('watermark')).toBe('1');
  await setting;
});

test('a damaged file is named, kept, and none of it is told', async () => {
  const folder = newFolder();
  await createFileState({ folder }).set('registration', 'whsec_c2VjcmV0');
  const path = join(folder, 'state.json');
  const text = (await readFile(path, 'utf8')).slice(0, -3);
  await writeFile(path, text);
  const store = createFileState({ folder });
  for (const broken of [() => store.get('registration'), () => store.set('other', 'x')]) {
    const error = await broken().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toMatch(/^DamagedFileError: .*state\.json is damaged/);
    expect(String(error)).toContain('move it away');
    expect(JSON.stringify(error)).not.toContain('whsec');
    expect(String(error)).not.toContain('whsec');
  }
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a file of a later version is not overwritten', async () => {
  const folder = newFolder();
  await createFileState({ folder }).set('a', 'b');
  const path = join(folder, 'state.json');
  await writeFile(path, JSON.stringify({ version: 2, values: [] }));
  await expect(createFileState({ folder }).set('a', 'c')).rejects.toThrow('is damaged');
});

test('damaged leases are none', async () => {
  const folder = newFolder();
  const store = createFileState({ folder });
  await store.lease('sweep', 'one', 60_000);
  await writeFile(join(folder, 'leases.json'), '');
  expect(await store.lease('sweep', 'other', 60_000)).toBe(true);
  expect(await store.lease('sweep', 'one', 60_000)).toBe(false);
});

test('what two write at once is all there afterwards, and nothing else is left', async () => {
  const folder = newFolder();
  const [one, other] = [createFileState({ folder }), createFileState({ folder })];
  const names = Array.from({ length: 40 }, (_, at) => `name ${at}`);
  await Promise.all(names.map((name, at) => (at % 2 === 0 ? one : other).set(name, name)));
  const fresh = createFileState({ folder });
  for (const name of names) expect(await fresh.get(name)).toBe(name);
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('a process that died while it wrote stops nobody, and its draft goes', async () => {
  const folder = newFolder();
  const store = createFileState({ folder });
  await store.set('a', '1');
  const lock = join(folder, 'state.json.lock');
  await writeFile(lock, '');
  const past = new Date(Date.now() - 60_000);
  await utimes(lock, past, past);
  await writeFile(join(folder, 'state.json.dead.draft'), '{"version":1');
  await store.set('a', '2');
  expect(await createFileState({ folder }).get('a')).toBe('2');
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('many who find the lock of a dead process still write one after the other', async () => {
  const folder = newFolder();
  await createFileState({ folder }).set('start', '0');
  const lock = join(folder, 'state.json.lock');
  await writeFile(lock, '');
  const past = new Date(Date.now() - 60_000);
  await utimes(lock, past, past);
  const names = Array.from({ length: 12 }, (_, at) => `name ${at}`);
  await Promise.all(names.map((name) => createFileState({ folder }).set(name, name)));
  const fresh = createFileState({ folder });
  for (const name of names) expect(await fresh.get(name)).toBe(name);
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('a lease that was taken before the clock was set back holds up nobody', async () => {
  const clock = createVirtualClock();
  const store = createFileState({ folder: newFolder(), clock });
  expect(await store.lease('sweep', 'killed', 15_000)).toBe(true);
  clock.jump(-5_000);
  expect(await store.lease('sweep', 'new', 15_000)).toBe(false);
  clock.jump(-24 * 3_600_000);
  expect(await store.lease('sweep', 'new', 15_000)).toBe(true);
  expect(await store.lease('sweep', 'third', 15_000)).toBe(false);
});

test('a lock that was left before the clock was set back holds up nobody', async () => {
  const folder = newFolder();
  const store = createFileState({ folder });
  await store.set('a', '1');
  const lock = join(folder, 'state.json.lock');
  await writeFile(lock, '');
  const future = new Date(Date.now() + 60_000);
  await utimes(lock, future, future);
  await within('the change', store.set('a', '2'));
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('while a lock stays, each call for a lease soon says which file it is, however many wait', async () => {
  const folder = newFolder();
  const store = createFileState({ folder });
  await store.lease('sweep', 'one', 60_000);
  const lock = join(folder, 'leases.json.lock');
  await writeFile(lock, '');
  const begun = performance.now();
  const calls = Array.from({ length: 50 }, (_, at) => store.lease(`lease ${at}`, 'one', 2_400));
  const answers = await Promise.allSettled(calls);
  expect(performance.now() - begun).toBeLessThan(2_000);
  for (const answer of answers)
    expect(answer).toMatchObject({
      reason: { message: `${lock} is kept by another process: delete it if none is running` },
    });
  await rm(lock);
  expect(await store.lease('lease 1', 'one', 2_400)).toBe(true);
});
