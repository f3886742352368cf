import { Client, subscriptionExchange } from '@urql/core';
import { createResumingClient } from './resuming-socket.ts';
import { listQuery, liveQuery, show, type ListData, type LiveData, type Screen } from './screen.ts';

/** Shows what happens to tickets, and misses nothing. */
export function connect(url: string, connectionParams: Record<string, unknown> = {}) {
  const socket = createResumingClient(url, connectionParams);
  const overSocket = subscriptionExchange({
    enableAllOperations: true,
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => {
        const next = (result: object) => sink.next({ data: null, ...result });
        return { unsubscribe: socket.subscribe({ query, variables }, { ...sink, next }) };
      },
    }),
  });
  const client = new Client({ url, exchanges: [overSocket] });

  const readList = async () => {
    const { data, error } = await client.query<ListData>(listQuery, {}, { requestPolicy: 'network-only' });
    return data?.tickets.nodes ?? Promise.reject(error ?? new Error('no answer'));
  };
  const watch = (screen: Screen, variables: Record<string, unknown> = {}): (() => void) =>
    client.subscription<LiveData>(liveQuery, variables).subscribe(({ data, error, hasNext }) => {
      // At its end, urql repeats the last result.
      if (data && hasNext) show(data.ticketEvents, screen, readList);
      else screen.failed(error);
    }).unsubscribe;
  return { watch, close: () => socket.dispose() };
}
