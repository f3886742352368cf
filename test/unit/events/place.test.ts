import { expect, onTestFinished, test } from 'vitest';
import type { EventLog } from '../../../src/events/log/log.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { readOn, type Place } from '../../../src/events/feed/place.ts';
import { createNoonClock, makeEvent, timeAt } from '../../contract/event-fixtures.ts';
import { a } from '../../contract/open-log.ts';

/** A log of so many records, and the place after each. @param damaged positions that it cannot read any more */
async function setUp(count: number, damaged: readonly number[] = []) {
  const memory = createMemoryLog({ clock: createNoonClock() });
  onTestFinished(() => memory.close());
  const places: Place[] = [await memory.head(a)];
  for (let n = 0; n < count; n++) {
    await memory.append(a, makeEvent(), timeAt(0));
    places.push(await memory.head(a));
  }
  const log: EventLog = {
    ...memory,
    read: async (workspaceId, after, limit) =>
      (await memory.read(workspaceId, after, limit)).filter(({ position }) => !damaged.includes(position)),
  };
  const from = async (position: number, limit = 10) => {
    const place = places[position];
    if (place === undefined) throw new Error('no such place');
    const page = await readOn(log, a, place, limit, 'EVENTS_LOST');
    return 'lost' in page ? page.lost : page.entries.map((entry) => entry.position);
  };
  return { from };
}

test('what comes after a place is read in order, a page at a time', async () => {
  const { from } = await setUp(4);
  expect(await from(0)).toEqual([1, 2, 3, 4]);
  expect(await from(1, 2)).toEqual([2, 3]);
  expect(await from(4)).toEqual([]);
});

test('a page ends before what cannot be read, and the next one says that it is lost', async () => {
  const { from } = await setUp(5, [3]);
  expect(await from(0)).toEqual([1, 2]);
  expect(await from(1)).toEqual([2]);
  expect(await from(2)).toBe('EVENTS_LOST');
  expect(await from(3)).toEqual([4, 5]);
});

test('the first record that cannot be read is lost too', async () => {
  const { from } = await setUp(2, [1]);
  expect(await from(0)).toBe('EVENTS_LOST');
});
