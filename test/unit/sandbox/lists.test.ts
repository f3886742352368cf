import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSortedIndex, type Place } from '../../../src/sandbox/sorted-index.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import type { TicketRow } from '../../../src/sandbox/rows.ts';
import { ask, errorOf, faultsOf, testWithSandbox, type Body } from './support.ts';

const resource = testWithSandbox({ tickets: 120 });
const pagination = testWithSandbox({ tickets: 230, listDialect: 'pagination' });

/** All pages of a list, from link to link. */
async function walk(sandbox: Sandbox, path: string): Promise<Body[]> {
  const pages: Body[] = [];
  for (let next: string | null = sandbox.url + path; next !== null; next = pages.at(-1)?.links.next ?? null) {
    pages.push((await ask(sandbox, `GET ${next}`)).body);
  }
  return pages;
}

describe('the resource pages’ dialect', () => {
  resource('gives 25 tickets unless asked, newest first', async ({ sandbox }) => {
    const { body } = await ask(sandbox, 'GET /tickets');
    expect(body.tickets).toEqual(sandbox.tickets.all().slice(0, 25));
    expect(body.meta).toEqual({ pageSize: 25, hasMore: true });
    expect(new URL(body.links.next ?? '').searchParams.get('after')).toEqual(expect.any(String));
  });

  resource('walks to the end, where the link is null', async ({ sandbox }) => {
    const pages = await walk(sandbox, '/tickets?page_size=50');
    expect(pages.map(({ tickets }) => tickets.length)).toEqual([50, 50, 20]);
    expect(pages.map(({ meta }) => meta.hasMore)).toEqual([true, true, false]);
    expect(pages.flatMap(({ tickets }) => tickets)).toEqual(sandbox.tickets.all());
  });

  resource('says that there is no more when the last page is full', async ({ sandbox }) => {
    const pages = await walk(sandbox, '/tickets?page_size=60');
    expect(pages.map(({ meta }) => meta.hasMore)).toEqual([true, false]);
  });

  resource.for([
    ['page_size=0', 'page_size'],
    ['page_size=101', 'page_size'],
    ['page_size=ten', 'page_size'],
    ['page[size]=201', 'page[size]'],
    ['pageSize=-1', 'pageSize'],
    ['status=asleep', 'status'],
    ['priority=none', 'priority'],
    ['sort_by=subject', 'sort_by'],
    ['sort_order=up', 'sort_order'],
  ] as const)('refuses %s', async ([query, name], { sandbox }) => {
    const answer = await ask(sandbox, `GET /tickets?${query}`);
    expect(errorOf(answer)).toBe('422 VALIDATION_ERROR');
    expect(faultsOf(answer)).toEqual({ [name]: ['INVALID'] });
  });

  resource('reads the other spelling too, with its limits', async ({ sandbox }) => {
    const first = await ask(sandbox, 'GET /tickets?page[size]=110');
    expect(first.body.tickets).toHaveLength(110);
    const after = new URL(first.body.links.next ?? '').searchParams.get('after') ?? '';
    for (const spelling of ['page%5Bafter%5D', 'pageAfter', 'after']) {
      const second = await ask(sandbox, `GET /tickets?pageSize=110&${spelling}=${after}`);
      expect(second.body.tickets).toEqual(sandbox.tickets.all().slice(110));
    }
  });
});

describe('the pagination page’s dialect', () => {
  pagination('gives 100 rows unless asked, and the cursor in meta', async ({ sandbox }) => {
    const { body } = await ask(sandbox, 'GET /tickets');
    expect(body.tickets).toHaveLength(100);
    expect(body.meta).toEqual({ hasMore: true, afterCursor: expect.any(String) });
    const { searchParams } = new URL(body.links.next ?? '');
    expect(searchParams.get('page[after]')).toBe(body.meta.afterCursor);
  });

  pagination('takes up to 200 and ends with a null cursor', async ({ sandbox }) => {
    const pages = await walk(sandbox, '/tickets?page%5Bsize%5D=200');
    expect(pages.map(({ tickets }) => tickets.length)).toEqual([200, 30]);
    expect(pages.at(-1)?.meta).toEqual({ hasMore: false, afterCursor: null });
  });
});

const own = testWithSandbox({ tickets: 60, listDialect: 'pagination', listParameters: 'own' });

own('a backend that knows one spelling only ignores the other', async ({ sandbox }) => {
  const { body } = await ask(sandbox, 'GET /tickets?page_size=7&page[size]=9');
  expect(body.tickets).toHaveLength(9);
  expect((await ask(sandbox, 'GET /tickets?page_size=7')).body.tickets).toHaveLength(60);
});

describe('filters and orders', () => {
  resource('keep only what matches, on every page', async ({ sandbox }) => {
    const [assigneeId] = sandbox.agents.ids;
    const cases: [string, (ticket: TicketRow) => boolean][] = [
      ['status=resolved', ({ status }) => status === 'resolved'],
      ['priority=high', ({ priority }) => priority === 'high'],
      [`assignee_id=${assigneeId}`, (ticket) => ticket.assigneeId === assigneeId],
      ['status=open&priority=normal', ({ status, priority }) => status === 'open' && priority === 'normal'],
      ['assignee_id=usr_nobody', () => false],
    ];
    for (const [query, matches] of cases) {
      const pages = await walk(sandbox, `/tickets?page_size=5&${query}`);
      expect(pages.flatMap(({ tickets }) => tickets)).toEqual(sandbox.tickets.all().filter(matches));
    }
  });

  resource('sort statuses and priorities by rank, equal ones by id', async ({ sandbox }) => {
    const ranks = { new: 0, open: 1, pending: 2, resolved: 3, closed: 4 };
    const key = ({ status, id }: TicketRow) => `${ranks[status]}${id}`;
    const pages = await walk(sandbox, '/tickets?sort_by=status&sort_order=asc&page_size=7');
    const keys = pages.flatMap(({ tickets }) => tickets).map(key);
    expect(keys).toEqual(keys.toSorted());
    const urgent = await ask(sandbox, 'GET /tickets?sort_by=priority');
    expect(urgent.body.tickets[0]?.priority).toBe('urgent');
  });

  resource('sort by the last change', async ({ sandbox }) => {
    const id = sandbox.tickets.all().at(-1)?.id ?? '';
    sandbox.tickets.update(id, { subject: 'Touched' });
    const { body } = await ask(sandbox, 'GET /tickets?sort_by=updated_at&page_size=1');
    expect(body.tickets[0]?.id).toBe(id);
  });
});

describe('cursors', () => {
  const cursorOf = async (sandbox: Sandbox, query = ''): Promise<string> => {
    const { body } = await ask(sandbox, `GET /tickets?page_size=5${query}`);
    return new URL(body.links.next ?? '').searchParams.get('after') ?? '';
  };

  resource('that are none are BAD_REQUEST', async ({ sandbox }) => {
    for (const cursor of ['rubbish', '', 'WzFd', '%00']) {
      expect(errorOf(await ask(sandbox, `GET /tickets?after=${cursor}`))).toBe('400 BAD_REQUEST');
    }
  });

  resource('of another order are refused', async ({ sandbox }) => {
    const cursor = await cursorOf(sandbox, '&sort_by=updated_at');
    const answer = await ask(sandbox, `GET /tickets?after=${cursor}`);
    expect(errorOf(answer)).toBe('422 VALIDATION_ERROR');
    expect(faultsOf(answer)).toEqual({ after: ['INVALID'] });
  });

  resource('can be made to expire', async ({ sandbox }) => {
    const cursor = await cursorOf(sandbox);
    expect((await ask(sandbox, `GET /tickets?after=${cursor}`)).status).toBe(200);
    sandbox.expireCursors();
    expect(errorOf(await ask(sandbox, `GET /tickets?after=${cursor}`))).toBe('422 VALIDATION_ERROR');
    expect((await ask(sandbox, `GET /tickets?after=${await cursorOf(sandbox)}`)).status).toBe(200);
  });

  resource('stay right when the row they stand on is deleted', async ({ sandbox }) => {
    const all = sandbox.tickets.all();
    const cursor = await cursorOf(sandbox);
    sandbox.tickets.delete(all[4]?.id ?? '');
    const { body } = await ask(sandbox, `GET /tickets?page_size=5&after=${cursor}`);
    expect(body.tickets).toEqual(all.slice(5, 10));
  });
});

/** A row of few different keys, so that many are equal. */
interface Row {
  readonly id: string;
  readonly key: number;
}

const row = fc.record({ id: fc.stringMatching(/^[a-z]{6}$/), key: fc.nat(4) });
const change = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), row }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('move' as const), at: fc.nat(), key: fc.nat(4) }),
);

test('rows that stay are met exactly once and in order, whatever comes and goes between the pages', () => {
  const scenario = fc.record({
    rows: fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 60 }),
    size: fc.integer({ min: 1, max: 9 }),
    descending: fc.boolean(),
    changes: fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 30 }),
  });
  fc.assert(
    fc.property(scenario, ({ rows, size, descending, changes }) => {
      const index = createSortedIndex<Row>({ keyOf: ({ key }) => key, idOf: ({ id }) => id });
      index.load(rows);
      const alive = new Map(rows.map((each) => [each.id, each]));
      const stayed = new Map(alive); // by id, as they were at first
      const seen: Row[] = [];
      let after: Place | null = null;
      for (let page = 0, hasMore = true; hasMore; page += 1) {
        if (page > 300) throw new Error('the list never ends');
        const result = index.page({ after, descending, size });
        expect(result.rows.length).toBe(hasMore && result.hasMore ? size : result.rows.length);
        seen.push(...result.rows);
        ({ hasMore } = result);
        after = result.last ?? after;
        for (const each of changes[page] ?? []) {
          if (each.kind === 'insert') {
            if (alive.has(each.row.id)) continue;
            index.insert(each.row);
            alive.set(each.row.id, each.row);
          } else {
            const victim = [...alive.values()][each.at % Math.max(1, alive.size)];
            if (!victim) continue;
            // A row that moves may be missed or met twice, so it does not count as one that stayed.
            const moved = each.kind === 'move' ? { ...victim, key: each.key } : null;
            if (moved) index.replace(victim, moved);
            else index.remove(victim);
            if (moved) alive.set(moved.id, moved);
            else alive.delete(victim.id);
            if (moved?.key !== victim.key) stayed.delete(victim.id);
          }
        }
      }
      const expected = [...stayed.values()].toSorted(
        (a, b) => (a.key - b.key || (a.id < b.id ? -1 : 1)) * (descending ? -1 : 1),
      );
      expect(seen.map(({ id }) => id).filter((id) => stayed.has(id))).toEqual(expected.map(({ id }) => id));
      expect(index.size).toBe(alive.size);
    }),
    { numRuns: 300 },
  );
});

resource('tickets that stay are met once over HTTP while others come, move and go', async ({ sandbox }) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 40 }),
      fc.constantFrom('asc', 'desc'),
      fc.array(fc.constantFrom('create', 'delete', 'update'), { maxLength: 12 }),
      async (size, direction, work) => {
        const before = sandbox.tickets.all();
        const deleted = new Set<string>();
        const seen: string[] = [];
        let next: string | null = `${sandbox.url}/tickets?page_size=${size}&sort_order=${direction}`;
        while (next !== null) {
          const { body }: { body: Body } = await ask(sandbox, `GET ${next}`);
          seen.push(...body.tickets.map(({ id }) => id));
          ({ next } = body.links);
          const [step] = work.splice(0, 1);
          const victim = sandbox.tickets.all()[seen.length % 7]?.id ?? '';
          if (step === 'create') sandbox.tickets.create({}, { webhook: false });
          if (step === 'update') sandbox.tickets.update(victim, { subject: 'Moved' }, { webhook: false });
          if (step === 'delete') {
            sandbox.tickets.delete(victim, { webhook: false });
            deleted.add(victim);
          }
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen).toEqual(
          expect.arrayContaining(before.map(({ id }) => id).filter((id) => !deleted.has(id))),
        );
      },
    ),
    { numRuns: 25 },
  );
});
