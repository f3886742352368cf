/** GraphQL Yoga as its documentation begins, and a resolver for each field that asks REST for what it needs. */
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { answerParent } from '../child.ts';
import { figuresOf } from '../live/process-figures.ts';
import { readTicket, readTicketField, readTickets, typeDefs } from './rest.mjs';

const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: {
      Query: {
        ticket: (_root, { id }) => readTicket(id),
        tickets: (_root, args) => readTickets(args),
      },
      CustomField: { field: ({ localFieldId }) => readTicketField(localFieldId) },
    },
  }),
  // What REST refuses is no secret here, and not worth a line of the log each time.
  maskedErrors: false,
  logging: false,
});

const server = createServer((request, response) => {
  void yoga(request, response);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
answerParent({ address: () => ({ graphql: `${origin}/graphql`, webhook: '' }), ...figuresOf() }, async () => {
  server.closeAllConnections();
  server.close();
});
