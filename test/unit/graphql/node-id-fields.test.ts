import { isInterfaceType, type GraphQLFieldResolver } from 'graphql';
import { expect, test } from 'vitest';
import { decodeNodeId } from '../../../src/graphql/node-id.ts';
import { schema } from '../../../src/graphql/schema.ts';

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
