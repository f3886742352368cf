import { systemClock, type Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { pause } from '../../domain/pause.ts';
import { describeError } from '../../domain/redact.ts';
import type { Intake } from '../intake/intake.ts';
import { defaultRetention, type EventLog } from '../log/log.ts';
import { isLive } from '../reconcile-state.ts';
import type { ReconcileStore, SweepState } from './reconcile-store.ts';
import { newProgress, readFloor, sweepPages, type Progress, type TicketList } from './sweep-pages.ts';

export interface SweepOptions {
  readonly log: Pick<EventLog, 'known' | 'lastWebhookAt'>;
  readonly intake: Pick<Intake, 'accept'>;
  readonly reconciled: Pick<ReconcileStore, 'read' | 'write'>;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default nobody */
  readonly logger?: Pick<Log, 'info' | 'warn'>;
  /** Whether the backend is known to send this workspace's events here. @default never */
  readonly registered?: (workspaceId: string) => boolean;
  /** Milliseconds between two sweeps while webhooks are not to be relied on. @default 5,000 */
  readonly pollMs?: number;
  /** Milliseconds between two sweeps while they are. @default 60,000 */
  readonly liveMs?: number;
  /** Milliseconds given to webhooks on their way, where any are to be expected. @default 5,000 */
  readonly graceMs?: number;
  /** See `SweepParts`. @default 120,000 */
  readonly overlapMs?: number;
  /** See `SweepParts`. @default defaultRetention.maxAgeMs */
  readonly retentionMs?: number;
  /** See `SweepParts`. @default 10,000 */
  readonly maxTickets?: number;
}

export interface SweeperOptions extends SweepOptions {
  readonly workspaceId: string;
  readonly list: TicketList;
}

/** Compares a workspace's tickets with its log, again and again. */
export interface Sweeper {
  /**
   * For whoever holds the lease: sweeps until `signal` is aborted, and resolves then. Two that do it at a time waste
   * requests and do no harm.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds before the first sweep, so that whoever has just started is not in its way. */
const firstMs = 1_000;

type Settings = Required<Omit<SweeperOptions, 'logger'>> & Pick<SweeperOptions, 'logger'>;

/**
 * Heals the log of a workspace: lists the tickets changed since the last sweep and appends, as RECONCILE, the newest state
 * of each that never arrived. What came and went in between is not told, and a deletion leaves no trace in a list.
 *
 * Requests: one for each page. While webhooks are to be relied on, one sweep a minute. Otherwise one every `pollMs`, and
 * a sweep of several pages is followed by as many pauses: at most 12 requests a minute at 5 s, but for a sweep so long
 * that its pauses come to more than `liveMs`.
 */
export function createSweeper(options: SweeperOptions): Sweeper {
  const settings: Settings = {
    clock: systemClock,
    registered: () => false,
    pollMs: 5_000,
    liveMs: 60_000,
    graceMs: 5_000,
    overlapMs: 120_000,
    retentionMs: defaultRetention.maxAgeMs,
    maxTickets: 10_000,
    ...options,
  };
  const failures = createFailures(settings);
  const turn = async (signal: AbortSignal): Promise<number> => {
    const progress = newProgress();
    try {
      const state = await sweep(settings, progress, signal);
      failures.over();
      return await waitAfter(settings, state, progress);
    } catch (error) {
      signal.throwIfAborted();
      return failures.waitAfter(error, progress);
    }
  };
  return {
    run: async (signal) => {
      try {
        await pause(settings.clock, firstMs, signal);
        for (;;) await pause(settings.clock, await turn(signal), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** One sweep, and what is kept of it. If it fails half way the watermark stays; that something was found is kept. */
async function sweep(settings: Settings, progress: Progress, signal: AbortSignal): Promise<SweepState> {
  const { workspaceId, reconciled, clock, logger } = settings;
  const before = await reconciled.read(workspaceId);
  const now = (): string => new Date(clock.now()).toISOString();
  if (before === null) {
    const floor = await readFloor(settings, progress, signal);
    const first = { ...floor, at: now(), watermark: floor.floor, clean: 0, unannouncedAt: null };
    await reconciled.write(workspaceId, first);
    return first;
  }
  try {
    const graceMs = (await areWebhooksToBeExpected(settings, before)) ? settings.graceMs : 0;
    await sweepPages(settings, before, graceMs, progress, signal);
  } catch (error) {
    if (progress.unannounced > 0) {
      await reconciled.write(workspaceId, { ...before, clean: 0, unannouncedAt: now() });
    }
    throw error;
  }
  const { unannounced, newest } = progress;
  if (unannounced > 0) logger?.info({ workspaceId, unannounced }, 'sweep: changes that nobody had told of');
  const after: SweepState = {
    ...before,
    at: now(),
    watermark: laterOf(before.watermark, newest),
    clean: unannounced > 0 ? 0 : before.clean + 1,
    unannouncedAt: unannounced > 0 ? now() : before.unannouncedAt,
  };
  await reconciled.write(workspaceId, after);
  return after;
}

const laterOf = (a: string | null, b: string | null): string | null => {
  if (a === null || b === null) return a ?? b;
  return Date.parse(b) > Date.parse(a) ? b : a;
};

async function isReliable(
  { workspaceId, log, registered }: Settings,
  reconcile: SweepState,
): Promise<{ readonly live: boolean; readonly lastWebhookAt: string | null }> {
  const lastWebhookAt = await log.lastWebhookAt(workspaceId);
  return { live: isLive({ lastWebhookAt, registered: registered(workspaceId), reconcile }), lastWebhookAt };
}

/** Where some came of late, what is found at once may only have been faster than its webhook. */
async function areWebhooksToBeExpected(settings: Settings, state: SweepState): Promise<boolean> {
  const { live, lastWebhookAt } = await isReliable(settings, state);
  const { clock, liveMs } = settings;
  return live || (lastWebhookAt !== null && clock.now() - Date.parse(lastWebhookAt) <= liveMs);
}

async function waitAfter(settings: Settings, state: SweepState, { pages }: Progress): Promise<number> {
  const { liveMs, pollMs } = settings;
  const { live } = await isReliable(settings, state);
  return live ? liveMs : Math.min(liveMs, pages * pollMs);
}

/** Sweeps that fail come less often, and the log is told once of each kind of failure until one succeeds. */
function createFailures({ workspaceId, pollMs, liveMs, logger }: Settings) {
  const kinds = new Set<string>();
  let inARow = 0;
  return {
    over: (): void => {
      if (inARow > 0) logger?.info({ workspaceId, failed: inARow }, 'sweep: it works again');
      inARow = 0;
      kinds.clear();
    },
    /** Milliseconds until the next attempt. */
    waitAfter: (error: unknown, { pages }: Progress): number => {
      inARow += 1;
      const kind = error instanceof GatewayError ? error.code : String(error);
      if (!kinds.has(kind)) {
        logger?.warn({ workspaceId, pages, error: describeError(error) }, 'sweep: failed; tried again soon');
      }
      kinds.add(kind);
      const backOff = Math.min(liveMs, Math.max(pages, 1) * pollMs * 2 ** Math.min(inARow - 1, 10));
      return Math.max(backOff, error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0);
    },
  };
}
