import {
  assertObjectType,
  executeSync,
  GraphQLSchema,
  isInterfaceType,
  parse,
  validate,
  type GraphQLFieldResolver,
} from 'graphql';
import { expect, test } from 'vitest';
import { AnswerNotes } from '../../../src/graphql/answer-notes.ts';
import { decodeNodeId } from '../../../src/graphql/node-id.ts';
import { schema } from '../../../src/graphql/schema.ts';
import { fieldOf, optionOf, ticketOf } from './fake-session.ts';

const node = schema.getType('Node');
const types = isInterfaceType(node) ? schema.getPossibleTypes(node) : [];

test('there are nodes', () => {
  expect(types.map(({ name }) => name).toSorted()).toEqual([
    'Ticket',
    'TicketField',
    'TicketFieldOption',
    'Webhook',
  ]);
});

/** One promise among its fields would make an object wait, and with it every list that it is in. */
test.for(types.map((type) => [type.name, type] as const))('a %s has its id at once', ([typename, type]) => {
  const resolve = type.getFields()['id']?.resolve as
    GraphQLFieldResolver<object, { backend: { kind: string } }> | undefined;
  const id: unknown = resolve?.(
    { id: 'one', fieldId: 'field' },
    {},
    { backend: { kind: 'HELPDESK' } },
    {} as never,
  );
  expect(id).toBeTypeOf('string');
  const own = typename === 'TicketFieldOption' ? 'field/one' : 'one';
  expect(decodeNodeId(String(id))).toEqual({ kind: 'HELPDESK', typename, id: own });
});

const low = optionOf('cf_2', 'opt_1', { value: 'low', label: 'Low' });
const fields = [
  fieldOf('cf_1', { type: 'TEXT' }),
  fieldOf('cf_2', { type: 'DROPDOWN', options: [low] }),
  fieldOf('cf_3', { type: 'MULTISELECT', options: [low] }),
];
const ticket = ticketOf('tkt_1', {
  customFields: [
    { fieldId: 'cf_1', value: 'a' },
    { fieldId: 'cf_2', value: 'low' },
    { fieldId: 'cf_3', value: ['low', 'gone'] },
  ],
});

test('a ticket whose definitions are at hand is executed without waiting for anything', () => {
  const ofTicket = new GraphQLSchema({
    ...schema.toConfig(),
    query: assertObjectType(schema.getType('Ticket')),
    mutation: null,
    subscription: null,
  });
  const document = parse(`{
    id assignee { id } requester { email }
    customFields {
      fieldId field { id key }
      ... on DropdownCustomField { option { id label } }
      ... on MultiselectCustomField { options { label } }
    }
    customField(key: "key_of_cf_1") { ... on TextCustomField { text } }
  }`);
  expect(validate(ofTicket, document)).toEqual([]);
  const contextValue = {
    backend: { kind: 'HELPDESK' },
    definitions: { all: () => fields, staleMs: null },
    notes: new AnswerNotes(),
  };
  // It throws where anything is a promise.
  const { data, errors } = executeSync({ schema: ofTicket, document, rootValue: ticket, contextValue });
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({
    customFields: [
      { field: { key: 'key_of_cf_1' } },
      { field: { key: 'key_of_cf_2' }, option: { label: 'Low' } },
      { field: { key: 'key_of_cf_3' }, options: [{ label: 'Low' }] },
    ],
    customField: { text: 'a' },
  });
});
