import { expect, test } from 'vitest';
import { countRequests, countRows, type Countable } from '../../../../src/graphql/lists/count.ts';
import { createLanedSource, type LanedRow } from './laned-source.ts';

const rows = (count: number, lanes: number): LanedRow[] =>
  Array.from({ length: count }, (_, at) => ({ id: `r${at}`, at, lane: at % lanes, version: 0 }));

const countable = (source: ReturnType<typeof createLanedSource>): Countable<LanedRow> => ({
  ...source.list(10),
  scan: null,
});
const always = () => true;

test('a row that goes from list to list while it is counted counts once', async () => {
  const source = createLanedSource(rows(10, 2), 2, 'ASC');
  source.before = (lane) => {
    if (lane === 1) source.rows = source.rows.map((row) => ({ ...row, lane: 1 }));
  };
  expect(await countRows(countable(source), 50, always)).toEqual({ value: 10, exact: true });
});

test('lists behind the bound are not read', async () => {
  const source = createLanedSource(rows(60, 3), 3, 'ASC');
  expect(await countRows(countable(source), 15, always)).toEqual({ value: 15, exact: false });
  expect(source.requests.map(({ lane, size }) => [lane, size])).toEqual([
    [0, 10],
    [0, 6],
  ]);
});

test('no count sends more requests than were foretold, whatever the backend gives at a time', async () => {
  for (const count of [0, 1, 9, 10, 11, 29, 30, 31, 95]) {
    for (const lanes of [1, 2, 6]) {
      for (const cap of [3, 10]) {
        for (const max of [1, 10, 30, 50]) {
          const source = createLanedSource(rows(count, lanes), lanes, 'ASC', cap);
          const found = await countRows(countable(source), max, always);
          expect(source.requests.length).toBeLessThanOrEqual(countRequests(max, lanes, 10));
          expect(found?.value).toBeLessThanOrEqual(Math.min(count, max));
          if (found?.exact === true) expect(found.value).toBe(count);
          // Full pages suffice for the whole, or for the bound.
          if (cap === 10) expect(found?.value).toBe(Math.min(count, max));
        }
      }
    }
  }
});

test('a count that is stopped says what it has, or nothing', async () => {
  const source = createLanedSource(rows(60, 1), 1, 'ASC');
  let left = 2;
  expect(await countRows(countable(source), 50, () => (left -= 1) >= 0)).toEqual({ value: 20, exact: false });
  expect(await countRows(countable(source), 50, () => false)).toBeNull();
  expect(source.requests).toHaveLength(2);
});
