/** Mercurius as its documentation has it: subscriptions over MQEmitter in memory, `withFilter` where there is a filter. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { answerParent } from '../child.ts';
import { figuresOf } from '../live/process-figures.ts';
import { matcherOf, receive, topic, typeDefs } from './ticket-events.mjs';

const app = Fastify();
const subscribe = (_root, _args, { pubsub }) => pubsub.subscribe(topic);

await app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: { hello: () => 'world' },
    Subscription: {
      ticketEvents: {
        subscribe: (root, args, context, info) => {
          const matches = matcherOf(args);
          const begin =
            matches === null
              ? subscribe
              : mercurius.withFilter(subscribe, ({ ticketEvents }) => matches(ticketEvents));
          return begin(root, args, context, info);
        },
      },
    },
  },
  jit: 1,
  subscription: true,
});

await app.register(async (hooks) => {
  // The signature is over the body as it came.
  hooks.removeAllContentTypeParsers();
  hooks.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  hooks.post('/webhooks', (request, reply) => {
    const ticketEvents = receive(request.body, request.headers);
    if (ticketEvents === null) return reply.code(401).send();
    app.graphql.pubsub.publish({ topic, payload: { ticketEvents } });
    return reply.code(204).send();
  });
});

const origin = await app.listen({ host: '127.0.0.1', port: 0 });
answerParent(
  { address: () => ({ graphql: `${origin}/graphql`, webhook: `${origin}/webhooks` }), ...figuresOf() },
  () => app.close(),
);
