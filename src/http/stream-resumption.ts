import type { MessageStream } from '../events/feed/feed.ts';
import type { Resumption } from '../events/feed/resumption.ts';

const streams = new WeakMap<Resumption, MessageStream>();

/** For an event stream, which carries one subscription. @param lastSeen `Last-Event-ID` as it came */
export function createStreamResumption(lastSeen: string | null): Resumption {
  const resumption: Resumption = {
    lastSeen,
    resumeFrom: null,
    opened: (stream) => {
      streams.set(resumption, stream);
    },
  };
  return resumption;
}

/** The low-water mark of the subscription that a stream carries; null: it has none yet. */
export const markOfStream = (resumption: Resumption): string | null => streams.get(resumption)?.mark ?? null;
