import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Direction } from '../../../../src/domain/ticket.ts';
import { readConnection, type Connection } from '../../../../src/graphql/connection.ts';
import type { Scan } from '../../../../src/graphql/lists/pages.ts';
import { byAt, byRank, createPagedSource, type Row } from '../paged-source.ts';

const stories = fc.record({
  ats: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }),
  direction: fc.constantFrom<Direction[]>('ASC', 'DESC'),
  maxPageSize: fc.integer({ min: 3, max: 12 }),
  cap: fc.oneof(fc.constant(Infinity), fc.integer({ min: 3, max: 12 })),
  maxRequests: fc.integer({ min: 2, max: 5 }),
  first: fc.integer({ min: 1, max: 9 }),
  every: fc.integer({ min: 1, max: 20 }),
  until: fc.option(fc.integer({ min: 0, max: 12 })),
  stated: fc.boolean(),
  gone: fc.array(fc.nat(1000), { maxLength: 6 }),
});

test('a scan walks through all that matches, in order and once, and looks at each row once', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { ats, direction, maxPageSize, cap, maxRequests, first, every, until, stated, gone } = story;
      const rows = ats.map((at, index): Row => ({ id: `r${String(index).padStart(2, '0')}`, at }));
      const source = createPagedSource(rows, direction, cap);
      const list = source.list(stated ? byAt(direction) : byRank, maxPageSize);
      const isOver = ({ at }: Row) => until !== null && (direction === 'ASC' ? at > until : at < until);
      const scan: Scan<Row> = {
        maxRequests,
        matches: ({ id }) => Number(id.slice(1)) % every === 0,
        ends: isOver,
      };
      const seen: string[] = [];
      let examined = 0;
      let after: string | null = null;
      let page: Connection<Row>;
      do {
        source.requests.length = 0;
        page = await readConnection(list, { first, after }, scan);
        expect(source.requests.length).toBeLessThanOrEqual(maxRequests);
        expect(page.scan?.requests).toBe(source.requests.length);
        expect(page.edges.length).toBeLessThanOrEqual(first);
        expect(page.scan?.exhausted).toBe(!page.pageInfo.hasNextPage);
        examined += page.scan?.examined ?? 0;
        seen.push(...page.edges.map(({ node }) => node.id));
        after = page.pageInfo.endCursor ?? after;
        // Rows that were seen go; where keys can be compared that disturbs nothing.
        const leaving = stated ? seen[gone.pop() ?? -1] : undefined;
        source.rows = source.rows.filter(({ id }) => id !== leaving);
      } while (page.pageInfo.hasNextPage);
      const sign = direction === 'ASC' ? 1 : -1;
      const within = rows
        .filter((row) => !isOver(row))
        .toSorted((one, other) => sign * (one.at - other.at || (one.id < other.id ? -1 : 1)));
      expect(seen).toEqual(within.filter(scan.matches).map(({ id }) => id));
      expect(examined).toBe(within.length);
    }),
    { numRuns: 1500 },
  );
});

test('a scan that is asked for no rows says whether there are any', async () => {
  const rows = Array.from({ length: 40 }, (_, at): Row => ({ id: `r${at}`, at }));
  const source = createPagedSource(rows, 'ASC');
  const list = source.list(byAt('ASC'), 10);
  const scan = (id: string): Scan<Row> => ({
    maxRequests: 3,
    matches: (row) => row.id === id,
    ends: () => false,
  });
  const found = await readConnection(list, { first: 0, after: null }, scan('r25'));
  expect(found).toMatchObject({
    edges: [],
    scan: { requests: 3, examined: 0 },
    pageInfo: { hasNextPage: true },
  });
  const missed = await readConnection(list, { first: 0, after: null }, scan('r35'));
  expect(missed).toMatchObject({ scan: { requests: 3, examined: 30, exhausted: false } });
  const after = missed.pageInfo.endCursor;
  const rest = await readConnection(list, { first: 1, after }, scan('r35'));
  expect(rest.edges.map(({ node }) => node.id)).toEqual(['r35']);
  const none = await readConnection(list, { first: 0, after }, scan('nobody'));
  expect(none).toMatchObject({ scan: { exhausted: true }, pageInfo: { hasNextPage: false } });
});
