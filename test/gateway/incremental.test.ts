import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from 'vitest';
import { startGateway, testWithGateway, type RunningGateway } from '../support/gateway.ts';
import { keepsNothing, startHolding } from '../support/holding.ts';
import { openMultipart, type MultipartOptions, type Part } from '../support/multipart.ts';
import { until, within } from '../support/wait.ts';

const shared = testWithGateway({ env: keepsNothing, sandbox: { tickets: 250 } });

/** Reads an answer to its end. */
async function partsOf(
  gateway: RunningGateway,
  query: string,
  variables: object = {},
  options: MultipartOptions = {},
): Promise<readonly Part[]> {
  await using answer = await openMultipart(gateway, query, variables, options);
  return await answer.rest();
}

/** The path of the next request to a port that its sender gives up. */
const cutTo = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const look = (message: unknown): void => {
      const { request } = message as { request: { origin: unknown; path: string } };
      if (!String(request.origin).endsWith(`:${port}`)) return;
      unsubscribe('undici:request:error', look);
      resolve(request.path);
    };
    subscribe('undici:request:error', look);
  });

const incrementsOf = (parts: readonly (Part | null)[]) => parts.flatMap((part) => part?.incremental ?? []);

/** Rows of `tickets` in the first part. */
const firstNodes = ([part]: readonly Part[]): readonly unknown[] => {
  const { tickets } = (part?.data ?? {}) as { tickets?: { nodes: readonly unknown[] } };
  return tickets?.nodes ?? [];
};

const itemsOf = (parts: readonly (Part | null)[]): readonly unknown[] =>
  incrementsOf(parts).flatMap(({ items }) => items ?? []);

/** As lists have them: the newest first. */
const localIds = async (gateway: RunningGateway, first: number): Promise<readonly unknown[]> => {
  const { data } = await gateway.query<{ tickets: { nodes: unknown[] } }>(
    `{ tickets(first: ${first}) { nodes { localId } } }`,
  );
  return data?.tickets.nodes ?? [];
};

const withFields = `query ($later: Boolean = true) {
  tickets(first: 3) { nodes { localId ... @defer(if: $later, label: "fields") { customFields { raw } } } }
}`;

describe('@stream', () => {
  const streamed = `query ($after: String) {
    tickets(first: 250, after: $after) { nodes @stream(initialCount: 25, label: "rows") { localId } }
  }`;

  test('rows of the first page come while the next pages are being read', async () => {
    await using holding = await startHolding();
    const { gateway, hold, release } = holding;
    const expected = await localIds(gateway, 250);
    gateway.forgetCalls();
    hold('/tickets', 1);
    await using answer = await openMultipart(gateway, streamed);
    const first = await answer.next();
    expect(first).toEqual({ data: { tickets: { nodes: expected.slice(0, 25) } }, hasNext: true });
    const second = await answer.next();
    expect(itemsOf([second])).toEqual(expected.slice(25, 100));
    expect(second?.incremental?.[0]).toMatchObject({ path: ['tickets', 'nodes', 25], label: 'rows' });
    await release('/tickets', 2);
    const third = await answer.next();
    expect(itemsOf([third])).toEqual(expected.slice(100, 200));
    await release('/tickets', 3);
    const [fourth, last, ...none] = await answer.rest();
    expect(itemsOf([fourth ?? null])).toEqual(expected.slice(200));
    expect(last).toEqual({
      hasNext: false,
      extensions: { rateLimit: expect.objectContaining({ spent: 3 }) },
    });
    expect(none).toEqual([]);
  });

  test('what waits for the end of the list may be deferred, and says the same as without parts', async () => {
    await using holding = await startHolding();
    const { gateway, hold, release } = holding;
    const whole = (stream: string, defer: string) =>
      `{ tickets(first: 150) { edges ${stream} { cursor node { localId } } ... ${defer} { pageInfo { hasNextPage endCursor startCursor } } } }`;
    interface List {
      readonly tickets: { readonly edges: readonly unknown[]; readonly pageInfo: object };
    }
    const { data } = await gateway.query<List>(whole('', ''));
    gateway.forgetCalls();
    hold('/tickets', 1);
    await using answer = await openMultipart(gateway, whole('@stream', '@defer'));
    const early = [await answer.next(), await answer.next()];
    expect(early[0]).toEqual({ data: { tickets: { edges: [] } }, hasNext: true });
    expect(itemsOf(early)).toEqual(data?.tickets.edges.slice(0, 100));
    await release('/tickets', 2);
    const late = await answer.rest();
    expect([...itemsOf(early), ...itemsOf(late)]).toEqual(data?.tickets.edges);
    expect(incrementsOf(late).find(({ path }) => path.length === 1)?.data).toEqual({
      pageInfo: data?.tickets.pageInfo,
    });
  });

  shared('a list goes on after a row that came in a part', async ({ gateway }) => {
    const expected = await localIds(gateway, 250);
    const parts = await partsOf(
      gateway,
      '{ tickets(first: 130) { edges @stream { cursor node { localId } } } }',
    );
    const edges = itemsOf(parts) as readonly { cursor: string; node: unknown }[];
    for (const at of [0, 99, 100, 129]) {
      const rest = await partsOf(gateway, streamed, { after: edges[at]?.cursor });
      expect([...firstNodes(rest), ...itemsOf(rest)]).toEqual(expected.slice(at + 1));
    }
  });

  shared('two ways to the rows of one list read it once', async ({ gateway }) => {
    const expected = await localIds(gateway, 250);
    gateway.forgetCalls();
    const parts = await partsOf(
      gateway,
      '{ tickets(first: 250) { nodes @stream { localId } edges @stream { node { localId } } } }',
    );
    const items = (name: string) =>
      incrementsOf(parts).flatMap(({ path, items: some }) => (path[1] === name ? (some ?? []) : []));
    expect(items('nodes')).toEqual(expected);
    expect(items('edges')).toEqual(expected.map((node) => ({ node })));
    expect(gateway.calls).toHaveLength(3);
  });

  shared('a scan streams what it finds, and counts as it does without parts', async ({ gateway }) => {
    const scan = (stream: string) =>
      `{ tickets(first: 60, filter: { type: [INCIDENT] }, scan: { maxRequests: 3 }) {
        nodes ${stream} { localId } scan { examined requests exhausted } countUpTo(max: 500) { value exact }
      } }`;
    const { data } = await gateway.query<{ tickets: { nodes: unknown[] } }>(scan(''));
    const parts = await partsOf(gateway, scan('@stream(initialCount: 1)'));
    const first = parts[0]?.data?.['tickets'] as { nodes: unknown[] };
    expect({ ...first, nodes: [...first.nodes, ...itemsOf(parts)] }).toEqual(data?.tickets);
  });

  shared('merged lists come in parts once they are read', async ({ gateway }) => {
    const merged = (stream: string) =>
      `{ tickets(first: 40, filter: { status: [OPEN, PENDING] }) { nodes ${stream} { localId } } }`;
    const { data } = await gateway.query<{ tickets: { nodes: unknown[] } }>(merged(''));
    const parts = await partsOf(gateway, merged('@stream'));
    expect(itemsOf(parts)).toEqual(data?.tickets.nodes);
  });

  shared('an agent’s tickets stream as well', async ({ gateway }) => {
    const agents = (stream: string) =>
      `{ tickets(first: 4) { nodes { assignee { tickets(first: 5) { nodes ${stream} { localId } } } } } }`;
    interface Agents {
      readonly tickets: { readonly nodes: readonly { assignee: { tickets: { nodes: unknown[] } } | null }[] };
    }
    const { data } = await gateway.query<Agents>(agents(''));
    const parts = await partsOf(gateway, agents('@stream'));
    const all = data?.tickets.nodes.flatMap(({ assignee }) => assignee?.tickets.nodes ?? []);
    expect(new Set(itemsOf(parts).map((item) => JSON.stringify(item)))).toEqual(
      new Set(all?.map((item) => JSON.stringify(item))),
    );
  });

  test('a page that fails ends the stream with an error, and the rows before it have come', async () => {
    await using gateway = await startGateway({ env: keepsNothing, sandbox: { tickets: 250 } });
    const expected = await localIds(gateway, 100);
    gateway.sandbox.faults.set({ kind: 'error', code: 'FORBIDDEN', status: 403, path: '/tickets', skip: 1 });
    const parts = await partsOf(gateway, streamed);
    expect([...firstNodes(parts), ...itemsOf(parts)]).toEqual(expected);
    const failed = incrementsOf(parts).filter(({ items }) => items === null);
    expect(failed).toEqual([
      {
        path: ['tickets', 'nodes', 100],
        label: 'rows',
        items: null,
        errors: [expect.objectContaining({ path: ['tickets', 'nodes', 100] })],
      },
    ]);
    expect(failed[0]?.errors?.[0]?.extensions).toMatchObject({ category: 'AUTH', origin: 'BACKEND' });
    expect(parts.at(-1)).toHaveProperty('extensions.rateLimit.spent', 2);
  });

  test('a list that fails before its first row fails as it does without parts', async () => {
    await using gateway = await startGateway();
    gateway.sandbox.faults.set({ kind: 'error', code: 'FORBIDDEN', status: 403, path: '/tickets' });
    const [only, ...none] = await partsOf(gateway, streamed);
    expect(only).toMatchObject({ data: { tickets: null }, errors: [{ path: ['tickets'] }] });
    expect(only).toHaveProperty('extensions.rateLimit.spent', 1);
    expect(none).toEqual([]);
  });
});

describe('@defer', () => {
  test('a list comes before the definitions that its custom fields need', async () => {
    await using holding = await startHolding();
    const { gateway, hold, release } = holding;
    hold('/ticket_fields');
    await using answer = await openMultipart(gateway, withFields);
    const first = await answer.next();
    const nodes = await localIds(gateway, 3);
    expect(first).toEqual({ data: { tickets: { nodes } }, hasNext: true });
    await release('/ticket_fields', 1);
    const rest = await answer.rest();
    expect(incrementsOf(rest).map(({ path, label }) => [path, label])).toEqual(
      [0, 1, 2].map((index) => [['tickets', 'nodes', index], 'fields']),
    );
    for (const { data } of incrementsOf(rest)) expect(data?.['customFields']).toHaveLength(12);
    expect(rest.at(-1)).toEqual({
      hasNext: false,
      extensions: { rateLimit: expect.objectContaining({ spent: 2 }) },
    });
  });

  test('a failure in a later part has its public form and its place, and is logged once', async () => {
    await using gateway = await startGateway();
    gateway.sandbox.faults.set({
      kind: 'rewrite',
      path: '/ticket_fields',
      times: 5,
      body: () => ({ secret: 'of the backend' }),
    });
    const parts = await partsOf(gateway, withFields);
    expect(parts[0]).not.toHaveProperty('errors');
    const errors = incrementsOf(parts).flatMap((increment) => increment.errors ?? []);
    expect(errors.map(({ path }) => path)).toEqual(
      [0, 1, 2].map((index) => ['tickets', 'nodes', index, 'customFields']),
    );
    for (const { extensions } of errors) {
      expect(extensions).toMatchObject({
        code: 'BACKEND_CONTRACT_MISMATCH',
        category: 'BACKEND',
        traceId: expect.stringMatching(/^[\da-f]{32}$/),
      });
      expect(extensions).not.toHaveProperty('http');
    }
    expect(JSON.stringify(parts)).not.toContain('secret');
  });

  test('the deadline holds for all parts', async () => {
    await using gateway = await startGateway();
    gateway.sandbox.faults.set({ kind: 'silence', path: '/ticket_fields', times: 5 });
    const parts = await partsOf(gateway, withFields, {}, { extensions: { deadlineMs: 400 } });
    expect(parts[0]?.data).toHaveProperty('tickets.nodes.length', 3);
    const codes = incrementsOf(parts).flatMap(({ errors = [] }) =>
      errors.map(({ extensions }) => extensions?.['code']),
    );
    expect(codes).toEqual(['BACKEND_TIMEOUT', 'BACKEND_TIMEOUT', 'BACKEND_TIMEOUT']);
    expect(parts.at(-1)).toHaveProperty('hasNext', false);
  });

  test('a client that goes away between two parts ends the calls that are under way', async () => {
    await using holding = await startHolding();
    const { gateway, hold } = holding;
    hold('/tickets', 1);
    const answer = await openMultipart(gateway, '{ tickets(first: 250) { nodes @stream { localId } } }');
    await answer.next();
    await until('the second page', () => gateway.calls.length === 2);
    const cut = cutTo(gateway.sandbox.port);
    await answer[Symbol.asyncDispose]();
    expect(await within('the call to be cut', cut)).toContain('/tickets');
    expect(gateway.calls).toHaveLength(2);
  });
});
