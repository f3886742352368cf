import { beforeEach, describe, expect, test } from 'vitest';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf } from './fake-session.ts';
import { backendError, createHarness, type Harness } from './run.ts';

const globalId = (id: string): string => encodeNodeId('HELPDESK', 'Ticket', id);
const document = `mutation ($input: TicketsUpdateInput!) {
  ticketsUpdate(input: $input) { results { id ticket { localId priority } } }
}`;
const patch = { priority: 'HIGH' };
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `tkt_${index}`);

let harness: Harness;
beforeEach(() => {
  harness = createHarness();
});

describe('ticketsUpdate', () => {
  test('changes each ticket, and answers in the order of the ids, by global id', async () => {
    const { data, errors } = await harness.run(document, {
      input: { ids: ['tkt_1', globalId('tkt_2')], patch },
    });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      ticketsUpdate: {
        results: [
          { id: globalId('tkt_1'), ticket: { localId: 'tkt_1', priority: 'HIGH' } },
          { id: globalId('tkt_2'), ticket: { localId: 'tkt_2', priority: 'HIGH' } },
        ],
      },
    });
    expect(harness.writes()).toEqual([
      ['tickets.update', 'tkt_1', { priority: 'HIGH' }],
      ['tickets.update', 'tkt_2', { priority: 'HIGH' }],
    ]);
  });

  test('each failure is its own error at its own ticket; the others are changed', async () => {
    harness.session.fields = [fieldOf('cf_a', { key: 'a' }), fieldOf('cf_b', { key: 'b' })];
    harness.session.fail(
      'tickets.update',
      backendError('NOT_FOUND', 404, { message: 'No such ticket' }),
      (id) => id === 'tkt_1',
    );
    const { data, errors } = await harness.run(document, { input: { ids: many(3), patch } });
    expect(data).toMatchObject({
      ticketsUpdate: {
        results: [{ ticket: { localId: 'tkt_0' } }, { ticket: null }, { ticket: { localId: 'tkt_2' } }],
      },
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.path).toEqual(['ticketsUpdate', 'results', 1, 'ticket']);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['input', 'ids', 1], code: 'NOT_FOUND' }],
    });
  });

  test('a fault of the patch is told by its place in the patch', async () => {
    harness.session.fields = [fieldOf('cf_a', { key: 'a' }), fieldOf('cf_b', { key: 'b' })];
    const message = 'too long';
    harness.session.fail(
      'tickets.update',
      backendError('VALIDATION_ERROR', 422, {
        fields: [
          { path: ['customFields', 'cf_b'], code: 'INVALID', message, sourceKey: 'customFields.cf_b' },
        ],
      }),
    );
    const customFields = [
      { field: { key: 'a' }, value: { text: 'x' } },
      { field: { key: 'b' }, value: { text: 'y' } },
    ];
    const { errors } = await harness.run(document, { input: { ids: ['tkt_1'], patch: { customFields } } });
    expect(errors[0]?.extensions.fields).toMatchObject([
      { path: ['input', 'patch', 'customFields', 1, 'value'], message },
    ]);
  });

  test('reads the definitions once for all tickets', async () => {
    harness.session.fields = [fieldOf('cf_a', { key: 'a' })];
    const customFields = [{ field: { key: 'a' }, value: { text: 'x' } }];
    await harness.run(document, { input: { ids: many(20), patch: { customFields } } });
    expect(harness.session.calls.filter(([method]) => method === 'ticketFields.list')).toHaveLength(1);
    expect(harness.writes()).toHaveLength(20);
  });

  test('takes fifty tickets, a few under way at a time', async () => {
    let running = 0;
    let most = 0;
    const { tickets } = harness.session;
    const { update } = tickets;
    Object.defineProperty(tickets, 'update', {
      value: async (...given: Parameters<typeof update>) => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return update(...given);
      },
    });
    const { errors } = await harness.run(document, { input: { ids: many(50), patch } });
    expect(errors).toEqual([]);
    expect(harness.writes()).toHaveLength(50);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
  });

  test('takes no ticket at all without asking', async () => {
    const { data } = await harness.run(document, { input: { ids: [], patch } });
    expect(data).toEqual({ ticketsUpdate: { results: [] } });
    expect(harness.session.calls).toEqual([]);
  });

  test('refuses more than fifty', async () => {
    expect(await harness.faultsOf(document, { ids: many(51), patch })).toEqual([
      { path: ['input', 'ids'], code: 'TOO_MANY' },
    ]);
  });

  test('refuses a ticket that is named twice, by whichever of its ids, and every bad id', async () => {
    const ids = ['tkt_1', '../x', globalId('tkt_1'), '', 'tkt_2', 'tkt_2'];
    expect(await harness.faultsOf(document, { ids, patch: { subject: null } })).toEqual([
      { path: ['input', 'ids', 1], code: 'INVALID' },
      { path: ['input', 'ids', 3], code: 'INVALID' },
      { path: ['input', 'ids', 2], code: 'DUPLICATE' },
      { path: ['input', 'ids', 5], code: 'DUPLICATE' },
      { path: ['input', 'patch', 'subject'], code: 'INVALID' },
    ]);
  });

  test('once the key is refused, the rest is not sent and says the same', async () => {
    harness.session.fail(
      'tickets.update',
      backendError('INSUFFICIENT_API_PERMISSION', 403, { message: 'Not with this key' }),
    );
    const { errors } = await harness.run(document, { input: { ids: many(50), patch } });
    expect(errors).toHaveLength(50);
    expect(harness.writes().length).toBeLessThanOrEqual(16);
    for (const error of errors) {
      expect(error.extensions).toMatchObject({
        code: 'INSUFFICIENT_API_PERMISSION',
        requiredLevel: 'WRITE',
        outcome: 'NOT_APPLIED',
        retryable: false,
      });
      expect(error.message).toBe('Not with this key');
    }
    expect(errors.at(-1)?.extensions).toMatchObject({ origin: 'GATEWAY', backend: null });
  });

  test('tells one ticket’s unknown outcome from another’s refusal', async () => {
    harness.session.fail('tickets.update', backendError('BACKEND_TIMEOUT', null), (id) => id === 'tkt_0');
    const { errors } = await harness.run(document, { input: { ids: many(2), patch } });
    expect(
      errors.map(({ extensions }) => [extensions.code, extensions.outcome, extensions.retryable]),
    ).toEqual([['BACKEND_TIMEOUT', 'UNKNOWN', false]]);
  });
});
