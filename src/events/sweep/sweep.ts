import { systemClock, type Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { pause } from '../../domain/pause.ts';
import { describeError } from '../../domain/redact.ts';
import type { Intake } from '../intake/intake.ts';
import { DamagedFileError } from '../../state/json-file.ts';
import type { EventLog } from '../log/log.ts';
import { areExpected, isLive, type Evidence } from '../reconcile-state.ts';
import type { ReconcileStore, SweepState } from './reconcile-store.ts';
import { beginningByLog, readFloor, type Beginning } from './sweep-beginning.ts';
import { newProgress, sweepPages, type Progress, type TicketList } from './sweep-pages.ts';

export interface SweepOptions {
  readonly log: Pick<EventLog, 'known' | 'lastWebhookAt' | 'head' | 'read'>;
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

/** Milliseconds before the first sweep, so that whoever has just started is not in its way, and between it and the next. */
const firstMs = 1_000;

/** Milliseconds after which what changed, and the overlap, are surely over. */
const marginMs = 60_000;

type Settings = Required<Omit<SweeperOptions, 'logger'>> & Pick<SweeperOptions, 'logger'>;

/**
 * Heals the log of a workspace: lists the tickets changed since the last sweep and appends, as RECONCILE, the newest state
 * of each that never arrived. What came and went in between is not told, and a deletion leaves no trace in a list.
 *
 * Requests: one for each page. While webhooks are to be relied on, one sweep a minute. Otherwise one every `pollMs` (but
 * the second of all comes a second after the first), and a sweep of several pages is followed by as many pauses: at most 12 requests a minute at 5 s, but for a sweep so long
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
    maxTickets: 10_000,
    ...options,
  };
  const failures = createFailures(settings);
  const turn = async (signal: AbortSignal): Promise<number> => {
    const progress = newProgress();
    try {
      const state = await sweep(settings, progress, signal);
      failures.over(progress);
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
  const known = await reconciled.read(workspaceId);
  const before = known ?? (await resumeByLog(settings));
  if (before === null) {
    const first = begunWith(await readFloor(settings, progress, signal), clock.now(), clock.now());
    await reconciled.write(workspaceId, first);
    return first;
  }
  const begun = clock.now();
  const now = (): string => new Date(clock.now()).toISOString();
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
    ...watermarkAfter(settings, before, newest, begun),
    seenAtFirst: isPast(settings, before) ? [] : before.seenAtFirst,
    at: now(),
    clean: unannounced > 0 ? 0 : before.clean + 1,
    unannouncedAt: unannounced > 0 ? now() : before.unannouncedAt,
  };
  await reconciled.write(workspaceId, after);
  return after;
}

/** Kept before anything is read: else an entry that comes meanwhile would be taken for how far sweeps had come. */
async function resumeByLog({
  workspaceId,
  log,
  reconciled,
  clock,
  logger,
}: Settings): Promise<SweepState | null> {
  const beginning = await beginningByLog(log, workspaceId, clock);
  if (beginning === null) return null;
  const { watermark: since } = beginning;
  logger?.warn({ workspaceId, since }, 'sweep: nothing is known of earlier ones; it goes on from the log');
  const resumed = begunWith(beginning, null, clock.now());
  await reconciled.write(workspaceId, resumed);
  return resumed;
}

const begunWith = (beginning: Beginning, at: number | null, now: number): SweepState => ({
  ...beginning,
  at: at === null ? null : new Date(at).toISOString(),
  watermarkAt: new Date(now).toISOString(),
  settled: false,
  clean: 0,
  unannouncedAt: null,
});

/** @param begun when the sweep began, milliseconds since the epoch. Both times are ours: the backend's clock may differ. */
function watermarkAfter(
  { overlapMs, clock }: Settings,
  { at, watermark, watermarkAt, settled }: SweepState,
  newest: string | null,
  begun: number,
): Pick<SweepState, 'watermark' | 'watermarkAt' | 'settled'> {
  // One that came of the log may be ahead of everything the backend has.
  const moves = watermark === null || at === null || Date.parse(newest ?? '') > Date.parse(watermark);
  if (newest !== null && moves)
    return { watermark: newest, watermarkAt: new Date(clock.now()).toISOString(), settled: false };
  const settledNow = begun - Date.parse(watermarkAt) >= overlapMs + marginMs;
  return { watermark, watermarkAt, settled: settled || settledNow };
}

/** Sweeps do not go back to what the first of all saw any more. */
const isPast = ({ overlapMs }: Settings, { watermark, floor }: SweepState): boolean =>
  watermark !== null && floor !== null && Date.parse(watermark) - overlapMs > Date.parse(floor);

async function evidence(
  { workspaceId, log, registered }: Settings,
  reconcile: SweepState,
): Promise<Evidence> {
  const lastWebhookAt = await log.lastWebhookAt(workspaceId);
  return { lastWebhookAt, registered: registered(workspaceId), reconcile };
}

/** Where some came of late, what is found at once may only have been faster than its webhook. */
async function areWebhooksToBeExpected(settings: Settings, state: SweepState): Promise<boolean> {
  const found = await evidence(settings, state);
  const { clock, liveMs } = settings;
  const { lastWebhookAt } = found;
  return areExpected(found) || (lastWebhookAt !== null && clock.now() - Date.parse(lastWebhookAt) <= liveMs);
}

async function waitAfter(settings: Settings, state: SweepState, { pages }: Progress): Promise<number> {
  const { liveMs, pollMs, clock } = settings;
  if (isLive(await evidence(settings, state), true, clock.now())) return liveMs;
  // The first of all has compared nothing yet.
  const isFirst = state.clean === 0 && state.unannouncedAt === null;
  return Math.min(liveMs, isFirst ? firstMs + (pages - 1) * pollMs : pages * pollMs);
}

/** Sweeps that fail come less often, and the log is told once of each kind of failure until one succeeds. */
function createFailures({ workspaceId, pollMs, liveMs, logger }: Settings) {
  const kinds = new Set<string>();
  let inARow = 0;
  let isTold = false;
  return {
    over: ({ unreadable }: Progress): void => {
      if (unreadable.length > 0 && !isTold)
        logger?.warn({ workspaceId, unreadable }, 'sweep: tickets that cannot be read are not compared');
      isTold = unreadable.length > 0;
      if (inARow > 0) logger?.info({ workspaceId, failed: inARow }, 'sweep: it works again');
      inARow = 0;
      kinds.clear();
    },
    /** Milliseconds until the next attempt. */
    waitAfter: (error: unknown, { pages }: Progress): number => {
      inARow += 1;
      const kind = error instanceof GatewayError ? error.code : String(error);
      if (!kinds.has(kind)) {
        const text =
          error instanceof DamagedFileError
            ? 'sweep: nothing is swept until the damaged file is mended or moved away'
            : 'sweep: failed; tried again soon';
        logger?.warn({ workspaceId, pages, error: describeError(error) }, text);
      }
      kinds.add(kind);
      const backOff = Math.min(liveMs, Math.max(pages, 1) * pollMs * 2 ** Math.min(inARow - 1, 10));
      return Math.max(backOff, error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0);
    },
  };
}
