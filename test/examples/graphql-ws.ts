import { createResumingClient } from './resuming-socket.ts';
import { listQuery, liveQuery, show, type ListData, type LiveData, type Screen } from './screen.ts';

/** Shows what happens to tickets, and misses nothing. */
export function connect(url: string, connectionParams: Record<string, unknown> = {}) {
  const client = createResumingClient(url, connectionParams);

  const readList = async () => {
    for await (const { data, errors } of client.iterate<ListData>({ query: listQuery })) {
      if (data) return data.tickets.nodes;
      throw new AggregateError(errors ?? []);
    }
    throw new Error('no answer');
  };
  const watch = (screen: Screen, variables: Record<string, unknown> = {}): (() => void) =>
    client.subscribe<LiveData>(
      { query: liveQuery, variables },
      {
        next: ({ data, errors }) => {
          if (data) show(data.ticketEvents, screen, readList);
          else screen.failed(errors);
        },
        error: (reason) => screen.failed(reason),
        complete: () => undefined,
      },
    );
  return { watch, close: () => client.dispose() };
}
