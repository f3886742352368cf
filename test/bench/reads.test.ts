import { createServer } from 'node:http';
import { parse, validate, buildSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import type { TicketRow } from '../../src/sandbox/rows.ts';
import { peersInstalled } from './live/targets.ts';
import { check } from './reads/check.ts';
import { closedLoop } from './reads/closed-loop.ts';
import { goalsOf } from './reads/goals.ts';
import { openLightConnection, requestBytes, type LightAnswer } from './reads/light-http.ts';
import { measure, type Round } from './reads/measure.ts';
import { figuresOf, runOffice, type Office } from './reads/office.ts';
import { agentHabits, officeViews } from './reads/office-plan.ts';
import { answerTo, graphqlOf, restOf, rowsOf, type Operation } from './reads/operations.ts';
import { doubts, loadTable, officeTable } from './reads/report.ts';
import { openStage, peerNames, type TargetName } from './reads/stage.ts';
import { openTasks } from './reads/task.ts';
import { stalenessOf, type History } from './reads/versions.ts';
import { workloadNames, workloads, zipf } from './reads/workloads.ts';
import { createRandom, schedule } from './schedule.ts';

const list = (view: Extract<Operation, { kind: 'LIST' }>['view'] = {}): Operation => ({
  kind: 'LIST',
  rows: 25,
  view,
  definitions: false,
});

const ticket = (id: string, changes: Partial<TicketRow> = {}): TicketRow => ({
  id,
  subject: 'A ticket',
  status: 'open',
  priority: 'normal',
  type: 'question',
  assigneeId: null,
  requesterEmail: null,
  requesterName: null,
  tags: [],
  customFields: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});

test('every document is valid for the gateway and for the peers', () => {
  const peers = buildSchema(readFileSync(new URL('peers/reads.graphql', import.meta.url), 'utf8'));
  const operations = workloadNames.flatMap((name) => workloads[name].operations(['tkt_1', 'tkt_2']));
  const queries = new Set(
    [...operations, ...officeViews.map(list)].map((operation) => graphqlOf(operation).query),
  );
  expect(queries.size).toBe(3);
  for (const query of queries) {
    expect(validate(schema, parse(query))).toEqual([]);
    expect(validate(peers, parse(query))).toEqual([]);
  }
});

test('an operation is the same question in REST, in GraphQL, and of the helpdesk’s own rows', () => {
  const operation = list({ status: 'open', by: 'updated_at' });
  expect(restOf(operation)).toEqual(['/tickets?page_size=25&sort_by=updated_at&status=open']);
  expect(graphqlOf(operation).variables).toEqual({
    first: 25,
    filter: { status: ['OPEN'] },
    orderBy: { field: 'UPDATED_AT', direction: 'DESC' },
  });
  const tickets = [
    ticket('tkt_1', { updatedAt: '2026-01-02T00:00:00.000Z' }),
    ticket('tkt_2', { updatedAt: '2026-01-03T00:00:00.000Z' }),
    ticket('tkt_3', { status: 'new' }),
  ];
  expect(rowsOf(operation, { tickets }).rows.map(({ id }) => id)).toEqual(['tkt_2', 'tkt_1']);
  expect(answerTo({ kind: 'TICKET', id: 'tkt_9' }, { tickets, fields: [] })).toEqual({ ticket: null });
});

test('by a Zipf law the first is asked for twice as often as the second, and the last is asked for too', () => {
  const ids = Array.from({ length: 200 }, (_, index) => `tkt_${index}`);
  const next = zipf(ids, createRandom(3));
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 20_000; draw += 1) {
    const id = next();
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const [first = 0, second = 0] = ids.map((id) => counts.get(id) ?? 0);
  expect(first / second).toBeGreaterThan(1.7);
  expect(first / second).toBeLessThan(2.3);
  expect(counts.size).toBe(200);
});

test('500 agents are due 9,000 operations in a minute', () => {
  const due = schedule(500, 1, agentHabits).take(9001).toArray();
  expect(due.at(-1)?.dueMs).toBeGreaterThanOrEqual(60_000);
  const kinds = due.filter(({ dueMs }) => dueMs < 60_000).map(({ kind }) => kind);
  expect(kinds).toHaveLength(9000);
  expect(kinds.filter((kind) => kind === 'LIST')).toHaveLength(6000);
});

test('an answer is read whole, however it comes and however long it is', async () => {
  const long = 'x'.repeat(200_000);
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/chunked') {
      response.write('{"a":');
      setImmediate(() => response.end('1}'));
    } else if (request.url === '/cut') request.socket.destroy();
    else {
      response.writeHead(503, { 'Content-Length': long.length });
      response.end(long);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => void server.close());
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const connection = await openLightConnection(origin, Buffer.alloc(65_536));
  stack.defer(() => connection.close());
  const ask = (path: string) =>
    new Promise<LightAnswer | null>((resolve) =>
      connection.ask(requestBytes(`${origin}${path}`, { 'x-client-id': 'one' }, '{}'), (answer) =>
        resolve(answer && { ...answer, body: Buffer.from(answer.body) }),
      ),
    );
  for (let time = 0; time < 2; time += 1) {
    const { status, body } = (await ask('/long')) ?? {};
    expect([status, body?.toString()]).toEqual([503, long]);
    expect((await ask('/chunked'))?.body.toString()).toContain('{"a":');
  }
  expect(await ask('/cut')).toBeNull();
});

test('a lane that only fails gives up, and its failures are counted', async () => {
  const measured = await closedLoop({
    lanes: 2,
    seconds: 60,
    ask: (lane, ended) => setImmediate(() => ended(lane === 0 ? 'refused' : 'cut')),
  });
  expect(measured).toMatchObject({ operations: 0, failed: 200, failure: 'refused', p50: null });
});

/** Two tickets; at 1000 the second one becomes pending, at 3000 the first one changes its subject. */
const history: History = {
  initial: [ticket('tkt_1'), ticket('tkt_2')],
  versions: [
    { row: ticket('tkt_2', { status: 'pending', updatedAt: '2026-01-02T00:00:00.000Z' }), knownAt: 1000 },
    { row: ticket('tkt_1', { subject: 'Other', updatedAt: '2026-01-03T00:00:00.000Z' }), knownAt: 3000 },
  ],
};
const old = '2026-01-01T00:00:00.000Z';

test('a ticket is as old as what was known to have replaced it', () => {
  const sight = (at: number, updatedAt: string) => ({
    at,
    view: null,
    shown: [['tkt_2', updatedAt] as const],
  });
  const { ages } = stalenessOf(history, [
    sight(900, old),
    sight(1500, old),
    sight(1500, '2026-01-02T00:00:00.000Z'),
  ]);
  expect(ages).toEqual([0, 500, 0]);
});

test('a list is as old as its last moment of being right, whatever is wrong with it', () => {
  const view = { status: 'open' } as const;
  const sight = (at: number, ...shown: readonly (readonly [string, string])[]) => ({ at, view, shown });
  const { ages, neverSo } = stalenessOf(history, [
    sight(900, ['tkt_2', old], ['tkt_1', old]),
    sight(1400, ['tkt_2', old], ['tkt_1', old]),
    sight(2000, ['tkt_1', old]),
    // It lacks nothing but what is known: nobody changed a ticket that it shows wrongly.
    sight(2000),
    sight(3700, ['tkt_1', old]),
  ]);
  expect(ages).toEqual([0, 400, 0, 0, 700]);
  expect(neverSo).toBe(1);
});

test('an office counts what came of every operation, and of the calls those that it caused', () => {
  const outcome = {
    kind: 'LIST',
    dueAt: 1000,
    sentAt: 1001,
    answeredAt: 1011,
    code: null,
    waitedMs: 3,
  } as const;
  const call = { operation: 'GET /tickets', status: 200, at: 1005, answeredAt: 1010 };
  const day = {
    from: 1000,
    to: 2000,
    outcomes: [outcome, { ...outcome, answeredAt: 1200, code: 'RATE_BUDGET_EXHAUSTED' }],
    sights: [],
    cpuMs: 20,
  };
  const calls = [call, { ...call, at: 900 }, { ...call, status: 429 }, { ...call, at: 1300 }];
  expect(figuresOf(day, calls, history)).toMatchObject({
    due: 2,
    answered: 1,
    failures: ['RATE_BUDGET_EXHAUSTED'],
    calls: 2,
    refused: 1,
    p99: 11,
    waitedP99: 3,
    failedAfter: 200,
    stalest: null,
  });
});

const round = (changes: Partial<Round> = {}): Round => ({
  perSecond: 1000,
  failed: 0,
  failure: null,
  p50: 1,
  p99: 2,
  rest: 0,
  cpuMs: 100,
  peak: 1024 * 1024,
  clients: 0.5,
  ...changes,
});

const office = (changes: Partial<Office> = {}): Office => ({
  agents: 500,
  seconds: 60,
  due: 9000,
  answered: 9000,
  failures: [],
  calls: 300,
  refused: 0,
  p50: 1,
  p99: 20,
  waitedP99: 0,
  failedAfter: null,
  stalest: 30,
  stalenessP99: 0,
  stale: 3,
  neverSo: 0,
  changes: 60,
  cpuMs: 100,
  peak: 1024 * 1024,
  clients: 0.1,
  late: 1,
  ...changes,
});

test('each goal is told as met or not, with the figures it goes by', () => {
  const hot = new Map<TargetName, Round[]>([
    ['gateway', [round({ perSecond: 600 }), round({ perSecond: 700 }), round({ perSecond: 100 })]],
    ['yoga', [round({ perSecond: 650 })]],
    ['bare', [round({ perSecond: 1000 })]],
  ]);
  const told = (found: Office, rounds = hot) =>
    goalsOf({
      loads: new Map([['ticket', rounds]]),
      offices: [['gateway', found]],
      fields: new Map([['gateway', { first: 2, again: 2 }]]),
    }).map(({ text, met }) => `${text.split(':')[1]?.trim() ?? ''}: ${met ? 'met' : 'not'}`);
  expect(told(office())).toEqual([
    'every operation answered, none failed: met',
    'no 429: met',
    'no answer staler than 1 s after its webhook: met',
    'at least 20 operations for each REST call: met',
    'p99 under 500 ms: met',
    'at least half of bare node: met',
    'ahead of every peer: not',
    '2 REST calls the first time, 1 or 0 afterwards: not',
  ]);
  const bad = office({ answered: 8999, failures: ['X'], refused: 1, stalest: 1001, calls: 451, p99: 500 });
  expect(
    told(bad)
      .slice(0, 5)
      .every((text) => text.endsWith('not')),
  ).toBe(true);
});

test('tables show medians, and the line below them what takes away from their worth', () => {
  const results = new Map<TargetName, Round[]>([
    ['gateway', [round({ perSecond: 500 }), round({ perSecond: 300 }), round({ perSecond: 400 })]],
    ['bare', [round({ clients: 0.97 }), round({ clients: 0.98, failure: '500 oh' })]],
  ]);
  const row = (title: string) => loadTable(results).find((line) => line.trim().startsWith(title));
  expect(row('operations/s')?.split(/\s{2,}/)).toEqual(['', 'operations/s', '400', '1,000']);
  expect(row('of the ceiling')).toContain('0.40');
  expect(doubts(results)).toHaveLength(2);
  expect(officeTable([['gateway', office()]]).join('\n')).toContain('30.0');
});

const withPeers = peersInstalled();
if (!withPeers)
  console.warn('NOT TESTED: the peers of `npm run bench`; test/bench/peers is not installed (npm ci there)');

test.concurrent(
  'targets are started, checked and measured',
  async () => {
    await using tasks = await openTasks();
    const shared = { cores: { server: [], others: [] }, tasks, profiles: null };
    await using stage = await openStage({
      ...shared,
      servers: ['gateway', ...(withPeers ? peerNames : [])],
      tickets: 120,
      limit: null,
      changing: null,
      oneKey: false,
    });
    const costs = await check(stage, shared);
    expect(costs.get('gateway')).toEqual({ first: 2, again: 0 });
    if (withPeers) expect(costs.get('mercurius')).toEqual({ first: 13, again: 13 });
    const targets: readonly TargetName[] = ['gateway', 'raw', 'bare'];
    const workload = { ...workloads.list, connections: 2 };
    const results = await measure(workload, stage, {
      ...shared,
      targets,
      rounds: 1,
      seconds: 0.2,
      leastWarm: 50,
      trouble: (text) => {
        throw new Error(text);
      },
    });
    expect([...results.keys()]).toEqual(targets);
    for (const [, [first]] of results) {
      expect(first).toMatchObject({ failed: 0, failure: null });
      expect(first?.perSecond).toBeGreaterThan(0);
    }
  },
  120_000,
);

test.concurrent(
  'an office works',
  async () => {
    await using tasks = await openTasks();
    const cores = { server: [], others: [] };
    const asked = { cores, tasks, profiles: null, agents: 5, seconds: 1, seed: 1 };
    const { due, answered, failures } = await runOffice('gateway', asked);
    expect([answered, failures]).toEqual([due, []]);
  },
  120_000,
);
