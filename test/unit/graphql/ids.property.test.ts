import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import { fieldOf, type Call } from './fake-session.ts';
import { createHarness } from './run.ts';

/** What may stand in a REST path: one segment, nothing that a URL gives a meaning to. */
const strict = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** Mutations that take ids, with the id in every place that takes one. */
const places: readonly (readonly [document: string, variables: (id: string) => object])[] = [
  [
    '($i: TicketCreateInput!) { ticketCreate(input: $i) { ticket { localId } } }',
    (id) => ({ subject: 'x', assigneeId: id }),
  ],
  [
    '($i: TicketCreateInput!) { ticketCreate(input: $i) { ticket { localId } } }',
    (id) => ({ subject: 'x', customFields: [{ field: { id }, value: { text: 'x' } }] }),
  ],
  [
    '($i: TicketUpdateInput!) { ticketUpdate(input: $i) { ticket { localId } } }',
    (id) => ({ id, patch: { subject: 'x' } }),
  ],
  [
    '($i: TicketUpdateInput!) { ticketUpdate(input: $i) { ticket { localId } } }',
    (id) => ({ id: 'tkt_1', patch: { assigneeId: id } }),
  ],
  [
    '($i: TicketsUpdateInput!) { ticketsUpdate(input: $i) { results { id } } }',
    (id) => ({ ids: ['tkt_1', id], patch: { subject: 'x' } }),
  ],
  ['($i: TicketDeleteInput!) { ticketDelete(input: $i) { deletedId } }', (id) => ({ id })],
  [
    '($i: TicketFieldUpdateInput!) { ticketFieldUpdate(input: $i) { ticketField { localId } } }',
    (id) => ({ id, patch: { title: 'x' } }),
  ],
  ['($i: TicketFieldDeleteInput!) { ticketFieldDelete(input: $i) { deletedId } }', (id) => ({ id })],
  [
    '($i: TicketFieldOptionCreateInput!) { ticketFieldOptionCreate(input: $i) { option { localId } } }',
    (id) => ({ fieldId: id, option: { label: 'x', value: 'x' } }),
  ],
  [
    '($i: TicketFieldOptionUpdateInput!) { ticketFieldOptionUpdate(input: $i) { option { localId } } }',
    (id) => ({ id, patch: { label: 'x' } }),
  ],
  [
    '($i: TicketFieldOptionDeleteInput!) { ticketFieldOptionDelete(input: $i) { deletedId } }',
    (id) => ({ id }),
  ],
  [
    '($i: WebhookUpdateInput!) { webhookUpdate(input: $i) { webhook { localId } } }',
    (id) => ({ id, patch: { name: 'x' } }),
  ],
  ['($i: WebhookDeleteInput!) { webhookDelete(input: $i) { deletedId } }', (id) => ({ id })],
];

const typenames = ['Ticket', 'TicketField', 'TicketFieldOption', 'Webhook', 'Agent'] as const;
const hostile = fc.constantFrom(
  '../webhooks/whk_1',
  '..%2Fwebhooks%2Fwhk_1',
  'tkt_1/../../webhooks/whk_1',
  'tkt_1?x=1',
  'tkt_1#',
  'tkt_1\n',
  '.',
  '..',
  '',
  ' ',
  'tkt_1\0',
  '%2e%2e',
  'tkt_1;',
  '\\..\\',
  '－',
);
const plain = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), hostile, fc.stringMatching(strict));
/** Plain ids, global ids (of any type, around anything), and global ids that were tampered with. */
const ids = fc.oneof(
  plain,
  fc
    .tuple(fc.constantFrom(...typenames), plain)
    .map(([typename, id]) => encodeNodeId('HELPDESK', typename, id)),
  fc
    .tuple(plain, plain)
    .map(([field, option]) => encodeNodeId('HELPDESK', 'TicketFieldOption', `${field}/${option}`)),
  fc.tuple(plain, fc.nat({ max: 40 })).map(([id, cut]) => encodeNodeId('HELPDESK', 'Ticket', id).slice(cut)),
);

/** Every string that the backend was given as an id. */
const idsIn = ([method, ...given]: Call): unknown[] => [
  ...(method.endsWith('.create') && !method.startsWith('ticketFieldOptions')
    ? []
    : given.filter((part) => typeof part === 'string')),
  ...given.flatMap((part) =>
    typeof part === 'object' && part !== null && 'assigneeId' in part ? [part.assigneeId] : [],
  ),
];

test('no id reaches the backend but a strict one: all others are BAD_USER_INPUT, and nothing is sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), ids, async ([document, input], id) => {
      const { run, session, writes } = createHarness();
      session.fields = [fieldOf('cf_1')];
      const { errors } = await run(`mutation ${document}`, { i: input(id) });
      if (errors.length > 0) {
        expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
        expect(writes()).toEqual([]);
      } else {
        const sent = session.calls.flatMap(idsIn);
        expect(sent.length).toBeGreaterThan(0);
        for (const reached of sent) expect(reached).toMatch(strict);
      }
    }),
    { numRuns: 1_000 },
  );
});
