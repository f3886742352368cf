import { expect, test } from 'vitest';
import { createIntake } from '../../../src/events/intake.ts';
import { createMemoryLog } from '../../../src/events/memory-log.ts';
import { createNoonClock, makeEvent, timeAt } from '../../contract/event-fixtures.ts';

function setUp() {
  const clock = createNoonClock();
  const log = createMemoryLog({ clock });
  const lines: { level: string; fields: object; message: string }[] = [];
  const to = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    clock,
    log,
    lines,
    intake: createIntake({ log, clock, logger: { debug: to('debug'), info: to('info') } }),
  };
}

test('an event is stamped with the time it was taken in', async () => {
  const { clock, intake } = setUp();
  clock.advanceSync(1_500);
  const outcome = await intake.accept('ws_a', makeEvent());
  expect(outcome).toMatchObject({ result: 'APPENDED', record: { receivedAt: timeAt(1_500), stale: false } });
});

test('a repeat is dropped and a stale event kept; the log says so without a word of the ticket', async () => {
  const { intake, lines, log } = setUp();
  const event = makeEvent();
  const old = makeEvent({ ticket: { updatedAt: timeAt(-1) } });
  await intake.accept('ws_a', event);
  expect(await intake.accept('ws_a', event)).toEqual({ result: 'REPEATED' });
  expect(await intake.accept('ws_a', old)).toMatchObject({ record: { stale: true } });
  expect(await log.read('ws_a', 0, 10)).toHaveLength(2);
  expect(lines.map(({ level }) => level)).toEqual(['debug', 'info']);
  expect(JSON.stringify(lines)).not.toMatch(/ada|printer/i);
});

test('a log that cannot take the event is the sender’s to know', async () => {
  const { clock, log } = setUp();
  const intake = createIntake({
    log: { ...log, append: () => Promise.reject(new Error('disk full')) },
    clock,
  });
  await expect(intake.accept('ws_a', makeEvent())).rejects.toThrow('disk full');
});
