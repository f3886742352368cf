import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  readConnection,
  type Connection,
  type ConnectionArguments,
} from '../../../src/graphql/connection.ts';
import type { Direction } from '../../../src/domain/ticket.ts';
import { byAt, createPagedSource, type PagedSource, type Row } from './paged-source.ts';

type Change =
  | { readonly kind: 'CREATE'; readonly at: number; readonly name: string }
  | { readonly kind: 'DELETE'; readonly which: number }
  | { readonly kind: 'TOUCH'; readonly which: number; readonly at: number };

interface Step {
  /** What happens to the list before the page is read. */
  readonly changes: readonly Change[];
  readonly first: number;
  /** The edge of the page before to go on from, counted from its end; the rest of that page is read again. */
  readonly back: number;
}

interface Story {
  readonly ats: readonly number[];
  readonly direction: Direction;
  readonly maxPageSize: number;
  readonly cap: number;
  readonly steps: readonly Step[];
}

// Few distinct times: bulk imports give hundreds of tickets the same one.
const at = fc.integer({ min: 0, max: 12 });
const which = fc.nat(1000);
// Rows are sorted by time, then by id: new ones come to stand before, among and after those of their time.
const name = fc.constantFrom('a', 'r03', 'r11', 'z');
const created = fc.record({ kind: fc.constant('CREATE' as const), at, name });
const deleted = fc.record({ kind: fc.constant('DELETE' as const), which });
const touched = fc.record({ kind: fc.constant('TOUCH' as const), which, at });

const stories = (change: fc.Arbitrary<Change>): fc.Arbitrary<Story> =>
  fc.record({
    ats: fc.array(at, { maxLength: 40 }),
    direction: fc.constantFrom('ASC', 'DESC'),
    maxPageSize: fc.integer({ min: 4, max: 12 }),
    cap: fc.oneof(fc.constant(Infinity), fc.integer({ min: 3, max: 12 })),
    steps: fc.array(
      fc.record({
        changes: fc.array(change, { maxLength: 2 }),
        first: fc.integer({ min: 1, max: 15 }),
        back: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(14)),
      }),
      { maxLength: 14 },
    ),
  });

function apply(change: Change, source: PagedSource & { created: number }, unmoved: Set<string>): void {
  if (change.kind === 'CREATE') {
    source.rows.push({ id: `${change.name}-${source.created}`, at: change.at });
    source.created += 1;
    return;
  }
  const row = source.rows[change.which % Math.max(1, source.rows.length)];
  if (row === undefined) return;
  source.rows = source.rows.filter((other) => other !== row);
  if (change.kind === 'TOUCH') source.rows.push({ ...row, at: change.at });
  unmoved.delete(row.id);
}

/** Reads the list to its end while it changes. Returns what was seen, and the rows that stood still throughout. */
async function walk(story: Story): Promise<{ seen: string[]; unmoved: Set<string>; order: string[] }> {
  const { ats, direction, maxPageSize, cap, steps } = story;
  const rows = ats.map((time, index): Row => ({ id: `r${String(index).padStart(2, '0')}`, at: time }));
  const source = Object.assign(createPagedSource(rows, direction, cap), { created: 0 });
  const list = source.list(byAt(direction), maxPageSize);
  const unmoved = new Set(rows.map(({ id }) => id));
  const seen: string[] = [];
  let page: Connection<Row> | null = null;
  const read = async (args: ConnectionArguments): Promise<Connection<Row>> => {
    const next = await readConnection(list, args);
    seen.push(...next.edges.map(({ node }) => node.id));
    return next;
  };
  let after: string | null = null;
  for (const step of steps) {
    for (const change of step.changes) apply(change, source, unmoved);
    if (page !== null && page.edges.length > 0) {
      const back = step.back % page.edges.length;
      after = page.edges.at(-1 - back)?.cursor ?? null;
      seen.length -= back;
    }
    page = await read({ first: step.first, after });
  }
  do {
    after = page?.pageInfo.endCursor ?? after;
    page = await read({ first: 10, after });
  } while (page.pageInfo.hasNextPage);
  const order = source.rows
    .filter(({ id }) => unmoved.has(id))
    .toSorted((left, right) => {
      const byId = left.id < right.id ? -1 : 1;
      return (left.at - right.at || byId) * (direction === 'ASC' ? 1 : -1);
    });
  return { seen, unmoved, order: order.map(({ id }) => id) };
}

const runs = 2000;

test('under a key that never changes, no row that existed throughout is missed or seen twice', async () => {
  await fc.assert(
    fc.asyncProperty(stories(fc.oneof(created, deleted)), async (story) => {
      const { seen, unmoved, order } = await walk(story);
      expect(seen.filter((id) => unmoved.has(id))).toEqual(order);
    }),
    { numRuns: runs },
  );
});

test('under a key that changes, no row that stood still is missed or seen twice', async () => {
  await fc.assert(
    fc.asyncProperty(stories(fc.oneof(created, deleted, touched)), async (story) => {
      const { seen, unmoved, order } = await walk(story);
      expect(seen.filter((id) => unmoved.has(id))).toEqual(order);
    }),
    { numRuns: runs },
  );
});
