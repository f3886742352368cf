import { expect, test } from 'vitest';
import type { Ticket } from '../../../src/domain/ticket.ts';
import { createIntake, type IntakeOptions } from '../../../src/events/intake/intake.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createNoonClock, makeEvent, makeTicket, timeAt } from '../../contract/event-fixtures.ts';

function setUp(readTicket?: IntakeOptions['readTicket']) {
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
    intake: createIntake({
      log,
      clock,
      logger: { debug: to('debug'), info: to('info'), warn: to('warn') },
      ...(readTicket && { readTicket }),
    }),
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

const state = (status: 'OPEN' | 'PENDING' | 'RESOLVED') => makeEvent({ ticket: { status } });

test('two states of one time are both kept, and one read says which is right, even if it was the first', async () => {
  const asked: string[] = [];
  const { intake, log, clock } = setUp(async (workspaceId, ticketId) => {
    asked.push(`${workspaceId} ${ticketId}`);
    return makeTicket({ status: 'PENDING' });
  });
  await intake.accept('ws_a', state('PENDING'));
  await intake.accept('ws_a', state('OPEN'));
  await clock.advance(0);
  expect(asked).toEqual(['ws_a tkt_1']);
  const records = (await log.read('ws_a', 0, 10)).map(({ record }) => record);
  expect(records.map(({ after }) => after?.status)).toEqual(['PENDING', 'OPEN', 'PENDING']);
  expect(records[2]?.event).toMatchObject({ source: 'RECONCILE', channel: 'reconcile' });
});

test('a read that confirms what is known tells nothing', async () => {
  const { intake, log, clock } = setUp(async () => makeTicket({ status: 'OPEN' }));
  await intake.accept('ws_a', state('PENDING'));
  await intake.accept('ws_a', state('OPEN'));
  await clock.advance(0);
  expect(await log.read('ws_a', 0, 10)).toHaveLength(2);
});

test('a contested ticket that is not there was deleted', async () => {
  const { intake, log, clock } = setUp(async () => null);
  await intake.accept('ws_a', state('PENDING'));
  await intake.accept('ws_a', state('OPEN'));
  await clock.advance(0);
  expect(await log.read('ws_a', 2, 10)).toMatchObject([
    { record: { stale: false, event: { type: 'TICKET_DELETED', source: 'RECONCILE' } } },
  ]);
});

test('what somebody did not find is looked for once more, and told only if it is not there', async () => {
  let found: Ticket | null = makeTicket();
  const { intake, log, clock } = setUp(async () => found);
  await intake.accept('ws_a', makeEvent());
  await intake.missing('ws_a', 'tkt_1', clock.now() + 1);
  await clock.advance(0);
  expect(await log.read('ws_a', 1, 10)).toEqual([]);
  found = null;
  await intake.missing('ws_a', 'tkt_1', clock.now() + 1);
  await clock.advance(0);
  expect(await log.read('ws_a', 1, 10)).toMatchObject([
    { record: { stale: false, event: { type: 'TICKET_DELETED', source: 'RECONCILE' } } },
  ]);
});

test('what somebody did not find was deleted, where nobody can look for it', async () => {
  const { intake, log, clock } = setUp(() => null);
  await intake.accept('ws_a', makeEvent());
  await intake.missing('ws_a', 'tkt_1', clock.now() + 1);
  await clock.advance(0);
  expect(await log.read('ws_a', 1, 10)).toMatchObject([{ record: { event: { type: 'TICKET_DELETED' } } }]);
});

test('nobody looks for what is not known, is known to be deleted, or is newer than the question', async () => {
  const asked: string[] = [];
  const { intake, clock } = setUp(async (_workspaceId, ticketId) => {
    asked.push(ticketId);
    return null;
  });
  await intake.accept('ws_a', makeEvent());
  await intake.accept('ws_a', makeEvent({ ticketId: 'tkt_2', type: 'TICKET_DELETED', ticket: null }));
  await intake.missing('ws_a', 'tkt_1', clock.now());
  await intake.missing('ws_a', 'tkt_2', clock.now() + 1);
  await intake.missing('ws_a', 'tkt_3', clock.now() + 1);
  await clock.advance(0);
  expect(asked).toEqual([]);
});

test('while a ticket is read it is read once more at most, however often it is contested', async () => {
  const reads: ((ticket: null) => void)[] = [];
  const { intake, clock } = setUp(() => new Promise((resolve) => reads.push(resolve)));
  for (const status of ['OPEN', 'PENDING', 'RESOLVED', 'OPEN', 'PENDING'] as const)
    await intake.accept('ws_a', state(status));
  expect(reads).toHaveLength(1);
  reads[0]?.(null);
  await clock.advance(0);
  expect(reads).toHaveLength(2);
  reads[1]?.(null);
  await clock.advance(0);
  expect(reads).toHaveLength(2);
});

test('a storm of contested tickets is read a few at a time', async () => {
  let now = 0;
  let most = 0;
  const { intake, clock } = setUp(async () => {
    most = Math.max(most, (now += 1));
    await clock.advance(0);
    now -= 1;
    return null;
  });
  for (let at = 0; at < 40; at += 1) {
    for (const status of ['OPEN', 'PENDING'] as const)
      await intake.accept('ws_a', makeEvent({ ticketId: `tkt_${at}`, ticket: { status } }));
  }
  expect(most).toBe(4);
});

test('a read that fails is logged, and the event was taken all the same', async () => {
  const { intake, lines, clock } = setUp(() => Promise.reject(new Error('no backend')));
  await intake.accept('ws_a', state('PENDING'));
  expect(await intake.accept('ws_a', state('OPEN'))).toMatchObject({ contested: true });
  await clock.advance(0);
  expect(lines).toMatchObject([{ level: 'warn', fields: { ticketId: 'tkt_1' } }]);
});

test('closing ends a read that takes no notice, and says nothing', async () => {
  let given: AbortSignal | null = null;
  const { intake, lines } = setUp((_workspaceId, _ticketId, signal) => {
    given = signal;
    return new Promise(() => undefined);
  });
  await intake.accept('ws_a', state('PENDING'));
  await intake.accept('ws_a', state('OPEN'));
  await intake.close();
  expect(given).toMatchObject({ aborted: true });
  await intake.accept('ws_a', state('RESOLVED'));
  expect(lines).toEqual([]);
});
