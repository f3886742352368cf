import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { EventRecord, TicketEvent } from '../../../src/domain/event.ts';
import { ticketStatuses } from '../../../src/domain/ticket.ts';
import { decodeCursor } from '../../../src/events/log/cursor.ts';
import type { AppendResult, EventLog, Retention } from '../../../src/events/log/log.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createSqliteLog } from '../../../src/events/log/sqlite-log.ts';
import { createNoonClock, makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { a, b } from '../../contract/open-log.ts';
import { makeFolder } from '../../support/folder.ts';

const workspaces = [a, b];
const tickets = ['tkt_1', 'tkt_2', 'tkt_3'];

/** How somebody tells of something: a webhook of either registration, the gateway itself, or the sweep. */
const channels = [
  { channel: 'one', source: 'WEBHOOK' },
  { channel: 'two', source: 'WEBHOOK' },
  { channel: 'gateway', source: 'GATEWAY' },
  { channel: 'reconcile', source: 'RECONCILE' },
] as const;

const time = fc.integer({ min: 0, max: 6 }).map((at) => timeAt(at * 250));
const state = fc.record({
  updatedAt: time,
  status: fc.constantFrom(...ticketStatuses.slice(0, 2)),
});

interface Told {
  readonly workspaceId: string;
  readonly event: TicketEvent;
}

const told: fc.Arbitrary<Told> = fc
  .record({
    id: fc.integer({ min: 0, max: 200 }),
    workspaceId: fc.constantFrom(...workspaces),
    ticketId: fc.constantFrom(...tickets),
    from: fc.constantFrom(...channels),
    occurredAt: time,
    ticket: fc.option(state, { freq: 8 }),
    type: fc.constantFrom('TICKET_UPDATED', 'TICKET_UPDATED', 'TICKET_RESOLVED', 'TICKET_DELETED'),
  })
  .map(({ id, workspaceId, ticketId, from, occurredAt, ticket, type }) => ({
    workspaceId,
    event: makeEvent({
      eventId: `msg_${id}`,
      ticketId,
      type,
      occurredAt,
      ticket: type === 'TICKET_DELETED' ? null : ticket,
      ...from,
    }),
  }));

type Step =
  | { readonly kind: 'TELL'; readonly events: readonly Told[] }
  | { readonly kind: 'WAIT'; readonly ms: number; readonly timers: boolean }
  | { readonly kind: 'REOPEN' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('TELL'), events: fc.array(told, { maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('WAIT'),
      ms: fc.integer({ min: -2_000, max: 70_000 }),
      timers: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('REOPEN') }) },
);

const retention: fc.Arbitrary<Retention> = fc.record({
  maxAgeMs: fc.constantFrom(1_000, 60_000, 1_000_000),
  maxCount: fc.integer({ min: 1, max: 12 }),
  memoryMs: fc.constantFrom(2_000, 120_000, 1_000_000),
  memoryCount: fc.integer({ min: 1, max: 30 }),
});

/** Two logs have nothing in common but what they say: each has an epoch of its own. */
const placeOf = (cursor: string): string => {
  const { position, digest } = decodeCursor(cursor) ?? {};
  return `${position}:${digest}`;
};
const plain = (record: EventRecord) => ({ ...record, cursor: placeOf(record.cursor) });
const plainResult = (outcome: AppendResult) =>
  outcome.result === 'REPEATED' ? outcome : { ...outcome, record: plain(outcome.record) };

/** Everything a log says of its workspaces. @param cursors that it gave away, with how many steps ago */
async function everything(log: EventLog, cursors: readonly (readonly [string, string])[]) {
  return {
    workspaces: await Promise.all(
      workspaces.map(async (workspaceId) => ({
        entries: (await log.read(workspaceId, 0, 1_000)).map(({ position, record }) => [
          position,
          plain(record),
        ]),
        page: (await log.read(workspaceId, 3, 2)).map(({ position }) => position),
        head: placeOf((await log.head(workspaceId)).cursor),
        retainedSince: await log.retainedSince(workspaceId),
        lastWebhookAt: await log.lastWebhookAt(workspaceId),
        known: await Promise.all(tickets.map((ticketId) => log.known(workspaceId, ticketId))),
      })),
    ),
    located: await Promise.all(cursors.map(([workspaceId, cursor]) => log.locate(workspaceId, cursor))),
  };
}

describe('the log in a file says what the one in memory says', async () => {
  const folders = await makeFolder();
  afterAll(() => folders[Symbol.asyncDispose]());

  test('whatever is told, waited for and restarted', async () => {
    const property = fc.asyncProperty(retention, fc.array(step, { maxLength: 40 }), async (kept, steps) => {
      const clock = createNoonClock();
      const folder = join(folders.path, randomUUID());
      const open = () => createSqliteLog({ folder, clock, retention: kept });
      const model = createMemoryLog({ clock, retention: kept });
      let log = open();
      const given = { model: new Array<[string, string]>(), log: new Array<[string, string]>() };
      try {
        for (const each of steps) {
          if (each.kind === 'WAIT' && each.timers) clock.advanceSync(Math.abs(each.ms));
          else if (each.kind === 'WAIT') clock.jump(each.ms);
          else if (each.kind === 'REOPEN') {
            await log.close();
            log = open();
          } else {
            const receivedAt = new Date(clock.now()).toISOString();
            const append = (to: EventLog) =>
              Promise.all(
                each.events.map(({ workspaceId, event }) => to.append(workspaceId, event, receivedAt)),
              );
            const [ours, models] = [await append(log), await append(model)];
            expect(ours.map(plainResult)).toEqual(models.map(plainResult));
            for (const [index, { workspaceId }] of each.events.entries()) {
              const [our, its] = [ours[index], models[index]];
              if (our?.result === 'APPENDED') given.log.push([workspaceId, our.record.cursor]);
              if (its?.result === 'APPENDED') given.model.push([workspaceId, its.record.cursor]);
            }
          }
          expect(await everything(log, given.log)).toEqual(await everything(model, given.model));
        }
      } finally {
        await log.close();
        await model.close();
      }
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
