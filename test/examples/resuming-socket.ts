import { createClient, type Client, type SubscribePayload } from 'graphql-ws';

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
    retryWait: (attempt) => pause(Math.min(30_000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2)),
    shouldRetry: (cause) => (cause as { code?: number }).code !== 4403, // the key may not listen: final
    on: { connecting: () => answered.clear(), ping },
  });
  const subscribe: Client['subscribe'] = (payload: SubscribePayload, sink) => {
    const variables: { after?: string } = { ...payload.variables }; // sent again, as they are then, on each socket
    const next: typeof sink.next = (result) => {
      sink.next(result);
      const { ticketEvents } = (result.data ?? {}) as { ticketEvents?: { cursor: string } };
      if (ticketEvents) answered.add(Object.assign(variables, { after: ticketEvents.cursor }));
    };
    const stop = client.subscribe({ ...payload, variables }, { ...sink, next });
    return () => queueMicrotask(stop); // never from within `next`: graphql-ws would count one end twice
  };
  return { ...client, subscribe };
}
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
