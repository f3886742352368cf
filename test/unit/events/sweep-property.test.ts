import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import type { TicketEvent } from '../../../src/domain/event.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import { stateDigest } from '../../../src/events/log/change.ts';
import { makeEvent } from '../../contract/event-fixtures.ts';
import { createSweepHarness, workspaceId } from './sweep-harness.ts';

type Harness = ReturnType<typeof createSweepHarness>;

/** Something that happens in the backend, and what becomes of its webhook. */
const step = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'put', 'delete'),
  ticket: fc.integer({ min: 0, max: 8 }),
  status: fc.constantFrom<Ticket['status']>('NEW', 'OPEN', 'PENDING', 'RESOLVED'),
  /** Milliseconds since the one before: several may share a time. */
  after: fc.constantFrom(0, 0, 1, 40, 700),
  webhook: fc.constantFrom('lost', 'at once', 'twice', 'late', 'much later'),
});

/** What is told, in an order of its own. */
class Webhooks {
  readonly #it: Harness;
  readonly #held: { readonly event: TicketEvent; readonly until: 'late' | 'much later' }[] = [];

  constructor(it: Harness) {
    this.#it = it;
  }

  async send(event: TicketEvent, fate: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
    if (fate.webhook === 'late' || fate.webhook === 'much later')
      this.#held.push({ event, until: fate.webhook });
    if (fate.webhook === 'at once' || fate.webhook === 'twice')
      await this.#it.intake.accept(workspaceId, event);
    if (fate.webhook === 'twice') await this.#it.intake.accept(workspaceId, event);
  }

  /** The newest first, as the worst order there is. */
  async release(until: 'late' | 'much later'): Promise<void> {
    for (const { event } of this.#held.filter((one) => one.until === until).toReversed())
      await this.#it.intake.accept(workspaceId, event);
  }
}

test('whatever becomes of the webhooks, one sweep after the last change the log knows how every changed ticket is', async () => {
  const script = fc.record({
    steps: fc.array(step, { maxLength: 60 }),
    /** Steps that happen at each page that is read, and whether that page fails then. */
    pages: fc.array(
      fc.record({ before: fc.nat(3), after: fc.nat(3), fails: fc.constantFrom(false, false, false, true) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    ),
    maxTickets: fc.constantFrom(1, 2, 5, 10_000),
    overlapMs: fc.constantFrom(0, 1_000),
  });
  const property = fc.asyncProperty(script, async ({ steps, pages, maxTickets, overlapMs }) => {
    await using it = createSweepHarness({
      maxTickets,
      overlapMs,
      liveMs: 2_000,
      pollMs: 1_000,
      graceMs: 300,
    });
    const webhooks = new Webhooks(it);
    const changed = new Set<string>();
    const gone = new Set<string>();
    const queue = [...steps];
    let asked = 0;
    /** The first sweep is over; it reads on for as long as tickets share the newest time. */
    let opened = false;
    let newest: string | undefined;
    /** Nothing happens any more; then, when the next sweep began. */
    let isQuiet = false;
    let lastBegan: number | null = null;

    const happen = async (count: number): Promise<void> => {
      for (const one of queue.splice(0, count)) {
        it.clock.advanceSync(one.after);
        const id = `tkt_${one.ticket}`;
        // Ids are not given out twice.
        if (gone.has(id)) continue;
        const type = it.stock.tickets.has(id) ? 'TICKET_UPDATED' : 'TICKET_CREATED';
        if (one.kind === 'put') {
          const was = it.stock.tickets.get(id);
          const ticket = it.stock.put(id, { status: one.status });
          // The same within one millisecond is no change.
          const isOther = was?.updatedAt !== ticket.updatedAt || was.status !== ticket.status;
          if (opened && isOther) changed.add(id);
          await webhooks.send(makeEvent({ type, ticket }), one);
        } else if (it.stock.tickets.delete(id)) {
          const occurredAt = new Date(it.clock.now()).toISOString();
          await webhooks.send(
            makeEvent({ type: 'TICKET_DELETED', ticketId: id, ticket: null, occurredAt }),
            one,
          );
          gone.add(id);
        }
      }
    };

    for (const ticket of ['tkt_0', 'tkt_1', 'tkt_2', 'tkt_3']) it.stock.put(ticket);
    it.begin(async (cursor) => {
      const page = pages[asked % pages.length];
      asked += 1;
      if (cursor === null && isQuiet) lastBegan ??= it.clock.now();
      await happen(page?.before ?? 0);
      if (page?.fails && opened && queue.length > 0) throw new GatewayError('BACKEND_UNAVAILABLE', 'Down.');
      const answer = await it.stock.list(cursor);
      newest ??= answer.items[0]?.updatedAt;
      if (answer.nextCursor === null || answer.items.at(-1)?.updatedAt !== newest) opened = true;
      await happen(page?.after ?? 0);
      return answer;
    });

    for (let turn = 0; queue.length > 0; turn += 1) {
      if (turn > 500) throw new Error('the script does not end');
      await it.clock.advance(500);
      if (turn % 4 === 0 && opened) await happen(1);
    }
    await webhooks.release('late');
    isQuiet = true;
    const isOver = async (): Promise<boolean> => {
      const state = await it.reconciled.read(workspaceId);
      return state?.at != null && lastBegan !== null && Date.parse(state.at) >= lastBegan;
    };
    for (let turn = 0; !(await isOver()); turn += 1) {
      if (turn > 500) throw new Error('no sweep succeeds');
      await it.clock.advance(100);
    }
    const states = async () => {
      const found: Record<string, unknown> = {};
      for (const id of changed) {
        if (!it.stock.tickets.has(id)) continue;
        const known = await it.log.known(workspaceId, id);
        found[id] = known && { version: known.version, deleted: known.deleted, digest: known.digest };
      }
      return found;
    };
    const expected: Record<string, unknown> = {};
    for (const id of changed) {
      const ticket = it.stock.tickets.get(id);
      if (ticket)
        expected[id] = { version: Date.parse(ticket.updatedAt), deleted: false, digest: stateDigest(ticket) };
    }
    expect(await states()).toEqual(expected);
    await webhooks.release('much later');
    await it.clock.advance(0);
    expect(await states()).toEqual(expected);
  });
  await fc.assert(property, { numRuns: 150 });
});
