import { describe, expect, test } from 'vitest';
import type { Retention } from '../../src/events/log/log.ts';
import { makeEvent, timeAt } from './event-fixtures.ts';
import { a, b, hour, openLog, type CreateLog } from './open-log.ts';

/** What is kept, and for how long. */
export function retentionContract(create: CreateLog): void {
  const open = (retention?: Partial<Retention>) => openLog(create, retention);

  describe('retention', () => {
    test('records go after 24 hours, and with them their tickets', async () => {
      await using it = await open();
      await it.append(makeEvent());
      it.clock.advanceSync(hour);
      const second = await it.append(makeEvent());
      expect(await it.log.retainedSince(a)).toBe(timeAt(0));
      it.clock.advanceSync(23 * hour);
      expect(await it.records()).toEqual([second]);
      expect(await it.log.retainedSince(a)).toBe(timeAt(hour));
      it.clock.advanceSync(hour);
      expect(await it.records()).toEqual([]);
      expect(await it.log.retainedSince(a)).toBeNull();
      const next = await it.append(makeEvent({ ticket: { updatedAt: timeAt(1) } }));
      expect(next.before).toBeNull();
    });

    test('a stale event does not prolong the memory of what its ticket was like', async () => {
      await using it = await open();
      await it.append(makeEvent({ ticket: { updatedAt: timeAt(5) } }));
      it.clock.advanceSync(23 * hour);
      await it.append(makeEvent({ ticket: { updatedAt: timeAt(4) } }));
      it.clock.advanceSync(hour);
      const next = await it.append(makeEvent({ ticket: { updatedAt: timeAt(6) } }));
      expect(next).toMatchObject({ stale: false, before: null });
    });

    test('so many records are kept and no more', async () => {
      await using it = await open({ maxCount: 3 });
      for (let count = 0; count < 5; count++) await it.append(makeEvent());
      expect((await it.log.read(a, 0, 10)).map(({ position }) => position)).toEqual([3, 4, 5]);
      expect((await it.log.read(a, 0, 2)).map(({ position }) => position)).toEqual([3, 4]);
    });

    test('a cursor expires when a record after it is gone, not when its own is', async () => {
      await using it = await open({ maxCount: 2 });
      const first = await it.append(makeEvent());
      const second = await it.append(makeEvent());
      await it.append(makeEvent());
      expect(await it.log.locate(a, first.cursor)).toEqual({ kind: 'KNOWN', position: 1 });
      await it.append(makeEvent());
      expect(await it.log.locate(a, first.cursor)).toEqual({ kind: 'GAP', reason: 'CURSOR_EXPIRED' });
      expect(await it.log.locate(a, second.cursor)).toEqual({ kind: 'KNOWN', position: 2 });
    });

    test('the head outlives its record', async () => {
      await using it = await open();
      const { cursor } = await it.append(makeEvent());
      it.clock.advanceSync(48 * hour);
      expect(await it.log.head(a)).toEqual({ position: 1, cursor });
      expect(await it.log.locate(a, cursor)).toEqual({ kind: 'KNOWN', position: 1 });
      expect(await it.append(makeEvent())).toMatchObject({ stale: false });
      expect((await it.log.read(a, 1, 10)).map(({ position }) => position)).toEqual([2]);
    });

    test('when the last webhook came is known, repeats too, other sources not', async () => {
      await using it = await open();
      expect(await it.log.lastWebhookAt(a)).toBeNull();
      await it.append(makeEvent({ source: 'GATEWAY' }));
      expect(await it.log.lastWebhookAt(a)).toBeNull();
      const event = makeEvent();
      await it.append(event);
      await it.log.append(a, event, timeAt(hour));
      expect(await it.log.lastWebhookAt(a)).toBe(timeAt(hour));
      expect(await it.log.lastWebhookAt(b)).toBeNull();
    });
  });
}
