import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { testWithGateway, type AskOptions, type RunningGateway } from '../support/gateway.ts';
import { until } from '../support/wait.ts';

const test = testWithGateway();

const createDocument =
  'mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { localId subject status } } }';
const updateDocument =
  'mutation ($input: TicketUpdateInput!) { ticketUpdate(input: $input) { ticket { localId subject updatedAt } } }';

interface Created {
  readonly ticketCreate: { readonly ticket: { readonly localId: string } } | null;
}

const create = async (gateway: RunningGateway, input: object, as?: AskOptions) => {
  const { data, errors, extensions } = await gateway.query<Created, object>(createDocument, { input }, as);
  return { id: data?.ticketCreate?.ticket.localId, told: errors?.[0]?.extensions, extensions };
};
const update = async (gateway: RunningGateway, input: object) => {
  const { data, errors } = await gateway.query(updateDocument, { input });
  return { data, told: errors?.[0]?.extensions };
};
const setFault = ({ faults }: Sandbox, fault: Fault) => {
  const set = faults.set(fault);
  return { set, [Symbol.dispose]: () => set.remove() };
};
const keyed = () => ({ subject: 'Made once', idempotencyKey: randomUUID() });
/** Requests to create a ticket that reached the backend. */
const posts = ({ calls }: RunningGateway) => calls.filter((call) => call === 'POST /tickets').length;

test('a create that is repeated makes one ticket, and the repeat spends nothing', async ({ gateway }) => {
  const input = keyed();
  gateway.forgetCalls();
  const count = gateway.sandbox.tickets.count;
  const first = await create(gateway, input);
  const second = await create(gateway, input);
  expect(first.id).toMatch(/^tkt_/);
  expect(second.id).toBe(first.id);
  expect(gateway.sandbox.tickets.count).toBe(count + 1);
  expect(gateway.calls).toEqual(['POST /tickets']);
  expect(second.extensions).toMatchObject({ rateLimit: { spent: 0, cacheHits: 1 } });
});

test('a repeat tells of the ticket as it was created, whatever became of it', async ({ gateway }) => {
  const input = keyed();
  const { id = '' } = await create(gateway, input);
  gateway.sandbox.tickets.update(id, { subject: 'Changed since' });
  const repeat = await gateway.query(createDocument, { input });
  expect(repeat.data).toMatchObject({ ticketCreate: { ticket: { subject: 'Made once' } } });
  gateway.sandbox.tickets.delete(id);
  expect(await create(gateway, input)).toMatchObject({ id });
});

test('creates that come at once under one key make one ticket', async ({ gateway }) => {
  const input = keyed();
  gateway.forgetCalls();
  using _ = setFault(gateway.sandbox, { kind: 'latency', ms: 200, method: 'POST', path: '/tickets' });
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(gateway, input)));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers[0]?.id).toMatch(/^tkt_/);
  expect(posts(gateway)).toBe(1);
});

test.for(['after-reading', 'after-applying'] as const)(
  'a create whose answer was lost is OUTCOME_UNKNOWN to every repeat: reset %s',
  async (when, { gateway }) => {
    const input = keyed();
    gateway.forgetCalls();
    using _ = setFault(gateway.sandbox, { kind: 'reset', when, method: 'POST', path: '/tickets' });
    expect((await create(gateway, input)).told).toMatchObject({
      code: 'BACKEND_UNREACHABLE',
      outcome: 'UNKNOWN',
      retryable: false,
    });
    const repeats = [await create(gateway, input), await create(gateway, input)];
    for (const { told } of repeats) {
      expect(told).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        category: 'CONFLICT',
        origin: 'GATEWAY',
        outcome: 'UNKNOWN',
        retryable: false,
        fields: [{ path: ['input', 'idempotencyKey'] }],
      });
    }
    expect(posts(gateway)).toBe(1);
    expect((await create(gateway, { ...input, idempotencyKey: randomUUID() })).id).toMatch(/^tkt_/);
  },
);

test('a client that goes away during the create finds its ticket when it asks again', async ({ gateway }) => {
  const input = keyed();
  gateway.forgetCalls();
  using _ = setFault(gateway.sandbox, { kind: 'latency', ms: 300, method: 'POST', path: '/tickets' });
  const leaving = new AbortController();
  const first = fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: createDocument, variables: { input } }),
    signal: leaving.signal,
  });
  await until('the request', () => posts(gateway) === 1);
  leaving.abort();
  await expect(first).rejects.toThrow('abort');
  const { id } = await create(gateway, input);
  expect(id).toMatch(/^tkt_/);
  expect(posts(gateway)).toBe(1);
});

test('another input under the key is a CONFLICT, and nothing is sent', async ({ gateway }) => {
  const input = keyed();
  await create(gateway, input);
  gateway.forgetCalls();
  expect((await create(gateway, { ...input, subject: 'Another' })).told).toMatchObject({
    code: 'CONFLICT',
    origin: 'GATEWAY',
    outcome: 'NOT_APPLIED',
    fields: [{ path: ['input', 'idempotencyKey'] }],
  });
  expect(gateway.calls).toEqual([]);
});

test('the backend’s refusal is repeated, and a mended input needs another key', async ({ gateway }) => {
  const input = { ...keyed(), status: 'CLOSED' };
  gateway.forgetCalls();
  const first = await create(gateway, input);
  expect(first.told).toMatchObject({
    code: 'CLOSED_STATUS_SYSTEM_ONLY',
    fields: [{ path: ['input', 'status'] }],
  });
  const { told } = await create(gateway, input);
  expect({ ...told, traceId: null }).toEqual({ ...first.told, traceId: null });
  expect(posts(gateway)).toBe(1);
  expect((await create(gateway, { ...input, status: 'OPEN' })).told).toMatchObject({ code: 'CONFLICT' });
});

test('a key of two callers is two keys', async ({ gateway }) => {
  const { sandbox } = gateway;
  const input = keyed();
  const as = () => ({ key: sandbox.createKey('write'), workspaceId: sandbox.workspaceId });
  const first = await create(gateway, input, as());
  const second = await create(gateway, input, as());
  expect(first.id).toMatch(/^tkt_/);
  expect(second.id).toMatch(/^tkt_/);
  expect(second.id).not.toBe(first.id);
});

test('a ticket that changed since it was read is not overwritten', async ({ gateway }) => {
  const { id, updatedAt } = gateway.sandbox.tickets.create();
  await until('a later time', () => Date.now() > Date.parse(updatedAt));
  const theirs = gateway.sandbox.tickets.update(id, { subject: 'Theirs' });
  gateway.forgetCalls();
  const refused = await update(gateway, { id, patch: { subject: 'Mine' }, ifUpdatedAt: updatedAt });
  expect(refused.told).toMatchObject({
    code: 'PRECONDITION_FAILED',
    category: 'CONFLICT',
    retryable: false,
    outcome: 'NOT_APPLIED',
    updatedAt: theirs.updatedAt,
    fields: [{ path: ['input', 'ifUpdatedAt'] }],
  });
  expect(gateway.calls).toEqual([`GET /tickets/${id}`]);
  expect(gateway.sandbox.tickets.get(id)?.subject).toBe('Theirs');
  const retried = await update(gateway, { id, patch: { subject: 'Mine' }, ifUpdatedAt: theirs.updatedAt });
  expect(retried.data).toMatchObject({ ticketUpdate: { ticket: { subject: 'Mine' } } });
});

test('a conditional update whose answer was lost is found to be done, and not sent twice', async ({
  gateway,
}) => {
  const { id, updatedAt } = gateway.sandbox.tickets.create();
  await until('a later time', () => Date.now() > Date.parse(updatedAt));
  gateway.forgetCalls();
  using _ = setFault(gateway.sandbox, { kind: 'reset', when: 'after-applying', method: 'PUT' });
  const { data } = await update(gateway, { id, patch: { subject: 'Mine' }, ifUpdatedAt: updatedAt });
  expect(data).toMatchObject({ ticketUpdate: { ticket: { subject: 'Mine' } } });
  expect(gateway.calls).toEqual([`GET /tickets/${id}`, `PUT /tickets/${id}`, `GET /tickets/${id}`]);
});

test('a conditional update of what is gone is NOT_FOUND', async ({ gateway }) => {
  const { id, updatedAt } = gateway.sandbox.tickets.create();
  gateway.sandbox.tickets.delete(id);
  const { told } = await update(gateway, { id, patch: { subject: 'Mine' }, ifUpdatedAt: updatedAt });
  expect(told).toMatchObject({
    code: 'NOT_FOUND',
    outcome: 'NOT_APPLIED',
    fields: [{ path: ['input', 'id'] }],
  });
});
