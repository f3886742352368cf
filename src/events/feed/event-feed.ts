import type { Clock } from '../../domain/clock.ts';
import { systemClock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { StreamMessage } from '../../domain/event.ts';
import type { Log } from '../../domain/log.ts';
import type { EventFeed, SubscribeRequest } from './feed.ts';
import { createJudges, type Judge } from './judge.ts';
import { createListenerCheck } from './listener-check.ts';
import { createLiveTails, type LiveTail, type LiveTails, type TailReader } from './live-tail.ts';
import type { EventLog } from '../log/log.ts';
import { openAt, type Opening } from './opening.ts';
import { createOutage, Patience } from './patience.ts';
import { createReplayPages, type ReplayPages } from './replay-pages.ts';
import { isLive, type ReconcileState } from '../reconcile-state.ts';
import { Subscription } from './subscription.ts';

export interface FeedOptions {
  readonly log: EventLog;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Whether the backend is known to send this workspace's events here. @default never */
  readonly registered?: (workspaceId: string) => boolean;
  /** Whether this workspace can be swept. @default never */
  readonly sweeps?: (workspaceId: string) => boolean;
  /** What the sweep of a workspace has found. @default nobody sweeps */
  readonly reconciled?: (workspaceId: string) => Promise<ReconcileState | null>;
  /** Messages that wait for a slow subscriber at most; then it is told of a gap. @default 512 */
  readonly queueLimit?: number;
  /** Milliseconds that whoever subscribes waits for a log that is out of reach. @default 5,000 */
  readonly openingMs?: number;
  /** Told of each message that a subscriber takes. @default nobody is */
  readonly told?: ((message: StreamMessage) => void) | undefined;
  /** Told when the log goes out of reach, and when it is back. @default nobody */
  readonly diagnostics?: Pick<Log, 'info' | 'warn'>;
}

const silent = () => undefined;

export function createFeed(options: FeedOptions): EventFeed {
  const { log, clock = systemClock, queueLimit = 512, openingMs = 5_000, told = silent } = options;
  const {
    registered = () => false,
    sweeps = () => false,
    reconciled = () => Promise.resolve(null),
  } = options;
  const outage = createOutage(options.diagnostics ?? { info: silent, warn: silent });
  const tails = createLiveTails({ log, clock, outage });
  const judges = createJudges();
  const listeners = createListenerCheck(clock);
  const patience = (wanted: () => boolean) => new Patience({ clock, outage, wanted });
  const pages = createReplayPages(log);
  const parts = { log, pages, clock, patience, openingMs };
  return {
    subscribe: async (request) => {
      const { workspaceId, listener, filter } = request;
      await listeners.admit(listener);
      const judge = judges(filter);
      return withTail(tails, workspaceId, async (tail) => {
        const opened = await open(parts, tail, request, judge);
        const attend = (end: (error: unknown) => void) => listeners.attend(listener, end);
        const { signal } = listener;
        const common = { log: pages, tail, workspaceId, judge, queueLimit, patience, attend, signal, told };
        return new Subscription({ ...common, ...opened });
      });
    },
    admit: (listener) => listeners.admit(listener),
    status: async (workspaceId) => {
      const [head, retainedSince, lastWebhookAt, reconcile] = await Promise.all([
        log.head(workspaceId),
        log.retainedSince(workspaceId),
        log.lastWebhookAt(workspaceId),
        reconciled(workspaceId),
      ]);
      const evidence = { lastWebhookAt, registered: registered(workspaceId), reconcile };
      const live = isLive(evidence, sweeps(workspaceId), clock.now());
      return {
        live,
        headCursor: head.cursor,
        retainedSince,
        lastWebhookAt,
        lastReconcileAt: reconcile?.at ?? null,
      };
    },
  };
}

/** Keeps a tail going until `use` is done; whoever wants it for longer takes a share meanwhile. */
async function withTail<T>(
  tails: LiveTails,
  workspaceId: string,
  use: (tail: LiveTail) => Promise<T>,
): Promise<T> {
  const holder: TailReader = { deliver: silent, gap: silent, fail: silent };
  const tail = tails.open(workspaceId, holder);
  try {
    return await use(tail);
  } finally {
    tail.release(holder);
  }
}

interface OpeningParts {
  readonly log: EventLog;
  readonly pages: ReplayPages;
  readonly clock: Clock;
  readonly patience: (wanted: () => boolean) => Patience;
  readonly openingMs: number;
}

/**
 * Waits a while for a log that is out of reach; but to count a long replay may take as long as it takes.
 * @throws GatewayError EVENT_LOG_UNAVAILABLE when the while is over
 * @throws GatewayError CURSOR_INVALID
 */
async function open(
  { log, pages, clock, patience, openingMs }: OpeningParts,
  tail: LiveTail,
  request: SubscribeRequest,
  { matcher }: Judge,
): Promise<Opening> {
  const { workspaceId, listener } = request;
  const over = Promise.withResolvers<never>();
  over.promise.catch(silent);
  let waiting = true;
  const patient = patience(() => waiting);
  const giveUp = (error: unknown): void => {
    waiting = false;
    over.reject(error);
    patient.hurry();
  };
  const leave = (): void => giveUp(listener.signal.reason);
  const cancel = clock.after(openingMs, () => {
    giveUp(new GatewayError('EVENT_LOG_UNAVAILABLE', 'The event log is out of reach.'));
  });
  listener.signal.addEventListener('abort', leave);
  try {
    const reached = patient.ask(async () => {
      await tail.started;
      return log.head(workspaceId);
    });
    const head = await Promise.race([reached, over.promise]);
    return await patient.ask(() => openAt(pages, request, matcher, head));
  } finally {
    waiting = false;
    cancel();
    listener.signal.removeEventListener('abort', leave);
  }
}
