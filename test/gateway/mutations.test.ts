import { expect } from 'vitest';
import { startGateway, testWithGateway, type Answer } from '../support/gateway.ts';
import {
  TicketCreateDocument,
  TicketDeleteDocument,
  TicketFieldCreateDocument,
  TicketFieldDeleteDocument,
  TicketFieldOptionCreateDocument,
  TicketFieldOptionDeleteDocument,
  TicketFieldOptionUpdateDocument,
  TicketFieldUpdateDocument,
  TicketsUpdateDocument,
  TicketUpdateDocument,
  WebhookCreateDocument,
  WebhookDeleteDocument,
  WebhooksPageDocument,
  WebhookUpdateDocument,
} from '../support/generated/graphql.ts';

const test = testWithGateway();

const dataOf = <Data>({ data, errors }: Answer<Data>): Data => {
  expect(errors).toBeUndefined();
  if (!data) throw new Error('an answer without data');
  return data;
};

test('ticketCreate stores what it was given, and the backend’s defaults show', async ({ gateway }) => {
  const { tickets, agents, ticketFields } = gateway.sandbox;
  const [assigneeId = ''] = agents.ids;
  const field = ticketFields.byKey('seats');
  const { ticketCreate } = dataOf(
    await gateway.query(TicketCreateDocument, {
      input: {
        subject: 'Made by a test',
        priority: 'URGENT',
        assigneeId,
        requester: { name: 'Ada', email: 'ada@example.com' },
        tags: ['a', 'b'],
        customFields: [{ field: { key: 'seats' }, value: { number: 7 } }],
      },
    }),
  );
  expect(ticketCreate?.ticket).toMatchObject({
    status: 'NEW',
    priority: 'URGENT',
    type: 'QUESTION',
    assignee: { localId: assigneeId },
    requester: { name: 'Ada', email: 'ada@example.com' },
    tags: ['a', 'b'],
  });
  expect(tickets.get(ticketCreate?.ticket.localId ?? '')).toMatchObject({
    subject: 'Made by a test',
    status: 'new',
    priority: 'urgent',
    requesterEmail: 'ada@example.com',
    customFields: expect.arrayContaining([{ id: field?.id, value: 7 }]),
  });
});

test('ticketUpdate changes what the patch names, clears what is null and leaves the rest', async ({
  gateway,
}) => {
  const { tickets, agents } = gateway.sandbox;
  const before = tickets.create({
    subject: 'Before',
    priority: 'low',
    assigneeId: agents.ids[0] ?? null,
    tags: ['kept'],
  });
  const { ticketUpdate } = dataOf(
    await gateway.query(TicketUpdateDocument, {
      input: { id: before.id, patch: { subject: 'After', status: 'PENDING', assigneeId: null } },
    }),
  );
  expect(ticketUpdate?.ticket).toMatchObject({
    subject: 'After',
    status: 'PENDING',
    priority: 'LOW',
    assignee: null,
  });
  expect(tickets.get(before.id)).toMatchObject({
    subject: 'After',
    status: 'pending',
    priority: 'low',
    assigneeId: null,
    tags: ['kept'],
  });
});

test.for(['merge', 'replace'] as const)(
  'custom fields that are not named keep their values where a PUT would %s them',
  async (customFieldsOnPut) => {
    await using gateway = await startGateway({ sandbox: { customFieldsOnPut, tickets: 5 } });
    const { tickets, ticketFields } = gateway.sandbox;
    const [ticket] = tickets.all();
    const seats = ticketFields.byKey('seats')?.id ?? '';
    const others = (id: string) => tickets.get(id)?.customFields.filter((field) => field.id !== seats);
    const before = others(ticket?.id ?? '');
    expect(before?.length).toBeGreaterThan(5);
    dataOf(
      await gateway.query(TicketUpdateDocument, {
        input: {
          id: ticket?.id ?? '',
          patch: { customFields: [{ field: { key: 'seats' }, value: { number: 12 } }] },
        },
      }),
    );
    expect(others(ticket?.id ?? '')).toEqual(before);
    expect(tickets.get(ticket?.id ?? '')?.customFields).toContainEqual({ id: seats, value: 12 });
  },
);

test('ticketsUpdate changes each it can, and each failure is an error of its own', async ({ gateway }) => {
  const { tickets } = gateway.sandbox;
  const ids = [tickets.create().id, 'tkt_doesnotexist', tickets.create().id];
  const { data, errors } = await gateway.query(TicketsUpdateDocument, {
    input: { ids, patch: { priority: 'URGENT' } },
  });
  expect(data?.ticketsUpdate?.results.map(({ ticket }) => ticket?.priority)).toEqual([
    'URGENT',
    undefined,
    'URGENT',
  ]);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]).toMatchObject({
    path: ['ticketsUpdate', 'results', 1, 'ticket'],
    extensions: { code: 'NOT_FOUND', outcome: 'NOT_APPLIED' },
  });
});

test('ticketDelete deletes; a second time there is nothing to delete', async ({ gateway }) => {
  const { id } = gateway.sandbox.tickets.create();
  const { ticketDelete } = dataOf(await gateway.query(TicketDeleteDocument, { input: { id } }));
  expect(ticketDelete?.deletedId).toMatch(/./);
  expect(gateway.sandbox.tickets.get(id)).toBeUndefined();
  const again = await gateway.query(TicketDeleteDocument, { input: { id } });
  expect(again.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
});

test('a ticket field is created, changed and deleted, and so are its options', async ({ gateway }) => {
  const { ticketFields } = gateway.sandbox;
  const { ticketFieldCreate } = dataOf(
    await gateway.query(TicketFieldCreateDocument, {
      input: {
        title: 'Colour',
        key: 'colour',
        type: 'DROPDOWN',
        options: [{ label: 'Red', value: 'red' }],
      },
    }),
  );
  const field = ticketFieldCreate?.ticketField;
  expect(field).toMatchObject({ key: 'colour', type: 'DROPDOWN', options: { nodes: [{ value: 'red' }] } });
  const id = field?.id ?? '';
  const localId = field?.localId ?? '';

  dataOf(
    await gateway.query(TicketFieldUpdateDocument, {
      input: { id, patch: { title: 'Color', active: false } },
    }),
  );
  expect(ticketFields.get(localId)).toMatchObject({ title: 'Color', active: false, fieldKey: 'colour' });

  const { ticketFieldOptionCreate } = dataOf(
    await gateway.query(TicketFieldOptionCreateDocument, {
      input: { fieldId: id, option: { label: 'Blue', value: 'blue' } },
    }),
  );
  const option = ticketFieldOptionCreate?.option.id ?? '';
  dataOf(
    await gateway.query(TicketFieldOptionUpdateDocument, { input: { id: option, patch: { label: 'Navy' } } }),
  );
  expect(ticketFields.get(localId)?.options).toMatchObject([
    { value: 'red' },
    { label: 'Navy', value: 'blue' },
  ]);
  dataOf(await gateway.query(TicketFieldOptionDeleteDocument, { input: { id: option } }));
  expect(ticketFields.get(localId)?.options).toMatchObject([{ value: 'red' }]);

  dataOf(await gateway.query(TicketFieldDeleteDocument, { input: { id } }));
  expect(ticketFields.get(localId)).toBeUndefined();
});

test('a definition that was just changed is not read from what was kept', async ({ gateway }) => {
  const field = gateway.sandbox.ticketFields.create({ title: 'Old title', fieldKey: 'renamed' });
  const ask = '{ ticketField(by: { key: "renamed" }) { title } }';
  const caller = { key: gateway.sandbox.createKey('admin'), workspaceId: gateway.sandbox.workspaceId };
  expect((await gateway.query(ask, {}, caller)).data).toEqual({ ticketField: { title: 'Old title' } });
  dataOf(
    await gateway.query(
      TicketFieldUpdateDocument,
      { input: { id: field.id, patch: { title: 'New title' } } },
      caller,
    ),
  );
  expect((await gateway.query(ask, {}, caller)).data).toEqual({ ticketField: { title: 'New title' } });
});

test('a webhook is created, changed and deleted; its secret is in the answer to its creation only', async ({
  gateway,
}) => {
  const { webhookCreate } = dataOf(
    await gateway.query(WebhookCreateDocument, {
      input: {
        name: 'Mirror',
        targetUrl: 'https://mirror.example/hook',
        events: ['TICKET_CREATED', 'TICKET_ASSIGNMENT_CHANGED'],
      },
    }),
  );
  expect(webhookCreate?.signingSecret).toMatch(/^whsec_/);
  const id = webhookCreate?.webhook.id ?? '';
  const localId = webhookCreate?.webhook.localId;
  const stored = () => gateway.sandbox.webhooks.all().find((webhook) => webhook.id === localId);
  expect(stored()).toMatchObject({ events: ['ticket.created', 'ticket.assignment.changed'], active: true });

  dataOf(
    await gateway.query(WebhookUpdateDocument, {
      input: { id, patch: { active: false, events: ['TICKET_DELETED'] } },
    }),
  );
  expect(stored()).toMatchObject({ name: 'Mirror', events: ['ticket.deleted'], active: false });

  const page = await gateway.query(WebhooksPageDocument);
  expect(JSON.stringify(page)).not.toContain('whsec_');

  dataOf(await gateway.query(WebhookDeleteDocument, { input: { id } }));
  expect(stored()).toBeUndefined();
});

test('mutations of one document run one after another, in their order', async ({ gateway }) => {
  const { id } = gateway.sandbox.tickets.create();
  const { data } = await gateway.query<Record<string, { ticket: { subject: string } }>>(
    `mutation ($id: ID!) {
      a: ticketUpdate(input: { id: $id, patch: { subject: "first" } }) { ticket { subject } }
      b: ticketUpdate(input: { id: $id, patch: { subject: "second" } }) { ticket { subject } }
    }`,
    { id },
  );
  expect([data?.['a']?.ticket.subject, data?.['b']?.ticket.subject]).toEqual(['first', 'second']);
  expect(gateway.sandbox.tickets.get(id)?.subject).toBe('second');
});
