import { describe, expect, test } from 'vitest';
import { replayMs, type Fate } from '../../../src/idempotency/ledger.ts';
import { createMemoryLedger, type MemoryLedgerOptions } from '../../../src/idempotency/memory-ledger.ts';
import { idempotencyContract } from '../../contract/idempotency.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { ticketOf } from '../graphql/fake-session.ts';
import { createRecordingLog } from '../graphql/run.ts';

const created = (subject: string): Fate => ({ kind: 'CREATED', ticket: ticketOf('tkt_1', { subject }) });

function open(options: Partial<MemoryLedgerOptions> = {}) {
  const clock = createVirtualClock();
  const log = createRecordingLog();
  const ledger = createMemoryLedger({ clock, log, ...options });
  const look = (slot: string) => ledger.begin(slot, 'print', clock.now() + 60_000);
  return {
    clock,
    log,
    ledger,
    look,
    settle: async (slot: string, fate: Fate) => {
      const begun = await look(slot);
      if (begun.kind !== 'STARTED') throw new Error(begun.kind);
      await ledger.settle(slot, begun.claim, fate);
    },
  };
}

describe('idempotency ledger in memory', () => {
  idempotencyContract(({ clock }) => createMemoryLedger({ clock, log: createRecordingLog() }));

  test('takes only so much; what is unused longest is forgotten, and the log says so once', async () => {
    const { settle, look, log, clock } = open({ maxCharacters: 40_000 });
    for (let n = 0; n < 100; n += 1) await settle(`slot_${n}`, created('x'.repeat(1_000)));
    expect(await look('slot_99')).toMatchObject({ kind: 'CREATED' });
    expect(await look('slot_0')).toMatchObject({ kind: 'STARTED' });
    expect(log.lines).toMatchObject([{ level: 'warn' }]);
    await clock.advance(replayMs);
    for (let n = 0; n < 100; n += 1) await settle(`later_${n}`, created('x'.repeat(1_000)));
    expect(log.lines).toHaveLength(2);
  });

  test('results do not push out unknown outcomes, nor what is under way', async () => {
    const { settle, look } = open({ maxCharacters: 40_000 });
    await settle('unknown', { kind: 'UNKNOWN' });
    await look('under way');
    for (let n = 0; n < 100; n += 1) await settle(`slot_${n}`, created('x'.repeat(1_000)));
    expect(await look('unknown')).toEqual({ kind: 'UNKNOWN' });
    expect(await look('under way')).toEqual({ kind: 'UNDER_WAY' });
  });

  test('unknown outcomes are bounded too', async () => {
    const { settle, look } = open({ maxUnknown: 10 });
    for (let n = 0; n < 11; n += 1) await settle(`slot_${n}`, { kind: 'UNKNOWN' });
    expect(await look('slot_10')).toEqual({ kind: 'UNKNOWN' });
    expect(await look('slot_0')).toMatchObject({ kind: 'STARTED' });
  });

  test('what has had its time goes even when nobody asks, and then nothing is left running', async () => {
    const { settle, look, clock, log } = open();
    await settle('slot', created('Personal'));
    clock.advanceSync(replayMs + 120_000);
    expect(clock.timers).toBe(0);
    // By this clock it is young again: had nobody looked meanwhile, it would still be there.
    clock.jump(-replayMs);
    expect(await look('slot')).toMatchObject({ kind: 'STARTED' });
    expect(log.lines).toEqual([]);
  });

  test('closing leaves nothing running', async () => {
    const { ledger, settle, look, clock } = open();
    await settle('slot', created('x'));
    await look('under way');
    await ledger.close();
    expect(clock.timers).toBe(0);
  });
});
