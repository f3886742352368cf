import type { Backend } from '../../domain/backend.ts';
import { anonymous } from '../anonymous.ts';
import { builder } from '../builder.ts';
import { BackendKindEnum, TicketOrderFieldEnum, TicketStatusEnum } from './enums.ts';
import { maxFirst } from './paging.ts';

type Served = Pick<Backend, 'kind' | 'capabilities'>;

const BackendRef = builder.objectRef<Served>('Backend').implement({
  description: 'The helpdesk behind this gateway, and what it can do.',
  fields: (t) => ({
    kind: t.expose('kind', { type: BackendKindEnum, description: 'Which helpdesk it is.' }),
    pushdownFilters: t.stringList({
      description: 'Members of `TicketFilter` that it applies itself, one value of each.',
      resolve: ({ capabilities }) => capabilities.pushdownFilters,
    }),
    orderFields: t.field({
      type: [TicketOrderFieldEnum],
      description: 'What it can sort tickets by.',
      resolve: ({ capabilities }) => capabilities.orderFields,
    }),
    writableStatuses: t.field({
      type: [TicketStatusEnum],
      description: 'The statuses that a person may set; the others it sets itself.',
      resolve: ({ capabilities }) => capabilities.writableStatuses,
    }),
    maxFirst: t.int({
      description: 'The largest `first` of a list.',
      resolve: () => maxFirst,
    }),
  }),
});

builder.queryField('backend', (t) =>
  t.field({
    type: BackendRef,
    description: 'The helpdesk behind this gateway. Costs no request and needs no key.',
    extensions: anonymous,
    resolve: (_root, _args, { backend }) => backend,
  }),
);
