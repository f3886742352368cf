import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.ts';
import { readConnection, type Connection } from '../../../src/graphql/connection.ts';
import type { List } from '../../../src/graphql/lists/pages.ts';
import { ticketOrder } from '../../../src/graphql/orders.ts';
import { ticketOf } from './fake-session.ts';
import { byAt, byRank, createPagedSource, type Row } from './paged-source.ts';

const rowsAt = (...ats: readonly number[]): Row[] =>
  ats.map((at, index) => ({ id: `r${String(index).padStart(3, '0')}`, at }));
const numbered = (count: number): Row[] => rowsAt(...Array.from({ length: count }, (_, index) => index));
const ids = (connection: Connection<Row>): string[] => connection.edges.map(({ node }) => node.id);
const cursorOf = (connection: Connection<Row>, index: number): string =>
  connection.edges.at(index)?.cursor ?? '';
const failure = async (promise: Promise<unknown>): Promise<GatewayError> => {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayError) return error;
  throw error;
};

test('walking N full pages costs N requests', async () => {
  const source = createPagedSource(numbered(100), 'ASC');
  const list = source.list(byAt('ASC'));
  const seen: string[] = [];
  let after: string | null = null;
  for (let page = 0; page < 4; page += 1) {
    const connection: Connection<Row> = await readConnection(list, { first: 25, after });
    expect(connection.pageInfo.hasNextPage).toBe(page < 3);
    seen.push(...ids(connection));
    after = connection.pageInfo.endCursor;
  }
  expect(seen).toEqual(numbered(100).map(({ id }) => id));
  expect(source.requests).toEqual([
    { cursor: null, size: 25 },
    { cursor: '24:r024', size: 25 },
    { cursor: '49:r049', size: 25 },
    { cursor: '74:r074', size: 25 },
  ]);
});

test('resuming from within a page reads that page again, just far enough', async () => {
  const source = createPagedSource(numbered(100), 'ASC');
  const list = source.list(byAt('ASC'));
  const page = await readConnection(list, { first: 25, after: null });
  const resumed = await readConnection(list, { first: 10, after: cursorOf(page, 6) });
  expect(ids(resumed)).toEqual(
    numbered(17)
      .slice(7)
      .map(({ id }) => id),
  );
  expect(source.requests.at(-1)).toEqual({ cursor: null, size: 17 });
  expect(source.requests).toHaveLength(2);
});

test('more rows than a page holds are read page by page', async () => {
  const source = createPagedSource(numbered(600), 'DESC');
  const connection = await readConnection(source.list(byAt('DESC')), { first: 450, after: null });
  expect(connection.edges).toHaveLength(450);
  expect(source.requests.map(({ size }) => size)).toEqual([100, 100, 100, 100, 50]);
});

test('a deleted anchor is no loss: its row’s place is found by what it was sorted by', async () => {
  const source = createPagedSource(numbered(30), 'DESC');
  const list = source.list(byAt('DESC'));
  const page = await readConnection(list, { first: 10, after: null });
  source.rows = source.rows.filter(({ id }) => id !== page.edges[4]?.node.id);
  const resumed = await readConnection(list, { first: 3, after: cursorOf(page, 4) });
  expect(ids(resumed)).toEqual(['r024', 'r023', 'r022']);
});

test('an anchor that new rows pushed on is followed to later pages', async () => {
  const source = createPagedSource(numbered(30), 'DESC');
  const list = source.list(byAt('DESC'), 10);
  const page = await readConnection(list, { first: 10, after: null });
  source.rows.push(...Array.from({ length: 25 }, (_, index) => ({ id: `n${index}`, at: 100 + index })));
  const resumed = await readConnection(list, { first: 2, after: cursorOf(page, 4) });
  expect(ids(resumed)).toEqual(['r024', 'r023']);
});

test('an anchor pushed on too far is CURSOR_INVALID after a bounded number of pages', async () => {
  const source = createPagedSource(numbered(30), 'DESC');
  const list = source.list(byAt('DESC'), 10);
  const page = await readConnection(list, { first: 10, after: null });
  source.rows.push(...Array.from({ length: 500 }, (_, index) => ({ id: `n${index}`, at: 100 + index })));
  source.requests.length = 0;
  const error = await failure(readConnection(list, { first: 2, after: cursorOf(page, 4) }));
  expect(error).toMatchObject({ code: 'CURSOR_INVALID', fields: [{ path: ['after'] }] });
  expect(source.requests).toHaveLength(11);
});

test('nothing is asked twice of a page whose order only the backend knows', async () => {
  const source = createPagedSource(rowsAt(1, 1, 1, 2, 2, 3, 3, 3), 'ASC');
  const list = source.list(byRank, 4);
  const page = await readConnection(list, { first: 3, after: null });
  const rest = await readConnection(list, { first: 10, after: cursorOf(page, 1) });
  expect(ids(rest)).toEqual(['r002', 'r003', 'r004', 'r005', 'r006', 'r007']);
});

test.each([
  { what: 'gone', index: 2, change: (row: Row) => [row].slice(1), expected: ['r003', 'r004'] },
  { what: 'moved behind', index: 2, change: (row: Row) => [{ ...row, at: 9 }], expected: ['r003', 'r004'] },
  { what: 'moved before', index: 2, change: (row: Row) => [{ ...row, at: 0 }], expected: ['r003', 'r004'] },
])('where only the backend knows the order, a row $what is continued from its place', async (given) => {
  const source = createPagedSource(rowsAt(1, 2, 3, 4, 5, 6), 'ASC');
  const list = source.list(byRank);
  const page = await readConnection(list, { first: 4, after: null });
  source.rows = source.rows.flatMap((row, index) => (index === given.index ? given.change(row) : [row]));
  const resumed = await readConnection(list, { first: 2, after: cursorOf(page, given.index) });
  expect(ids(resumed)).toEqual(given.expected);
});

test('an empty page has no cursors and does not claim more', async () => {
  const source = createPagedSource([], 'ASC');
  const { edges, pageInfo } = await readConnection(source.list(byAt('ASC')), { first: 5, after: null });
  expect(edges).toEqual([]);
  expect({ ...pageInfo }).toEqual({
    hasNextPage: false,
    hasPreviousPage: false,
    startCursor: null,
    endCursor: null,
  });
});

test('the last page’s cursor waits for rows to come', async () => {
  const source = createPagedSource(numbered(3), 'ASC');
  const list = source.list(byAt('ASC'));
  const page = await readConnection(list, { first: 5, after: null });
  const { endCursor } = page.pageInfo;
  expect(ids(await readConnection(list, { first: 5, after: endCursor }))).toEqual([]);
  source.rows.push({ id: 'new', at: 7 });
  expect(ids(await readConnection(list, { first: 5, after: endCursor }))).toEqual(['new']);
});

test('asking for no rows tells whether there are any, for one request', async () => {
  const source = createPagedSource(numbered(2), 'ASC');
  const list = source.list(byAt('ASC'));
  const none = await readConnection(list, { first: 0, after: null });
  expect(none.edges).toEqual([]);
  expect(none.pageInfo.hasNextPage).toBe(true);
  const page = await readConnection(list, { first: 2, after: null });
  const end = await readConnection(list, { first: 0, after: page.pageInfo.endCursor });
  expect(end.pageInfo.hasNextPage).toBe(false);
  expect(source.requests).toHaveLength(3);
});

test('a backend that sends fewer rows than asked is asked again; one that sends more is cut', async () => {
  const short = createPagedSource(numbered(30), 'ASC', 4);
  const shortPage = await readConnection(short.list(byAt('ASC')), { first: 10, after: null });
  expect(shortPage.edges).toHaveLength(10);
  expect(short.requests).toHaveLength(3);
  const long: List<Row> = {
    ...createPagedSource([], 'ASC').list(byAt('ASC')),
    read: async () => ({ items: numbered(30), nextCursor: null }),
  };
  const longPage = await readConnection(long, { first: 10, after: null });
  expect(longPage.edges).toHaveLength(10);
  expect(longPage.pageInfo.hasNextPage).toBe(true);
  const rest = await readConnection(long, { first: 30, after: longPage.pageInfo.endCursor });
  expect(rest.edges).toHaveLength(20);
});

test.each([
  { what: 'the page itself', next: () => 'a' },
  { what: 'the page before', next: (cursor: string | null) => (cursor === 'a' ? 'b' : 'a') },
])('a backend whose next page is $what does not keep the gateway busy', async ({ next }) => {
  let requests = 0;
  const list: List<Row> = {
    ...createPagedSource([], 'ASC').list(byAt('ASC')),
    read: async ({ cursor }) => {
      requests += 1;
      return { items: [], nextCursor: next(cursor) };
    },
  };
  expect(await failure(readConnection(list, { first: 5, after: null }))).toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
    details: { attribute: 'nextCursor' },
  });
  expect(requests).toBeLessThanOrEqual(3);
});

test('a backend that sends empty pages without end is given up, and what came before is kept', async () => {
  const endless = (rows: readonly Row[]): List<Row> => ({
    ...createPagedSource([], 'ASC').list(byAt('ASC')),
    read: async ({ cursor }) => ({
      items: cursor === null ? rows : [],
      nextCursor: String(Number(cursor) + 1),
    }),
  });
  expect(await failure(readConnection(endless([]), { first: 5, after: null }))).toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
  });
  const list = endless(numbered(2));
  const some = await readConnection(list, { first: 5, after: null });
  expect(ids(some)).toEqual(['r000', 'r001']);
  expect(some.pageInfo.hasNextPage).toBe(true);
  const asked: (string | null)[] = [];
  const watched: List<Row> = {
    ...list,
    read: async (page) => {
      asked.push(page.cursor);
      return { items: [{ id: 'late', at: 9 }], nextCursor: null };
    },
  };
  expect(ids(await readConnection(watched, { first: 5, after: some.pageInfo.endCursor }))).toEqual(['late']);
  expect(asked).toEqual(['11']);
});

test('a cursor that the backend refuses is CURSOR_INVALID at its argument', async () => {
  const source = createPagedSource(numbered(9), 'ASC');
  const list = source.list(byAt('ASC'));
  const page = await readConnection(list, { first: 3, after: null });
  const refusing: List<Row> = {
    ...list,
    read: () => Promise.reject(new GatewayError('CURSOR_INVALID', 'after is invalid')),
  };
  expect(await failure(readConnection(refusing, { first: 3, after: page.pageInfo.endCursor }))).toMatchObject(
    { code: 'CURSOR_INVALID', fields: [{ path: ['after'], code: 'CURSOR_INVALID' }] },
  );
});

test('a cursor of another list is CURSOR_MISMATCH, and nothing is sent', async () => {
  const source = createPagedSource(numbered(9), 'ASC');
  const list = source.list(byAt('ASC'));
  const page = await readConnection(list, { first: 3, after: null });
  source.requests.length = 0;
  const other = { ...list, identity: ['rows', 'DESC'] };
  expect(await failure(readConnection(other, { first: 3, after: page.pageInfo.endCursor }))).toMatchObject({
    code: 'CURSOR_MISMATCH',
    fields: [{ path: ['after'] }],
  });
  expect(source.requests).toEqual([]);
});

test('times that differ in spelling only are the same place', async () => {
  const order = ticketOrder({ field: 'CREATED_AT', direction: 'ASC' });
  const ticket = (createdAt: string) => order.keyOf(ticketOf('tkt_1', { createdAt }));
  expect(order.compare?.(ticket('2026-11-20T09:00:00+01:00'), ticket('2026-11-20T08:00:00.000Z'))).toBe(0);
  expect(order.compare?.(ticket('2026-11-20T09:00:00+02:00'), ticket('2026-11-20T08:00:00Z'))).toBeLessThan(
    0,
  );
});
