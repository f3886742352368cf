import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TicketEvent } from '../../../src/domain/event.ts';
import { deletionEvent, stateEvent } from '../../../src/events/intake/made-events.ts';
import { stateDigest } from '../../../src/events/log/change.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { createSweepHarness, workspaceId } from './sweep-harness.ts';

const second = 1_000;
const options = { pollMs: second, liveMs: 2 * second, graceMs: 300 };

/** What a subscription without a filter hears of. */
const isHeard = ({ type }: TicketEvent): boolean =>
  type === 'TICKET_CREATED' || type === 'TICKET_UPDATED' || type === 'TICKET_DELETED';

test('a change of which only "resolved" came is found by the sweep, and told once', async () => {
  await using it = createSweepHarness(options);
  it.stock.put('tkt_1');
  it.begin();
  await it.clock.advance(10 * second);
  const ticket = it.stock.put('tkt_1', { status: 'RESOLVED' });
  await it.intake.accept(workspaceId, makeEvent({ type: 'TICKET_RESOLVED', ticket }));
  await it.clock.advance(10 * second);
  expect(await it.events()).toMatchObject([
    { type: 'TICKET_RESOLVED', source: 'WEBHOOK' },
    { type: 'TICKET_UPDATED', source: 'RECONCILE' },
  ]);
  expect(await it.intake.accept(workspaceId, makeEvent({ ticket }))).toEqual({ result: 'REPEATED' });
});

test('a ticket that was taken for deleted and is in the list comes back', async () => {
  await using it = createSweepHarness(options);
  const ticket = it.stock.put('tkt_1');
  await it.intake.accept(workspaceId, stateEvent('GATEWAY', 'TICKET_UPDATED', ticket));
  const known = await it.log.known(workspaceId, 'tkt_1');
  await it.intake.accept(
    workspaceId,
    deletionEvent('RECONCILE', 'tkt_1', known, it.clock.now() + 60 * second),
  );
  it.begin();
  await it.clock.advance(10 * second);
  expect((await it.events()).slice(2)).toMatchObject([{ type: 'TICKET_UPDATED', source: 'RECONCILE' }]);
});

test('whoever listens to changes alone ends with every ticket as it is, whatever is lost, late or told twice', async () => {
  const delivery = fc.record({
    lost: fc.constantFrom(false, false, true),
    after: fc.nat(4 * second),
    again: fc.option(fc.nat(4 * second), { freq: 3 }),
  });
  const step = fc.record({
    ticket: fc.nat(1),
    kind: fc.constantFrom('change', 'change', 'resolve', 'resolve', 'delete'),
    subject: fc.constantFrom('One', 'Two'),
    /** Through the gateway. */
    own: fc.boolean(),
    deliveries: fc.tuple(delivery, delivery),
    pause: fc.oneof(fc.nat(600), fc.nat(5 * second)),
  });
  const script = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 12 }),
    wholeSeconds: fc.boolean(),
  });
  const property = fc.asyncProperty(script, async ({ steps, wholeSeconds }) => {
    await using it = createSweepHarness(options);
    const failures: unknown[] = [];
    const take = (event: TicketEvent): void => {
      it.intake.accept(workspaceId, event).catch((error: unknown) => failures.push(error));
    };
    const send = (event: TicketEvent, { lost, after, again }: (typeof steps)[0]['deliveries'][0]): void => {
      // Nothing but webhooks tells of a deletion.
      if (lost && event.type !== 'TICKET_DELETED') return;
      for (const ms of again === null ? [after] : [after, again]) it.clock.after(ms, () => take(event));
    };
    const stamp = (): string => {
      const now = it.clock.now();
      return new Date(wholeSeconds ? now - (now % second) : now).toISOString();
    };
    const gone = new Set<string>();
    const change = async ({ ticket: at, kind, subject, own, deliveries }: (typeof steps)[0]) => {
      const ticketId = `tkt_${at}`;
      // Ids are not given out twice.
      if (gone.has(ticketId)) return;
      if (kind === 'delete' && it.stock.tickets.delete(ticketId)) {
        gone.add(ticketId);
        const known = await it.log.known(workspaceId, ticketId);
        if (own) take(deletionEvent('GATEWAY', ticketId, known, it.clock.now()));
        const type = 'TICKET_DELETED' as const;
        send(makeEvent({ type, ticketId, ticket: null, occurredAt: stamp() }), deliveries[0]);
        return;
      }
      const type = it.stock.tickets.has(ticketId) ? 'TICKET_UPDATED' : 'TICKET_CREATED';
      const status = kind === 'resolve' ? 'RESOLVED' : 'OPEN';
      const ticket = it.stock.put(ticketId, { subject, status, updatedAt: stamp() });
      if (own) take(stateEvent('GATEWAY', type, ticket));
      send(makeEvent({ type, ticket }), deliveries[0]);
      if (kind === 'resolve') send(makeEvent({ type: 'TICKET_RESOLVED', ticket }), deliveries[1]);
    };

    it.stock.put('tkt_0');
    it.begin();
    await it.clock.advance(2 * second);
    for (const one of steps) {
      await change(one);
      await it.clock.advance(one.pause);
    }
    await it.clock.advance(20 * second);

    expect(failures).toEqual([]);
    const heard = new Map<string, string | null>();
    for (const { record } of await it.log.read(workspaceId, 0, 1_000)) {
      const { ticketId, ticket, type } = record.event;
      if (record.stale || !isHeard(record.event)) continue;
      heard.set(ticketId, type === 'TICKET_DELETED' || ticket === null ? null : stateDigest(ticket));
    }
    for (const [ticketId, state] of heard) {
      const ticket = it.stock.tickets.get(ticketId);
      expect(state).toBe(ticket === undefined ? null : stateDigest(ticket));
    }
    for (const id of ['tkt_0', 'tkt_1']) {
      const changed = steps.some(({ ticket }) => `tkt_${ticket}` === id);
      expect(heard.has(id)).toBe(changed);
    }
  });
  await fc.assert(property, { numRuns: 150 });
});
