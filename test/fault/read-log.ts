import { until } from '../support/wait.ts';
import type { FeedEvent } from './feed-message.ts';
import { createSubscriber, subscribeOverSocket } from './subscriber.ts';

/** Where the log ends now. */
export async function headOf(origin: string): Promise<string> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ eventStream { headCursor } }' }),
  });
  const { data } = (await response.json()) as { data: { eventStream: { headCursor: string } } };
  return data.eventStream.headCursor;
}

/** What the log holds after a cursor, as a subscriber is told it who comes now. */
export async function readLog(
  origin: string,
  filter: Readonly<Record<string, unknown>>,
  after: string,
): Promise<readonly FeedEvent[]> {
  const subscriber = createSubscriber('reader', filter, after);
  const connection = subscribeOverSocket([origin], [subscriber]);
  const events = (): FeedEvent[] =>
    subscriber.received.flatMap(({ message }) => (message.__typename === 'TicketEvent' ? [message] : []));
  try {
    await until(
      'the whole log',
      () => {
        const ready = subscriber.received[0]?.message;
        if (ready === undefined) return false;
        if (ready.__typename !== 'StreamReady' || !ready.resumed)
          throw new Error('the log has lost its beginning');
        return events().length >= ready.replayCount;
      },
      30_000,
    );
    return events();
  } catch (error) {
    const { received, errors } = subscriber;
    const told = JSON.stringify([received.length, received[0]?.message, errors]);
    throw new Error(`the log could not be read: ${told}`, { cause: error });
  } finally {
    connection.close();
  }
}
