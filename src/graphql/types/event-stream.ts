import type { StreamStatus } from '../../events/feed/feed.ts';
import { builder } from '../builder.ts';
import { cost } from '../cost/rule.ts';
import { listenerCost } from '../cost/rules.ts';
import { listenerOf } from '../listener.ts';

const EventStreamRef = builder.objectRef<StreamStatus>('EventStream').implement({
  description: 'How the gateway hears of changes in the caller’s workspace, and what it has kept of them.',
  fields: (t) => ({
    live: t.exposeBoolean('live', {
      description:
        'Whether changes are announced by themselves: a genuine webhook was seen, or is known to be registered, and the last two comparisons with the backend, the last of them within three minutes, found nothing unannounced. Where the gateway has no key to compare with, and no caller lends one, a webhook that was seen or is registered suffices. While false, changes are found by asking, a few seconds late, or not at all where there is no key to ask with.',
    }),
    headCursor: t.exposeString('headCursor', {
      description:
        'Where the event log ends now. Read it before a list; `ticketEvents(after:)` then misses nothing that the list does not show yet.',
    }),
    retainedSince: t.expose('retainedSince', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest event that is still kept was received; null when none is.',
    }),
    lastWebhookAt: t.expose('lastWebhookAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last genuine webhook was received; null when none was.',
    }),
    lastReconcileAt: t.expose('lastReconcileAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the gateway last compared what it had heard with what the backend has; null where it never did.',
    }),
  }),
});

builder.queryField('eventStream', (t) =>
  t.field({
    type: EventStreamRef,
    description:
      'The event log of the caller’s workspace. Costs no request with the gateway’s own key; a caller’s key is checked with the backend every five minutes, as for `ticketEvents`.',
    directives: { backendCost: { requests: 1 } },
    extensions: cost(listenerCost),
    resolve: async (_root, _args, context) => {
      const { workspaceId, listener } = listenerOf(context);
      context.notes.isMomentary = true;
      // What happens in a workspace, and when, is nothing for a key that cannot read it.
      if (context.caller?.source !== 'SERVER') await context.events.admit(listener);
      return context.events.status(workspaceId);
    },
  }),
);
