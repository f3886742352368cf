import type { Budget } from '../../domain/backend.ts';
import { GatewayError } from '../../domain/errors.ts';
import { builder } from '../builder.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

const RateLimitRef = builder.objectRef<Budget>('RateLimit').implement({
  description: 'The requests that the caller’s key has left, as the backend’s own headers tell.',
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'Requests in a window.' }),
    remaining: t.exposeInt('remaining', { description: 'Requests left in this window.' }),
    resetAt: t.field({
      type: 'DateTime',
      description: 'When the window ends and `remaining` is `limit` again.',
      resolve: ({ resetAt }) => iso(resetAt),
    }),
    observedAt: t.field({
      type: 'DateTime',
      description: 'When the backend last said so.',
      resolve: ({ observedAt }) => iso(observedAt),
    }),
    queued: t.exposeInt('queued', { description: 'Calls that wait for their turn now.' }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimitRef,
    nullable: true,
    description:
      'The budget of the caller’s key. Costs no request; null until the backend has answered this key once.',
    resolve: (_root, _args, { backend, caller, notes }) => {
      notes.isMomentary = true;
      if (caller === null) throw new GatewayError('INVALID_API_KEY', 'An API key is needed.');
      return backend.budget(caller);
    },
  }),
);
