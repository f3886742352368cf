import type { StreamMessage, TicketEvent, TicketEventFilter } from '../../../src/domain/event.ts';
import { createFeed, type FeedOptions } from '../../../src/events/feed/event-feed.ts';
import type { Listener, MessageStream } from '../../../src/events/feed/feed.ts';
import { createIntake } from '../../../src/events/intake/intake.ts';
import type { EventLog, Retention } from '../../../src/events/log/log.ts';
import { createMemoryLog } from '../../../src/events/log/memory-log.ts';
import { createNoonClock } from '../../contract/event-fixtures.ts';

export const ws = 'ws_a';

export const byDefault: TicketEventFilter = {
  types: ['TICKET_CREATED', 'TICKET_UPDATED', 'TICKET_DELETED'],
  includeStale: false,
};

interface Setup extends Pick<FeedOptions, 'queueLimit' | 'diagnostics'> {
  readonly retention?: Partial<Retention>;
  readonly wrap?: (log: EventLog) => EventLog;
  readonly registered?: boolean;
}

interface Asked {
  readonly workspaceId?: string;
  readonly resumeFrom?: string | null;
  readonly listener?: Partial<Listener>;
}

/** A feed over a log in memory, with what a test wants to know of both. */
export function setUp({ retention, wrap = (log) => log, registered, ...options }: Setup = {}) {
  const clock = createNoonClock();
  let listening = 0;
  const memory = createMemoryLog({ clock, ...(retention && { retention }) });
  const log = wrap({
    ...memory,
    watch: (workspaceId, listener) => {
      listening += 1;
      const stop = memory.watch(workspaceId, listener);
      return () => {
        listening -= 1;
        stop();
      };
    },
  });
  const feed = createFeed({
    log,
    clock,
    ...options,
    ...(registered !== undefined && { registered: () => registered }),
  });
  const intake = createIntake({ log: memory, clock });
  const gone = new AbortController();
  return {
    log: memory,
    feed,
    intake,
    clock,
    gone,
    listening: () => listening,
    append: async (...events: TicketEvent[]) => {
      for (const event of events) await intake.accept(ws, event);
    },
    subscribe: async (
      filter: Partial<TicketEventFilter> = {},
      after: string | null = null,
      { workspaceId = ws, resumeFrom = null, listener }: Asked = {},
    ) => {
      const stream = await feed.subscribe({
        workspaceId,
        listener: { scope: 'key', probe: () => Promise.resolve(), signal: gone.signal, ...listener },
        filter: { ...byDefault, ...filter },
        after,
        resumeFrom,
      });
      return readerOf(stream);
    },
  };
}

export function readerOf(stream: MessageStream) {
  const next = async (): Promise<StreamMessage> => {
    const result = await stream.next();
    if (result.done === true) throw new Error('the stream has ended');
    return result.value;
  };
  const take = async (count: number) => {
    const messages: StreamMessage[] = [];
    while (messages.length < count) messages.push(await next());
    return messages;
  };
  return { stream, next, take };
}

/** Events by their id, anything else by its kind. */
export const eventIds = (messages: readonly StreamMessage[]) =>
  messages.map((message) => (message.kind === 'EVENT' ? message.record.event.eventId : message.kind));
