import { beforeEach, expect } from 'vitest';
import { openingRule } from '../../src/backends/breaker.ts';
import { systemClock, type Clock } from '../../src/domain/clock.ts';
import type { Fault } from '../../src/sandbox/faults.ts';
import { testWithGateway, type AskOptions, type RunningGateway, withoutStore } from '../support/gateway.ts';
import { until } from '../support/wait.ts';

/** Runs like the machine's clock, and leaps over what nobody wants to wait for. */
const clock: Clock & { leap: (ms: number) => void } = {
  now: () => Date.now() + leapt,
  after: systemClock.after,
  leap: (ms) => {
    leapt += ms;
  },
};
let leapt = 0;

const test = testWithGateway({ clock, env: withoutStore, sandbox: { tickets: 20 } });

const page = '{ tickets(first: 10) { edges { node { id } } } }';
const create = 'mutation { ticketCreate(input: { subject: "New" }) { ticket { id } } }';
const update =
  'mutation { ticketUpdate(input: { id: "tkt_1", patch: { subject: "Other" } }) { ticket { id } } }';

const ask = async (gateway: RunningGateway, document: string, as?: AskOptions) => {
  const { data, errors } = await gateway.query(document, {}, as);
  return { data, told: errors?.[0]?.extensions };
};
const outage: Fault = { kind: 'error', code: 'INTERNAL', status: 500, times: Infinity };
const changes = ({ logs }: RunningGateway) =>
  logs.filter(({ fields }) => 'host' in fields).map(({ message }) => message);

/** As many agents as one likes ask at once. */
const crowd = (gateway: RunningGateway, agents: number, document = page) =>
  Promise.all(
    Array.from({ length: agents }, (_, agent) =>
      ask(gateway, document, { headers: { 'x-client-id': `agent-${agent}` } }),
    ),
  );

beforeEach<{ gateway: RunningGateway }>(async ({ gateway }) => {
  // Up, and known to be.
  gateway.sandbox.faults.clear();
  clock.leap(60_000);
  await crowd(gateway, 2 * openingRule.size);
  gateway.forgetCalls();
});

test('a storm of failures ends after a few requests, and everybody is told when to come again', async ({
  gateway,
}) => {
  gateway.sandbox.faults.set(outage);
  for (let round = 0; round < 10; round += 1) await crowd(gateway, 30);
  // One after the other it would be eleven; what was under way with them comes on top.
  expect(gateway.calls.length).toBeGreaterThan(openingRule.size / 2);
  expect(gateway.calls.length).toBeLessThanOrEqual(openingRule.size / 2 + 30);

  gateway.forgetCalls();
  for (const document of [page, create, update]) {
    const { told } = await ask(gateway, document);
    expect(told).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      category: 'BACKEND',
      origin: 'GATEWAY',
      retryable: true,
      retryAfterMs: expect.any(Number),
      backend: { attempts: 0, status: null },
    });
    expect(told?.['retryAfterMs']).toBeGreaterThan(0);
    expect(told?.['retryAfterMs']).toBeLessThanOrEqual(6_000);
    expect(told?.['outcome']).toBe(document === page ? undefined : 'NOT_APPLIED');
  }
  expect(gateway.calls).toEqual([]);
});

test('what is refused meanwhile costs nothing of the budget', async ({ gateway }) => {
  const budget = async () => (await gateway.query('{ rateLimit { remaining } }')).data;
  gateway.sandbox.faults.set(outage);
  await crowd(gateway, 30);
  const before = await budget();
  const { extensions } = await gateway.query(page);
  expect(extensions).toMatchObject({ rateLimit: { spent: 0, waitedMs: 0 } });
  await crowd(gateway, 30);
  expect(await budget()).toEqual(before);
});

test('a single call tries from time to time, and once it succeeds all go through again', async ({
  gateway,
}) => {
  const fault = gateway.sandbox.faults.set(outage);
  await crowd(gateway, 30);
  gateway.forgetCalls();
  const before = changes(gateway).length;

  clock.leap(5_000);
  await crowd(gateway, 30);
  expect(gateway.calls).toEqual(['GET /tickets']);
  // It failed: the next one has to wait for longer.
  clock.leap(5_000);
  await crowd(gateway, 30);
  expect(gateway.calls).toHaveLength(1);

  fault.remove();
  const { told } = await ask(gateway, create);
  clock.leap(Number(told?.['retryAfterMs']));
  expect((await ask(gateway, create)).data).toMatchObject({ ticketCreate: { ticket: {} } });
  for (const { told: failure } of await crowd(gateway, 30)) expect(failure).toBeUndefined();
  expect(gateway.calls).toHaveLength(32);
  expect(changes(gateway).slice(before)).toEqual([
    'One call tries whether the backend is back.',
    'The backend fails: it is left alone, and calls to it are refused.',
    'One call tries whether the backend is back.',
    'The backend is back.',
  ]);
});

test.for<[string, Fault]>([
  ['502 from a proxy', { kind: 'html', times: Infinity }],
  ['503 without Retry-After', { kind: 'text', status: 503, times: Infinity }],
  ['504', { kind: 'text', status: 504, times: Infinity }],
  ['connections that break', { kind: 'reset', when: 'after-reading', times: Infinity }],
])('so it is after %s', async ([, fault], { gateway }) => {
  gateway.sandbox.faults.set(fault);
  await crowd(gateway, 30);
  gateway.forgetCalls();
  expect((await ask(gateway, page)).told).toMatchObject({ code: 'BACKEND_UNAVAILABLE', retryable: true });
  expect(gateway.calls).toEqual([]);
});

test.for<[string, Fault]>([
  ['503 with Retry-After', { kind: 'text', status: 503, retryAfter: 60, times: Infinity }],
  ['empty 401', { kind: 'empty', status: 401, times: Infinity }],
  ['HTML with 200', { kind: 'html', status: 200, times: Infinity }],
  ['422', { kind: 'error', code: 'VALIDATION_ERROR', times: Infinity }],
])('a backend that answers everybody %s is asked on', async ([, fault], { gateway }) => {
  gateway.sandbox.faults.set(fault);
  await crowd(gateway, 30);
  gateway.forgetCalls();
  await ask(gateway, page);
  expect(gateway.calls).toEqual(['GET /tickets']);
});

test('callers who hang up say nothing of the backend', async ({ gateway }) => {
  const fault = gateway.sandbox.faults.set({ kind: 'silence', times: Infinity });
  for (let n = 0; n < 2 * openingRule.size; n += 1) {
    const gone = new AbortController();
    const hits = fault.hits;
    const asking = fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: page }),
      signal: gone.signal,
    });
    const failed = asking.then(
      () => null,
      (error: unknown) => error,
    );
    await until('the request', () => fault.hits > hits);
    gone.abort(new Error('gone'));
    expect(await failed).toMatchObject({ message: 'gone' });
  }
  fault.remove();
  expect((await ask(gateway, page)).told).toBeUndefined();
});
