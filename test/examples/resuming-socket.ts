import { createClient, type Client, type SubscribePayload } from 'graphql-ws';
import { pauseMs, untilAllowed } from './until-allowed.ts';

/** A client of graphql-ws that opens its socket again whenever it was cut, and whose `ticketEvents` then go on. */
export function createResumingClient(url: string, connectionParams: Record<string, unknown>): Client {
  const answered = new Set<{ after?: string }>(); // by the socket as it is now: its marks speak of nobody else
  const ping = (_received: boolean, payload?: { readonly lowWaterMark?: string }) => {
    const mark = payload?.lowWaterMark; // up to here all was sent, or is for none of these subscriptions
    if (mark !== undefined) for (const variables of answered) variables.after = mark;
  };
  const client = createClient({
    url,
    connectionParams,
    retryAttempts: Infinity,
    retryWait: (attempt) => new Promise((resolve) => setTimeout(resolve, pauseMs(attempt))),
    shouldRetry: (cause) => (cause as { code?: number }).code !== 4403, // the key may not listen: final
    on: { connecting: () => answered.clear(), ping },
  });
  const subscribe: Client['subscribe'] = (payload: SubscribePayload, sink) => {
    const variables: { after?: string } = { ...payload.variables }; // sent again, as they are then, each time
    const stop = untilAllowed(payload, sink, (inner) => {
      const next: typeof sink.next = (result) => {
        inner.next(result);
        const { ticketEvents } = (result.data ?? {}) as { ticketEvents?: { cursor: string } };
        if (ticketEvents) answered.add(Object.assign(variables, { after: ticketEvents.cursor }));
      };
      const complete = () => {
        answered.delete(variables);
        inner.complete();
      };
      return client.subscribe({ ...payload, variables }, { ...inner, next, complete });
    });
    return () => queueMicrotask(stop); // never from within `next`: graphql-ws would count one end twice
  };
  return { ...client, subscribe };
}
