import type { Clock } from '../../domain/clock.ts';
import type { GapReason } from '../../domain/event.ts';
import type { EventLog, LogEntry, LogNews } from '../log/log.ts';
import { Patience, type Outage } from './patience.ts';
import { placeOf, readOn, type Place } from './place.ts';
import { pageSize } from './replay-pages.ts';

/** Takes what a tail gives; none of these may throw. */
export interface TailReader {
  /** The next entry, and the place after it. Positions grow by one, but after a gap. */
  deliver(entry: LogEntry, place: Place): void;
  /** Entries were lost; what comes next is after `place`. Also told to who has not attached yet. */
  gap(reason: GapReason, place: Place): void;
  /** The log could not be read, although it was in reach. Nothing follows. */
  fail(error: unknown): void;
}

/** The end of one workspace's log, as somebody uses it. While the log is out of reach, it waits. */
export interface LiveTail {
  /** Resolves once `at` is known; rejects when the log could not be read. */
  readonly started: Promise<void>;
  /** Every entry up to here was given to whoever was attached then. */
  readonly at: Place;
  /** Keeps the tail going for `reader`, and tells it of gaps and failures. */
  share(reader: TailReader): void;
  /** From now on `reader`, which has a share, is given each entry after `at`. */
  attach(reader: TailReader): void;
  /** Ends the share of `reader`: it is given nothing more. */
  release(reader: TailReader): void;
  /** Resolves once all is read that was in the log at the time of the call. */
  refresh(): Promise<void>;
}

export interface LiveTails {
  /** @param reader has a share from now on */
  open(workspaceId: string, reader: TailReader): LiveTail;
}

export interface TailOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly outage: Outage;
}

/** Reads new entries once for each workspace, however many listen, and only while somebody does. */
export function createLiveTails(options: TailOptions): LiveTails {
  const tails = new Map<string, SharedTail>();
  return {
    open: (workspaceId, reader) => {
      let tail = tails.get(workspaceId);
      if (tail === undefined) {
        tail = new SharedTail(options, workspaceId, () => {
          tails.delete(workspaceId);
        });
        tails.set(workspaceId, tail);
      }
      tail.share(reader);
      return tail;
    },
  };
}

class SharedTail implements LiveTail {
  readonly started: Promise<void>;
  readonly #log: EventLog;
  readonly #workspaceId: string;
  readonly #unlisten: () => void;
  readonly #ended: () => void;
  readonly #patience: Patience;
  readonly #users = new Set<TailReader>();
  readonly #readers = new Set<TailReader>();
  #at: Place = { position: 0, cursor: '' };
  #running = true;
  #reading: Promise<void> | null = null;
  /** There is, or may be, something that was not read. */
  #news = false;
  /** The log was away: it may not hold any more what was read before. */
  #doubt = false;
  #failure: { readonly error: unknown } | null = null;

  /** @param ended called once: nobody uses it any more, or it failed */
  constructor({ log, clock, outage }: TailOptions, workspaceId: string, ended: () => void) {
    this.#log = log;
    this.#workspaceId = workspaceId;
    this.#ended = ended;
    this.#patience = new Patience({ clock, outage, wanted: () => this.#running });
    // Before the head is asked for: what is appended in between is news, and no hole.
    this.#unlisten = log.watch(workspaceId, this.#heard);
    this.started = this.#patience
      .ask(() => log.head(workspaceId))
      .then((head) => {
        this.#at = head;
      });
    // Whoever opens the tail awaits `started`; news alone must not make its failure an unhandled one.
    this.started.catch(() => {
      this.#stop();
    });
  }

  get at(): Place {
    return this.#at;
  }

  share(reader: TailReader): void {
    this.#users.add(reader);
    if (this.#failure !== null) reader.fail(this.#failure.error);
  }

  attach(reader: TailReader): void {
    if (this.#users.has(reader)) this.#readers.add(reader);
  }

  release(reader: TailReader): void {
    this.#readers.delete(reader);
    this.#users.delete(reader);
    if (this.#users.size === 0) this.#stop();
  }

  refresh(): Promise<void> {
    this.#news = true;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  readonly #heard = (news: LogNews): void => {
    if (news === 'RECONNECTED') {
      this.#doubt = true;
      this.#patience.hurry();
    }
    void this.refresh();
  };

  #stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#unlisten();
    this.#patience.hurry();
    this.#ended();
  }

  /** Reads until nothing is left; news that comes meanwhile is read in the same go. Never rejects. */
  async #read(): Promise<void> {
    try {
      await this.started;
      while (this.#running && this.#news) {
        this.#news = false;
        if (this.#doubt) await this.#check();
        while (this.#running && (await this.#readPage()));
      }
    } catch (error) {
      // A log that fails while nobody listens any more is nobody's trouble.
      if (!this.#running) return;
      this.#failure = { error };
      this.#stop();
      for (const reader of this.#users) reader.fail(error);
    } finally {
      // In the same breath as the last look at `#news`, so that none is passed over.
      this.#reading = null;
    }
  }

  async #check(): Promise<void> {
    this.#doubt = false;
    const found = await this.#patience.ask(() => this.#log.locate(this.#workspaceId, this.#at.cursor));
    if (found.kind === 'KNOWN') return;
    await this.#lose(found.kind === 'GAP' ? found.reason : 'SOURCE_RESTARTED');
  }

  /** @returns whether there may be more */
  async #readPage(): Promise<boolean> {
    const page = await this.#patience.ask(() =>
      readOn(this.#log, this.#workspaceId, this.#at, pageSize, 'EVENTS_LOST'),
    );
    if ('lost' in page) return this.#lose(page.lost);
    for (const entry of page.entries) {
      const place = placeOf(entry);
      this.#at = place;
      for (const reader of this.#readers) reader.deliver(entry, place);
    }
    return page.entries.length > 0;
  }

  /** @returns whether there may be more */
  async #lose(reason: GapReason): Promise<boolean> {
    const head = await this.#patience.ask(() => this.#log.head(this.#workspaceId));
    // Nothing comes after this place; should the log not know its own end, asking on would never stop.
    if (head.cursor === this.#at.cursor) return false;
    this.#at = head;
    for (const reader of this.#users) reader.gap(reason, head);
    return true;
  }
}
