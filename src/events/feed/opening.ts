import { GatewayError } from '../../domain/errors.ts';
import type { GapReason, StreamMessage } from '../../domain/event.ts';
import type { SubscribeRequest } from './feed.ts';
import type { Matcher } from './filter.ts';
import { placeOf, readOn, type Place } from './place.ts';
import { limitAfter, type ReplayPages } from './replay-pages.ts';

/** Where a subscription begins, and what it says first. */
export interface Opening {
  readonly opening: readonly StreamMessage[];
  readonly at: Place;
  readonly replayUntil: number;
}

type Start =
  | { readonly kind: 'HEAD' }
  | { readonly kind: 'KNOWN'; readonly at: Place }
  | { readonly kind: 'GAP'; readonly reason: GapReason };

/**
 * @param head where the log ended when the subscription was asked for
 * @throws GatewayError CURSOR_INVALID
 * @throws GatewayError EVENT_LOG_UNAVAILABLE
 */
export async function openAt(
  log: ReplayPages,
  request: Pick<SubscribeRequest, 'workspaceId' | 'after' | 'resumeFrom'>,
  matcher: Matcher,
  head: Place,
): Promise<Opening> {
  const { workspaceId } = request;
  const start = await startOf(log, request);
  if (start.kind === 'HEAD') return fromHead(head);
  if (start.kind === 'GAP') return fromHead(head, start.reason);
  const { at } = start;
  const counted = await countMatches(log, workspaceId, at, head.position, matcher);
  if ('lost' in counted) return fromHead(head, counted.lost);
  return {
    opening: [{ kind: 'READY', cursor: at.cursor, resumed: true, replayCount: counted.count }],
    at,
    replayUntil: Math.max(at.position, head.position),
  };
}

function fromHead(head: Place, lost?: GapReason): Opening {
  const ready: StreamMessage = { kind: 'READY', cursor: head.cursor, resumed: false, replayCount: 0 };
  const gaps = lost && [{ kind: 'GAP', cursor: head.cursor, reason: lost, since: null } as const];
  return { opening: [ready, ...(gaps ?? [])], at: head, replayUntil: head.position };
}

/** An explicit `after` alone counts: what lies behind it was not seen, wherever the connection before may have been. */
async function startOf(
  log: ReplayPages,
  { workspaceId, after, resumeFrom }: Pick<SubscribeRequest, 'workspaceId' | 'after' | 'resumeFrom'>,
): Promise<Start> {
  const cursor = after ?? resumeFrom;
  if (cursor === null) return { kind: 'HEAD' };
  const found = await log.locate(workspaceId, cursor);
  if (found.kind === 'UNREADABLE') throw after === null ? badMark() : badCursor();
  return found.kind === 'KNOWN' ? { kind: 'KNOWN', at: { position: found.position, cursor } } : found;
}

const badCursor = (): GatewayError => {
  const fault = { path: ['after'], code: 'INVALID', message: 'Not a cursor', sourceKey: null };
  return new GatewayError('CURSOR_INVALID', 'The cursor is not one of this event stream.', {
    fields: [fault],
  });
};

const badMark = (): GatewayError =>
  new GatewayError('CURSOR_INVALID', '`resumeFrom` is not a cursor of this event stream.');

/** Events that a replay will deliver; or why it cannot, because some went while it counted. */
async function countMatches(
  log: ReplayPages,
  workspaceId: string,
  after: Place,
  until: number,
  matcher: Matcher,
): Promise<{ readonly count: number } | { readonly lost: GapReason }> {
  let count = 0;
  let at = after;
  while (at.position < until) {
    const limit = Math.min(limitAfter(at.position), until - at.position);
    const page = await readOn(log, workspaceId, at, limit, 'CURSOR_EXPIRED');
    if ('lost' in page) return page;
    const last = page.entries.at(-1);
    // The log ends before the head that it had a moment ago.
    if (last === undefined) return { lost: 'EVENTS_LOST' };
    for (const { record } of page.entries) if (matcher(record).deliver) count += 1;
    at = placeOf(last);
  }
  return { count };
}
