import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../src/domain/caller.ts';
import type { ErrorCode } from '../../../src/domain/error-codes.ts';
import { GatewayError, type GatewayErrorOptions } from '../../../src/domain/errors.ts';
import { createMeter, type Operation } from '../../../src/domain/operation.ts';
import type { Ticket } from '../../../src/domain/ticket.ts';
import { createMemoryLedger } from '../../../src/idempotency/memory-ledger.ts';
import { createOnce, type OnceRequest } from '../../../src/idempotency/once.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { ticketOf } from '../graphql/fake-session.ts';
import { backendError, createRecordingLog } from '../graphql/run.ts';

const path = ['input', 'idempotencyKey'];
const caller: Caller = {
  workspaceId: 'ws_1',
  apiKey: 'k',
  scope: 'scope',
  keyId: 'key',
  source: 'REQUEST',
  level: null,
  endUser: null,
};
const ticket = ticketOf('tkt_1');

function open() {
  const clock = createVirtualClock();
  const ledger = createMemoryLedger({ clock, log: createRecordingLog() });
  const once = createOnce({ ledger, clock });
  const gone = new AbortController();
  const operation: Operation = {
    priority: 'MUTATION',
    client: 'test',
    signal: gone.signal,
    deadline: clock.now() + 10_000,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    meter: createMeter(),
  };
  let worked = 0;
  const ask = (work: () => Promise<Ticket>, changes: Partial<OnceRequest> = {}) => {
    const own = { caller, operation, mutation: 'ticketCreate', key: 'k-1', path, input: { subject: 'a' } };
    return once.create({ ...own, ...changes }, async () => {
      worked += 1;
      return work();
    });
  };
  return {
    clock,
    ledger,
    gone,
    operation,
    ask,
    /** Times that work was begun. */
    get worked() {
      return worked;
    },
  };
}

const works = () => Promise.resolve(ticket);
const fails = (thrown: Error) => () => Promise.reject(thrown);
const refusal = (code: ErrorCode, status: number, options: GatewayErrorOptions = {}) =>
  backendError(code, status, { outcome: 'NOT_APPLIED', ...options });

describe('a repeat', () => {
  test('gets the ticket that the first made, and nothing is done again', async () => {
    const it = open();
    expect(await it.ask(works)).toEqual({ ticket, replayed: false });
    expect(await it.ask(works)).toEqual({ ticket, replayed: true });
    expect(it.worked).toBe(1);
    expect(it.operation.meter).toMatchObject({ cacheHits: 1, shared: 0, spent: 0 });
  });

  test('that comes meanwhile waits for the first and shares its ticket', async () => {
    const it = open();
    const work = Promise.withResolvers<Ticket>();
    const first = it.ask(() => work.promise);
    const repeats = [it.ask(works), it.ask(works)];
    await it.clock.advance(9_000);
    expect(it.worked).toBe(1);
    work.resolve(ticket);
    expect(await first).toMatchObject({ replayed: false });
    expect(await Promise.all(repeats)).toEqual([
      { ticket, replayed: true },
      { ticket, replayed: true },
    ]);
    expect(it.operation.meter).toMatchObject({ cacheHits: 0, shared: 2 });
    expect(it.clock.timers).toBe(1);
  });

  test('is told the refusal that the first met, with everything it says', async () => {
    const it = open();
    const fields = [
      { path: ['input', 'subject'], code: 'REQUIRED', message: 'Required', sourceKey: 'subject' },
    ];
    const error = refusal('VALIDATION_ERROR', 422, {
      fields,
      details: { max: 7 },
      cause: new Error('inside'),
    });
    await expect(it.ask(fails(error))).rejects.toBe(error);
    const repeat = await it.ask(works).catch((reason: unknown) => reason);
    expect(repeat).toEqual(refusal('VALIDATION_ERROR', 422, { fields, details: { max: 7 } }));
    expect(repeat).not.toHaveProperty('cause');
    expect(it.worked).toBe(1);
  });

  test('with another input is a CONFLICT, and nothing is done', async () => {
    const it = open();
    await it.ask(works);
    await expect(it.ask(works, { input: { subject: 'b' } })).rejects.toMatchObject({
      code: 'CONFLICT',
      category: 'CONFLICT',
      retryable: false,
      outcome: 'NOT_APPLIED',
      fields: [{ path, code: 'CONFLICT' }],
    });
    expect(it.worked).toBe(1);
  });

  test.for<Partial<OnceRequest>>([
    { key: 'k-2' },
    { mutation: 'ticketFieldCreate' },
    { caller: { ...caller, scope: 'another key, or another workspace' } },
  ])('is none under another key, mutation or caller: %o', async (changes) => {
    const it = open();
    await it.ask(works);
    expect(await it.ask(works, changes)).toMatchObject({ replayed: false });
    expect(it.worked).toBe(2);
  });
});

describe('a first request whose fate nobody knows', () => {
  test.for([
    ['its answer was lost', backendError('BACKEND_TIMEOUT', 504, { outcome: 'UNKNOWN', retryable: false })],
    ['a refusal after a lost attempt', refusal('CONFLICT', 409, { outcome: 'UNKNOWN' })],
    ['it does not say', backendError('VALIDATION_ERROR', 422)],
    ['a defect', new TypeError('x is undefined')],
  ] as const)('stays OUTCOME_UNKNOWN: %s', async ([, error]) => {
    const it = open();
    await expect(it.ask(fails(error))).rejects.toBe(error);
    for (const wait of [0, 3 * 3_600_000]) {
      await it.clock.advance(wait);
      await expect(
        it.ask(works, { operation: { ...it.operation, deadline: Infinity } }),
      ).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        category: 'CONFLICT',
        retryable: false,
        outcome: 'UNKNOWN',
        fields: [{ path, code: 'OUTCOME_UNKNOWN' }],
      });
    }
    expect(it.worked).toBe(1);
  });

  test('is OUTCOME_UNKNOWN to those who waited for it', async () => {
    const it = open();
    const work = Promise.withResolvers<Ticket>();
    const first = it.ask(() => work.promise);
    const repeat = it.ask(works);
    await it.clock.advance(1);
    work.reject(backendError('BACKEND_UNREACHABLE', null, { outcome: 'UNKNOWN', retryable: false }));
    await expect(first).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE' });
    await expect(repeat).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(it.worked).toBe(1);
  });
});

describe('a first request that certainly changed nothing', () => {
  test.for([
    ['no budget', new GatewayError('RATE_BUDGET_EXHAUSTED', 'x', { outcome: 'NOT_APPLIED' })],
    ['a wrong input', new GatewayError('BAD_USER_INPUT', 'x', { outcome: 'NOT_APPLIED' })],
    ['never sent', backendError('BACKEND_UNREACHABLE', null, { outcome: 'NOT_APPLIED', attempts: 0 })],
    ['not connected', backendError('BACKEND_UNREACHABLE', null, { outcome: 'NOT_APPLIED' })],
    ['a 429', refusal('RATE_LIMIT_EXCEEDED', 429)],
    ['a key that is not allowed', refusal('INSUFFICIENT_API_PERMISSION', 403)],
    ['a key that is not known', refusal('INVALID_API_KEY', 401)],
    ['our own fault', refusal('BAD_REQUEST', 400)],
    ['worth another try', refusal('CONFLICT', 409, { retryable: true })],
  ] as const)('leaves the key free: %s', async ([, error]) => {
    const it = open();
    await expect(it.ask(fails(error))).rejects.toBe(error);
    expect(await it.ask(works, { input: { subject: 'mended' } })).toMatchObject({ replayed: false });
  });

  test('leaves its place to one of those who waited', async () => {
    const it = open();
    const work = Promise.withResolvers<Ticket>();
    const first = it.ask(() => work.promise);
    const repeats = [it.ask(works), it.ask(works)];
    await it.clock.advance(1);
    work.reject(new GatewayError('RATE_BUDGET_EXHAUSTED', 'x', { outcome: 'NOT_APPLIED' }));
    await expect(first).rejects.toMatchObject({ code: 'RATE_BUDGET_EXHAUSTED' });
    const replayed = (await Promise.all(repeats)).map((result) => result.replayed);
    expect(replayed).toHaveLength(2);
    expect(replayed).toEqual(expect.arrayContaining([false, true]));
    expect(it.worked).toBe(2);
  });

  test('because its client left before it was sent, leaves its place too', async () => {
    const it = open();
    const leaving = new AbortController();
    const work = Promise.withResolvers<Ticket>();
    leaving.signal.addEventListener('abort', () => work.reject(leaving.signal.reason));
    const first = it.ask(() => work.promise, { operation: { ...it.operation, signal: leaving.signal } });
    const repeat = it.ask(works);
    await it.clock.advance(1);
    leaving.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(await repeat).toEqual({ ticket, replayed: false });
  });
});

test('the fate of a write is stored although its client left', async () => {
  const it = open();
  const work = Promise.withResolvers<Ticket>();
  const leaving = new AbortController();
  const first = it.ask(() => work.promise, { operation: { ...it.operation, signal: leaving.signal } });
  await it.clock.advance(1);
  leaving.abort(new Error('gone'));
  const repeat = it.ask(works);
  await it.clock.advance(1);
  work.resolve(ticket);
  await first;
  expect(await repeat).toEqual({ ticket, replayed: true });
});

test('a defect that comes when the client has left is not taken for a write that was never sent', async () => {
  const it = open();
  const leaving = new AbortController();
  const work = Promise.withResolvers<Ticket>();
  const first = it.ask(() => work.promise, { operation: { ...it.operation, signal: leaving.signal } });
  leaving.abort(new Error('gone'));
  work.reject(new TypeError('x is undefined'));
  await expect(first).rejects.toThrow(TypeError);
  await expect(it.ask(works)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
});

test('who has waited until the deadline is told to ask again, and may: nothing happens twice', async () => {
  const it = open();
  const work = Promise.withResolvers<Ticket>();
  const first = it.ask(() => work.promise);
  const repeat = it.ask(works, { operation: { ...it.operation, deadline: it.clock.now() + 5_000 } });
  const told = repeat.catch((reason: unknown) => reason);
  await it.clock.advance(5_000);
  expect(await told).toMatchObject({
    code: 'BACKEND_TIMEOUT',
    outcome: 'UNKNOWN',
    retryable: true,
    fields: [{ path }],
  });
  work.resolve(ticket);
  await first;
  expect(await it.ask(works)).toEqual({ ticket, replayed: true });
});

test('who leaves while waiting waits no longer', async () => {
  const it = open();
  const leaving = new AbortController();
  void it.ask(() => new Promise(() => undefined));
  const repeat = it.ask(works, { operation: { ...it.operation, signal: leaving.signal } });
  await it.clock.advance(1);
  const reason = new Error('gone');
  leaving.abort(reason);
  await expect(repeat).rejects.toBe(reason);
});

test('who has left already begins nothing', async () => {
  const it = open();
  it.gone.abort(new Error('gone'));
  await expect(it.ask(works)).rejects.toThrow('gone');
  expect(it.worked).toBe(0);
});

test('a write that never ends is given up after its deadline, and its late result counts all the same', async () => {
  const it = open();
  const work = Promise.withResolvers<Ticket>();
  const first = it.ask(() => work.promise);
  await it.clock.advance(60_000);
  const later = { operation: { ...it.operation, deadline: it.clock.now() + 10_000 } };
  await expect(it.ask(works, later)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  work.resolve(ticket);
  await first;
  expect(await it.ask(works, later)).toEqual({ ticket, replayed: true });
  expect(it.worked).toBe(1);
});

test('where "started" cannot be stored, nothing is done', async () => {
  const it = open();
  const down = new GatewayError('INTERNAL_SERVER_ERROR', 'the store is down');
  const once = createOnce({
    clock: it.clock,
    ledger: { ...it.ledger, begin: () => Promise.reject(down) },
  });
  let worked = false;
  const asked = once.create(
    { caller, operation: it.operation, mutation: 'ticketCreate', key: 'k', path, input: {} },
    async () => {
      worked = true;
      return ticket;
    },
  );
  await expect(asked).rejects.toBe(down);
  expect(worked).toBe(false);
});

test('the ledger sees neither key nor caller', async () => {
  const it = open();
  const slots: string[] = [];
  const once = createOnce({
    clock: it.clock,
    ledger: {
      ...it.ledger,
      begin: (slot, fingerprint, until) => {
        slots.push(slot, fingerprint);
        return it.ledger.begin(slot, fingerprint, until);
      },
    },
  });
  await once.create(
    { caller, operation: it.operation, mutation: 'm', key: 'ada@example.com', path, input: { a: 'secret' } },
    works,
  );
  expect(slots).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^[\w-]{43}$/)]);
});
