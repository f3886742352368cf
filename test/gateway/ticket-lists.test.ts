import fc from 'fast-check';
import { parse } from 'graphql';
import { describe, expect } from 'vitest';
import { estimateCost } from '../../src/graphql/cost/estimate.ts';
import { schema } from '../../src/graphql/schema.ts';
import { testWithGateway, type RunningGateway, withoutStore } from '../support/gateway.ts';
import type { TicketFilter, TicketOrder } from '../support/generated/graphql.ts';
import { walk } from '../support/walk.ts';

const test = testWithGateway({ env: withoutStore, sandbox: { tickets: 330 } });

type Row = ReturnType<RunningGateway['sandbox']['tickets']['all']>[number];

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly localId: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly scan: { readonly examined: number; readonly requests: number; readonly exhausted: boolean } | null;
}

interface Asked {
  readonly first?: number;
  readonly after?: string | null;
  readonly filter?: TicketFilter;
  readonly orderBy?: TicketOrder;
  readonly scan?: { readonly maxRequests: number };
}

const source = `query ($first: Int, $after: String, $filter: TicketFilter, $orderBy: TicketOrder, $scan: ScanBudget) {
  tickets(first: $first, after: $after, filter: $filter, orderBy: $orderBy, scan: $scan) {
    edges { cursor node { localId } }
    pageInfo { hasNextPage endCursor }
    scan { examined requests exhausted }
  }
}`;
const document = parse(source);

/**
 * One page. Its requests are held against the estimate, and against what the gateway says it spent.
 * @param searched requests beyond the estimate, in search of rows that moved
 */
async function pageOf(gateway: RunningGateway, asked: Asked, searched = 0): Promise<Page> {
  gateway.forgetCalls();
  const variables = { ...asked };
  const { data, errors, extensions } = await gateway.query<{ tickets: Page }>(source, variables);
  expect(errors).toBeUndefined();
  const facts = { kind: 'HELPDESK', maxPageSize: 100 } as const;
  const estimated = estimateCost({ schema, document, variableValues: variables }, facts);
  expect(gateway.calls.length).toBeLessThanOrEqual(estimated + searched);
  expect(extensions).toHaveProperty('rateLimit.spent', gateway.calls.length);
  if (!data) throw new Error('no data');
  return data.tickets;
}

const idsIn = ({ edges }: Page): string[] => edges.map(({ node }) => node.localId);

const walkOf = async (gateway: RunningGateway, asked: Asked): Promise<string[]> => {
  const nodes = await walk((after) => pageOf(gateway, { ...asked, after }));
  return nodes.map(({ localId }) => localId);
};

/** What the sandbox holds, by a filter of the test's own, newest first. */
const held = ({ sandbox }: RunningGateway, matches: (row: Row) => boolean): string[] =>
  sandbox.tickets
    .all()
    .filter(matches)
    .map(({ id }) => id);

/** The same in the order of a merge: by time, then by list; what one list holds as the backend has it. */
const merged = (gateway: RunningGateway, lists: readonly ((row: Row) => boolean)[]): string[] => {
  const rows = lists.flatMap((matches, list) =>
    gateway.sandbox.tickets
      .all()
      .filter(matches)
      .map((row) => ({ id: row.id, at: Date.parse(row.createdAt), list })),
  );
  return rows.toSorted((one, other) => other.at - one.at || one.list - other.list).map(({ id }) => id);
};

const isStatus = (status: string) => (row: Row) => row.status === status;

/** Size of the page asked for, of each list. */
const sizes = ({ sandbox }: RunningGateway): (string | undefined)[] =>
  sandbox.requests.map(({ query }) => query['page_size']);

const refusal = async (gateway: RunningGateway, asked: Asked) => {
  gateway.forgetCalls();
  const { errors } = await gateway.query(source, { ...asked });
  expect(gateway.calls).toEqual([]);
  return errors?.[0]?.extensions;
};

describe('several values of a filter', () => {
  test('are merged from a list each, in exact order over all pages', async ({ gateway }) => {
    const filter: TicketFilter = { status: ['OPEN', 'PENDING', 'NEW'], priority: ['LOW', 'URGENT'] };
    const lists = ['new', 'open', 'pending'].flatMap((status) =>
      ['low', 'urgent'].map((priority) => (row: Row) => row.status === status && row.priority === priority),
    );
    const expected = merged(gateway, lists);
    expect(expected.length).toBeGreaterThan(20);
    expect(await walkOf(gateway, { first: 7, filter })).toEqual(expected);
    const ascending = { field: 'CREATED_AT', direction: 'ASC' } as const;
    const upwards = await walkOf(gateway, { first: 9, filter, orderBy: ascending });
    expect(upwards.toSorted()).toEqual(expected.toSorted());
    const times = upwards.map((id) => Date.parse(gateway.sandbox.tickets.get(id)?.createdAt ?? ''));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  test('by last change too', async ({ gateway }) => {
    const rows = gateway.sandbox.tickets
      .all()
      .filter(({ status }) => status === 'open' || status === 'resolved');
    const times = new Map(rows.map(({ id, updatedAt }) => [id, Date.parse(updatedAt)]));
    const filter: TicketFilter = { status: ['OPEN', 'RESOLVED'] };
    const seen = await walkOf(gateway, {
      first: 20,
      filter,
      orderBy: { field: 'UPDATED_AT', direction: 'DESC' },
    });
    expect(seen.toSorted()).toEqual([...times.keys()].toSorted());
    const shown = seen.map((id) => times.get(id) ?? 0);
    expect(shown).toEqual(shown.toSorted((one, other) => other - one));
  });

  test('cost one request each, of no more rows than may be wanted', async ({ gateway }) => {
    const page = await pageOf(gateway, { first: 10, filter: { status: ['OPEN', 'PENDING', 'RESOLVED'] } });
    expect(gateway.calls).toHaveLength(3);
    expect(sizes(gateway)).toEqual(['10', '10', '10']);
    await pageOf(gateway, {
      first: 10,
      after: page.pageInfo.endCursor,
      filter: { status: ['OPEN', 'PENDING', 'RESOLVED'] },
    });
    expect(gateway.calls).toHaveLength(3);
    // Ten may be wanted of each, what is used up of its page comes again, and some may have come in before it.
    expect(sizes(gateway).reduce((sum, size) => sum + Number(size), 0)).toBeLessThanOrEqual(70);
  });

  test('above a page are read ahead, each list only as far as it is used up', async ({ gateway }) => {
    const filter: TicketFilter = { status: ['OPEN', 'PENDING', 'RESOLVED', 'CLOSED', 'NEW'] };
    const page = await pageOf(gateway, { first: 500, filter });
    const lists = ['closed', 'new', 'open', 'pending', 'resolved'].map(isStatus);
    expect(idsIn(page)).toEqual(merged(gateway, lists));
    const pages = lists.map((matches) => Math.max(1, Math.ceil(held(gateway, matches).length / 100)));
    expect(gateway.calls).toHaveLength(pages.reduce((sum, count) => sum + count, 0));
    expect(page.pageInfo.hasNextPage).toBe(false);
  });

  test('go on from any edge, and their cursors belong to filter and order', async ({ gateway }) => {
    const filter: TicketFilter = { status: ['OPEN', 'PENDING'], priority: ['NORMAL', 'HIGH'] };
    const whole = await pageOf(gateway, { first: 60, filter });
    for (const index of [0, 1, 13, 30]) {
      const after = whole.edges[index]?.cursor;
      expect(after?.length).toBeLessThan(2000);
      // The same values, in another order and twice.
      const same: TicketFilter = { priority: ['HIGH', 'NORMAL', 'HIGH'], status: ['PENDING', 'OPEN'] };
      const next = await pageOf(gateway, { first: 5, filter: same, after: after ?? null });
      expect(idsIn(next)).toEqual(idsIn(whole).slice(index + 1, index + 6));
    }
    const after = whole.edges[3]?.cursor ?? null;
    for (const other of [{ status: ['OPEN', 'PENDING'] }, { status: ['OPEN'] }] satisfies TicketFilter[]) {
      expect(await refusal(gateway, { filter: other, after })).toMatchObject({ code: 'CURSOR_MISMATCH' });
    }
    expect(
      await refusal(gateway, { filter, after, orderBy: { field: 'UPDATED_AT', direction: 'DESC' } }),
    ).toMatchObject({ code: 'CURSOR_MISMATCH' });
  });

  test('that make more than six lists are refused before anything is sent', async ({ gateway }) => {
    const filter: TicketFilter = {
      status: ['OPEN', 'NEW', 'PENDING', 'RESOLVED'],
      priority: ['LOW', 'HIGH'],
    };
    expect(await refusal(gateway, { filter })).toMatchObject({
      code: 'FILTER_NOT_SUPPORTED',
      supported: ['status', 'priority', 'assigneeId'],
      maxLists: 6,
      hint: 'scan',
      fields: [{ path: ['filter', 'status'] }, { path: ['filter', 'priority'] }],
    });
  });

  test('show every ticket that stays among them once, though it goes from list to list', async ({
    gateway,
  }) => {
    const { tickets } = gateway.sandbox;
    const among = new Set(['open', 'pending', 'new']);
    const before = merged(gateway, [({ status }) => among.has(status)]);
    const timeOf = (id: string | undefined) => tickets.get(id ?? '')?.createdAt;
    // Where two were created in one moment, which comes first depends on their lists.
    const movable = before.filter(
      (id) => before.filter((other) => timeOf(other) === timeOf(id)).length === 1,
    );
    const changes = ['pending', 'open', 'new'] as const;
    const seen: string[] = [];
    let turn = 0;
    await walk(async (after) => {
      const page = await pageOf(
        gateway,
        { first: 8, filter: { status: ['OPEN', 'PENDING', 'NEW'] }, after },
        10,
      );
      seen.push(...idsIn(page));
      tickets.create({ status: 'open' }, { webhook: false });
      // The last that was seen, one long since seen, and some that are still to come.
      for (const at of [seen.length - 1, turn, seen.length + 1, seen.length + 4, movable.length - 1 - turn]) {
        const id = movable[at];
        turn += 1;
        if (id !== undefined) tickets.update(id, { status: changes[turn % 3] ?? 'open' }, { webhook: false });
      }
      return page;
    });
    expect(turn).toBeGreaterThan(50);
    expect(seen.filter((id) => movable.includes(id))).toEqual(movable);
    expect(seen.toSorted()).toEqual(before.toSorted());
  });
});

describe('a scan', () => {
  const customField = (gateway: RunningGateway) => {
    const field = gateway.sandbox.ticketFields
      .all()
      .find(({ id, type }) => type === 'dropdown' && !id.startsWith('system_'));
    const value = gateway.sandbox.tickets
      .all()
      .flatMap(({ customFields }) => customFields)
      .find(({ id }) => id === field?.id)?.value;
    if (!field || typeof value !== 'string') throw new Error('no ticket has a dropdown');
    return { id: field.id, key: field.fieldKey, value };
  };

  test.for([
    ['tags', () => ({ filter: { tagsAll: ['vip'] }, matches: ({ tags }: Row) => tags.includes('vip') })],
    [
      'types, beside a status',
      () => ({
        filter: { type: ['INCIDENT', 'PROBLEM'], status: ['OPEN'] } satisfies TicketFilter,
        matches: ({ type, status }: Row) => status === 'open' && (type === 'incident' || type === 'problem'),
      }),
    ],
    [
      'nobody’s',
      () => ({ filter: { unassigned: true }, matches: ({ assigneeId }: Row) => assigneeId === null }),
    ],
    [
      'a requester',
      ({ sandbox }: RunningGateway) => {
        const email = sandbox.tickets.all()[40]?.requesterEmail ?? '';
        return {
          filter: { requesterEmail: ` ${email.toUpperCase()}` },
          matches: ({ requesterEmail }: Row) => requesterEmail === email,
        };
      },
    ],
    [
      'a custom field',
      (gateway: RunningGateway) => {
        const { id, key, value } = customField(gateway);
        return {
          filter: { customFields: [{ field: { key }, value: { option: value } }] },
          matches: ({ customFields }: Row) =>
            customFields.some((field) => field.id === id && field.value === value),
        };
      },
    ],
    [
      'more values than lists may be merged',
      () => ({
        filter: {
          status: ['OPEN', 'NEW', 'PENDING', 'RESOLVED'],
          priority: ['LOW', 'HIGH'],
        } satisfies TicketFilter,
        matches: ({ status, priority }: Row) =>
          status !== 'closed' && (priority === 'low' || priority === 'high'),
      }),
    ],
  ] as const)('finds %s, exactly, and goes on where it stopped', async ([, make], { gateway }) => {
    const { filter, matches } = make(gateway);
    const reports: NonNullable<Page['scan']>[] = [];
    const nodes = await walk(async (after) => {
      const page = await pageOf(gateway, { first: 15, filter, scan: { maxRequests: 2 }, after });
      if (page.scan) reports.push(page.scan);
      const calls = gateway.calls.filter((call) => call === 'GET /tickets');
      expect(page.scan?.requests).toBe(calls.length);
      expect(calls.length).toBeLessThanOrEqual(2);
      return page;
    });
    const expected = held(gateway, matches);
    expect(nodes.map(({ localId }) => localId)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
    const examined = reports.reduce((sum, report) => sum + report.examined, 0);
    expect(examined).toBe(
      'status' in filter && filter.status.length === 1
        ? held(gateway, isStatus('open')).length
        : gateway.sandbox.tickets.count,
    );
    expect(reports.map(({ exhausted }) => exhausted)).toEqual(
      reports.map((_, at) => at === reports.length - 1),
    );
  });

  test('of several values reads only their lists, side by side', async ({ gateway }) => {
    const filter: TicketFilter = { status: ['OPEN', 'PENDING'], tagsAll: ['vip'] };
    const seen = await walkOf(gateway, { first: 5, filter, scan: { maxRequests: 3 } });
    const lists = ['open', 'pending'].map(
      (status) => (row: Row) => row.status === status && row.tags.includes('vip'),
    );
    expect(seen).toEqual(merged(gateway, lists));
    expect(seen.length).toBeGreaterThan(2);
    expect(new Set(gateway.sandbox.requests.map(({ query }) => query['status']))).toEqual(
      new Set(['open', 'pending']),
    );
    expect(await refusal(gateway, { filter, scan: { maxRequests: 1 } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: ['scan', 'maxRequests'] }],
    });
  });

  test('ends where the order tells that nothing more can match', async ({ gateway }) => {
    const from = gateway.sandbox.tickets.all()[50]?.createdAt ?? '';
    const page = await pageOf(gateway, {
      first: 100,
      filter: { createdAt: { from } },
      scan: { maxRequests: 5 },
    });
    expect(idsIn(page)).toEqual(held(gateway, ({ createdAt }) => createdAt >= from));
    expect(gateway.calls).toHaveLength(1);
    expect(page.scan).toMatchObject({ requests: 1, exhausted: true });
    expect(page.pageInfo.hasNextPage).toBe(false);
    const before = gateway.sandbox.tickets.all().at(-20)?.createdAt ?? '';
    const early = await pageOf(gateway, {
      first: 100,
      filter: { createdAt: { before } },
      scan: { maxRequests: 25 },
    });
    expect(idsIn(early)).toEqual(held(gateway, ({ createdAt }) => createdAt < before));
  });

  test('of a list by status keeps the backend’s order', async ({ gateway }) => {
    const orderBy = { field: 'STATUS', direction: 'ASC' } as const;
    const all = await pageOf(gateway, { first: 500, orderBy });
    const vip = new Set(held(gateway, ({ tags }) => tags.includes('vip')));
    const seen = await walkOf(gateway, {
      first: 4,
      filter: { tagsAll: ['vip'] },
      orderBy,
      scan: { maxRequests: 1 },
    });
    expect(seen).toEqual(idsIn(all).filter((id) => vip.has(id)));
  });

  test('without a row within its requests says so, and goes on from there', async ({ gateway }) => {
    const filter: TicketFilter = { tagsAll: ['no such tag'] };
    const page = await pageOf(gateway, { filter, scan: { maxRequests: 2 } });
    expect(page).toMatchObject({
      edges: [],
      scan: { examined: 200, requests: 2, exhausted: false },
      pageInfo: { hasNextPage: true },
    });
    const rest = await pageOf(gateway, { filter, scan: { maxRequests: 9 }, after: page.pageInfo.endCursor });
    expect(rest.scan).toMatchObject({ examined: gateway.sandbox.tickets.count - 200, exhausted: true });
  });

  test.for([0, 26, -1])('of %i requests is BAD_USER_INPUT', async (maxRequests, { gateway }) => {
    expect(await refusal(gateway, { filter: { unassigned: true }, scan: { maxRequests } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: ['scan', 'maxRequests'] }],
    });
  });

  test('is what other filters need', async ({ gateway }) => {
    expect(
      await refusal(gateway, { filter: { unassigned: true, createdAt: { from: '2026-01-01T00:00:00Z' } } }),
    ).toMatchObject({
      code: 'FILTER_NOT_SUPPORTED',
      hint: 'scan',
      fields: [{ path: ['filter', 'unassigned'] }, { path: ['filter', 'createdAt'] }],
    });
  });
});

describe('countUpTo', () => {
  interface Count {
    readonly value: number;
    readonly exact: boolean;
  }

  const countOf = async (gateway: RunningGateway, asked: Asked, max: number): Promise<Count> => {
    gateway.forgetCalls();
    const { data, errors } = await gateway.query<{ tickets: { countUpTo: Count } }>(
      `query ($first: Int = 0, $after: String, $filter: TicketFilter, $scan: ScanBudget, $max: Int!) {
        tickets(first: $first, after: $after, filter: $filter, scan: $scan) { countUpTo(max: $max) { value exact } }
      }`,
      { ...asked, max },
    );
    expect(errors).toBeUndefined();
    if (!data) throw new Error('no data');
    return data.tickets.countUpTo;
  };

  test('counts all there are, a request for each hundred', async ({ gateway }) => {
    const { count } = gateway.sandbox.tickets;
    expect(await countOf(gateway, {}, 500)).toEqual({ value: count, exact: true });
    expect(gateway.calls).toHaveLength(1 + Math.ceil(count / 100));
  });

  test('stops at its bound and says that there are more', async ({ gateway }) => {
    expect(await countOf(gateway, {}, 30)).toEqual({ value: 30, exact: false });
    expect(sizes(gateway)).toEqual(['1', '31']);
    expect(await countOf(gateway, {}, 250)).toEqual({ value: 250, exact: false });
    expect(gateway.calls).toHaveLength(4);
  });

  test('adds up lists that are merged', async ({ gateway }) => {
    const matches = ({ status, priority }: Row) =>
      ['open', 'pending'].includes(status) && ['low', 'urgent'].includes(priority);
    const filter: TicketFilter = { status: ['OPEN', 'PENDING'], priority: ['LOW', 'URGENT'] };
    expect(await countOf(gateway, { filter }, 500)).toEqual({
      value: held(gateway, matches).length,
      exact: true,
    });
    expect(gateway.calls).toHaveLength(8);
  });

  test('costs nothing where the page holds the whole list', async ({ gateway }) => {
    const filter: TicketFilter = { status: ['PENDING'], priority: ['URGENT'] };
    const count = held(
      gateway,
      ({ status, priority }) => status === 'pending' && priority === 'urgent',
    ).length;
    expect(count).toBeGreaterThan(0);
    expect(await countOf(gateway, { first: 100, filter }, 500)).toEqual({ value: count, exact: true });
    expect(gateway.calls).toHaveLength(1);
    expect(await countOf(gateway, { first: 100, filter }, 1)).toEqual({ value: 1, exact: count === 1 });
  });

  test('of a scan counts what matches, as far as its own requests go', async ({ gateway }) => {
    const filter: TicketFilter = { tagsAll: ['vip'] };
    const count = held(gateway, ({ tags }) => tags.includes('vip')).length;
    expect(await countOf(gateway, { filter, scan: { maxRequests: 1 } }, 500)).toEqual({
      value: count,
      exact: true,
    });
    const some = await countOf(gateway, { filter, scan: { maxRequests: 1 } }, 99);
    expect(some.exact).toBe(false);
    expect(some.value).toBeLessThanOrEqual(count);
    expect(gateway.calls).toHaveLength(2);
  });

  test.for([0, 501])('up to %i is BAD_USER_INPUT', async (max, { gateway }) => {
    const { errors } = await gateway.query(`{ tickets(first: 1) { countUpTo(max: ${max}) { value } } }`);
    expect(errors).toMatchObject([
      { path: ['tickets', 'countUpTo'], extensions: { code: 'BAD_USER_INPUT', fields: [{ path: ['max'] }] } },
    ]);
  });

  test('is paid from thirty requests of an operation; then it tells what it has, then it fails', async ({
    gateway,
  }) => {
    const aliases = Array.from(
      { length: 36 },
      (_, index) => `c${index}: countUpTo(max: ${400 + index}) { exact }`,
    );
    gateway.forgetCalls();
    const { data, errors = [] } = await gateway.query<{ tickets: Record<string, Count | null> }>(
      `{ tickets(first: 0) { ${aliases.join(' ')} } }`,
    );
    expect(gateway.calls).toHaveLength(31);
    const counts = Object.values(data?.tickets ?? {});
    expect(counts.filter((count) => count === null)).toHaveLength(errors.length);
    expect(errors).toHaveLength(6);
    for (const { extensions } of errors)
      expect(extensions).toMatchObject({ code: 'OPERATION_TOO_COSTLY', max: 30 });
  });
});

describe('an agent’s tickets', () => {
  test('are a list like any other, with the same cursors', async ({ gateway }) => {
    const { data, errors } = await gateway.query<{
      tickets: { nodes: { assignee: { localId: string; tickets: Page } | null }[] };
    }>(
      `{ tickets(first: 10, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { assignee { localId tickets(first: 4, filter: { status: [OPEN, RESOLVED] }) {
        edges { cursor node { localId } } pageInfo { hasNextPage endCursor } } } } } }`,
    );
    expect(errors).toBeUndefined();
    const assignees = (data?.tickets.nodes ?? []).flatMap(({ assignee }) => assignee ?? []);
    expect(assignees.length).toBeGreaterThan(2);
    for (const { localId, tickets } of assignees) {
      const lists = ['open', 'resolved'].map(
        (status) => (row: Row) => row.status === status && row.assigneeId === localId,
      );
      expect(idsIn(tickets)).toEqual(merged(gateway, lists).slice(0, 4));
      const filter: TicketFilter = { assigneeId: [localId], status: ['OPEN', 'RESOLVED'] };
      const rest = await pageOf(gateway, { first: 3, filter, after: tickets.pageInfo.endCursor });
      expect(idsIn(rest)).toEqual(merged(gateway, lists).slice(4, 7));
    }
  });

  test('are read once for an agent, whatever number of tickets leads there', async ({ gateway }) => {
    gateway.forgetCalls();
    const { data, errors } = await gateway.query<{
      tickets: { nodes: { assignee: { localId: string } | null }[] };
    }>(
      '{ tickets(first: 20, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { assignee { localId tickets(first: 2) { nodes { localId } countUpTo(max: 1) { exact } } } } } }',
    );
    expect(errors).toBeUndefined();
    const agents = new Set((data?.tickets.nodes ?? []).flatMap(({ assignee }) => assignee?.localId ?? []));
    expect(agents.size).toBeGreaterThan(3);
    expect(gateway.calls.length).toBeLessThanOrEqual(1 + 2 * agents.size);
  });

  test('of too many agents fail alone, beyond 26 requests', async ({ gateway }) => {
    const aliases = Array.from(
      { length: 30 },
      (_, index) => `l${index}: tickets(first: ${index + 1}) { nodes { localId } }`,
    );
    const [row] = gateway.sandbox.tickets.all().filter(({ assigneeId }) => assigneeId !== null);
    gateway.forgetCalls();
    const { data, errors = [] } = await gateway.query<{
      ticket: { assignee: Record<string, object | null> };
    }>(`query ($id: ID!) { ticket(id: $id) { assignee { ${aliases.join(' ')} } } }`, { id: row?.id });
    expect(gateway.calls).toHaveLength(27);
    expect(errors).toHaveLength(4);
    for (const { extensions } of errors)
      expect(extensions).toMatchObject({ code: 'OPERATION_TOO_COSTLY', max: 26 });
    expect(Object.values(data?.ticket.assignee ?? {}).filter((list) => list !== null)).toHaveLength(26);
  });

  test('take no other assignee', async ({ gateway }) => {
    const { errors } = await gateway.query(
      '{ tickets(first: 40) { nodes { assignee { tickets(filter: { assigneeId: ["usr_1"] }) { nodes { localId } } } } } }',
    );
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: ['filter', 'assigneeId'] }],
    });
  });
});

test('no list spends more than it was estimated to, nor shows anything but what matches', async ({
  gateway,
}) => {
  const statuses = ['NEW', 'OPEN', 'PENDING', 'RESOLVED', 'CLOSED'] as const;
  const priorities = ['LOW', 'NORMAL', 'HIGH', 'URGENT'] as const;
  const some = <Value>(values: readonly Value[]) =>
    fc.option(fc.subarray([...values], { minLength: 1, maxLength: 3 }), { nil: undefined });
  const asked = fc.record({
    first: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(100, 101, 330, 500)),
    status: some(statuses),
    priority: fc.option(fc.constantFrom(...priorities), { nil: undefined }),
    type: fc.option(fc.constantFrom('QUESTION', 'TASK'), { nil: undefined }),
    maxRequests: fc.integer({ min: 3, max: 9 }),
    steps: fc.integer({ min: 1, max: 3 }),
    edge: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ first, status, priority, type, maxRequests, steps, edge }) => {
      const filter: TicketFilter = {
        ...(status && { status }),
        ...(priority && { priority: [priority] }),
        ...(type && { type: [type] }),
      };
      const matches = (row: Row) =>
        (!status || status.some((one) => one.toLowerCase() === row.status)) &&
        (!priority || priority.toLowerCase() === row.priority) &&
        (!type || type.toLowerCase() === row.type);
      const all = new Set(held(gateway, matches));
      let after: string | null = null;
      for (let step = 0; step < steps; step += 1) {
        const page: Page = await pageOf(gateway, {
          first,
          filter,
          after,
          ...(type && { scan: { maxRequests } }),
        });
        expect(idsIn(page).filter((id) => !all.has(id))).toEqual([]);
        expect(new Set(idsIn(page)).size).toBe(page.edges.length);
        const filled = page.edges.length === Math.min(first, all.size);
        expect(filled || type !== undefined || after !== null).toBe(true);
        after = page.edges[edge % Math.max(1, page.edges.length)]?.cursor ?? null;
      }
    }),
    { numRuns: 80 },
  );
});
