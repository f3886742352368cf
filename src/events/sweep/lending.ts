import type { EventFeed, LivePlace, MessageStream } from '../feed/feed.ts';
import type { TicketList } from './sweep-pages.ts';
import type { Sweeps } from './sweeps.ts';

/**
 * A feed whose subscribers lend their key to the sweep of their workspace for as long as they listen.
 * @param list reads with the key of whoever the feed is for
 */
export const lending = (feed: EventFeed, sweeps: Pick<Sweeps, 'lend'>, list: TicketList): EventFeed => ({
  ...feed,
  subscribe: async (request) => {
    const stream = await feed.subscribe(request);
    return lendingStream(stream, sweeps.lend(request.workspaceId, list), request.listener.signal);
  },
});

/**
 * The key is taken back when the stream ends, by whichever side. A stream that is handed over has not ended: the key goes
 * with its place, or back if nobody goes on from there, because then somebody else is there already, with the same key.
 */
function lendingStream(stream: MessageStream, takeBack: () => void, signal: AbortSignal): MessageStream {
  let handedOver = false;
  const over = (): void => {
    signal.removeEventListener('abort', over);
    if (!handedOver) takeBack();
  };
  if (signal.aborted) over();
  else signal.addEventListener('abort', over, { once: true });
  const told = async <Result extends IteratorResult<unknown, undefined>>(
    step: Promise<Result>,
  ): Promise<Result> => {
    try {
      const result = await step;
      if (result.done === true) over();
      return result;
    } catch (error) {
      over();
      throw error;
    }
  };
  return {
    get mark() {
      return stream.mark;
    },
    handOver: () => {
      const place = stream.handOver();
      if (place === null) return null;
      handedOver = true;
      over();
      return lendingPlace(place, takeBack);
    },
    next: () => told(stream.next()),
    more: () => stream.more(),
    return: () => told(stream.return?.() ?? Promise.resolve({ value: undefined, done: true })),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function lendingPlace(place: LivePlace, takeBack: () => void): LivePlace {
  let isFollowed = false;
  queueMicrotask(() => {
    if (!isFollowed) takeBack();
  });
  return {
    position: place.position,
    cursor: place.cursor,
    follow: (reader) => {
      isFollowed = true;
      const stop = place.follow({
        deliver: (...delivered) => reader.deliver(...delivered),
        gap: (message) => reader.gap(message),
        end: (error) => {
          takeBack();
          reader.end(error);
        },
      });
      return () => {
        takeBack();
        stop();
      };
    },
  };
}
