import { expect, test } from 'vitest';
import { encodeNodeId, type NodeTypename } from '../../src/graphql/node-id.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { startHolding } from '../support/holding.ts';
import { openMultipart } from '../support/multipart.ts';
import { until } from '../support/wait.ts';

const nodeIds = (ids: readonly string[], typename: NodeTypename = 'Ticket'): readonly string[] =>
  ids.map((id) => encodeNodeId('HELPDESK', typename, id));

const ticketIds = ({ sandbox }: RunningGateway, from: number, to: number): readonly string[] =>
  sandbox.tickets
    .all()
    .slice(from, to)
    .map(({ id }) => id);

const aliases = (ids: readonly string[], name = 't'): string =>
  ids.map((id, at) => `${name}${at}: ticket(id: "${id}") { localId }`).join('\n');

const one = /^\/tickets\/\w+$/;
const anyOne = /^\/(?:tickets|ticket_fields|webhooks)\/\w+$/;
/** Something else to ask. Before the first answer to a key, its limit is not known, and fewer calls go out at a time. */
const another = (gateway: RunningGateway) => gateway.query('{ webhooks { nodes { id } } }');

/** Answers are kept for as long as a test takes. */
const keeping = { CACHE_MAX_BYTES: '10000000', CACHE_TRUST_MS: '60000' };

test('of one operation 16 reads are under way, whatever fields they are for, and each thing is read once', async () => {
  await using holding = await startHolding();
  const { gateway, hold, release, callsOf } = holding;
  const [mine, others] = [ticketIds(gateway, 0, 20), ticketIds(gateway, 20, 40)];
  const fields = gateway.sandbox.ticketFields
    .all()
    .slice(0, 10)
    .map(({ id }) => id);
  await another(gateway);
  hold(anyOne);
  const asked = gateway.query<Record<string, { localId: string }>>(
    `query ($ids: [ID!]!, $one: ID!) {
      ${aliases(mine)} ${aliases(mine, 'again')}
      node(id: $one) { id }
      nodes(ids: $ids) { ... on Ticket { localId } ... on TicketField { localId } }
      same: nodes(ids: $ids) { id }
    }`,
    {
      ids: [...nodeIds(others), ...nodeIds(mine), ...nodeIds(others), ...nodeIds(fields, 'TicketField')],
      one: nodeIds(mine)[0],
    },
  );
  const counts = [16, 32, 48, 50];
  for (const count of counts) {
    await until(`${count} calls`, () => callsOf(anyOne) >= count);
    // Whatever could go out now has gone out: another operation's read that was asked for later has come by.
    await another(gateway);
    expect(callsOf(anyOne)).toBe(count);
    await release(anyOne, count);
  }
  const { data, errors, extensions } = await asked;
  expect(errors).toBeUndefined();
  expect(data?.['t3']).toEqual({ localId: mine[3] });
  expect(data?.['nodes']).toHaveLength(70);
  expect(extensions).toHaveProperty('rateLimit.spent', 50);
});

test('what the store holds costs no call, and does not wait for what is being asked', async () => {
  await using holding = await startHolding({ env: keeping });
  const { gateway, hold, release, callsOf } = holding;
  const [known, unknown] = [ticketIds(gateway, 0, 30), ticketIds(gateway, 30, 50)];
  await gateway.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: nodeIds(known) });
  gateway.forgetCalls();
  hold(one);
  await using answer = await openMultipart(
    gateway,
    `query ($known: [ID!]!, $unknown: [ID!]!) {
      ... @defer(label: "unknown") { unknown: nodes(ids: $unknown) { ... on Ticket { localId } } ${aliases(unknown, 'u')} }
      ... @defer(label: "both") { both: nodes(ids: $known) { ... on Ticket { localId } } ${aliases(known, 'k')} }
    }`,
    { known: nodeIds(known), unknown: nodeIds(unknown) },
  );
  await answer.next();
  await until('16 calls', () => callsOf(one) === 16);
  const early = await answer.next();
  expect(early?.incremental?.map(({ label }) => label)).toEqual(['both']);
  expect(early?.incremental?.[0]?.data?.['both']).toEqual(known.map((localId) => ({ localId })));
  await release(one, 16);
  await release(one, 20);
  const late = await answer.rest();
  expect(late[0]?.incremental?.[0]?.data?.['unknown']).toEqual(unknown.map((localId) => ({ localId })));
  expect(late.at(-1)?.extensions).toMatchObject({ rateLimit: { spent: 20, cacheHits: 30 } });
  expect(callsOf(one)).toBe(20);
});

test('an operation that waits for nothing is not held up by the reads of another', async () => {
  await using holding = await startHolding();
  const { gateway, hold, release, callsOf } = holding;
  const ids = ticketIds(gateway, 0, 17);
  await another(gateway);
  hold(one);
  const many = gateway.query(`{ ${aliases(ids)} }`);
  await until('16 calls', () => callsOf(one) === 16);
  const single = gateway.query(`{ ${aliases(ticketIds(gateway, 20, 21))} }`);
  await until('a call more', () => callsOf(one) === 17);
  await release(one, 17);
  expect((await single).errors).toBeUndefined();
  await release(one, 18);
  expect((await many).errors).toBeUndefined();
});

test('an id that fails costs one call, fails wherever it was asked for, and leaves the others alone', async () => {
  await using gateway = await startGateway({ sandbox: { tickets: 60 } });
  const [bad = '', good = ''] = ticketIds(gateway, 0, 2);
  gateway.sandbox.faults.set({
    kind: 'error',
    code: 'FORBIDDEN',
    status: 403,
    path: `/tickets/${bad}`,
    times: 9,
  });
  const { data, errors } = await gateway.query(
    `query ($ids: [ID!]!) { ${aliases([bad, good, bad])} nodes(ids: $ids) { ... on Ticket { localId } } }`,
    { ids: nodeIds([bad, good]) },
  );
  expect(data).toEqual({ t0: null, t1: { localId: good }, t2: null, nodes: [null, { localId: good }] });
  expect(errors?.map(({ path }) => path?.join('.')).toSorted()).toEqual(['nodes.0', 't0', 't2']);
  expect(gateway.calls.toSorted()).toEqual([`GET /tickets/${bad}`, `GET /tickets/${good}`].toSorted());
});

test('a client that goes away lets none of the reads that waited be sent', async () => {
  await using holding = await startHolding();
  const { gateway, hold, callsOf } = holding;
  await another(gateway);
  hold(one);
  const leave = new AbortController();
  const asked = gateway.query(`{ ${aliases(ticketIds(gateway, 0, 40))} }`, {}, { signal: leave.signal });
  await until('16 calls', () => callsOf(one) === 16);
  leave.abort(new Error('gone'));
  await expect(asked).rejects.toThrow('gone');
  await another(gateway);
  expect(callsOf(one)).toBe(16);
});
