import { ApolloClient, gql, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createResumingClient } from './resuming-socket.ts';
import { listQuery, liveQuery, show, type ListData, type LiveData, type Screen } from './screen.ts';

const list: TypedDocumentNode<ListData> = gql(listQuery);
const live: TypedDocumentNode<LiveData> = gql(liveQuery);

/** Shows what happens to tickets, and misses nothing. */
export function connect(url: string, connectionParams: Record<string, unknown> = {}) {
  const socket = createResumingClient(url, connectionParams);
  const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });

  const readList = async () => {
    const { data } = await client.query({ query: list, fetchPolicy: 'network-only' });
    if (data === undefined) throw new Error('no answer');
    return data.tickets.nodes;
  };
  const watch = (screen: Screen, variables: Record<string, unknown> = {}): (() => void) => {
    const subscription = client
      .subscribe({ query: live, variables, fetchPolicy: 'no-cache' })
      .subscribe(({ data, error }) =>
        data ? show(data.ticketEvents, screen, readList) : screen.failed(error),
      );
    return () => subscription.unsubscribe();
  };
  return { watch, close: () => socket.dispose() };
}
