import { describe, expect, test } from 'vitest';
import type { Backend, BackendSession } from '../../src/domain/backend.ts';
import type { ApiLevel, Caller } from '../../src/domain/caller.ts';
import { GatewayError } from '../../src/domain/errors.ts';
import { createMeter, type Operation } from '../../src/domain/operation.ts';
import type { Page, PageRequest } from '../../src/domain/page.ts';
import { ticketStatuses, type Ticket, type TicketFilter, type TicketOrder } from '../../src/domain/ticket.ts';

/** A backend with a helpdesk behind it that the suite may fill and empty as it likes. */
export interface BackendUnderTest extends AsyncDisposable {
  readonly backend: Backend;
  /** Somebody whose key is allowed just this much. */
  readonly caller: (level: ApiLevel) => Caller;
  /** Somebody with a key that does not exist. */
  readonly stranger: Caller;
  /** Ids of two agents whom tickets can be assigned to. */
  readonly agents: readonly [string, string];
  /** Requests that reached the helpdesk so far. */
  readonly requests: () => number;
}

const newestFirst: TicketOrder = { field: 'CREATED_AT', direction: 'DESC' };

interface Opened extends BackendUnderTest {
  readonly as: (level: ApiLevel) => BackendSession;
  readonly operation: Operation;
}

async function prepared(open: () => Promise<BackendUnderTest>): Promise<Opened> {
  const under = await open();
  const operation: Operation = {
    priority: 'QUERY',
    client: 'contract',
    signal: new AbortController().signal,
    deadline: Date.now() + 10_000,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    meter: createMeter(),
  };
  return { ...under, operation, as: (level) => under.backend.session(under.caller(level), operation) };
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayError) return error;
  throw new Error('It should have failed with an error for clients.', { cause: error });
}

/** Follows a list to its end. @throws if it has none within 1,000 pages */
async function walk<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
  size: number,
): Promise<readonly (readonly Item[])[]> {
  const pages: (readonly Item[])[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await read({ size, cursor });
    pages.push(page.items);
    cursor = page.nextCursor;
    if (pages.length > 1_000) throw new Error('The list has no end.');
  } while (cursor !== null);
  return pages;
}

/** What every backend promises. @param open a backend of its own for each test */
export function backendContract(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(`${name}: a backend`, () => {
    ticketContract(open);
    listContract(open);
    fieldContract(open);
    webhookContract(open);
    accessContract(open);
  });
}

function ticketContract(open: () => Promise<BackendUnderTest>): void {
  test('a ticket is created, read, changed and deleted', async () => {
    await using it = await prepared(open);
    const { tickets } = it.as('WRITE');
    const created = await tickets.create({
      subject: 'The printer is on fire',
      priority: 'URGENT',
      type: 'INCIDENT',
      requesterEmail: 'ada@example.com',
      requesterName: 'Ada',
      assigneeId: it.agents[0],
      tags: ['printer', 'fire'],
    });
    expect(created).toMatchObject({
      subject: 'The printer is on fire',
      status: 'NEW',
      priority: 'URGENT',
      type: 'INCIDENT',
      requesterEmail: 'ada@example.com',
      requesterName: 'Ada',
      assigneeId: it.agents[0],
      tags: ['printer', 'fire'],
    });
    for (const time of [created.createdAt, created.updatedAt, created.fetchedAt]) {
      expect(Date.parse(time)).not.toBeNaN();
    }
    expect(await tickets.get(created.id)).toEqual({ ...created, fetchedAt: expect.any(String) });

    const updated = await tickets.update(created.id, { status: 'RESOLVED', assigneeId: null });
    expect(updated).toMatchObject({
      id: created.id,
      status: 'RESOLVED',
      assigneeId: null,
      subject: created.subject,
      tags: created.tags,
    });
    await tickets.delete(created.id);
    expect(await tickets.get(created.id)).toBeNull();
  });

  test('a write to what does not exist is NOT_FOUND, and nothing was changed', async () => {
    await using it = await prepared(open);
    const { tickets } = it.as('WRITE');
    const { id } = await tickets.create({ subject: 'Short-lived' });
    await tickets.delete(id);
    for (const write of [() => tickets.update(id, { subject: 'No' }), () => tickets.delete(id)]) {
      expect(await failure(write())).toMatchObject({
        code: 'NOT_FOUND',
        category: 'NOT_FOUND',
        retryable: false,
        outcome: 'NOT_APPLIED',
        fields: [{ path: ['id'] }],
      });
    }
  });

  test('an update under a condition is carried out while the ticket is of that time, however it is written', async () => {
    await using it = await prepared(open);
    const { tickets } = it.as('WRITE');
    const { id, updatedAt } = await tickets.create({ subject: 'As created' });
    const first = await tickets.update(id, { subject: 'First' }, { ifUpdatedAt: updatedAt });
    expect(first).toMatchObject({ id, subject: 'First' });
    const ifUpdatedAt = first.updatedAt.replace(/Z$/, '+00:00');
    expect(await tickets.update(id, { subject: 'Second' }, { ifUpdatedAt })).toMatchObject({
      subject: 'Second',
    });
  });

  test('an update whose condition does not hold changes nothing, and tells the present time', async () => {
    await using it = await prepared(open);
    const { tickets } = it.as('WRITE');
    const { id, updatedAt } = await tickets.create({ subject: 'As created' });
    const condition = { ifUpdatedAt: '2001-01-01T00:00:00Z' };
    expect(await failure(tickets.update(id, { subject: 'No' }, condition))).toMatchObject({
      code: 'PRECONDITION_FAILED',
      category: 'CONFLICT',
      retryable: false,
      outcome: 'NOT_APPLIED',
      details: { updatedAt },
    });
    expect(await tickets.get(id)).toMatchObject({ subject: 'As created', updatedAt });
    await tickets.delete(id);
    expect(await failure(tickets.update(id, { subject: 'No' }, { ifUpdatedAt: updatedAt }))).toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'NOT_APPLIED',
    });
  });

  test('a patch changes only the custom fields it names, and null clears', async () => {
    await using it = await prepared(open);
    const { ticketFields } = it.as('ADMIN');
    const { tickets } = it.as('WRITE');
    const one = await ticketFields.create({ title: 'One', key: 'contract_one', type: 'TEXT' });
    const two = await ticketFields.create({ title: 'Two', key: 'contract_two', type: 'NUMBER' });
    const valuesOf = ({ customFields }: Ticket) =>
      [one, two].map(({ id }) => customFields.find(({ fieldId }) => fieldId === id)?.value ?? null);

    const created = await tickets.create({
      subject: 'Values',
      customFields: [
        { fieldId: one.id, value: 'a' },
        { fieldId: two.id, value: 2 },
      ],
    });
    expect(valuesOf(created)).toEqual(['a', 2]);
    const changed = await tickets.update(created.id, { customFields: [{ fieldId: one.id, value: 'b' }] });
    expect(valuesOf(changed)).toEqual(['b', 2]);
    const cleared = await tickets.update(created.id, { customFields: [{ fieldId: two.id, value: null }] });
    expect(valuesOf(cleared)).toEqual(['b', null]);
    const untouched = await tickets.update(created.id, { subject: 'Other', customFields: [] });
    expect(valuesOf(untouched)).toEqual(['b', null]);
  });

  test('an invalid input is named in our words', async () => {
    await using it = await prepared(open);
    expect(await failure(it.as('WRITE').tickets.create({ subject: '' }))).toMatchObject({
      category: 'INPUT',
      retryable: false,
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['subject'], sourceKey: expect.any(String) }],
    });
  });

  test('a status that is not writable is refused as an input', async () => {
    await using it = await prepared(open);
    const { writableStatuses } = it.backend.capabilities;
    const { tickets } = it.as('WRITE');
    const { id } = await tickets.create({ subject: 'Statuses' });
    for (const status of ticketStatuses) {
      if (writableStatuses.includes(status)) {
        expect(await tickets.update(id, { status })).toMatchObject({ status });
      } else {
        expect(await failure(tickets.update(id, { status }))).toMatchObject({
          category: 'INPUT',
          fields: [{ path: ['status'] }],
        });
      }
    }
  });
}

function listContract(open: () => Promise<BackendUnderTest>): void {
  const idsOf = (pages: readonly (readonly { readonly id: string }[])[]) => pages.flat().map(({ id }) => id);

  test('a list is walked to its end, each ticket once, in order', async () => {
    await using it = await prepared(open);
    const { tickets } = it.as('WRITE');
    const created: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      created.push((await tickets.create({ subject: `Nr ${n}`, assigneeId: it.agents[0] })).id);
    }
    const read = await walk((page) => tickets.list({ filter: {}, order: newestFirst, page }), 3);
    const walked = idsOf(read);
    // Those of one millisecond stand in whatever order the backend gives them.
    const times = read.flat().map(({ createdAt }) => Date.parse(createdAt));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(walked.slice(0, 7).toSorted()).toEqual(created.toSorted());
    expect(new Set(walked).size).toBe(walked.length);
    const upwards: TicketOrder = { field: 'CREATED_AT', direction: 'ASC' };
    expect(idsOf(await walk((page) => tickets.list({ filter: {}, order: upwards, page }), 100))).toEqual(
      walked.toReversed(),
    );
  });

  test('a page holds as many rows as were asked for, and the last one has no next', async () => {
    await using it = await prepared(open);
    const { tickets } = it.as('WRITE');
    const filter: TicketFilter = { assigneeId: it.agents[1], priority: 'LOW', status: 'PENDING' };
    const before = (await walk((page) => tickets.list({ filter, order: newestFirst, page }), 100)).flat()
      .length;
    const missing = 4 - (before % 4);
    for (let n = 0; n < missing; n += 1) {
      await tickets.create({
        subject: `Nr ${n}`,
        assigneeId: it.agents[1],
        priority: 'LOW',
        status: 'PENDING',
      });
    }
    const pages = await walk((page) => tickets.list({ filter, order: newestFirst, page }), 4);
    expect(pages.filter((page) => page.length > 0).every((page) => page.length === 4)).toBe(true);
    expect(pages.flat()).toHaveLength(before + missing);
  });

  test('every pushed-down filter and every order is applied', async () => {
    await using it = await prepared(open);
    const { pushdownFilters, orderFields } = it.backend.capabilities;
    const { tickets } = it.as('WRITE');
    const [assigneeId] = it.agents;
    const mine = { status: 'PENDING', priority: 'URGENT', assigneeId } as const;
    const { id } = await tickets.create({ subject: 'Filtered', ...mine });
    for (const field of pushdownFilters) {
      const filter: TicketFilter = { [field]: mine[field] };
      const found = await tickets.list({ filter, order: newestFirst, page: { size: 100, cursor: null } });
      expect(found.items.map((ticket) => ticket.id)).toContain(id);
      expect(found.items.every((ticket) => ticket[field] === mine[field])).toBe(true);
    }
    for (const field of orderFields) {
      const read = async (direction: TicketOrder['direction']) =>
        idsOf(await walk((page) => tickets.list({ filter: {}, order: { field, direction }, page }), 100));
      expect(await read('DESC')).toEqual((await read('ASC')).toReversed());
    }
  });

  test('a cursor that the backend does not know is CURSOR_INVALID', async () => {
    await using it = await prepared(open);
    const page = { size: 10, cursor: 'no cursor of anybody' };
    const error = await failure(it.as('READ').tickets.list({ filter: {}, order: newestFirst, page }));
    expect(error).toMatchObject({ code: 'CURSOR_INVALID', category: 'INPUT' });
  });
}

function fieldContract(open: () => Promise<BackendUnderTest>): void {
  test('a definition and its options are created, read, changed and deleted', async () => {
    await using it = await prepared(open);
    const { ticketFields, ticketFieldOptions } = it.as('ADMIN');
    const field = await ticketFields.create({
      title: 'Size',
      key: 'contract_size',
      type: 'DROPDOWN',
      options: [{ label: 'Small', value: 's' }],
    });
    expect(field).toMatchObject({
      key: 'contract_size',
      type: 'DROPDOWN',
      system: false,
      active: true,
      options: [{ fieldId: field.id, label: 'Small', value: 's' }],
    });
    expect(await ticketFields.update(field.id, { title: 'How big', active: false })).toMatchObject({
      title: 'How big',
      active: false,
      key: 'contract_size',
    });
    const large = await ticketFieldOptions.create(field.id, { label: 'Large', value: 'l' });
    expect(large).toMatchObject({ fieldId: field.id, label: 'Large', value: 'l' });
    expect(await ticketFieldOptions.get(field.id, large.id)).toEqual(large);
    expect(await ticketFieldOptions.update(field.id, large.id, { label: 'Huge' })).toMatchObject({
      id: large.id,
      label: 'Huge',
      value: 'l',
    });
    const again = () => ticketFieldOptions.create(field.id, { label: 'Large again', value: 'l' });
    expect(await failure(again())).toMatchObject({
      code: 'DUPLICATE_OPTION_VALUE',
      category: 'CONFLICT',
      fields: [{ path: ['value'] }],
    });
    const options = (await walk((page) => ticketFieldOptions.list(field.id, page), 1)).flat();
    expect(options.map(({ value }) => value)).toEqual(['s', 'l']);
    await ticketFieldOptions.delete(field.id, large.id);
    expect(await ticketFieldOptions.get(field.id, large.id)).toBeNull();
    await ticketFields.delete(field.id);
    expect(await ticketFields.get(field.id)).toBeNull();
  });

  test('definitions are listed to the end, system fields first, and have no options where their type has none', async () => {
    await using it = await prepared(open);
    const { ticketFields } = it.as('ADMIN');
    const text = await ticketFields.create({ title: 'Note', key: 'contract_note', type: 'TEXT' });
    expect(text.options).toBeNull();
    const order = { field: 'POSITION', direction: 'ASC' } as const;
    const fields = (await walk((page) => ticketFields.list({ order, page }), 5)).flat();
    expect(fields.map(({ id }) => id)).toContain(text.id);
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
    const firstCustom = fields.findIndex(({ system }) => !system);
    expect(fields.slice(firstCustom).some(({ system }) => system)).toBe(false);
    await ticketFields.update(text.id, { active: false });
    const inactive = (await walk((page) => ticketFields.list({ active: false, order, page }), 100)).flat();
    expect(inactive.every(({ active }) => !active)).toBe(true);
    expect(inactive.map(({ id }) => id)).toContain(text.id);
  });

  test('options exist on dropdowns and multiselects only', async () => {
    await using it = await prepared(open);
    const { ticketFields, ticketFieldOptions } = it.as('ADMIN');
    const { id } = await ticketFields.create({ title: 'Note', key: 'contract_note', type: 'TEXT' });
    expect(await failure(ticketFieldOptions.create(id, { label: 'L', value: 'v' }))).toMatchObject({
      category: 'INPUT',
      outcome: 'NOT_APPLIED',
      fields: [{ path: ['fieldId'] }],
    });
  });
}

function webhookContract(open: () => Promise<BackendUnderTest>): void {
  test('a webhook is created, read, changed and deleted; its secret is shown once', async () => {
    await using it = await prepared(open);
    const { webhooks } = it.as('ADMIN');
    const { webhook, signingSecret } = await webhooks.create({
      name: 'Contract',
      targetUrl: 'https://receiver.example/hooks',
      events: ['TICKET_CREATED', 'TICKET_ASSIGNMENT_CHANGED'],
    });
    expect(signingSecret).not.toBe('');
    expect(webhook).toMatchObject({
      name: 'Contract',
      targetUrl: 'https://receiver.example/hooks',
      events: ['TICKET_CREATED', 'TICKET_ASSIGNMENT_CHANGED'],
      active: true,
    });
    expect(webhook.eventsRaw).toHaveLength(2);
    const read = await webhooks.get(webhook.id);
    expect(read).toEqual(webhook);
    expect(JSON.stringify(read)).not.toContain(signingSecret);
    const listed = (await walk((page) => webhooks.list(page), 100)).flat();
    expect(listed.find(({ id }) => id === webhook.id)).toEqual(webhook);
    expect(await webhooks.update(webhook.id, { active: false })).toMatchObject({
      active: false,
      name: 'Contract',
    });
    await webhooks.delete(webhook.id);
    expect(await webhooks.get(webhook.id)).toBeNull();
  });
}

function accessContract(open: () => Promise<BackendUnderTest>): void {
  test('a key that may not is told which level may, and nothing was changed', async () => {
    await using it = await prepared(open);
    const reader = it.as('READ');
    const writer = it.as('WRITE');
    const field = { title: 'T', key: 'contract_t', type: 'TEXT' } as const;
    for (const [refused, requiredLevel] of [
      [() => reader.tickets.create({ subject: 'No' }), 'WRITE'],
      [() => writer.ticketFields.create(field), 'ADMIN'],
    ] as const) {
      expect(await failure(refused())).toMatchObject({
        code: 'INSUFFICIENT_API_PERMISSION',
        category: 'AUTH',
        details: { requiredLevel },
        outcome: 'NOT_APPLIED',
      });
    }
    expect(await failure(writer.webhooks.list({ size: 1, cursor: null }))).toMatchObject({
      details: { requiredLevel: 'ADMIN' },
      outcome: null,
    });
  });

  test('a key that does not exist is INVALID_API_KEY', async () => {
    await using it = await prepared(open);
    const { tickets } = it.backend.session(it.stranger, it.operation);
    expect(await failure(tickets.get('tkt_1'))).toMatchObject({ code: 'INVALID_API_KEY', category: 'AUTH' });
  });

  test('what cannot be an id sends nothing', async () => {
    await using it = await prepared(open);
    const { tickets, ticketFieldOptions } = it.as('ADMIN');
    for (const id of ['../webhooks/whk_1', '..', '.', 'a/b', 'a?b', 'a#b', '%2e%2e', '']) {
      expect((await failure(tickets.delete(id))).code).toBe('BAD_USER_INPUT');
      expect((await failure(ticketFieldOptions.delete(id, id))).code).toBe('BAD_USER_INPUT');
    }
    expect(it.requests()).toBe(0);
  });

  test('a caller who has left gets his own reason back, and sends nothing', async () => {
    await using it = await prepared(open);
    const reason = new Error('gone');
    const operation = { ...it.operation, signal: AbortSignal.abort(reason) };
    await expect(it.backend.session(it.caller('READ'), operation).tickets.get('tkt_1')).rejects.toBe(reason);
    expect(it.requests()).toBe(0);
  });

  test('what is spent is counted, and the budget is known after the first answer', async () => {
    await using it = await prepared(open);
    const caller = it.caller('READ');
    expect(it.backend.budget(caller)).toBeNull();
    await it.backend.session(caller, it.operation).tickets.list({
      filter: {},
      order: newestFirst,
      page: { size: 1, cursor: null },
    });
    expect(it.operation.meter.spent).toBe(1);
    const budget = it.backend.budget(caller);
    expect(budget?.limit).toBeGreaterThan(0);
    expect(budget?.remaining).toBeLessThan(budget?.limit ?? 0);
    expect(it.requests()).toBe(1);
  });
}
