import { randomUUID } from 'node:crypto';
import { readFile, readdir, stat, writeFile, chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../../src/domain/json.ts';
import { defaultRetention, type Retention } from '../../../src/events/log/log.ts';
import { createSqliteLog } from '../../../src/events/log/sqlite-log.ts';
import { createNoonClock, makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { eventLogContract } from '../../contract/event-log.ts';
import { a, b, hour, repeated } from '../../contract/open-log.ts';
import { makeFolder } from '../../support/folder.ts';
import { until } from '../../support/wait.ts';

describe('event log in a file', async () => {
  const folder = await makeFolder();
  afterAll(() => folder[Symbol.asyncDispose]());

  eventLogContract((setup) => createSqliteLog({ folder: join(folder.path, randomUUID()), ...setup }), {
    runs: 50,
  });
});

/** A folder, a clock, and logs in that folder one after the other. */
async function setUp() {
  const folder = await makeFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const clock = createNoonClock();
  const lines: { fields: object; message: string }[] = [];
  const file = join(folder.path, 'events.sqlite');
  const open = (retention: Partial<Retention> = {}) => {
    const log = createSqliteLog({
      folder: folder.path,
      clock,
      retention,
      log: { error: (fields, message) => lines.push({ fields, message }) },
    });
    onTestFinished(() => log.close());
    return log;
  };
  /** Looks into the file, or changes it, while no log has it open. */
  const inFile = <T>(work: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(file);
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  const count = (table: string) =>
    inFile((db) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  return { folder: folder.path, clock, file, lines, open, inFile, count };
}

/** What the file and those beside it hold, as text. */
async function bytesIn(folder: string): Promise<string> {
  const names = await readdir(folder);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return contents.join('');
}

describe('a restart', () => {
  test('changes nothing: records, cursors, repeats, what is known, and when the last webhook came', async () => {
    const it = await setUp();
    const events = [
      makeEvent(),
      makeEvent({ channel: 'two', ticketId: 'tkt_2' }),
      makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(5) }),
    ];
    const before = it.open();
    for (const event of events) await before.append(a, event, timeAt(0));
    await before.append(b, makeEvent({ source: 'GATEWAY' }), timeAt(0));
    await before.append(a, makeEvent({ ...events[1], eventId: 'again' }), timeAt(7));
    const kept = await before.read(a, 0, 10);
    const known = [await before.known(a, 'tkt_1'), await before.known(a, 'tkt_2')];
    const head = await before.head(a);
    const start = await before.head('ws_nobody');
    await before.close();

    const after = it.open();
    expect(await after.read(a, 0, 10)).toEqual(kept);
    expect(await after.head(a)).toEqual(head);
    expect(await after.locate(a, head.cursor)).toEqual({ kind: 'KNOWN', position: 4 });
    expect(await after.locate('ws_nobody', start.cursor)).toEqual({ kind: 'KNOWN', position: 0 });
    expect([await after.known(a, 'tkt_1'), await after.known(a, 'tkt_2')]).toEqual(known);
    expect(await after.lastWebhookAt(a)).toBe(timeAt(7));
    expect(await after.lastWebhookAt(b)).toBeNull();
    for (const event of events) expect(await after.append(a, event, timeAt(8))).toEqual(repeated);
    const late = makeEvent({ ticket: { updatedAt: timeAt(4) } });
    expect(await after.append(a, late, timeAt(8))).toMatchObject({ record: { stale: true } });
    expect((await after.head(a)).position).toBe(5);
  });

  test('does not bring back what had outlived its retention, even when the clock was set back', async () => {
    const it = await setUp();
    const before = it.open();
    await before.append(a, makeEvent(), timeAt(0));
    it.clock.jump(24 * hour);
    const { cursor } = await before.head(a);
    await before.append(a, makeEvent(), timeAt(24 * hour));
    await before.close();
    it.clock.jump(-24 * hour);
    const after = it.open();
    expect(await after.read(a, 0, 10)).toHaveLength(1);
    expect(await after.locate(a, cursor)).toEqual({ kind: 'KNOWN', position: 1 });
  });

  test('without the file is another epoch', async () => {
    const it = await setUp();
    const before = it.open();
    await before.append(a, makeEvent(), timeAt(0));
    const { cursor } = await before.head(a);
    await before.close();
    await rm(it.file);
    expect(await it.open().locate(a, cursor)).toEqual({ kind: 'GAP', reason: 'SOURCE_RESTARTED' });
  });

  test('an append that was asked for before the end is in the log', async () => {
    const it = await setUp();
    const before = it.open();
    const appends = Promise.all([1, 2, 3].map(() => before.append(a, makeEvent(), timeAt(0))));
    await before.close();
    await appends;
    await before.close();
    expect(await it.open().read(a, 0, 10)).toHaveLength(3);
  });
});

describe('the files', () => {
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

  test('are readable to their owner alone, whatever the umask says', async () => {
    const it = await setUp();
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const folder = join(it.folder, 'deep', 'data');
    const log = createSqliteLog({ folder, clock: it.clock });
    onTestFinished(() => log.close());
    await log.append(a, makeEvent(), timeAt(0));
    const names = await readdir(folder);
    expect(names).toContain('events.sqlite-wal');
    for (const name of names) expect([name, await modeOf(join(folder, name))]).toEqual([name, '600']);
    expect(await modeOf(folder)).toBe('700');
    expect(await modeOf(join(it.folder, 'deep'))).toBe('700');
  });

  test('are made so when they were not; a folder that was there keeps its mode', async () => {
    const it = await setUp();
    await it.open().close();
    await chmod(it.file, 0o644);
    await chmod(it.folder, 0o750);
    it.open();
    expect(await modeOf(it.file)).toBe('600');
    expect(await modeOf(it.folder)).toBe('750');
  });

  test('belong to one log: a second one fails at once and says what to do, and the first goes on', async () => {
    const it = await setUp();
    const log = it.open();
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => createSqliteLog({ folder: it.folder })).toThrow(/in use by another process.*REDIS_URL/s);
    }
    expect((await log.append(a, makeEvent(), timeAt(0))).result).toBe('APPENDED');
    await log.close();
    expect(await it.open().read(a, 0, 10)).toHaveLength(1);
  });

  test('of a newer gateway are refused, and left as they are', async () => {
    const it = await setUp();
    await it.open().close();
    it.inFile((db) => db.exec('PRAGMA user_version = 99'));
    expect(() => it.open()).toThrow(/newer version/);
    expect(it.inFile((db) => db.prepare('PRAGMA user_version').get())).toEqual({ user_version: 99 });
  });

  test.for([
    ['what is no database', (file: string) => writeFile(file, 'not a database, '.repeat(100)), /damaged/],
    [
      'somebody else’s database',
      async (file: string) => {
        const db = new DatabaseSync(file);
        db.exec('CREATE TABLE cake (slice TEXT)');
        db.close();
      },
      /no event log/,
    ],
    ['a folder in its place', (file: string) => mkdir(file), /cannot be opened/],
  ] as const)('are no event log: %s is refused', async ([, make, message]) => {
    const it = await setUp();
    await make(it.file);
    expect(() => it.open()).toThrow(message);
  });
});

describe('retention in the file', () => {
  const personal = {
    subject: 'Feuer im Drucker',
    requesterEmail: 'bertha@example.com',
    assigneeId: 'usr_77',
  };

  test('personal data is gone from every file, without anybody asking', async () => {
    const it = await setUp();
    const log = it.open();
    for (let n = 0; n < 50; n++) {
      await log.append(a, makeEvent({ ticketId: `tkt_${n}`, ticket: personal }), timeAt(0));
    }
    expect(await bytesIn(it.folder)).toMatch(/bertha.*usr_77/s);
    it.clock.advanceSync(24 * hour);
    await until('the upkeep', async () => !/bertha|Feuer|usr_77/.test(await bytesIn(it.folder)));
    expect(await log.known(a, 'tkt_1')).toMatchObject({ attributes: null, before: null });
    await log.close();
    expect(it.count('record')).toBe(0);
    expect(it.count('trace')).toBe(50);
  });

  test('what one workspace has deleted is gone though another cannot delete', async () => {
    const it = await setUp();
    const before = it.open();
    await before.append(a, makeEvent({ ticketId: 'tkt_1', ticket: personal }), timeAt(0));
    await before.append(b, makeEvent({ ticketId: 'tkt_bad' }), timeAt(0));
    await before.close();
    it.inFile((db) =>
      db.exec(`CREATE TRIGGER fault BEFORE DELETE ON record WHEN OLD.ticket = 'tkt_bad'
               BEGIN SELECT RAISE(ABORT, 'no space'); END`),
    );
    it.open();
    it.clock.advanceSync(24 * hour);
    await until('the failure', () => it.lines.length > 0);
    await until('the upkeep', async () => !/bertha|Feuer|usr_77/.test(await bytesIn(it.folder)));
    expect(it.lines[0]).toMatchObject({ fields: { doing: 'upkeep' } });
  });

  test('what happened is forgotten later, the same way', async () => {
    const it = await setUp();
    const log = it.open();
    await log.append(a, makeEvent(), timeAt(0));
    it.clock.jump(72 * hour);
    await log.append(a, makeEvent({ ticketId: 'tkt_2' }), timeAt(72 * hour));
    await log.close();
    expect([it.count('record'), it.count('trace'), it.count('ticket')]).toEqual([1, 1, 1]);
  });

  test('an append deletes no more than a little, and nobody sees what it has left', async () => {
    const it = await setUp();
    const log = it.open();
    await Promise.all(
      Array.from({ length: 1_500 }, (_, n) => log.append(a, makeEvent({ ticketId: `tkt_${n}` }), timeAt(0))),
    );
    it.clock.jump(72 * hour);
    await log.append(a, makeEvent(), timeAt(72 * hour));
    expect(await log.read(a, 0, 10)).toMatchObject([{ position: 1_501 }]);
    expect(await log.known(a, 'tkt_1499')).toBeNull();
    await log.close();
    expect([it.count('record'), it.count('trace')]).toEqual([1_401, 1_401]);

    const again = it.open();
    expect(await again.read(a, 0, 10)).toMatchObject([{ position: 1_501 }]);
    it.clock.advanceSync(0);
    await until('the upkeep', async () => (await stat(`${it.file}-wal`)).size === 0);
    await again.close();
    expect([it.count('record'), it.count('trace'), it.count('ticket')]).toEqual([1, 1, 1]);
  });

  test('the defaults are those of every log', () => {
    expect(defaultRetention).toEqual({
      maxAgeMs: 24 * hour,
      maxCount: 100_000,
      memoryMs: 72 * hour,
      memoryCount: 300_000,
    });
  });
});

describe('what goes wrong', () => {
  test('a record that cannot be read is left out as if it had been trimmed, and the log goes on', async () => {
    const it = await setUp();
    const before = it.open();
    for (let n = 0; n < 5; n++) await before.append(a, makeEvent(), timeAt(n));
    await before.close();
    it.inFile((db) => {
      db.exec(`UPDATE record SET body = '{"ada@example.com' WHERE position IN (2, 3)`);
      db.exec(`UPDATE record SET body = '{"event":{"ticketId":"ada@example.com"}}' WHERE position = 5`);
    });
    const log = it.open();
    const positions = async (after: number, limit: number) =>
      (await log.read(a, after, limit)).map(({ position }) => position);
    expect(await positions(0, 10)).toEqual([1, 4]);
    expect(await positions(1, 2)).toEqual([4]);
    expect(await positions(1, 1)).toEqual([4]);
    expect(await positions(4, 10)).toEqual([]);
    await log.append(a, makeEvent(), timeAt(9));
    expect(await positions(4, 1)).toEqual([6]);
    expect(it.lines).toContainEqual({
      fields: { workspaceId: a, position: 2 },
      message: 'event log: a record is damaged and counts as lost',
    });
    expect(JSON.stringify(it.lines)).not.toContain('ada@');
  });

  test('a write that fails takes its transaction with it and nothing else', async () => {
    const it = await setUp();
    const before = it.open();
    await before.append(a, makeEvent(), timeAt(0));
    await before.close();
    it.inFile((db) =>
      db.exec(`CREATE TRIGGER fault BEFORE INSERT ON trace WHEN NEW.ticket = 'tkt_bad'
               BEGIN SELECT RAISE(ABORT, 'no space'); END`),
    );
    const log = it.open();
    const good = makeEvent({ ticket: { updatedAt: timeAt(1) } });
    const told: string[] = [];
    log.watch(a, (news) => told.push(news));
    const outcomes = await Promise.allSettled([
      log.append(a, good, timeAt(1)),
      log.append(a, makeEvent({ ticketId: 'tkt_bad' }), timeAt(1)),
      log.append(b, makeEvent(), timeAt(1)),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        reason: { code: 'EVENT_LOG_UNAVAILABLE', retryable: true, cause: expect.any(Error) },
      });
    }
    expect(it.lines).toHaveLength(1);
    expect(JSON.stringify(it.lines)).not.toContain('ada@');
    expect([await log.head(a), await log.head(b), told]).toMatchObject([
      { position: 1 },
      { position: 0 },
      [],
    ]);
    expect(await log.append(a, good, timeAt(2))).toMatchObject({ record: { stale: false } });
    expect((await log.append(b, makeEvent(), timeAt(2))).result).toBe('APPENDED');
    expect((await log.read(a, 0, 10)).map(({ position }) => position)).toEqual([1, 2]);
    expect(told).toEqual(['APPENDED']);
  });

  test('an event that cannot be written down fails alone', async () => {
    const it = await setUp();
    const log = it.open();
    const endless: Json[] = [];
    endless.push(endless);
    const bad = makeEvent({ ticket: { customFields: [{ fieldId: 'cf_1', value: endless }] } });
    const outcomes = await Promise.allSettled([
      log.append(a, makeEvent(), timeAt(0)),
      log.append(a, bad, timeAt(0)),
      log.append(a, makeEvent(), timeAt(0)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('a log that was closed is out of reach, and says nothing of it', async () => {
    const it = await setUp();
    const log = it.open();
    await log.close();
    const unavailable = { code: 'EVENT_LOG_UNAVAILABLE' };
    await expect(log.append(a, makeEvent(), timeAt(0))).rejects.toMatchObject(unavailable);
    await expect(log.read(a, 0, 1)).rejects.toMatchObject(unavailable);
    await expect(log.head(a)).rejects.toMatchObject(unavailable);
    expect(it.lines).toEqual([]);
    expect(it.clock.timers).toBe(0);
  });
});
