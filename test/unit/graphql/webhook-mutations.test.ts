import { beforeEach, describe, expect, test } from 'vitest';
import { schema } from '../../../src/graphql/schema.ts';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { createHarness, type Harness } from './run.ts';
import { isObjectType } from 'graphql';

const webhookId = encodeNodeId('HELPDESK', 'Webhook', 'whk_1');
const create =
  'mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { localId name events active } signingSecret } }';
const update =
  'mutation ($input: WebhookUpdateInput!) { webhookUpdate(input: $input) { webhook { localId name active } } }';
const remove = 'mutation ($input: WebhookDeleteInput!) { webhookDelete(input: $input) { deletedId } }';

let harness: Harness;
beforeEach(() => {
  harness = createHarness();
});

describe('webhookCreate', () => {
  const input = {
    name: 'Live',
    targetUrl: 'https://example.com/hook',
    events: ['TICKET_CREATED', 'TICKET_RESOLVED'],
  };

  test('sends the registration and shows its secret', async () => {
    const { data, errors } = await harness.run(create, { input: { ...input, active: false } });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      webhookCreate: {
        webhook: { localId: 'whk_new', name: 'Live', events: input.events, active: false },
        signingSecret: 'whsec_c2VjcmV0',
      },
    });
    expect(harness.writes()).toEqual([['webhooks.create', { ...input, active: false }]]);
  });

  test('sends nothing for what is left out, or null', async () => {
    await harness.run(create, { input });
    await harness.run(create, { input: { ...input, active: null } });
    expect(harness.writes()).toEqual([
      ['webhooks.create', input],
      ['webhooks.create', input],
    ]);
  });

  test('refuses an event that nobody can subscribe to', async () => {
    const events = ['TICKET_CREATED', 'UNKNOWN', 'TICKET_DELETED', 'UNKNOWN'];
    expect(await harness.faultsOf(create, { ...input, events })).toEqual([
      { path: ['input', 'events', 1], code: 'INVALID' },
      { path: ['input', 'events', 3], code: 'INVALID' },
    ]);
  });

  test('is the only place of the schema that has a secret', () => {
    const places = Object.values(schema.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !type.name.startsWith('__')
        ? Object.keys(type.getFields())
            .filter((name) => /secret|apiKey/i.test(name))
            .map((name) => `${type.name}.${name}`)
        : [],
    );
    expect(places).toEqual(['WebhookCreatePayload.signingSecret']);
  });
});

describe('webhookUpdate', () => {
  test('sends what is named, by global or plain id', async () => {
    const patch = {
      name: 'B',
      targetUrl: 'https://example.com/b',
      events: ['TICKET_UPDATED'],
      active: false,
    };
    for (const id of [webhookId, 'whk_1']) {
      const { data } = await harness.run(update, { input: { id, patch } });
      expect(data).toEqual({ webhookUpdate: { webhook: { localId: 'whk_1', name: 'B', active: false } } });
    }
    const sent = ['webhooks.update', 'whk_1', patch];
    expect(harness.writes()).toEqual([sent, sent]);
  });

  test('refuses null, UNKNOWN, an empty patch and what is no id', async () => {
    const patch = { name: null, targetUrl: null, events: null, active: null };
    expect(await harness.faultsOf(update, { id: 'whk/1', patch })).toEqual([
      { path: ['input', 'id'], code: 'INVALID' },
      ...Object.keys(patch).map((name) => ({ path: ['input', 'patch', name], code: 'INVALID' })),
    ]);
    expect(await harness.faultsOf(update, { id: 'whk_1', patch: { events: ['UNKNOWN'] } })).toEqual([
      { path: ['input', 'patch', 'events', 0], code: 'INVALID' },
    ]);
    expect(await harness.faultsOf(update, { id: 'whk_1', patch: {} })).toEqual([
      { path: ['input', 'patch'], code: 'REQUIRED' },
    ]);
  });
});

test('webhookDelete answers the global id', async () => {
  const { data } = await harness.run(remove, { input: { id: 'whk_1' } });
  expect(data).toEqual({ webhookDelete: { deletedId: webhookId } });
  expect(harness.writes()).toEqual([['webhooks.delete', 'whk_1']]);
});
