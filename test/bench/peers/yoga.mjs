/** GraphQL Yoga with graphql-ws as its documentation has it: Yoga's pub/sub in memory, `filter` where there is a filter. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga, filter, pipe } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { answerParent } from '../child.ts';
import { figuresOf } from '../live/process-figures.ts';
import { matcherOf, receive, topic, typeDefs } from './ticket-events.mjs';

const pubSub = createPubSub();

const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: {
      Query: { hello: () => 'world' },
      Subscription: {
        ticketEvents: {
          subscribe: (_root, args) => {
            const matches = matcherOf(args);
            const events = pubSub.subscribe(topic);
            return matches === null ? events : pipe(events, filter(matches));
          },
          resolve: (event) => event,
        },
      },
    },
  }),
  graphiql: { subscriptionsProtocol: 'WS' },
});

async function takeWebhook(request, response) {
  const event = receive(await text(request), request.headers);
  if (event !== null) pubSub.publish(topic, event);
  response.writeHead(event === null ? 401 : 204).end();
}

const server = createServer((request, response) => {
  void (request.url === '/webhooks' ? takeWebhook(request, response) : yoga(request, response));
});

useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async ({ extra }, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        req: extra.request,
        socket: extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : args;
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint }),
);

await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
answerParent(
  { address: () => ({ graphql: `${origin}/graphql`, webhook: `${origin}/webhooks` }), ...figuresOf() },
  async () => {
    server.closeAllConnections();
    server.close();
  },
);
