import { expect, test } from 'vitest';
import { BackendError } from '../../../src/domain/errors.ts';
import { createRetries, retryRules } from '../../../src/backends/helpdesk/retry-rules.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { until, within } from '../../support/wait.ts';
import { failure, openBackend, restError, startHelpdesk, ticket, type Reply } from './support.ts';

const found: Reply = { status: 200, body: { ticket: ticket() } };
const created: Reply = { status: 201, body: { ticket: ticket() } };
const cut: Reply = (request) => request.socket.destroy();
const busy = (seconds: string): Reply => ({ status: 503, headers: { 'retry-after': seconds }, body: 'busy' });
const limited = (seconds: string): Reply => ({
  ...restError('RATE_LIMIT_EXCEEDED', 429),
  headers: { 'retry-after': seconds },
});

test('the table: who is tried again after what', () => {
  const table = Object.entries(retryRules).map(([failed, methods]) => [
    failed,
    Object.keys(methods).join(' '),
  ]);
  expect(Object.fromEntries(table)).toEqual({
    UNSENT: '',
    RESET: 'GET PUT CHECKED_PUT DELETE',
    TIMEOUT: 'GET PUT CHECKED_PUT DELETE',
    GATEWAY_TIMEOUT: 'GET PUT CHECKED_PUT DELETE',
    BUSY: 'GET',
    RATE_LIMITED: 'GET POST PUT CHECKED_PUT DELETE',
    OUTAGE: '',
    REFUSED: '',
  });
});

test('once means once, whatever the reasons', () => {
  const retries = createRetries('GET', () => 0.5);
  expect(retries.mayRepeatTimeout).toBe(true);
  expect(retries.next('RESET', null, 1_000)).toBe(150);
  expect(retries.next('GATEWAY_TIMEOUT', null, 1_000)).toBeNull();
  expect(retries.mayRepeatTimeout).toBe(false);
});

test('a wait that does not fit before the deadline is not begun', () => {
  expect(createRetries('GET', () => 0).next('RESET', null, 50)).toBeNull();
  expect(createRetries('POST', () => 0).next('RATE_LIMITED', 5_000, 5_000)).toBeNull();
  expect(createRetries('POST', () => 0).next('RATE_LIMITED', 5_000, 5_001)).toBe(5_000);
});

test('a backend that keeps saying "now" is not asked for ever', async () => {
  await using helpdesk = await startHelpdesk([limited('0')]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.get('tkt_1'))).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
  expect(helpdesk.requests).toHaveLength(6);
});

test('each attempt takes a permit of its own and settles it with what its answer says', async () => {
  await using helpdesk = await startHelpdesk([
    { status: 504, headers: { 'x-ratelimit-remaining': '9', 'x-ratelimit-limit': '400' } },
    { status: 200, headers: { 'x-ratelimit-remaining': '8' }, body: { ticket: ticket() } },
  ]);
  await using opened = openBackend(helpdesk.url);
  await opened.session.tickets.get('tkt_1');
  expect(opened.settled).toMatchObject([
    { kind: 'ANSWERED', observation: { limit: 400, remaining: 9 } },
    { kind: 'ANSWERED', observation: { remaining: 8 } },
  ]);
  expect(opened.operation.meter).toMatchObject({ spent: 2, waitedMs: 6 });
  expect(opened.logs).toMatchObject([{ level: 'info', fields: { status: 504, retryInMs: 50, attempts: 1 } }]);
});

test('a 504 to a PUT is repeated once; the error of a second one says UNKNOWN', async () => {
  await using helpdesk = await startHelpdesk([{ status: 504 }]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', {}))).toMatchObject({
    code: 'BACKEND_TIMEOUT',
    outcome: 'UNKNOWN',
    retryable: false,
    backend: { attempts: 2 },
  });
});

test('a PUT whose first attempt was lost and whose second is refused may have been applied', async () => {
  await using helpdesk = await startHelpdesk([cut, restError('CONFLICT', 409)]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', {}))).toMatchObject({
    code: 'CONFLICT',
    outcome: 'UNKNOWN',
  });
});

test.for<[string, readonly Reply[]]>([
  ['a reset', [cut]],
  ['a 504', [{ status: 504 }]],
  ['no answer', [() => undefined]],
  ['a reset and a 429', [cut, limited('0')]],
])('a DELETE that finds nothing after %s has done its work', async ([, replies]) => {
  await using helpdesk = await startHelpdesk([...replies, restError('NOT_FOUND', 404)]);
  await using opened = openBackend(helpdesk.url, { attemptTimeoutMs: 200 });
  await expect(opened.session.tickets.delete('tkt_1')).resolves.toBeUndefined();
  expect(helpdesk.requests).toHaveLength(replies.length + 1);
});

test('a DELETE that finds a proxy’s 404 after a reset has found nothing out', async () => {
  const page: Reply = { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>?</h1>' };
  await using helpdesk = await startHelpdesk([cut, page]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.delete('tkt_1'))).toMatchObject({ outcome: 'UNKNOWN' });
});

test.for<[string, Reply]>([
  ['a reset', cut],
  ['no answer', () => undefined],
  ['500', { status: 500 }],
  ['502', { status: 502 }],
  ['503', { status: 503 }],
  ['503 with Retry-After', busy('0')],
  ['504', { status: 504 }],
])('a POST that may have been sent is never sent again, not even after a 429: %s', async ([, reply]) => {
  for (const before of [[], [limited('0')]]) {
    await using helpdesk = await startHelpdesk([...before, reply, created]);
    await using opened = openBackend(helpdesk.url, { attemptTimeoutMs: 200 });
    expect(await failure(opened.session.tickets.create({ subject: 'New' }))).toMatchObject({
      retryable: false,
      outcome: 'UNKNOWN',
      backend: { attempts: before.length + 1 },
    });
    expect(helpdesk.requests).toHaveLength(before.length + 1);
  }
});

test('a PUT that was lost and then refused for the budget is sent again, and lost again it is not', async () => {
  await using helpdesk = await startHelpdesk([cut, limited('0'), cut, found]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', {}))).toMatchObject({
    code: 'BACKEND_UNREACHABLE',
    outcome: 'UNKNOWN',
    backend: { attempts: 3 },
  });
  expect(opened.settled).toHaveLength(3);
});

test('a write that was lost and then waits too long for the budget may have been done', async () => {
  await using helpdesk = await startHelpdesk([cut, limited('60')]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', {}))).toMatchObject({
    code: 'RATE_LIMIT_EXCEEDED',
    retryable: false,
    outcome: 'UNKNOWN',
  });
});

test('a DELETE that was only refused for the budget and then finds nothing found nothing', async () => {
  await using helpdesk = await startHelpdesk([limited('0'), restError('NOT_FOUND', 404)]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.delete('tkt_1'))).toMatchObject({
    code: 'NOT_FOUND',
    outcome: 'NOT_APPLIED',
  });
});

test.for(['GET', 'POST'] as const)('a 429 is waited out and sent again: %s', async (method) => {
  const clock = createVirtualClock();
  await using helpdesk = await startHelpdesk([limited('2'), method === 'GET' ? found : created]);
  await using opened = openBackend(helpdesk.url, { clock });
  const { tickets } = opened.session;
  const call = method === 'GET' ? tickets.get('tkt_1') : tickets.create({ subject: 'New' });
  await until('the wait', () => opened.logs.length === 1);
  await clock.advance(1_999);
  expect(helpdesk.requests).toHaveLength(1);
  await clock.advance(1);
  expect(await within('the answer', call)).toMatchObject({ id: 'tkt_1' });
  expect(helpdesk.requests).toHaveLength(2);
  expect(opened.settled[0]).toMatchObject({ observation: { retryAfterMs: 2_000 } });
  expect(opened.operation.meter.waitedMs).toBe(2_006);
});

test('a 429 whose wait goes beyond the deadline fails at once, not applied', async () => {
  await using helpdesk = await startHelpdesk([limited('30')]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.create({ subject: 'New' }))).toMatchObject({
    code: 'RATE_LIMIT_EXCEEDED',
    category: 'RATE_LIMIT',
    retryable: true,
    retryAfterMs: 30_000,
    outcome: 'NOT_APPLIED',
  });
  expect(helpdesk.requests).toHaveLength(1);
});

test('a 503 with Retry-After: a read waits exactly that, a write is not repeated', async () => {
  const clock = createVirtualClock();
  await using helpdesk = await startHelpdesk([busy('1'), found, busy('1')]);
  await using opened = openBackend(helpdesk.url, { clock });
  const read = opened.session.tickets.get('tkt_1');
  await until('the wait', () => opened.logs.length === 1);
  await clock.advance(1_000);
  expect(await within('the answer', read)).not.toBeNull();
  for (const write of [
    () => opened.session.tickets.create({ subject: 'New' }),
    () => opened.session.tickets.update('tkt_1', {}),
    () => opened.session.tickets.delete('tkt_1'),
  ]) {
    expect(await failure(write())).toMatchObject({
      code: 'BACKEND_BUSY',
      retryable: false,
      retryAfterMs: 1_000,
      outcome: 'UNKNOWN',
    });
  }
  expect(helpdesk.requests).toHaveLength(5);
});

test('a 503 without Retry-After is never repeated', async () => {
  await using helpdesk = await startHelpdesk([{ status: 503 }]);
  await using opened = openBackend(helpdesk.url);
  expect((await failure(opened.session.tickets.get('tkt_1'))).code).toBe('BACKEND_UNAVAILABLE');
  expect(helpdesk.requests).toHaveLength(1);
});

test('a 409 is never repeated', async () => {
  await using helpdesk = await startHelpdesk([restError('CONFLICT', 409)]);
  await using opened = openBackend(helpdesk.url);
  await failure(opened.session.tickets.update('tkt_1', {}));
  expect(helpdesk.requests).toHaveLength(1);
});

test('a call that the limiter refuses is not sent', async () => {
  await using helpdesk = await startHelpdesk([found]);
  for (const turn of ['DEADLINE', 'QUEUE_FULL'] as const) {
    await using opened = openBackend(helpdesk.url, { turns: [turn] });
    const read = await failure(opened.session.tickets.get('tkt_1'));
    expect(read).toMatchObject({
      name: 'GatewayError',
      code: 'RATE_BUDGET_EXHAUSTED',
      retryable: true,
      retryAfterMs: 7_000,
      outcome: null,
    });
    const write = await failure(opened.session.tickets.create({ subject: 'New' }));
    expect(write).toMatchObject({ code: 'RATE_BUDGET_EXHAUSTED', outcome: 'NOT_APPLIED' });
  }
  expect(helpdesk.requests).toEqual([]);
});

test('a second attempt that the limiter refuses leaves the first one’s error standing', async () => {
  await using helpdesk = await startHelpdesk([cut]);
  await using opened = openBackend(helpdesk.url, { turns: ['GRANTED', 'DEADLINE'] });
  const error = await failure(opened.session.tickets.update('tkt_1', {}));
  expect(error).toMatchObject({ code: 'BACKEND_UNREACHABLE', outcome: 'UNKNOWN', backend: { attempts: 1 } });
});

test('after a 429, a refusal of the limiter is still the backend’s, with the newer time', async () => {
  await using helpdesk = await startHelpdesk([limited('0')]);
  await using opened = openBackend(helpdesk.url, { turns: ['GRANTED', 'DEADLINE'] });
  const error = await failure(opened.session.tickets.create({ subject: 'New' }));
  expect(error).toBeInstanceOf(BackendError);
  expect(error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 7_000, outcome: 'NOT_APPLIED' });
});

test('a deadline that has passed sends nothing', async () => {
  await using helpdesk = await startHelpdesk([found]);
  await using opened = openBackend(helpdesk.url, { patienceMs: 0 });
  expect(await failure(opened.session.tickets.create({ subject: 'New' }))).toMatchObject({
    code: 'BACKEND_TIMEOUT',
    outcome: 'NOT_APPLIED',
    retryable: true,
    backend: { attempts: 0, status: null },
  });
  expect(helpdesk.requests).toEqual([]);
  expect(opened.settled).toEqual([]);
});

test('a turn that comes too late to be answered in time is given back, unsent', async () => {
  const clock = createVirtualClock();
  await using helpdesk = await startHelpdesk([found]);
  await using opened = openBackend(helpdesk.url, { clock, onTurn: () => clock.advanceSync(4_970) });
  expect(await failure(opened.session.tickets.create({ subject: 'New' }))).toMatchObject({
    code: 'BACKEND_TIMEOUT',
    outcome: 'NOT_APPLIED',
    backend: { attempts: 0, status: null },
  });
  expect(helpdesk.requests).toEqual([]);
  expect(opened.settled).toEqual([{ kind: 'NOT_SENT' }]);
});

test.for([
  [10_000, 100],
  [200, 50],
] as const)(
  'of %i ms a call waits for its turn no longer than leaves %i for the answer',
  async ([patienceMs, left]) => {
    const clock = createVirtualClock();
    const waits: number[] = [];
    await using helpdesk = await startHelpdesk([found]);
    const onTurn = ({ deadline }: { readonly deadline: number }) => {
      waits.push(deadline - clock.now());
    };
    await using opened = openBackend(helpdesk.url, { clock, patienceMs, onTurn });
    await opened.session.tickets.get('tkt_1');
    expect(waits).toEqual([patienceMs - left]);
  },
);

test('a caller who leaves during the wait ends it', async () => {
  const clock = createVirtualClock();
  await using helpdesk = await startHelpdesk([limited('2')]);
  await using opened = openBackend(helpdesk.url, { clock });
  const call = opened.session.tickets.get('tkt_1');
  await until('the wait', () => opened.logs.length === 1);
  opened.gone.abort(new Error('gone'));
  await expect(call).rejects.toThrow('gone');
  expect(clock.timers).toBe(0);
});
