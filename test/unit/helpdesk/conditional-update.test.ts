import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { until, within } from '../../support/wait.ts';
import {
  failure,
  openBackend,
  restError,
  startHelpdesk,
  ticket,
  type Reply,
  type SeenRequest,
} from './support.ts';

const before = '2026-01-02T00:00:00Z';
const later = '2026-01-02T00:00:01Z';
const condition = { ifUpdatedAt: before };

interface Row {
  readonly updatedAt: string;
  readonly customFields: readonly { readonly id: string; readonly value: unknown }[];
  readonly [name: string]: unknown;
}

/** What a request meets instead of a plain answer. `others` happens after it was carried out, or was not. */
interface Happening {
  readonly reply?: Reply;
  /** Whether a PUT is carried out first. */
  readonly applied?: boolean;
  /** What somebody else changes afterwards. */
  readonly others?: object;
}

/**
 * A helpdesk with one ticket; each PUT that is carried out moves its `updatedAt` on by a second.
 * @param happenings by what is asked, in turn: `PUT 1` is the first PUT
 */
function keeper(
  happenings: Readonly<Record<string, Happening>>,
  onPut: 'merge' | 'replace' = 'merge',
  status = 'open',
) {
  let row = ticket({
    status,
    customFields: [
      { id: 'cf_1', value: 'a' },
      { id: 'cf_2', value: ['x', 'y'] },
    ],
  }) as Row;
  const counts: Record<string, number> = {};
  const touch = (changes: object): void => {
    const updatedAt = new Date(Date.parse(row.updatedAt) + 1_000).toISOString();
    row = { ...row, ...changes, updatedAt };
  };
  const put = (request: SeenRequest): void => {
    const sent = (request.body as { ticket: Partial<Row> }).ticket;
    const kept = onPut === 'replace' ? [] : row.customFields;
    const named = sent.customFields;
    const customFields = named && [
      ...kept.filter(({ id }) => !named.some((value) => value.id === id)),
      ...named,
    ];
    touch({ ...sent, ...(customFields && { customFields }) });
  };
  return (request: SeenRequest): Reply => {
    const nth = (counts[request.method] = (counts[request.method] ?? 0) + 1);
    const { reply, applied = reply === undefined, others } = happenings[`${request.method} ${nth}`] ?? {};
    if (request.method === 'PUT' && applied) put(request);
    const answer = { status: 200, body: { ticket: row } };
    if (others) touch(others);
    return reply ?? answer;
  };
}

const cut: Reply = (request) => request.socket.destroy();
const methodsOf = (requests: readonly SeenRequest[]) => requests.map(({ method }) => method).join(' ');

describe('an update under a condition', () => {
  test('reads, compares and writes', async () => {
    await using helpdesk = await startHelpdesk(keeper({}));
    await using opened = openBackend(helpdesk.url);
    const updated = await opened.session.tickets.update('tkt_1', { subject: 'New' }, condition);
    expect(updated).toMatchObject({ subject: 'New' });
    expect(helpdesk.requests).toMatchObject([
      { method: 'GET', path: '/tickets/tkt_1' },
      { method: 'PUT', path: '/tickets/tkt_1', body: { ticket: { subject: 'New' } } },
    ]);
  });

  test('compares instants, not spellings', async () => {
    await using helpdesk = await startHelpdesk(keeper({}));
    await using opened = openBackend(helpdesk.url);
    const ifUpdatedAt = '2026-01-02T01:00:00.000+01:00';
    await opened.session.tickets.update('tkt_1', { subject: 'New' }, { ifUpdatedAt });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT');
  });

  test.for(['2026-01-01T23:59:59Z', later])(
    'writes nothing if the ticket is of another time: %s',
    async (ifUpdatedAt) => {
      await using helpdesk = await startHelpdesk(keeper({}));
      await using opened = openBackend(helpdesk.url);
      expect(
        await failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, { ifUpdatedAt })),
      ).toMatchObject({
        name: 'BackendError',
        code: 'PRECONDITION_FAILED',
        category: 'CONFLICT',
        retryable: false,
        outcome: 'NOT_APPLIED',
        details: { updatedAt: before },
        fields: [{ path: ['ifUpdatedAt'] }],
      });
      expect(methodsOf(helpdesk.requests)).toBe('GET');
    },
  );

  test('finds out that the ticket is gone', async () => {
    await using helpdesk = await startHelpdesk([restError('NOT_FOUND', 404)]);
    await using opened = openBackend(helpdesk.url);
    expect(
      await failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, condition)),
    ).toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['id'] }],
    });
    expect(methodsOf(helpdesk.requests)).toBe('GET');
  });

  test('reads once where custom fields are named as well, and loses none', async () => {
    for (const onPut of ['merge', 'replace'] as const) {
      await using helpdesk = await startHelpdesk(keeper({}, onPut));
      await using opened = openBackend(helpdesk.url);
      const patch = { customFields: [{ fieldId: 'cf_1', value: 'b' }] };
      const { customFields } = await opened.session.tickets.update('tkt_1', patch, condition);
      expect(customFields).toEqual(
        expect.arrayContaining([
          { fieldId: 'cf_1', value: 'b' },
          { fieldId: 'cf_2', value: ['x', 'y'] },
        ]),
      );
      expect(methodsOf(helpdesk.requests)).toBe(onPut === 'merge' ? 'GET PUT' : 'GET PUT PUT');
    }
  });
});

describe('a conditional PUT whose answer was lost', () => {
  const lost = [
    ['the connection broke', cut],
    ['a 504', { status: 504, body: 'too late' }],
  ] as const;
  const patch = { subject: 'New', tags: ['b', 'a'], customFields: [{ fieldId: 'cf_1', value: 'b' }] };

  test.for(lost)('is taken for done where the ticket is just what it makes of it: %s', async ([, reply]) => {
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply, applied: true } }));
    await using opened = openBackend(helpdesk.url);
    const updated = await opened.session.tickets.update('tkt_1', patch, condition);
    expect(updated).toMatchObject({
      subject: 'New',
      tags: ['b', 'a'],
      updatedAt: expect.stringContaining('00:01'),
    });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET');
    expect(opened.logs).toMatchObject([{ level: 'info' }]);
  });

  test.for(lost)('is sent again where the ticket has not changed: %s', async ([, reply]) => {
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply } }));
    await using opened = openBackend(helpdesk.url);
    expect(await opened.session.tickets.update('tkt_1', patch, condition)).toMatchObject({ subject: 'New' });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET PUT');
  });

  test.for([
    ['and somebody else wrote meanwhile', { 'PUT 1': { reply: cut, others: { subject: 'Theirs' } } }],
    [
      'and somebody else wrote afterwards',
      { 'PUT 1': { reply: cut, applied: true, others: { priority: 'low' } } },
    ],
    [
      'and somebody else changed a custom field',
      {
        'PUT 1': {
          reply: cut,
          applied: true,
          others: {
            customFields: [
              { id: 'cf_1', value: 'b' },
              { id: 'cf_2', value: [] },
            ],
          },
        },
      },
    ],
    [
      'and somebody else set a custom field',
      {
        'PUT 1': {
          reply: cut,
          applied: true,
          others: {
            customFields: [
              { id: 'cf_1', value: 'b' },
              { id: 'cf_2', value: ['x', 'y'] },
              { id: 'cf_3', value: 1 },
            ],
          },
        },
      },
    ],
    ['and the ticket is gone', { 'PUT 1': { reply: cut }, 'GET 2': { reply: restError('NOT_FOUND', 404) } }],
    ['and it cannot be read', { 'PUT 1': { reply: cut }, 'GET 2': { reply: { status: 500, body: 'down' } } }],
  ] as const)('is not sent again, and its fate is UNKNOWN: %s', async ([, happenings]) => {
    await using helpdesk = await startHelpdesk(keeper(happenings));
    await using opened = openBackend(helpdesk.url);
    expect(await failure(opened.session.tickets.update('tkt_1', patch, condition))).toMatchObject({
      code: 'BACKEND_UNREACHABLE',
      outcome: 'UNKNOWN',
      retryable: false,
      backend: { operation: 'PUT /tickets/:id', attempts: 1 },
    });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET');
  });

  test('is UNKNOWN where one status that nobody knows became another', async () => {
    const happenings = { 'PUT 1': { reply: cut, applied: true, others: { status: 'stowed' } } };
    await using helpdesk = await startHelpdesk(keeper(happenings, 'merge', 'parked'));
    await using opened = openBackend(helpdesk.url);
    const error = await failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, condition));
    expect(error).toMatchObject({ outcome: 'UNKNOWN' });
  });

  test('is looked up to the end, although its caller leaves meanwhile', async () => {
    const looking = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const plain = keeper({ 'PUT 1': { reply: cut, applied: true } });
    await using helpdesk = await startHelpdesk((request) => {
      const reply = plain(request);
      if (helpdesk.requests.length < 3 || typeof reply === 'function') return reply;
      looking.resolve();
      return (_request, response) => {
        void answer.promise.then(() => response.writeHead(200).end(JSON.stringify(reply.body)));
      };
    });
    await using opened = openBackend(helpdesk.url);
    const update = opened.session.tickets.update('tkt_1', { subject: 'New' }, condition);
    await within('the look', looking.promise);
    opened.gone.abort(new Error('gone'));
    answer.resolve();
    expect(await update).toMatchObject({ subject: 'New' });
  });

  test('is sent again once at most', async () => {
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply: cut }, 'PUT 2': { reply: cut } }));
    await using opened = openBackend(helpdesk.url);
    expect(await failure(opened.session.tickets.update('tkt_1', patch, condition))).toMatchObject({
      outcome: 'UNKNOWN',
      backend: { attempts: 2 },
    });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET PUT');
  });

  test('has its values put back where it removed others', async () => {
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply: cut, applied: true } }, 'replace'));
    await using opened = openBackend(helpdesk.url);
    const { customFields } = await opened.session.tickets.update('tkt_1', patch, condition);
    expect(customFields).toEqual(expect.arrayContaining([{ fieldId: 'cf_2', value: ['x', 'y'] }]));
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET PUT');
  });

  test('a value removed without being named by a patch without custom fields is somebody else’s work', async () => {
    await using helpdesk = await startHelpdesk(
      keeper({ 'PUT 1': { reply: cut, applied: true, others: { customFields: [] } } }),
    );
    await using opened = openBackend(helpdesk.url);
    const error = await failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, condition));
    expect(error).toMatchObject({ outcome: 'UNKNOWN' });
  });

  test('because nobody answered leaves time to look', async () => {
    const clock = createVirtualClock();
    const arrived = Promise.withResolvers<void>();
    const silence: Reply = () => arrived.resolve();
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply: silence, applied: true } }));
    await using opened = openBackend(helpdesk.url, { clock, patienceMs: 10_000 });
    const update = opened.session.tickets.update('tkt_1', patch, condition);
    await within('the PUT', arrived.promise);
    await clock.advance(5_000);
    await until('the pause', () => opened.logs.length === 1);
    await clock.advance(1_000);
    expect(await within('the answer', update)).toMatchObject({ subject: 'New' });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET');
  });

  test('is UNKNOWN to a caller who has left: the abort reason would say that nothing was written', async () => {
    const arrived = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const held: Reply = (request) => {
      arrived.resolve();
      void answer.promise.then(() => request.socket.destroy());
    };
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply: held, applied: true } }));
    await using opened = openBackend(helpdesk.url);
    const update = failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, condition));
    await within('the PUT', arrived.promise);
    opened.gone.abort(new Error('gone'));
    answer.resolve();
    expect(await update).toMatchObject({ code: 'BACKEND_UNREACHABLE', outcome: 'UNKNOWN' });
  });
});

describe('a conditional PUT that is refused for the budget', () => {
  const limited: Reply = { ...restError('RATE_LIMIT_EXCEEDED', 429), headers: { 'retry-after': '0' } };

  test('is sent again only after another look', async () => {
    await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply: limited } }));
    await using opened = openBackend(helpdesk.url);
    expect(await opened.session.tickets.update('tkt_1', { subject: 'New' }, condition)).toMatchObject({
      subject: 'New',
    });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET PUT');
  });

  test('is not sent again once somebody else has written', async () => {
    const happenings = { 'PUT 1': { reply: limited, others: { subject: 'Theirs' } } };
    await using helpdesk = await startHelpdesk(keeper(happenings));
    await using opened = openBackend(helpdesk.url);
    expect(
      await failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, condition)),
    ).toMatchObject({
      code: 'PRECONDITION_FAILED',
      outcome: 'NOT_APPLIED',
      details: { updatedAt: '2026-01-02T00:00:01.000Z' },
    });
    expect(methodsOf(helpdesk.requests)).toBe('GET PUT GET');
  });
});

test.for([
  ['a 503 that names a time', { status: 503, headers: { 'retry-after': '0' }, body: 'busy' }],
  ['an outage', { status: 500, body: 'down' }],
  ['a refusal', restError('CONFLICT', 409)],
] as const)('after %s a conditional PUT is neither repeated nor looked up', async ([, reply]) => {
  await using helpdesk = await startHelpdesk(keeper({ 'PUT 1': { reply } }));
  await using opened = openBackend(helpdesk.url);
  await failure(opened.session.tickets.update('tkt_1', { subject: 'New' }, condition));
  expect(methodsOf(helpdesk.requests)).toBe('GET PUT');
});
