import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { deliver, ticketDelivery } from '../../support/delivery.ts';
import { openSocket, type Live } from '../../support/live.ts';
import { agentOf, subscribeOf } from './scenarios.ts';
import type { Target } from './targets.ts';

const event = z.object({
  data: z.object({
    ticketEvents: z.object({
      __typename: z.literal('TicketEvent'),
      eventId: z.string(),
      type: z.literal('TICKET_CREATED'),
      matchesFilter: z.literal(true),
      ticket: z.object({
        subject: z.string(),
        assignee: z.object({ localId: z.string() }),
      }),
    }),
  }),
});

/** Milliseconds until the subscriptions of a server that is doing nothing else stand. */
const settleMs = 2000;

/**
 * One event must reach whoever asked for it, whole, and nobody else: only then does it mean anything how fast it goes.
 * @throws Error with what is wrong
 */
export async function check({ address, connectionParams }: Target, secret: string): Promise<void> {
  await using socket = openSocket(address.graphql.replace('http', 'ws'), { ...connectionParams });
  const subscribe = (scenario: 'a' | 'b' | 'c', index: number): Live<unknown> => {
    const { query, variables } = subscribeOf(scenario, index);
    return socket.subscribe<unknown, Record<string, unknown>>(query, { ...variables });
  };
  const asked = [subscribe('a', 0), subscribe('b', 1), subscribe('c', 7)];
  const others = subscribe('c', 8);
  await sleep(settleMs);
  const sent = { id: 'tkt_check', subject: 'One event', assigneeId: agentOf(7) };
  const response = await deliver(address.webhook, ticketDelivery('ticket.created', sent), {
    secret,
    id: 'msg_check',
  });
  if (!response.ok) throw new Error(`a webhook was answered ${response.status}`);
  for (const each of asked) {
    const { ticketEvents } = (await nextEvent(each)).data;
    const { subject, assignee } = ticketEvents.ticket;
    const came = [ticketEvents.eventId, subject, assignee.localId];
    if (came.join() !== ['msg_check', sent.subject, sent.assigneeId].join())
      throw new Error(`not the event that was sent: ${JSON.stringify(ticketEvents)}`);
  }
  if (others.received.some((result) => event.safeParse(result).success))
    throw new Error('an event came to a subscriber who had not asked for it');
}

/** Past what a server says before the first event. */
async function nextEvent(live: Live<unknown>): Promise<z.infer<typeof event>> {
  for (;;) {
    const result = await live.next();
    if (!JSON.stringify(result).includes('"StreamReady"')) return event.parse(result);
  }
}
