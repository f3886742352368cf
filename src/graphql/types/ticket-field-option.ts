import type { TicketFieldOption } from '../../domain/ticket-field.ts';
import { eachByItself, loadEach } from '../../loaders/load-each.ts';
import { builder } from '../builder.ts';
import { nodeId } from '../at-once.ts';
import { optionKey, splitOptionKey } from '../node-id.ts';

const keyOf = ({ fieldId, id }: TicketFieldOption): string => optionKey(fieldId, id);

/** One choice of a dropdown or multiselect field, loaded by its `optionKey`. */
export const TicketFieldOptionRef = builder.loadableNodeRef<
  TicketFieldOption | null,
  string,
  string,
  string,
  TicketFieldOption
>('TicketFieldOption', {
  id: nodeId(keyOf),
  load: async (keys, { session }) =>
    loadEach(keys, (key) => {
      const { fieldId, id } = splitOptionKey(key);
      return session.ticketFieldOptions.get(fieldId, id);
    }),
  loaderOptions: eachByItself,
});

TicketFieldOptionRef.implement({
  description: 'One choice of a dropdown or multiselect field.',
  fields: (t) => ({
    localId: t.exposeString('id', {
      description: 'The backend’s own id; it means nothing without that of the field.',
    }),
    label: t.exposeString('label', { description: 'What people read.' }),
    value: t.exposeString('value', { description: 'What a ticket stores. Unique within the field.' }),
    position: t.exposeInt('position', { description: 'Its place among the choices.' }),
  }),
});

export const TicketFieldOptionConnection = builder.connectionObject(
  {
    type: TicketFieldOptionRef,
    name: 'TicketFieldOptionConnection',
    description: 'A page of a field’s options.',
  },
  { name: 'TicketFieldOptionEdge', description: 'An option and its place in the list.' },
);
