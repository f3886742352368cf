import type { MessageStream } from './feed.ts';

/** What a transport and the subscriptions it carries tell each other about places in the event log. */
export interface Resumption {
  /** The last message that a stream which was cut has seen (SSE's `Last-Event-ID`); it wins over `after`. null: none. */
  readonly lastSeen: string | null;
  /** The low-water mark of the socket that was cut (`resumeFrom` in `connection_init`); null: none, or out of date. */
  readonly resumeFrom: string | null;
  /** Tells the transport of the stream that a subscription has opened. */
  opened(stream: MessageStream): void;
}
