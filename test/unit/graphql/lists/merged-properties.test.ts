import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Direction } from '../../../../src/domain/ticket.ts';
import type { Connection } from '../../../../src/graphql/connection.ts';
import { cursorIndexes } from '../../../../src/graphql/cursor.ts';
import { readMerged } from '../../../../src/graphql/lists/merged.ts';
import { mergedPagesToRead, type Scan } from '../../../../src/graphql/lists/pages.ts';
import { createLanedSource, type LanedRow, type LanedSource } from './laned-source.ts';

type Change =
  | { readonly kind: 'CREATE'; readonly at: number; readonly name: string; readonly lane: number }
  | { readonly kind: 'DELETE'; readonly which: number }
  | { readonly kind: 'TOUCH'; readonly which: number; readonly at: number }
  | { readonly kind: 'MOVE'; readonly which: number; readonly lane: number };

interface Story {
  readonly rows: readonly { readonly at: number; readonly lane: number }[];
  readonly lanes: number;
  readonly direction: Direction;
  readonly maxPageSize: number;
  readonly cap: number;
  readonly steps: readonly {
    readonly changes: readonly Change[];
    readonly first: number;
    /** The edge of the page before to go on from, counted from its end; the rest of that page is read again. */
    readonly back: number;
  }[];
}

const which = fc.nat(1000);
const lane = fc.nat(5);
const name = fc.constantFrom('a', 'r03', 'r11', 'z');

/** Few distinct times make many rows of the same one. */
function stories(kinds: readonly Change['kind'][]): fc.Arbitrary<Story> {
  const at = fc.integer({ min: 0, max: 12 });
  const changes: Record<Change['kind'], fc.Arbitrary<Change>> = {
    CREATE: fc.record({ kind: fc.constant('CREATE'), at, name, lane }),
    DELETE: fc.record({ kind: fc.constant('DELETE'), which }),
    TOUCH: fc.record({ kind: fc.constant('TOUCH'), which, at }),
    MOVE: fc.record({ kind: fc.constant('MOVE'), which, lane }),
  };
  return fc.record({
    rows: fc.array(fc.record({ at, lane }), { maxLength: 50 }),
    lanes: fc.integer({ min: 2, max: 6 }),
    direction: fc.constantFrom('ASC', 'DESC'),
    maxPageSize: fc.integer({ min: 3, max: 12 }),
    cap: fc.oneof(fc.constant(Infinity), fc.integer({ min: 3, max: 12 })),
    steps: fc.array(
      fc.record({
        changes: fc.array(
          fc
            .constantFrom(...(kinds.length === 0 ? (['DELETE'] as const) : kinds))
            .chain((kind) => changes[kind]),
          { maxLength: kinds.length === 0 ? 0 : 2 },
        ),
        first: fc.integer({ min: 1, max: 15 }),
        back: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(14)),
      }),
      { maxLength: 14 },
    ),
  });
}

function apply(change: Change, source: LanedSource, lanes: number, still: Set<string>): void {
  if (change.kind === 'CREATE') {
    const id = `${change.name}-${source.created}`;
    source.created += 1;
    source.rows.push({ id, at: change.at, lane: change.lane % lanes, version: 0 });
    return;
  }
  const row = source.rows[change.which % Math.max(1, source.rows.length)];
  if (row === undefined) return;
  source.rows = source.rows.filter((other) => other !== row);
  const changed = { ...row, version: row.version + 1 };
  if (change.kind === 'TOUCH') source.rows.push({ ...changed, at: change.at });
  if (change.kind === 'MOVE') source.rows.push({ ...changed, lane: change.lane % lanes });
  still.delete(row.id);
}

const sourceOf = ({ rows, lanes, direction, cap }: Story): LanedSource =>
  createLanedSource(
    rows.map((row, index) => ({
      id: `r${String(index).padStart(2, '0')}`,
      at: row.at,
      lane: row.lane % lanes,
      version: 0,
    })),
    lanes,
    direction,
    cap,
  );

/** As the merge promises it: by time, then by list, then as the list has it. */
const inOrder = (rows: readonly LanedRow[], direction: Direction): LanedRow[] => {
  const sign = direction === 'ASC' ? 1 : -1;
  return rows.toSorted(
    (left, right) =>
      sign * (left.at - right.at) || left.lane - right.lane || sign * (left.id < right.id ? -1 : 1),
  );
};

/** Reads to the end while it changes. `still`: the rows that nothing happened to. */
async function walk(story: Story, scan: Scan<LanedRow> | null = null) {
  const source = sourceOf(story);
  const list = source.list(story.maxPageSize);
  const still = new Set(source.rows.map(({ id }) => id));
  const seen: LanedRow[] = [];
  const pages: string[][] = [];
  let page: Connection<LanedRow> | null = null;
  let after: string | null = null;
  const read = async (first: number): Promise<Connection<LanedRow>> => {
    const next = await readMerged(list, { first, after }, scan);
    const nodes = next.edges.map(({ node }) => node);
    seen.push(...nodes);
    pages.push(nodes.map(({ id }) => id));
    return next;
  };
  for (const step of story.steps) {
    for (const change of step.changes) apply(change, source, story.lanes, still);
    if (page !== null) {
      const back = page.edges.length === 0 ? 0 : step.back % page.edges.length;
      after = (back > 0 ? page.edges.at(-1 - back)?.cursor : page.pageInfo.endCursor) ?? after;
      seen.length -= back;
    }
    page = await read(step.first);
  }
  do {
    after = page?.pageInfo.endCursor ?? after;
    page = await read(10);
  } while (page.pageInfo.hasNextPage);
  return { seen, pages, still, source };
}

const numRuns = 1500;

test('while nothing changes, the merge is the whole list in exact order, whatever the pages', async () => {
  await fc.assert(
    fc.asyncProperty(stories([]), async (story) => {
      const { seen, source } = await walk(story);
      expect(seen.map(({ id }) => id)).toEqual(inOrder(source.rows, story.direction).map(({ id }) => id));
    }),
    { numRuns },
  );
});

test.for([
  { what: 'creations and deletions', kinds: ['CREATE', 'DELETE'] },
  { what: 'rows that move', kinds: ['CREATE', 'DELETE', 'TOUCH', 'MOVE'] },
] as const)('amid $what no row that stood still is missed, seen twice or out of order', async ({ kinds }) => {
  await fc.assert(
    fc.asyncProperty(stories(kinds), async (story) => {
      const { seen, still, source } = await walk(story);
      const expected = inOrder(
        source.rows.filter(({ id }) => still.has(id)),
        story.direction,
      );
      expect(seen.filter(({ id }) => still.has(id)).map(({ id }) => id)).toEqual(
        expected.map(({ id }) => id),
      );
    }),
    { numRuns },
  );
});

test('a row that goes from list to list is never seen twice', async () => {
  await fc.assert(
    fc.asyncProperty(stories(['MOVE']), async (story) => {
      const { seen } = await walk(story);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    }),
    { numRuns },
  );
});

test('a row that goes from list to list is seen exactly once where no other has its key', async () => {
  await fc.assert(
    fc.asyncProperty(stories(['MOVE']), async (story) => {
      const rows = story.rows.map((row, index) => ({ ...row, at: index }));
      const { seen, source } = await walk({ ...story, rows });
      const ids = source.rows.toSorted((one, other) => one.at - other.at).map(({ id }) => id);
      expect(seen.map(({ id }) => id)).toEqual(story.direction === 'ASC' ? ids : ids.toReversed());
    }),
    { numRuns },
  );
});

test('rows of one page are each there once, even where they move while it is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      stories(['MOVE', 'TOUCH']),
      fc.array(fc.record({ after: fc.nat(6), which, lane, at: fc.nat(12) }), { maxLength: 8 }),
      async (story, moves) => {
        const source = sourceOf(story);
        let reads = 0;
        source.before = () => {
          for (const move of moves.filter(({ after }) => after === reads)) {
            apply({ kind: 'MOVE', ...move }, source, story.lanes, new Set());
            apply({ kind: 'TOUCH', ...move, which: move.which + 1 }, source, story.lanes, new Set());
          }
          reads += 1;
        };
        const { edges } = await readMerged(source.list(story.maxPageSize), { first: 40, after: null });
        expect(new Set(edges.map(({ node }) => node.id)).size).toBe(edges.length);
        const times = edges.map(({ node }) => node.at);
        expect(times).toEqual(
          times.toSorted((one, other) => (one - other) * (story.direction === 'ASC' ? 1 : -1)),
        );
      },
    ),
    { numRuns },
  );
});

test('a scan of them finds what matches, in order and once, however little it may read at a time', async () => {
  await fc.assert(
    fc.asyncProperty(stories(['CREATE', 'DELETE', 'TOUCH', 'MOVE']), fc.nat(4), async (story, extra) => {
      const scan: Scan<LanedRow> = {
        maxRequests: story.lanes + extra,
        matches: ({ id }) => Number(id.slice(1, 3)) % 3 === 0,
        ends: () => false,
      };
      // Places that many rows came before may take more pages to find than a scan has.
      const { seen, still, source } = await walk({ ...story, cap: Infinity, maxPageSize: 12 }, scan);
      const expected = inOrder(
        source.rows.filter((row) => still.has(row.id) && scan.matches(row)),
        story.direction,
      );
      expect(seen.filter(({ id }) => still.has(id)).map(({ id }) => id)).toEqual(
        expected.map(({ id }) => id),
      );
    }),
    { numRuns },
  );
});

test('no reading sends more requests than were foretold', async () => {
  await fc.assert(
    fc.asyncProperty(
      stories([]),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 40 }),
      fc.nat(),
      async (story, first, before, edge) => {
        const source = sourceOf({ ...story, cap: Infinity });
        const list = source.list(story.maxPageSize);
        const start = await readMerged(list, { first: before, after: null });
        const after = start.edges[edge % Math.max(1, start.edges.length)]?.cursor ?? null;
        const places = after === null ? Array.from({ length: story.lanes }, () => -1) : cursorIndexes(after);
        source.requests.length = 0;
        await readMerged(list, { first, after });
        expect(source.requests.length).toBeLessThanOrEqual(
          mergedPagesToRead(first, places, story.maxPageSize),
        );
        expect(source.requests.length).toBeGreaterThanOrEqual(story.lanes);
      },
    ),
    { numRuns },
  );
});
