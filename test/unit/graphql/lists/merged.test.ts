import { expect, test } from 'vitest';
import { GatewayError } from '../../../../src/domain/errors.ts';
import { readMerged } from '../../../../src/graphql/lists/merged.ts';
import { mergedPagesToRead, pagesToRead } from '../../../../src/graphql/lists/pages.ts';
import { createLanedSource, type LanedRow } from './laned-source.ts';

/** Rows dealt out to lists in turn, a row each unit of time. */
const dealt = (count: number, lanes: number): LanedRow[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `r${String(at).padStart(4, '0')}`,
    at,
    lane: at % lanes,
    version: 0,
  }));

const idsOf = (page: { readonly edges: readonly { readonly node: LanedRow }[] }): string[] =>
  page.edges.map(({ node }) => node.id);

test('every list is asked once, at the same time, for as many rows as are wanted', async () => {
  const source = createLanedSource(dealt(600, 3), 3, 'DESC');
  let underWay = 0;
  let most = 0;
  source.before = () => {
    underWay += 1;
    most = Math.max(most, underWay);
    queueMicrotask(() => (underWay -= 1));
  };
  const page = await readMerged(source.list(), { first: 10, after: null });
  expect(idsOf(page)[0]).toBe('r0599');
  expect(page.edges).toHaveLength(10);
  expect(source.requests.map(({ lane, size }) => [lane, size])).toEqual([
    [0, 10],
    [1, 10],
    [2, 10],
  ]);
  expect(most).toBe(3);
});

test('a list is read again only when its page is used up, for what is still missing', async () => {
  const early = dealt(100, 1);
  const late = dealt(300, 1).map((row) => ({ ...row, id: `s${row.id}`, at: row.at + 1000, lane: 1 }));
  const source = createLanedSource([...early, ...late], 2, 'DESC');
  const page = await readMerged(source.list(), { first: 250, after: null });
  expect(page.edges.every(({ node }) => node.lane === 1)).toBe(true);
  expect(source.requests.map(({ lane, size }) => [lane, size])).toEqual([
    [0, 100],
    [1, 100],
    [1, 100],
    [1, 50],
  ]);
});

test('five hundred rows of six lists cost no more than ten requests', async () => {
  const source = createLanedSource(dealt(3000, 6), 6, 'ASC');
  const page = await readMerged(source.list(), { first: 500, after: null });
  expect(page.edges).toHaveLength(500);
  expect(source.requests).toHaveLength(6);
  const lopsided = createLanedSource(
    dealt(3000, 6).map((row) => (row.at < 600 ? { ...row, lane: 5 } : row)),
    6,
    'ASC',
  );
  await readMerged(lopsided.list(), { first: 500, after: null });
  expect(lopsided.requests).toHaveLength(10);
  expect(mergedPagesToRead(500, [-1, -1, -1, -1, -1, -1], 100)).toBe(10);
});

test('of one list, as many pages are foretold as for one that stands alone', () => {
  for (const first of [1, 2, 99, 100, 101, 499, 500]) {
    for (const index of [-1, 0, 50, 98, 99, 100_000]) {
      expect(mergedPagesToRead(first, [index], 100)).toBe(pagesToRead(first, index, 100));
    }
  }
});

test('rows of one time come in the order of their lists', async () => {
  const rows = ['c', 'a', 'b', 'd'].map((id, index) => ({ id, at: 7, lane: index % 2, version: 0 }));
  const list = createLanedSource(rows, 2, 'ASC').list();
  const whole = await readMerged(list, { first: 4, after: null });
  expect(idsOf(whole)).toEqual(['b', 'c', 'a', 'd']);
  for (const [index, { cursor }] of whole.edges.entries()) {
    expect(idsOf(await readMerged(list, { first: 4, after: cursor }))).toEqual(idsOf(whole).slice(index + 1));
  }
});

test('of two states of a row the newer one is shown, wherever it stands', async () => {
  const source = createLanedSource(dealt(4, 1), 2, 'ASC');
  source.before = (lane) => {
    // Between the two requests, r0001 goes to the other list and to the end of it.
    if (lane !== 1) return;
    source.rows = source.rows.map((row) => (row.at === 1 ? { ...row, at: 9, lane: 1, version: 1 } : row));
  };
  const page = await readMerged(source.list(), { first: 10, after: null });
  expect(idsOf(page)).toEqual(['r0000', 'r0002', 'r0003', 'r0001']);
  expect(page.edges.at(-1)?.node.version).toBe(1);
});

test('a cursor among hundreds of rows of one time stays short', async () => {
  const rows = dealt(900, 6).map((row) => ({ ...row, at: 5 }));
  const list = createLanedSource(rows, 6, 'ASC').list();
  const page = await readMerged(list, { first: 500, after: null });
  for (const { cursor } of page.edges) expect(cursor.length).toBeLessThan(3000);
  const next = await readMerged(list, { first: 500, after: page.pageInfo.endCursor });
  expect(new Set([...idsOf(page), ...idsOf(next)]).size).toBe(900);
});

test('no rows at all make an empty page', async () => {
  const source = createLanedSource([], 3, 'ASC');
  const { edges, pageInfo } = await readMerged(source.list(), { first: 10, after: null });
  expect(edges).toEqual([]);
  expect({ ...pageInfo }).toEqual({
    hasNextPage: false,
    hasPreviousPage: false,
    startCursor: null,
    endCursor: null,
  });
});

test('the last cursor waits for rows to come, in any of the lists', async () => {
  const source = createLanedSource(dealt(3, 3), 3, 'ASC');
  const list = source.list();
  const page = await readMerged(list, { first: 5, after: null });
  const after = page.pageInfo.endCursor;
  expect(page.pageInfo.hasNextPage).toBe(false);
  source.rows.push({ id: 'new', at: 50, lane: 0, version: 0 }, { id: 'newer', at: 51, lane: 2, version: 0 });
  expect(idsOf(await readMerged(list, { first: 5, after }))).toEqual(['new', 'newer']);
});

test.for([
  ['not in its order', (row: LanedRow) => ({ ...row, at: -row.at })],
  ['sorted by what is no number', (row: LanedRow) => ({ ...row, at: Number.NaN })],
] as const)('a list that is %s is the backend’s fault, not a wrong list', async ([, change]) => {
  const source = createLanedSource(dealt(6, 2), 2, 'ASC');
  const list = source.list();
  const keyOf = (row: LanedRow) => [Number.isNaN(change(row).at) ? null : change(row).at];
  const broken = readMerged({ ...list, order: { ...list.order, keyOf } }, { first: 5, after: null });
  await expect(broken).rejects.toMatchObject({ code: 'BACKEND_CONTRACT_MISMATCH' });
});

test('one list that fails fails the page', async () => {
  const list = createLanedSource(dealt(6, 2), 2, 'ASC').list();
  const [first] = list.lanes;
  const refused = () => Promise.reject(new GatewayError('CURSOR_INVALID', 'after is invalid'));
  const page = await readMerged(list, { first: 2, after: null });
  const broken = { ...list, lanes: first ? [first, refused] : [] };
  await expect(readMerged(broken, { first: 2, after: null })).rejects.toMatchObject({ fields: [] });
  await expect(readMerged(broken, { first: 2, after: page.pageInfo.endCursor })).rejects.toMatchObject({
    code: 'CURSOR_INVALID',
    fields: [{ path: ['after'] }],
  });
});

test('lists that lead in circles are given up', async () => {
  const list = createLanedSource([], 2, 'ASC').list();
  const lanes = [0, 1].map(() => async () => ({ items: [], nextCursor: 'again' }));
  await expect(readMerged({ ...list, lanes }, { first: 2, after: null })).rejects.toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
  });
  let page = 0;
  const endless = [0, 1].map(() => async () => ({ items: [], nextCursor: String((page += 1)) }));
  await expect(readMerged({ ...list, lanes: endless }, { first: 2, after: null })).rejects.toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
  });
  expect(page).toBeLessThanOrEqual(12);
});

test('a row that has gone is looked for by those of its time that came before it, page after page', async () => {
  const rows = [0, 5, 5, 5].map((at, index) => ({ id: `r${index}`, at, lane: 0, version: 0 }));
  const other = { id: 's', at: 9, lane: 1, version: 0 };
  const source = createLanedSource([...rows, other], 2, 'ASC');
  const list = source.list(4);
  const page = await readMerged(list, { first: 4, after: null });
  expect(idsOf(page)).toEqual(['r0', 'r1', 'r2', 'r3']);
  const late = ['a', 'b', 'c'].map((id) => ({ id, at: 5, lane: 0, version: 0 }));
  source.rows = [...source.rows.filter(({ id }) => id !== 'r2'), ...late];
  const rest = await readMerged(list, { first: 9, after: page.edges[2]?.cursor ?? null });
  expect(idsOf(rest)).toEqual(['r3', 's']);
});
