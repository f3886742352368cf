import type { Clock } from '../domain/clock.ts';
import type { EventRecord } from '../domain/event.ts';
import type { Log } from '../domain/log.ts';
import { describeError } from '../domain/redact.ts';
import type { EventLog, LogNews } from '../events/log/log.ts';
import { placeOf, readOn, type Place } from '../events/feed/place.ts';

export interface FollowerOptions {
  readonly log: Pick<EventLog, 'head' | 'read' | 'locate' | 'watch'>;
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly logger: Pick<Log, 'warn'>;
  readonly take: (record: EventRecord) => void;
  /** Records were lost; what comes next is after the hole. */
  readonly lost: () => void;
}

/** Records read from the log at a time. */
const pageSize = 256;
/** Milliseconds for which one look at the log's end tells that nothing was missed, and that an outage is believed in. */
const confirmedMs = 1_000;
/** Milliseconds that a read waits at most for such a look. */
const patienceMs = 250;
/** Cursors that are remembered to have been reached. */
const maxReached = 1_000;

/**
 * Follows one workspace's log from its end, and knows whether it still hears everything: a log that is out of reach, or
 * was, is not to be relied on until it has been read on without a hole.
 */
export class LogFollower {
  readonly #options: FollowerOptions;
  readonly #unlisten: () => void;
  #at: Place | null = null;
  #running = true;
  /** There is, or may be, something that was not read. */
  #news = true;
  #doubt = true;
  #reading: Promise<void> | null = null;
  /** All that was in the log then was taken; milliseconds since the epoch. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #hopelessUntil = Number.NEGATIVE_INFINITY;
  readonly #reached = new Set<string>();

  constructor(options: FollowerOptions) {
    this.#options = options;
    // Before the end is asked for: what is appended in between is news.
    this.#unlisten = options.log.watch(options.workspaceId, this.#heard);
  }

  /** From here on every record comes, or that some were lost. */
  get isFollowing(): boolean {
    return this.#at !== null;
  }

  get isConfirmed(): boolean {
    return !this.#doubt && this.#options.clock.now() - this.#confirmedAt < confirmedMs;
  }

  /** Whether all that is in the log was taken; looks if need be, but not for long. Never rejects. */
  async confirm(): Promise<boolean> {
    const { clock } = this.#options;
    if (this.isConfirmed) return true;
    if (clock.now() < this.#hopelessUntil || !this.#running) return false;
    await this.#within(patienceMs, this.#refresh());
    if (this.isConfirmed) return true;
    this.#hopelessUntil = clock.now() + confirmedMs;
    return false;
  }

  /**
   * Whether the log was taken in up to a cursor; waits for that if need be. Never rejects.
   * @param ms for at most so long
   */
  async reach(cursor: string, ms: number): Promise<boolean> {
    if (this.#reached.has(cursor)) return true;
    await this.#within(ms, this.#reach(cursor));
    return this.#reached.has(cursor);
  }

  stop(): void {
    this.#running = false;
    this.#unlisten();
  }

  readonly #heard = (news: LogNews): void => {
    if (news === 'RECONNECTED') {
      this.#doubt = true;
      this.#hopelessUntil = Number.NEGATIVE_INFINITY;
    }
    void this.#refresh();
  };

  /** Resolves once all is read that is in the log now, or when that failed. */
  #refresh(): Promise<void> {
    this.#news = true;
    return (this.#reading ??= this.#read());
  }

  async #read(): Promise<void> {
    const { log, workspaceId, clock, logger } = this.#options;
    try {
      while (this.#running && this.#news) {
        this.#news = false;
        const begunAt = clock.now();
        this.#at ??= await log.head(workspaceId);
        while (this.#running && (await this.#readPage(this.#at)));
        this.#confirmedAt = begunAt;
      }
      this.#doubt = false;
    } catch (error) {
      if (!this.#doubt && this.#running)
        logger.warn({ workspaceId, error: describeError(error) }, 'reads: the event log is out of reach');
      this.#doubt = true;
    } finally {
      // In the same breath as the last look at `#news`, so that none is passed over.
      this.#reading = null;
    }
  }

  /** @returns whether there may be more */
  async #readPage(from: Place): Promise<boolean> {
    const { log, workspaceId, take } = this.#options;
    const page = await readOn(log, workspaceId, from, pageSize, 'EVENTS_LOST');
    if (!this.#running) return false;
    if ('lost' in page) return this.#lose(from);
    for (const entry of page.entries) {
      this.#at = placeOf(entry);
      take(entry.record);
    }
    return page.entries.length > 0;
  }

  async #lose(from: Place): Promise<boolean> {
    const { log, workspaceId, lost, logger } = this.#options;
    const head = await log.head(workspaceId);
    this.#reached.clear();
    logger.warn({ workspaceId }, 'reads: events were lost, nothing that was read before is trusted');
    this.#at = head;
    lost();
    // Should the log not know its own end, asking on would never stop.
    return head.cursor !== from.cursor;
  }

  async #reach(cursor: string): Promise<void> {
    const { log, workspaceId } = this.#options;
    try {
      const found = await log.locate(workspaceId, cursor);
      if (found.kind !== 'KNOWN') return;
      if (this.#at === null || this.#at.position < found.position) await this.#refresh();
      if (this.#at === null || this.#at.position < found.position) return;
      if (this.#reached.size >= maxReached) this.#reached.clear();
      this.#reached.add(cursor);
    } catch {
      // Whoever asked reads afresh.
    }
  }

  async #within(ms: number, step: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, late.resolve);
    await Promise.race([step, late.promise]);
    cancel();
  }
}
