import { setImmediate as breathe } from 'node:timers/promises';
import type { Clock } from '../domain/clock.ts';
import { systemClock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import type { StreamMessage } from '../domain/event.ts';
import type { EventFeed, SubscribeRequest } from './feed.ts';
import type { Matcher } from './filter.ts';
import { createMatcher } from './filter.ts';
import { createListenerCheck } from './listener-check.ts';
import { createLiveTails, pageSize } from './live-tail.ts';
import type { EventLog } from './log.ts';
import { Subscription } from './subscription.ts';

export interface FeedOptions {
  readonly log: EventLog;
  /** @default systemClock */
  readonly clock?: Pick<Clock, 'now'>;
  /** Whether the backend is known to send this workspace's events here. @default never */
  readonly registered?: (workspaceId: string) => boolean;
  /** Messages that wait for a slow subscriber at most; then it is told of a gap. @default 512 */
  readonly queueLimit?: number;
}

/** Where a subscription begins, and what it says first. */
interface Opening {
  readonly messages: readonly StreamMessage[];
  readonly position: number;
  readonly replayUntil: number;
}

export function createFeed(options: FeedOptions): EventFeed {
  const { log, clock = systemClock, registered = () => false, queueLimit = 512 } = options;
  const tails = createLiveTails(log);
  const listeners = createListenerCheck(clock);
  return {
    subscribe: async ({ workspaceId, listener, filter, after }) => {
      await listeners.admit(listener);
      const matcher = createMatcher(filter);
      const { messages, ...range } = await openAt(log, { workspaceId, after }, matcher);
      const { signal } = listener;
      return new Subscription({
        log,
        tails,
        workspaceId,
        matcher,
        opening: messages,
        ...range,
        queueLimit,
        signal,
      });
    },
    admit: (listener) => listeners.admit(listener),
    status: async (workspaceId) => {
      const [head, retainedSince, lastWebhookAt] = await Promise.all([
        log.head(workspaceId),
        log.retainedSince(workspaceId),
        log.lastWebhookAt(workspaceId),
      ]);
      const live = lastWebhookAt !== null || registered(workspaceId);
      return { live, headCursor: head.cursor, retainedSince, lastWebhookAt };
    },
  };
}

async function openAt(
  log: EventLog,
  { workspaceId, after }: Pick<SubscribeRequest, 'workspaceId' | 'after'>,
  matcher: Matcher,
): Promise<Opening> {
  const head = await log.head(workspaceId);
  const fromHead = (...gaps: StreamMessage[]): Opening => ({
    messages: [{ kind: 'READY', cursor: head.cursor, resumed: false, replayCount: 0 }, ...gaps],
    position: head.position,
    replayUntil: head.position,
  });
  if (after === null) return fromHead();
  const found = await log.locate(workspaceId, after);
  if (found.kind === 'UNREADABLE') {
    throw new GatewayError('CURSOR_INVALID', 'The cursor is not one of this event stream.', {
      fields: [{ path: ['after'], code: 'INVALID', message: 'Not a cursor', sourceKey: null }],
    });
  }
  if (found.kind === 'GAP') {
    return fromHead({ kind: 'GAP', cursor: head.cursor, reason: found.reason, since: null });
  }
  const { position } = found;
  const replayCount = await countMatches(
    log,
    workspaceId,
    { after: position, until: head.position },
    matcher,
  );
  if (replayCount === null) {
    return fromHead({ kind: 'GAP', cursor: head.cursor, reason: 'CURSOR_EXPIRED', since: null });
  }
  return {
    messages: [{ kind: 'READY', cursor: after, resumed: true, replayCount }],
    position,
    replayUntil: Math.max(position, head.position),
  };
}

/** Events that a replay will deliver; null when some were trimmed while it counted. */
async function countMatches(
  log: EventLog,
  workspaceId: string,
  { after, until }: { readonly after: number; readonly until: number },
  matcher: Matcher,
): Promise<number | null> {
  let count = 0;
  let position = after;
  while (position < until) {
    const entries = await log.read(workspaceId, position, Math.min(pageSize, until - position));
    if (entries[0]?.position !== position + 1) return null;
    for (const { record } of entries) if (matcher(record).deliver) count += 1;
    position += entries.length;
    // A long log is read without I/O: let others have their turn.
    if (position < until) await breathe();
  }
  return count;
}
