/** Mercurius as its documentation has it for speed: compiled queries, and loaders that read each definition once for an operation. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { answerParent } from '../child.ts';
import { figuresOf } from '../live/process-figures.ts';
import { readTicket, readTicketField, readTickets, typeDefs } from './rest.mjs';

const app = Fastify();

await app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: {
      ticket: (_root, { id }) => readTicket(id),
      tickets: (_root, args) => readTickets(args),
    },
  },
  loaders: {
    CustomField: {
      field: async (queries) => {
        const reads = new Map();
        for (const { obj } of queries) {
          const { localFieldId } = obj;
          if (!reads.has(localFieldId)) reads.set(localFieldId, readTicketField(localFieldId));
        }
        return Promise.all(queries.map(({ obj }) => reads.get(obj.localFieldId)));
      },
    },
  },
  jit: 1,
});

const origin = await app.listen({ host: '127.0.0.1', port: 0 });
answerParent({ address: () => ({ graphql: `${origin}/graphql`, webhook: '' }), ...figuresOf() }, () =>
  app.close(),
);
