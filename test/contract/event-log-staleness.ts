import { describe, expect, test } from 'vitest';
import type { Ticket } from '../../src/domain/ticket.ts';
import type { Retention } from '../../src/events/log/log.ts';
import { makeEvent, timeAt } from './event-fixtures.ts';
import { hour, openLog, repeated, type CreateLog } from './open-log.ts';

/** What is stale, and what a ticket was like before and after each event. */
export function stalenessContract(create: CreateLog): void {
  const open = (retention?: Partial<Retention>) => openLog(create, retention);

  describe('staleness', () => {
    const updated = (at: number, ticket: Partial<Ticket> = {}) =>
      makeEvent({ ticket: { updatedAt: timeAt(at), ...ticket } });
    const deleted = (at: number) =>
      makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(at) });
    const attributes = (status: Ticket['status']) => ({ status, priority: 'NORMAL', assigneeId: null });

    test('an event older than what is known is stale and changes nothing', async () => {
      await using it = await open();
      expect(await it.append(updated(5, { status: 'PENDING' }))).toMatchObject({
        stale: false,
        before: null,
      });
      expect(await it.append(updated(4, { status: 'NEW' }))).toMatchObject({
        stale: true,
        before: attributes('PENDING'),
        after: attributes('PENDING'),
      });
      expect(await it.append(updated(6))).toMatchObject({
        stale: false,
        before: attributes('PENDING'),
        after: attributes('OPEN'),
      });
    });

    test('updatedAt is compared as a time, not as text', async () => {
      await using it = await open();
      await it.append(makeEvent({ ticket: { updatedAt: '2026-03-04T13:00:00+01:00' } }));
      expect(await it.append(makeEvent({ ticket: { updatedAt: '2026-03-04T12:00:01Z' } }))).toMatchObject({
        stale: false,
      });
      expect(
        await it.append(makeEvent({ ticket: { updatedAt: '2026-03-04T12:59:59+01:00' } })),
      ).toMatchObject({
        stale: true,
      });
    });

    test('events of one change have the same before and after, in either order', async () => {
      for (const types of [
        ['TICKET_UPDATED', 'TICKET_RESOLVED'],
        ['TICKET_RESOLVED', 'TICKET_UPDATED'],
      ] as const) {
        await using it = await open();
        await it.append(updated(0));
        for (const type of types) {
          const event = makeEvent({ type, ticket: { updatedAt: timeAt(1), status: 'RESOLVED' } });
          expect(await it.append(event)).toMatchObject({
            stale: false,
            before: attributes('OPEN'),
            after: attributes('RESOLVED'),
          });
        }
      }
    });

    test('an equal updatedAt with another state is not stale and comes after the one before', async () => {
      await using it = await open();
      await it.append(updated(0, { status: 'NEW' }));
      await it.append(updated(1, { status: 'OPEN' }));
      expect(await it.append(updated(1, { status: 'PENDING' }))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: attributes('PENDING'),
      });
    });

    test('after a deletion everything not newer is stale, a second deletion too', async () => {
      await using it = await open();
      await it.append(updated(0));
      expect(await it.append(deleted(5))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: null,
      });
      expect(await it.append(updated(4))).toMatchObject({ stale: true, before: null, after: null });
      expect(await it.append(updated(5))).toMatchObject({ stale: true });
      expect(await it.append(deleted(5))).toMatchObject({ stale: true });
      expect(await it.append(updated(6))).toMatchObject({
        stale: false,
        before: null,
        after: attributes('OPEN'),
      });
    });

    test('a tombstone is remembered longer than the deletion’s record', async () => {
      await using it = await open();
      await it.append(deleted(5));
      it.clock.advanceSync(71 * hour);
      expect(await it.append(updated(4))).toMatchObject({ stale: true });
    });

    test('a tombstone is remembered from when its ticket was last spoken of', async () => {
      await using it = await open({ memoryCount: 2 });
      await it.append(deleted(5));
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      await it.append(updated(4));
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      expect(await it.append(updated(4))).toMatchObject({ stale: true });
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      await it.append(makeEvent({ ticketId: 'tkt_2' }));
      expect(await it.append(updated(4))).toMatchObject({ stale: false });
    });

    test('a deletion of a ticket that is there is never stale, and its tombstone no older than the ticket', async () => {
      await using it = await open();
      await it.append(updated(5_500));
      expect(await it.append(deleted(5_000))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: null,
      });
      expect(await it.append(updated(5_400))).toMatchObject({ stale: true });
      expect(await it.append(updated(5_500))).toMatchObject({ stale: true });
      expect(await it.append(updated(5_501))).toMatchObject({ stale: false });
    });

    test('a time more than an hour ahead is not believed: what comes after it is not stale', async () => {
      await using it = await open();
      await it.append(updated(0, { status: 'NEW' }));
      expect(await it.append(updated(100 * hour, { status: 'PENDING' }))).toMatchObject({
        stale: false,
        before: attributes('NEW'),
        after: attributes('PENDING'),
      });
      expect(await it.append(updated(1))).toMatchObject({ stale: false, before: attributes('PENDING') });
      expect(await it.append(deleted(100 * hour))).toMatchObject({ stale: false });
      expect(await it.append(updated(1))).toMatchObject({ stale: true });
      expect(await it.append(updated(2))).toMatchObject({ stale: false });
      expect(await it.append(updated(hour))).toMatchObject({ stale: false });
      expect(await it.append(updated(3))).toMatchObject({ stale: true });
    });

    test('a ticket of which no time can be believed is known all the same', async () => {
      await using it = await open();
      await it.append(updated(100 * hour));
      const swept = () =>
        makeEvent({
          source: 'RECONCILE',
          channel: 'reconcile',
          ticket: { updatedAt: timeAt(100 * hour), status: 'PENDING' },
        });
      expect(await it.append(swept())).toMatchObject({ stale: false, after: attributes('PENDING') });
      expect(await it.tell(swept())).toEqual(repeated);
      expect(await it.append(updated(-hour))).toMatchObject({ stale: false });
    });

    test('a deletion stamped in whole seconds is not older than an update within that second', async () => {
      await using it = await open();
      await it.append(updated(700));
      const event = makeEvent({ type: 'TICKET_DELETED', ticket: null, occurredAt: '2026-03-04T12:00:00Z' });
      expect(await it.append(event)).toMatchObject({ stale: false, after: null });
    });

    test('after an event without a readable ticket its attributes are unknown', async () => {
      await using it = await open();
      await it.append(updated(0));
      expect(await it.append(makeEvent({ ticket: null }))).toMatchObject({
        stale: false,
        before: attributes('OPEN'),
        after: null,
      });
      expect(await it.append(updated(1))).toMatchObject({ before: null });
    });
  });
}
