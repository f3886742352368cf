import { expect, test } from 'vitest';
import type { Clock } from '../../src/domain/clock.ts';
import { replayMs, type Fate, type IdempotencyLedger, type Refusal } from '../../src/idempotency/ledger.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { within } from '../support/wait.ts';
import { ticketOf } from '../unit/graphql/fake-session.ts';

const ticket = ticketOf('tkt_1', { tags: ['a', 'b'], customFields: [{ fieldId: 'cf_1', value: [1, null] }] });
const created: Fate = { kind: 'CREATED', ticket };
const refusal: Refusal = {
  code: 'VALIDATION_ERROR',
  message: 'Subject is required',
  category: 'INPUT',
  fields: [{ path: ['input', 'subject'], code: 'REQUIRED', message: 'Required', sourceKey: 'subject' }],
  details: { max: 7 },
  backend: { kind: 'HELPDESK', status: 422, operation: 'POST /tickets', attempts: 1 },
};
const refused: Fate = { kind: 'REFUSED', refusal };
const unknown: Fate = { kind: 'UNKNOWN' };
const undone: Fate = { kind: 'UNDONE' };
const underWay = { kind: 'UNDER_WAY' };
const never = new AbortController().signal;

/** What every ledger promises. @param create an empty one, another one each time */
export function idempotencyContract(
  create: (setup: { readonly clock: Clock }) => IdempotencyLedger | Promise<IdempotencyLedger>,
): void {
  const open = async () => {
    const clock = createVirtualClock();
    const ledger = await create({ clock });
    /** Takes a slot that must be free, for a minute. */
    const start = async (slot = 'slot', fingerprint = 'print'): Promise<string> => {
      const begun = await ledger.begin(slot, fingerprint, clock.now() + 60_000);
      if (begun.kind !== 'STARTED') throw new Error(`${slot} is ${begun.kind}`);
      return begun.claim;
    };
    const look = (fingerprint = 'print', slot = 'slot') =>
      ledger.begin(slot, fingerprint, clock.now() + 60_000);
    return { ledger, clock, start, look, [Symbol.asyncDispose]: () => ledger.close() };
  };

  test('the first to come has the slot; others hear that it is under way', async () => {
    await using it = await open();
    await it.start();
    expect(await it.look()).toEqual(underWay);
  });

  test('of many who come at once, one starts', async () => {
    await using it = await open();
    const begun = await Promise.all(Array.from({ length: 50 }, () => it.look()));
    expect(begun.filter(({ kind }) => kind === 'STARTED')).toHaveLength(1);
    expect(begun.filter(({ kind }) => kind === 'UNDER_WAY')).toHaveLength(49);
  });

  test('slots do not meet', async () => {
    await using it = await open();
    const claims = [await it.start('one'), await it.start('two')];
    expect(new Set(claims).size).toBe(2);
    await it.ledger.settle('one', claims[0] ?? '', created);
    expect(await it.look('print', 'two')).toEqual(underWay);
  });

  test.for([created, refused, unknown])('what was settled is what others find: $kind', async (fate) => {
    await using it = await open();
    await it.ledger.settle('slot', await it.start(), fate);
    expect(await it.look()).toEqual(fate);
    expect(await it.look()).toEqual(fate);
  });

  test('what was not carried out frees the slot, for any input', async () => {
    await using it = await open();
    await it.ledger.settle('slot', await it.start(), undone);
    expect(await it.look('another')).toMatchObject({ kind: 'STARTED' });
    expect(await it.look()).toEqual({ kind: 'OTHER_INPUT' });
  });

  test.for([null, created, refused, unknown])('another input is told apart: after %o', async (fate) => {
    await using it = await open();
    const claim = await it.start();
    if (fate) await it.ledger.settle('slot', claim, fate);
    expect(await it.look('another')).toEqual({ kind: 'OTHER_INPUT' });
  });

  test.for([created, refused])(
    'a known result is found for two hours, then the slot is free: $kind',
    async (fate) => {
      await using it = await open();
      await it.ledger.settle('slot', await it.start(), fate);
      await it.clock.advance(replayMs - 1);
      // Looking at it does not make it younger.
      expect(await it.look()).toEqual(fate);
      await it.clock.advance(2);
      expect(await it.look()).toMatchObject({ kind: 'STARTED' });
    },
  );

  test('an unknown outcome outlives the known ones', async () => {
    await using it = await open();
    await it.ledger.settle('slot', await it.start(), unknown);
    await it.clock.advance(10 * replayMs);
    expect(await it.look()).toEqual(unknown);
  });

  test('a claim that is not settled in time is an unknown outcome, unless its fate comes late', async () => {
    await using it = await open();
    const claim = await it.start();
    await it.clock.advance(59_999);
    expect(await it.look()).toEqual(underWay);
    await it.clock.advance(1);
    expect(await it.look()).toEqual(unknown);
    await it.ledger.settle('slot', claim, created);
    expect(await it.look()).toEqual(created);
  });

  test('a claim that is settled does not run out', async () => {
    await using it = await open();
    await it.ledger.settle('slot', await it.start(), created);
    await it.clock.advance(60_000);
    expect(await it.look()).toEqual(created);
  });

  test('only who has the slot settles it', async () => {
    await using it = await open();
    const first = await it.start();
    await it.ledger.settle('slot', 'made up', created);
    expect(await it.look()).toEqual(underWay);
    await it.ledger.settle('slot', first, undone);
    const second = await it.start();
    await it.ledger.settle('slot', first, refused);
    expect(await it.look()).toEqual(underWay);
    await it.ledger.settle('slot', second, created);
    await it.ledger.settle('slot', first, undone);
    expect(await it.look()).toEqual(created);
  });

  test.for([created, refused, unknown, undone])(
    'who waits is told when it is settled: $kind',
    async (fate) => {
      await using it = await open();
      const claim = await it.start();
      const told: string[] = [];
      const waits = ['a', 'b'].map(async (name) => {
        await it.ledger.settled('slot', never);
        told.push(name);
      });
      await it.clock.advance(1_000);
      expect(told).toEqual([]);
      await it.ledger.settle('slot', claim, fate);
      await it.clock.advance(1_000);
      await within('the waits', Promise.all(waits));
      expect(told.toSorted()).toEqual(['a', 'b']);
    },
  );

  test('who waits is told when the claim runs out', async () => {
    await using it = await open();
    await it.start();
    const wait = it.ledger.settled('slot', never);
    await it.clock.advance(61_000);
    await within('the wait', wait);
    expect(await it.look()).toEqual(unknown);
  });

  test('who waits when the ledger is closed is not let in as if nothing had begun', async () => {
    await using it = await open();
    await it.start();
    const wait = it.ledger.settled('slot', never).then(
      () => it.look(),
      (error: unknown) => error,
    );
    await it.ledger.close();
    await it.clock.advance(1_000);
    expect(await within('the wait', wait)).not.toMatchObject({ kind: 'STARTED' });
  });

  test('nobody waits where nothing is under way', async () => {
    await using it = await open();
    const waits = async () => within('the wait', it.ledger.settled('slot', never));
    await expect(waits()).resolves.toBeUndefined();
    await it.ledger.settle('slot', await it.start(), created);
    await expect(waits()).resolves.toBeUndefined();
  });

  test('who leaves waits no longer, and others do', async () => {
    await using it = await open();
    const claim = await it.start();
    const leaving = new AbortController();
    const reason = new Error('gone');
    const left = it.ledger.settled('slot', leaving.signal);
    const stays = it.ledger.settled('slot', never);
    leaving.abort(reason);
    await expect(left).rejects.toBe(reason);
    await expect(it.ledger.settled('slot', leaving.signal)).rejects.toBe(reason);
    await it.ledger.settle('slot', claim, created);
    await it.clock.advance(1_000);
    await within('the wait', stays);
  });
}
