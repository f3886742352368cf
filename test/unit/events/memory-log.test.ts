import { describe, expect, test } from 'vitest';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createNoonClock, makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { eventLogContract } from '../../contract/event-log.ts';

describe('event log in memory', () => {
  eventLogContract((setup) => createMemoryLog(setup));

  test('what has outlived its retention goes even when nobody asks', async () => {
    const clock = createNoonClock();
    const log = createMemoryLog({ clock, retention: { maxAgeMs: 1_000 } });
    await log.append('ws_a', makeEvent(), timeAt(0));
    clock.advanceSync(60_000);
    // By this clock it is young again: had nobody looked meanwhile, it would still be there.
    clock.jump(-60_000);
    expect(await log.read('ws_a', 0, 10)).toEqual([]);
    await log.close();
  });

  test('the cursor of a workspace without events stays good once they come', async () => {
    const clock = createNoonClock();
    const log = createMemoryLog({ clock });
    const { cursor } = await log.head('ws_made_up');
    expect(await log.locate('ws_made_up', cursor)).toEqual({ kind: 'KNOWN', position: 0 });
    await log.append('ws_made_up', makeEvent(), timeAt(0));
    expect(await log.locate('ws_made_up', cursor)).toEqual({ kind: 'KNOWN', position: 0 });
    await log.close();
  });
});
