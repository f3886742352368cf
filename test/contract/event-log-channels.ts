import { describe, expect, test } from 'vitest';
import type { TicketEvent } from '../../src/domain/event.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import { stateDigest } from '../../src/events/log/change.ts';
import type { Retention } from '../../src/events/log/log.ts';
import { makeEvent, makeTicket, timeAt } from './event-fixtures.ts';
import { a, b, hour, openLog, repeated, type CreateLog } from './open-log.ts';

/** One change that comes by several ways, and what the log knows of a ticket. */
export function channelContract(create: CreateLog): void {
  const open = (retention?: Partial<Retention>) => openLog(create, retention);

  const by = {
    one: (event: Parameters<typeof makeEvent>[0] = {}) => makeEvent({ channel: 'one', ...event }),
    two: (event: Parameters<typeof makeEvent>[0] = {}) => makeEvent({ channel: 'two', ...event }),
    gateway: (event: Parameters<typeof makeEvent>[0] = {}) =>
      makeEvent({ channel: 'gateway', source: 'GATEWAY', typeRaw: event.type ?? 'TICKET_UPDATED', ...event }),
    sweep: (event: Parameters<typeof makeEvent>[0] = {}) =>
      makeEvent({
        channel: 'reconcile',
        source: 'RECONCILE',
        typeRaw: event.type ?? 'TICKET_UPDATED',
        ...event,
      }),
  };
  const deletion = (at: number) =>
    ({ type: 'TICKET_DELETED', ticket: null, occurredAt: timeAt(at) }) as const;
  const at = (ms: number, ticket: Partial<Ticket> = {}) => ({ ticket: { updatedAt: timeAt(ms), ...ticket } });

  describe('one change by two channels', () => {
    test.for([
      ['a webhook', 'the other registration', by.one, by.two],
      ['the gateway', 'a webhook', by.gateway, by.one],
      ['a webhook', 'the gateway', by.one, by.gateway],
      ['the sweep', 'a webhook', by.sweep, by.one],
      ['a webhook', 'the sweep', by.one, by.sweep],
      ['the gateway', 'the sweep', by.gateway, by.sweep],
    ] as const)('what %s told is a repeat from %s', async ([, , first, second]) => {
      await using it = await open();
      const record = await it.append(first());
      expect(await it.tell(second())).toEqual(repeated);
      expect(await it.records()).toEqual([record]);
    });

    test('it stays a repeat when the ticket has changed since', async () => {
      await using it = await open();
      await it.append(by.one(at(1)));
      await it.append(by.one(at(2)));
      expect(await it.tell(by.two(at(1)))).toEqual(repeated);
      expect(await it.tell(by.sweep(at(1)))).toEqual(repeated);
    });

    test('one channel may tell it twice, and then another still repeats it', async () => {
      await using it = await open();
      await it.append(by.one());
      await it.append(by.one());
      expect(await it.tell(by.two())).toEqual(repeated);
      expect(await it.records()).toHaveLength(2);
    });

    test('who repeated it has told nothing: the first channel may tell it again', async () => {
      await using it = await open();
      await it.append(by.one());
      expect(await it.tell(by.two())).toEqual(repeated);
      await it.append(by.one());
      expect(await it.tell(by.two())).toEqual(repeated);
    });

    test('when both come at the same moment, one is taken', async () => {
      await using it = await open();
      const outcomes = await Promise.all(
        [by.one(), by.two(), by.gateway(), by.sweep()].map((e) => it.tell(e)),
      );
      expect(outcomes.filter(({ result }) => result === 'APPENDED')).toHaveLength(1);
    });

    test('another type, ticket, updatedAt or state is another change', async () => {
      await using it = await open();
      await it.append(by.one());
      await it.append(by.two({ type: 'TICKET_RESOLVED' }));
      await it.append(by.two({ ticketId: 'tkt_2' }));
      await it.append(by.two(at(1)));
      await it.append(by.two(at(1, { subject: 'The printer is out of paper' })));
      expect(await it.records()).toHaveLength(5);
    });

    test('another workspace knows nothing of it', async () => {
      await using it = await open();
      await it.append(by.one(), a);
      await it.append(by.two(), b);
      await it.append(by.one(deletion(5)), a);
      await it.append(by.two(deletion(5)), b);
      expect([await it.records(a), await it.records(b)]).toMatchObject([{ length: 2 }, { length: 2 }]);
    });

    test('a type that has no name of ours is told by its own', async () => {
      await using it = await open();
      const unknown = (typeRaw: string) => ({ type: 'UNKNOWN', typeRaw }) as const;
      await it.append(by.one(unknown('ticket.merged')));
      await it.append(by.two(unknown('ticket.split')));
      expect(await it.tell(by.two(unknown('ticket.merged')))).toEqual(repeated);
    });

    test('how a channel spells a ticket does not matter: order, other forms of a time, fields without a value', async () => {
      await using it = await open();
      const value = { fieldId: 'cf_1', value: 7 };
      const other = { fieldId: 'cf_2', value: { b: [1] } };
      await it.append(by.one({ ticket: { tags: ['x', 'y'], customFields: [value, other] } }));
      const spelled = {
        tags: ['y', 'x'],
        customFields: [other, { fieldId: 'cf_3', value: null }, value],
        createdAt: '2026-03-04T12:59:59+01:00',
        updatedAt: '2026-03-04T13:00:00+01:00',
        fetchedAt: timeAt(500),
      };
      expect(await it.tell(by.two({ ticket: spelled }))).toEqual(repeated);
      expect((await it.tell(by.one({ ticket: spelled }))).result).toBe('APPENDED');
    });

    test('where no ticket could be read, type, ticket and time tell it', async () => {
      await using it = await open();
      const unread = { ticket: null, occurredAt: timeAt(0) };
      await it.append(by.one(unread));
      expect(await it.tell(by.two({ ...unread, occurredAt: '2026-03-04T13:00:00+01:00' }))).toEqual(repeated);
      await it.append(by.one(unread));
      await it.append(by.two({ ...unread, occurredAt: timeAt(1) }));
      await it.append(by.two({ ...unread, type: 'TICKET_RESOLVED' }));
      await it.append(by.two({ ...unread, ticketId: 'tkt_2' }));
      expect(await it.records()).toHaveLength(5);
    });

    test('an event without a time is never one', async () => {
      await using it = await open();
      for (const ticket of [null, { updatedAt: 'yesterday' }]) {
        await it.append(by.one({ ticket, occurredAt: 'yesterday' }));
        await it.append(by.two({ ticket, occurredAt: 'yesterday' }));
      }
      expect(await it.records()).toHaveLength(4);
    });

    test('an own write that changed nothing is told once', async () => {
      await using it = await open();
      await it.append(by.gateway({ type: 'TICKET_CREATED' }));
      expect(await it.tell(by.gateway())).toEqual(repeated);
      await it.append(by.gateway(at(1, { status: 'PENDING' })));
      expect(await it.tell(by.gateway(at(1, { status: 'PENDING' })))).toEqual(repeated);
      await it.append(by.gateway(at(1)));
      await it.append(by.gateway(at(1, { status: 'PENDING' })));
      expect(await it.records()).toHaveLength(4);
    });

    test('it is remembered as long as the event, and no longer', async () => {
      await using it = await open();
      await it.append(by.one());
      it.clock.advanceSync(72 * hour - 1);
      expect(await it.tell(by.two())).toEqual(repeated);
      it.clock.advanceSync(1);
      expect((await it.tell(by.two())).result).toBe('APPENDED');
      expect(await it.tell(by.one())).toEqual(repeated);
    });

    test('so many are remembered and no more, from when each was last told', async () => {
      await using it = await open({ memoryCount: 2 });
      await it.append(by.one());
      await it.append(by.one());
      await it.append(by.one(at(1)));
      expect(await it.tell(by.two())).toEqual(repeated);
      await it.append(by.one(at(2)));
      expect((await it.tell(by.two())).result).toBe('APPENDED');
    });
  });

  describe('deletions by two channels', () => {
    test.for([
      ['a webhook', 'the gateway', by.one, by.gateway],
      ['the gateway', 'a webhook', by.gateway, by.one],
      ['a webhook', 'the sweep', by.one, by.sweep],
      ['the gateway', 'the gateway', by.gateway, by.gateway],
    ] as const)(
      'once %s has told of it, it is a repeat from %s, whenever it was',
      async ([, , first, second]) => {
        await using it = await open();
        await it.append(by.one(at(0)));
        await it.append(first(deletion(5)));
        for (const time of [4, 5, 60_000]) expect(await it.tell(second(deletion(time)))).toEqual(repeated);
      },
    );

    test('a ticket that came back can be deleted again', async () => {
      await using it = await open();
      await it.append(by.one(deletion(5)));
      await it.append(by.one(at(6)));
      expect(await it.append(by.gateway(deletion(7)))).toMatchObject({ stale: false, after: null });
    });

    test('a webhook of the same channel under another id is a second event', async () => {
      await using it = await open();
      await it.append(by.one(deletion(5)));
      expect(await it.append(by.one(deletion(5)))).toMatchObject({ stale: true });
      expect(await it.append(by.one(deletion(6)))).toMatchObject({ stale: false, before: null });
    });

    test('the sweep tells nothing of a ticket that is deleted, unless it is newer', async () => {
      await using it = await open();
      await it.append(by.one(deletion(5)));
      expect(await it.tell(by.sweep(at(5)))).toEqual(repeated);
      expect(await it.append(by.sweep(at(6)))).toMatchObject({ stale: false });
    });
  });

  describe('when a deletion was, by several clocks', () => {
    const minute = 60_000;

    test.for([
      ['a webhook', by.one],
      ['the gateway', by.gateway],
    ] as const)('a second one that is later counts, whoever was first: %s', async ([, first]) => {
      await using it = await open();
      await it.append(by.one(at(0)));
      await it.append(first(deletion(5)));
      const records = await it.records();
      expect(await it.tell(by.two(deletion(20 * minute)))).toEqual(repeated);
      expect(await it.tell(by.two(deletion(4)))).toEqual(repeated);
      expect(await it.records()).toEqual(records);
      expect(await it.append(by.one(at(20 * minute)))).toMatchObject({ stale: true });
      expect(await it.append(by.one(at(20 * minute + 1)))).toMatchObject({ stale: false });
    });

    test('an own deletion holds for five minutes by our clock, which may be behind', async () => {
      await using it = await open();
      await it.append(by.one(at(0)));
      expect(await it.append(by.gateway(deletion(5)))).toMatchObject({ event: { occurredAt: timeAt(5) } });
      expect(await it.append(by.one(at(5 * minute)))).toMatchObject({ stale: true });
      expect(await it.tell(by.sweep(at(5 * minute + 4)))).toEqual(repeated);
      expect(await it.append(by.sweep(at(5 * minute + 6)))).toMatchObject({ stale: false });
    });

    test('what was only found missing comes back with whatever is newer than it was', async () => {
      await using it = await open();
      await it.append(by.one(at(0)));
      await it.append(by.sweep(deletion(20 * minute)));
      expect(await it.append(by.one(at(0)))).toMatchObject({ stale: true });
      expect(await it.append(by.one(at(1)))).toMatchObject({ stale: false });
    });

    test('what was only found missing comes back when it is found again, unless a webhook has said it is deleted', async () => {
      await using it = await open();
      await it.append(by.one(at(0)));
      await it.append(by.sweep(deletion(5)));
      expect(await it.append(by.sweep(at(0)))).toMatchObject({ stale: false, after: { status: 'OPEN' } });
      await it.append(by.sweep(deletion(5)));
      expect(await it.tell(by.one(deletion(0)))).toEqual(repeated);
      expect(await it.tell(by.sweep(at(0)))).toEqual(repeated);
      expect(await it.log.known(a, 'tkt_1')).toMatchObject({ deleted: true, deletedBy: 'reconcile' });
    });
  });

  describe('an event that says nothing of a change to who listens to changes', () => {
    const resolved = (ms: number) =>
      ({ type: 'TICKET_RESOLVED', ...at(ms, { status: 'RESOLVED' }) }) as const;
    const state = at(1, { status: 'RESOLVED' });

    test('leaves the change for the sweep to tell, once, and then the late webhook is a repeat', async () => {
      await using it = await open();
      await it.append(by.one(at(0)));
      await it.append(by.one(resolved(1)));
      expect(await it.append(by.sweep(state))).toMatchObject({
        stale: false,
        before: { status: 'OPEN' },
        after: { status: 'RESOLVED' },
      });
      expect(await it.tell(by.sweep(state))).toEqual(repeated);
      expect(await it.tell(by.one(state))).toEqual(repeated);
    });

    test('takes nothing from a change that was told, whichever came first', async () => {
      await using it = await open();
      await it.append(by.one(state));
      await it.append(by.one(resolved(1)));
      expect(await it.tell(by.sweep(state))).toEqual(repeated);
      await it.append(by.one(resolved(2)));
      await it.append(by.one(at(2, { status: 'RESOLVED' })));
      expect(await it.tell(by.sweep(at(2, { status: 'RESOLVED' })))).toEqual(repeated);
    });

    test('can be contested like any other', async () => {
      await using it = await open();
      await it.append(by.one(resolved(1)));
      expect(await it.tell(by.one(at(1)))).toMatchObject({ contested: true });
      await it.append(by.one(at(2)));
      expect(await it.tell(by.one(resolved(2)))).toMatchObject({ contested: true });
      expect(await it.append(by.sweep(at(2, { status: 'RESOLVED' })))).toMatchObject({ stale: false });
    });
  });

  describe('a webhook that leaves out part of the ticket', () => {
    const whole = (ms: number, more: Partial<Ticket> = {}) =>
      at(ms, { customFields: [{ fieldId: 'cf_1', value: 7 }], tags: ['x'], ...more });
    const part = (ms: number, more: Partial<Ticket> = {}) =>
      ({ ...at(ms, { customFields: [], tags: [], ...more }), absent: ['tags', 'customFields'] }) as const;

    test('tells the change, and what only the sweep sees of that state is no other', async () => {
      await using it = await open();
      await it.append(by.one(part(1)));
      expect(await it.tell(by.sweep(whole(1)))).toEqual(repeated);
      expect(await it.tell(by.two(part(1)))).toEqual(repeated);
      expect(await it.append(by.sweep(whole(1, { subject: 'Out of paper' })))).toMatchObject({
        stale: false,
      });
    });

    test.for([
      ['the gateway', by.gateway],
      ['the sweep', by.sweep],
    ] as const)('tells nothing after %s has told all of it', async ([, first]) => {
      await using it = await open();
      await it.append(first(whole(1)));
      expect(await it.tell(by.one(part(1)))).toEqual(repeated);
      expect(await it.tell(by.sweep(whole(1)))).toEqual(repeated);
      expect(await it.tell(by.one(part(1, { subject: 'Out of paper' })))).toMatchObject({ contested: true });
    });

    test('takes nothing from what was known of that state', async () => {
      await using it = await open();
      await it.append(by.one(whole(1)));
      await it.append(by.one({ type: 'TICKET_RESOLVED', ...part(1) }));
      expect(await it.tell(by.sweep(whole(1)))).toEqual(repeated);
      expect(await it.append(by.sweep(whole(1, { tags: ['y'] })))).toMatchObject({ stale: false });
    });

    test('is a second event when it comes twice by one channel', async () => {
      await using it = await open();
      await it.append(by.one(part(1)));
      await it.append(by.one(part(1)));
      expect(await it.records()).toMatchObject([{ event: { absent: ['tags', 'customFields'] } }, {}]);
    });
  });

  describe('what cannot be told', () => {
    const open1 = (status: Ticket['status']) => at(1, { status });

    test('an equal updatedAt with another state is contested, and both are in the log', async () => {
      await using it = await open();
      const first = await it.tell(by.one(open1('OPEN')));
      const second = await it.tell(by.one(open1('PENDING')));
      expect(first).toMatchObject({ result: 'APPENDED', contested: false, record: { stale: false } });
      expect(second).toMatchObject({ result: 'APPENDED', contested: true, record: { stale: false } });
      expect(await it.tell(by.two(open1('NEW')))).toMatchObject({ contested: true });
      expect(await it.records()).toHaveLength(3);
    });

    test('the same state under another type, an older or a newer event is not', async () => {
      await using it = await open();
      await it.append(by.one(open1('RESOLVED')));
      const others: TicketEvent[] = [
        by.one({ type: 'TICKET_RESOLVED', ...open1('RESOLVED') }),
        by.one(at(0, { status: 'NEW' })),
        by.one(at(2, { status: 'OPEN' })),
        by.one(deletion(3)),
        by.one(at(4)),
      ];
      for (const event of others) expect(await it.tell(event)).toMatchObject({ contested: false });
    });

    test('what the sweep reads settles it: it is told although it was told before, and not twice', async () => {
      await using it = await open();
      await it.append(by.one(open1('PENDING')));
      expect(await it.tell(by.one(open1('OPEN')))).toMatchObject({ contested: true });
      expect(await it.tell(by.sweep(open1('PENDING')))).toMatchObject({
        contested: false,
        record: { stale: false, after: { status: 'PENDING' } },
      });
      expect(await it.tell(by.sweep(open1('PENDING')))).toEqual(repeated);
      expect(await it.log.known(a, 'tkt_1')).toMatchObject({ attributes: { status: 'PENDING' } });
    });

    test('the sweep does not contest: another state at the same updatedAt is the newer one', async () => {
      await using it = await open();
      await it.append(by.one(open1('PENDING')));
      expect(await it.tell(by.sweep(open1('OPEN')))).toMatchObject({ result: 'APPENDED', contested: false });
    });

    test('after an event without a readable ticket the state is unknown, and the sweep may tell it', async () => {
      await using it = await open();
      await it.append(by.one(open1('OPEN')));
      await it.append(by.one({ ticket: null, occurredAt: timeAt(2) }));
      expect(await it.append(by.sweep(open1('OPEN')))).toMatchObject({ stale: false });
      expect(await it.tell(by.sweep(open1('OPEN')))).toEqual(repeated);
    });
  });

  describe('what is known of a ticket', () => {
    const attributes = { status: 'OPEN', priority: 'NORMAL', assigneeId: null } as const;

    test('is what the newest event said, in its own workspace', async () => {
      await using it = await open();
      expect(await it.log.known(a, 'tkt_1')).toBeNull();
      await it.append(by.one(at(1, { status: 'NEW' })));
      await it.append(by.one(at(2)));
      await it.append(by.one(at(0, { status: 'PENDING' })));
      expect(await it.log.known(a, 'tkt_1')).toEqual({
        version: Date.parse(timeAt(2)),
        deleted: false,
        deletedBy: null,
        confirmed: false,
        digest: stateDigest(makeTicket({ updatedAt: timeAt(2) })),
        announced: true,
        attributes,
        before: { ...attributes, status: 'NEW' },
      });
      expect(await it.log.known(a, 'tkt_2')).toBeNull();
      expect(await it.log.known(b, 'tkt_1')).toBeNull();
    });

    test('is that it was deleted, when, and by which channel', async () => {
      await using it = await open();
      await it.append(by.one(at(1)));
      await it.append(by.two(deletion(5)));
      expect(await it.log.known(a, 'tkt_1')).toEqual({
        version: Date.parse(timeAt(5)),
        deleted: true,
        deletedBy: 'two',
        confirmed: true,
        digest: null,
        announced: false,
        attributes: null,
        before: attributes,
      });
    });

    test('loses what the ticket was like with the record, and is forgotten with the event', async () => {
      await using it = await open();
      await it.append(by.one(at(1)));
      const known = await it.log.known(a, 'tkt_1');
      it.clock.advanceSync(24 * hour);
      expect(await it.log.known(a, 'tkt_1')).toEqual({ ...known, attributes: null, before: null });
      expect(await it.tell(by.sweep(at(1)))).toEqual(repeated);
      it.clock.advanceSync(48 * hour);
      expect(await it.log.known(a, 'tkt_1')).toBeNull();
    });
  });
}
