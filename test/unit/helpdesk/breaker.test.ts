import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openingRule } from '../../../src/backends/breaker.ts';
import { verdicts } from '../../../src/backends/helpdesk/breaker-rules.ts';
import type { BackendSession } from '../../../src/domain/backend.ts';
import type { LimiterRegistry, Permit, PermitOutcome, TakeResult } from '../../../src/rate-limit/limiter.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { until, within } from '../../support/wait.ts';
import {
  caller,
  failure,
  openBackend,
  restError,
  startHelpdesk,
  ticket,
  type OpenOptions,
  type Reply,
} from './support.ts';

const enough = openingRule.minimumNumberOfCalls;
const cut: Reply = (request) => request.socket.destroy();
const found: Reply = { status: 200, body: { ticket: ticket() } };
const html = { 'content-type': 'text/html' };

/** Reads until it would be left alone, and says whether it is. */
async function afterReads(url: string, options: OpenOptions = {}): Promise<string> {
  await using opened = openBackend(url, options);
  for (let n = 0; n < enough; n += 1) await failure(opened.session.tickets.get('tkt_1'));
  return opened.backend.status().circuit;
}

test('the table: what counts against a host', () => {
  expect(verdicts).toEqual({
    UNSENT: 'FAILED',
    RESET: 'FAILED',
    TIMEOUT: 'FAILED',
    GATEWAY_TIMEOUT: 'FAILED',
    OUTAGE: 'FAILED',
    BUSY: 'ALIVE',
    RATE_LIMITED: 'ALIVE',
    REFUSED: 'ALIVE',
  });
});

test.for<[string, Reply, OpenOptions?]>([
  ['500', { status: 500, body: '<h1>oops</h1>', headers: html }],
  ['500 in JSON', restError('INTERNAL', 500)],
  ['502', { status: 502 }],
  ['503 without Retry-After', { status: 503 }],
  ['504', { status: 504 }],
  ['a connection that breaks', cut],
  ['no answer', () => undefined, { attemptTimeoutMs: 15 }],
])('%s counts against the host', async ([, reply, options]) => {
  await using helpdesk = await startHelpdesk([reply]);
  expect(await afterReads(helpdesk.url, options)).toBe('OPEN');
});

test('a port that nobody listens on counts against the host', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  expect(await afterReads(`http://127.0.0.1:${port}/helpdesk/api/v1`)).toBe('OPEN');
});

test.for<[string, Reply]>([
  ['an empty 401', { status: 401 }],
  ['403', restError('INSUFFICIENT_API_PERMISSION', 403)],
  ['422', restError('VALIDATION_ERROR', 422)],
  ['409', restError('CONFLICT', 409)],
  ['429', { ...restError('RATE_LIMIT_EXCEEDED', 429), headers: { 'retry-after': '60' } }],
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '60' } }],
  ['HTML', { status: 200, body: '<h1>It works</h1>', headers: html }],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
  ['a ticket that breaks the contract', { status: 200, body: { ticket: { id: 1 } } }],
])('%s comes from a host that lives', async ([, reply]) => {
  await using helpdesk = await startHelpdesk([reply]);
  expect(await afterReads(helpdesk.url)).toBe('CLOSED');
  expect(helpdesk.requests).toHaveLength(enough);
});

test('no answer within what the caller’s deadline leaves says nothing of the host', async () => {
  await using helpdesk = await startHelpdesk([() => undefined]);
  await using opened = openBackend(helpdesk.url);
  for (let n = 0; n < enough; n += 1) {
    const deadline = Date.now() + 30;
    const session = opened.backend.session(caller, { ...opened.operation, deadline });
    expect(await failure(session.tickets.get('tkt_1'))).toMatchObject({ code: 'BACKEND_TIMEOUT' });
  }
  expect(opened.backend.status().circuit).toBe('CLOSED');
});

test('callers who leave say nothing of the host', async () => {
  const arrived: (() => void)[] = [];
  await using helpdesk = await startHelpdesk([() => arrived.shift()?.()]);
  await using opened = openBackend(helpdesk.url);
  for (let n = 0; n < 2 * enough; n += 1) {
    const there = new Promise<void>((resolve) => arrived.push(resolve));
    const gone = new AbortController();
    const session = opened.backend.session(caller, { ...opened.operation, signal: gone.signal });
    const reading = session.tickets.get('tkt_1');
    await within('the request', there);
    gone.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
  }
  expect(opened.backend.status().circuit).toBe('CLOSED');
});

const writes = {
  POST: (session: BackendSession) => session.tickets.create({ subject: 'New' }),
  PUT: (session: BackendSession) => session.tickets.update('tkt_1', { subject: 'Other' }),
  'PUT, custom fields named': (session: BackendSession) =>
    session.tickets.update('tkt_1', { customFields: [{ fieldId: 'cf_1', value: 'x' }] }),
  'PUT under a condition': (session: BackendSession) =>
    session.tickets.update('tkt_1', { subject: 'Other' }, { ifUpdatedAt: '2026-01-02T00:00:00Z' }),
  DELETE: (session: BackendSession) => session.tickets.delete('tkt_1'),
};

test('while the host is left alone reads and writes fail at once, nothing is sent, and no turn is taken', async () => {
  const clock = createVirtualClock();
  await using helpdesk = await startHelpdesk([{ status: 500 }]);
  let turns = 0;
  await using opened = openBackend(helpdesk.url, { clock, onTurn: () => (turns += 1) });
  for (let n = 0; n < enough; n += 1) await failure(opened.session.tickets.get('tkt_1'));
  const before = { requests: helpdesk.requests.length, turns, logs: opened.logs.length };
  await clock.advance(500);

  const down = { code: 'BACKEND_UNAVAILABLE', category: 'BACKEND', retryable: true };
  expect(await failure(opened.session.tickets.get('tkt_1'))).toMatchObject({
    ...down,
    retryAfterMs: 4_500,
    outcome: null,
    backend: { status: null, attempts: 0, operation: 'GET /tickets/:id' },
  });
  for (const write of Object.values(writes)) {
    expect(await failure(write(opened.session))).toMatchObject({
      ...down,
      outcome: 'NOT_APPLIED',
      backend: { status: null, attempts: 0 },
    });
  }
  expect({ requests: helpdesk.requests.length, turns, logs: opened.logs.length }).toEqual(before);
  expect(opened.operation.meter.spent).toBe(enough);
});

test('it is asked again when the time has come, and recovers by itself', async () => {
  const clock = createVirtualClock();
  let reply: Reply = { status: 500 };
  await using helpdesk = await startHelpdesk(() => reply);
  await using opened = openBackend(helpdesk.url, { clock, patienceMs: 60_000 });
  const { tickets } = opened.session;
  for (let n = 0; n < enough; n += 1) await failure(tickets.get('tkt_1'));
  reply = found;
  const { retryAfterMs } = await failure(tickets.create({ subject: 'New' }));
  await clock.advance(retryAfterMs ?? 0);
  // A client that waits as it is told gets through, also with a write.
  expect(await tickets.update('tkt_1', { subject: 'Other' })).toMatchObject({ id: 'tkt_1' });
  expect(opened.backend.status().circuit).toBe('CLOSED');
  const changes = opened.logs.filter(({ fields }) => 'host' in fields);
  expect(changes.map(({ level }) => level)).toEqual(['warn', 'info', 'info']);
  expect(changes[0]?.fields['host']).toBe(new URL(helpdesk.url).host);
});

test('a turn that comes while the host is left alone goes back unused', async () => {
  await using helpdesk = await startHelpdesk([{ status: 500 }]);
  const turn = Promise.withResolvers<void>();
  const outcomes: PermitOutcome['kind'][] = [];
  const permit: Permit = { waitedMs: 0, settle: ({ kind }) => outcomes.push(kind) };
  let asked = 0;
  const take = async (): Promise<TakeResult> => {
    // The first one who asks has to wait.
    if (asked++ === 0) await turn.promise;
    return { allowed: true, permit };
  };
  const rateLimit: LimiterRegistry = { of: () => ({ take, budget: () => null }) };
  await using opened = openBackend(helpdesk.url, { rateLimit });
  const waiting = failure(opened.session.tickets.create({ subject: 'New' }));
  for (let n = 0; n < enough; n += 1) await failure(opened.session.tickets.get('tkt_1'));
  turn.resolve();
  expect(await waiting).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    retryable: true,
    outcome: 'NOT_APPLIED',
    backend: { attempts: 0 },
  });
  expect(outcomes).toEqual([...Array.from({ length: enough }, () => 'ANSWERED'), 'NOT_SENT']);
  expect(helpdesk.requests).toHaveLength(enough);
});

test('who waits for a turn when the host goes down is told at once', async () => {
  await using helpdesk = await startHelpdesk([{ status: 500 }]);
  const permit: Permit = { waitedMs: 0, settle: () => undefined };
  let asked = 0;
  const rateLimit: LimiterRegistry = {
    of: () => ({
      budget: () => null,
      take: ({ signals }) => {
        asked += 1;
        if (asked > 1) return Promise.resolve({ allowed: true, permit });
        return new Promise((_resolve, reject) => {
          for (const signal of signals)
            signal.addEventListener('abort', () => reject(new Error('gone')), { once: true });
        });
      },
    }),
  };
  await using opened = openBackend(helpdesk.url, { rateLimit });
  const waiting = failure(opened.session.tickets.create({ subject: 'New' }));
  await until('it waits', () => asked === 1);
  for (let n = 0; n < enough; n += 1) await failure(opened.session.tickets.get('tkt_1'));
  expect(await within('the refusal', waiting)).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    retryable: true,
    outcome: 'NOT_APPLIED',
    backend: { attempts: 0 },
  });
  expect(helpdesk.requests).toHaveLength(enough);
});

test('a write that was lost before the host went down keeps its error', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  await using helpdesk = await startHelpdesk(({ method }) => {
    asked += 1;
    return method === 'PUT' ? cut : { status: 500 };
  });
  await using opened = openBackend(helpdesk.url, { clock, patienceMs: 60_000 });
  const update = failure(opened.session.tickets.update('tkt_1', { subject: 'Other' }));
  await until('the pause before the second attempt', () => opened.logs.length === 1);
  for (let n = 0; n < enough; n += 1) await failure(opened.session.tickets.get('tkt_1'));
  expect(opened.backend.status().circuit).toBe('OPEN');
  const before = asked;
  await clock.advance(250);
  expect(await update).toMatchObject({
    code: 'BACKEND_UNREACHABLE',
    retryable: false,
    outcome: 'UNKNOWN',
    backend: { attempts: 1 },
  });
  expect(asked).toBe(before);
});

test('a read that was lost before the host went down is told when to come again', async () => {
  const clock = createVirtualClock();
  let first = true;
  await using helpdesk = await startHelpdesk(() => {
    const reply = first ? cut : { status: 500 };
    first = false;
    return reply;
  });
  await using opened = openBackend(helpdesk.url, { clock, patienceMs: 60_000 });
  const read = failure(opened.session.tickets.get('tkt_1'));
  await until('the pause before the second attempt', () => opened.logs.length === 1);
  for (let n = 0; n < enough; n += 1) await failure(opened.session.tickets.get('tkt_2'));
  await clock.advance(250);
  expect(await read).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    retryable: true,
    retryAfterMs: 4_950,
    backend: { attempts: 1 },
  });
});
