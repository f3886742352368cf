import { expect, test } from 'vitest';
import { within } from '../../support/wait.ts';
import {
  failure,
  openBackend,
  restError,
  startHelpdesk,
  ticket,
  type Reply,
  type SeenRequest,
} from './support.ts';

interface Value {
  readonly id: string;
  readonly value: unknown;
}

/** A helpdesk with one ticket whose PUT merges custom fields by id, or replaces them. */
function keeper(
  onPut: 'merge' | 'replace',
  intercept: (request: SeenRequest, nth: number) => Reply | null = () => null,
) {
  let values: readonly Value[] = [
    { id: 'cf_1', value: 'a' },
    { id: 'cf_2', value: 2 },
    { id: 'cf_3', value: null },
  ];
  let requests = 0;
  return (request: SeenRequest): Reply => {
    requests += 1;
    if (request.method === 'PUT') {
      const sent = (request.body as { ticket: { customFields?: readonly Value[] } }).ticket.customFields;
      if (sent !== undefined) {
        const kept =
          onPut === 'replace' ? [] : values.filter(({ id }) => !sent.some((value) => value.id === id));
        values = [...kept, ...sent];
      }
    }
    return (
      intercept(request, requests) ?? { status: 200, body: { ticket: ticket({ customFields: values }) } }
    );
  };
}

const patch = { subject: 'Other', customFields: [{ fieldId: 'cf_1', value: 'b' }] };
const all = [
  { fieldId: 'cf_1', value: 'b' },
  { fieldId: 'cf_2', value: 2 },
];

test.for([
  ['merge', 'merge', 2],
  ['merge', 'replace', 3],
  ['replace', 'merge', 2],
  ['replace', 'replace', 2],
] as const)(
  'set to %s, on a backend that does %s: no value is lost, in %i calls',
  async ([customFieldsOnPut, actually, calls]) => {
    await using helpdesk = await startHelpdesk(keeper(actually));
    await using opened = openBackend(helpdesk.url, { customFieldsOnPut });
    const updated = await opened.session.tickets.update('tkt_1', patch);
    expect(updated.customFields).toEqual(expect.arrayContaining(all));
    expect(helpdesk.requests).toHaveLength(calls);
    const warned = opened.logs.filter(({ level }) => level === 'warn');
    expect(warned).toMatchObject(calls === 3 ? [{ fields: { fieldIds: ['cf_2'] } }] : []);
  },
);

test('what the caller clears stays cleared', async () => {
  const cleared = { customFields: [{ fieldId: 'cf_1', value: null }] };
  for (const actually of ['merge', 'replace'] as const) {
    await using helpdesk = await startHelpdesk(keeper(actually));
    await using opened = openBackend(helpdesk.url);
    const { customFields } = await opened.session.tickets.update('tkt_1', cleared);
    expect(customFields.find(({ fieldId }) => fieldId === 'cf_1')?.value ?? null).toBeNull();
    expect(customFields).toContainEqual({ fieldId: 'cf_2', value: 2 });
  }
});

test('a patch that names no custom field costs one call and sends none', async () => {
  for (const customFieldsOnPut of ['merge', 'replace'] as const) {
    await using helpdesk = await startHelpdesk(keeper('replace'));
    await using opened = openBackend(helpdesk.url, { customFieldsOnPut });
    await opened.session.tickets.update('tkt_1', { subject: 'Other' });
    await opened.session.tickets.update('tkt_1', { subject: 'Other', customFields: [] });
    const body = { ticket: { subject: 'Other' } };
    expect(helpdesk.requests).toMatchObject([
      { method: 'PUT', body },
      { method: 'PUT', body },
    ]);
  }
});

test('under replace the caller’s values come first, so that faults keep their index', async () => {
  const fault = restError('VALIDATION_ERROR', 422, {
    'customFields[0].value': [{ code: 'INVALID', message: 'no' }],
  });
  await using helpdesk = await startHelpdesk(
    keeper('replace', ({ method }) => (method === 'PUT' ? fault : null)),
  );
  await using opened = openBackend(helpdesk.url, { customFieldsOnPut: 'replace' });
  const error = await failure(opened.session.tickets.update('tkt_1', patch));
  expect(error.fields).toMatchObject([{ path: ['customFields', 0, 'value'] }]);
  expect(helpdesk.requests.at(-1)?.body).toMatchObject({
    ticket: { customFields: [{ id: 'cf_1', value: 'b' }, {}, {}] },
  });
});

test('a ticket that is gone: NOT_FOUND, and nothing was written', async () => {
  await using helpdesk = await startHelpdesk([restError('NOT_FOUND', 404)]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', patch))).toMatchObject({
    code: 'NOT_FOUND',
    outcome: 'NOT_APPLIED',
    fields: [{ path: ['id'] }],
  });
  expect(helpdesk.requests).toHaveLength(1);
});

test('a read before the write that fails says that nothing was written', async () => {
  await using helpdesk = await startHelpdesk([{ status: 500 }]);
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', patch))).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    outcome: 'NOT_APPLIED',
    retryable: true,
  });
});

test('a write-back that fails is logged, and the error does not claim that nothing happened', async () => {
  const third = restError('CONFLICT', 409);
  await using helpdesk = await startHelpdesk(
    keeper('replace', (_request, nth) => (nth === 3 ? third : null)),
  );
  await using opened = openBackend(helpdesk.url);
  expect(await failure(opened.session.tickets.update('tkt_1', patch))).toMatchObject({
    code: 'CONFLICT',
    outcome: 'UNKNOWN',
    retryable: false,
  });
  expect(opened.logs.at(-1)).toMatchObject({ level: 'error', fields: { fieldIds: ['cf_2'] } });
});

test('a caller who leaves during the write does not keep lost values from being written back', async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = keeper('replace');
  await using helpdesk = await startHelpdesk((request) => {
    if (request.method === 'PUT') arrived.resolve();
    return answer(request);
  });
  await using opened = openBackend(helpdesk.url);
  const update = opened.session.tickets.update('tkt_1', patch);
  await within('the write', arrived.promise);
  opened.gone.abort(new Error('gone'));
  expect((await update).customFields).toEqual(expect.arrayContaining(all));
  expect(helpdesk.requests).toHaveLength(3);
});
