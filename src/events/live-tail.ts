import type { EventLog, LogEntry } from './log.ts';

/** Entries read from the log at a time. */
export const pageSize = 256;

/** Takes what a tail gives; none of these may throw. */
export interface TailReader {
  /** Positions grow, by more than one where entries were trimmed before the tail had read them. */
  deliver(entry: LogEntry): void;
  /** The log could not be read. Nothing follows. */
  fail(error: unknown): void;
}

/** The end of one workspace's log, as somebody uses it. */
export interface LiveTail {
  /** Resolves once `position` and `cursor` are known; rejects when the log could not be read. */
  readonly started: Promise<void>;
  /** Every entry up to here was given to whoever was attached then. */
  readonly position: number;
  /** The cursor of that place. */
  readonly cursor: string;
  /** From now on `reader` is given each entry after `position`. */
  attach(reader: TailReader): void;
  /** To be called exactly once by whoever opened the tail: `reader` is given nothing more. */
  release(reader: TailReader): void;
}

export interface LiveTails {
  open(workspaceId: string): LiveTail;
}

/** Reads new entries once for each workspace, however many listen, and only while somebody does. */
export function createLiveTails(log: EventLog): LiveTails {
  const tails = new Map<string, SharedTail>();
  return {
    open: (workspaceId) => {
      let tail = tails.get(workspaceId);
      if (tail === undefined) {
        tail = new SharedTail(log, workspaceId, () => {
          tails.delete(workspaceId);
        });
        tails.set(workspaceId, tail);
      }
      return tail.share();
    },
  };
}

class SharedTail implements LiveTail {
  readonly started: Promise<void>;
  readonly #log: EventLog;
  readonly #workspaceId: string;
  readonly #unlisten: () => void;
  readonly #ended: () => void;
  readonly #readers = new Set<TailReader>();
  #at = { position: 0, cursor: '' };
  #users = 0;
  #running = true;
  #reading = false;
  /** There is, or may be, something that was not read. */
  #news = false;
  #failure: { readonly error: unknown } | null = null;

  /** @param ended called once: nobody uses it any more, or it failed */
  constructor(log: EventLog, workspaceId: string, ended: () => void) {
    this.#log = log;
    this.#workspaceId = workspaceId;
    this.#ended = ended;
    // Before the head is asked for: what is appended in between is news, and no hole.
    this.#unlisten = log.onAppend(workspaceId, () => {
      this.#news = true;
      void this.#read();
    });
    this.started = log.head(workspaceId).then((head) => {
      this.#at = head;
    });
    // Whoever opens the tail awaits `started`; news alone must not make its failure an unhandled one.
    this.started.catch(() => {
      this.#stop();
    });
  }

  get position(): number {
    return this.#at.position;
  }

  get cursor(): string {
    return this.#at.cursor;
  }

  share(): LiveTail {
    this.#users += 1;
    return this;
  }

  attach(reader: TailReader): void {
    this.#readers.add(reader);
    if (this.#failure !== null) reader.fail(this.#failure.error);
  }

  release(reader: TailReader): void {
    this.#readers.delete(reader);
    this.#users -= 1;
    if (this.#users === 0) this.#stop();
  }

  #stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#unlisten();
    this.#ended();
  }

  /** Reads until nothing is left; news that comes meanwhile is read in the same go. Never rejects. */
  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      await this.started;
      while (this.#running && this.#news) {
        this.#news = false;
        while (this.#running && (await this.#readPage()));
      }
    } catch (error) {
      this.#failure = { error };
      this.#stop();
      for (const reader of this.#readers) reader.fail(error);
    } finally {
      this.#reading = false;
    }
  }

  /** @returns whether there was any */
  async #readPage(): Promise<boolean> {
    const entries = await this.#log.read(this.#workspaceId, this.#at.position, pageSize);
    for (const entry of entries) {
      this.#at = { position: entry.position, cursor: entry.record.cursor };
      for (const reader of this.#readers) reader.deliver(entry);
    }
    return entries.length > 0;
  }
}
