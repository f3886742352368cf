import type { GapReason } from '../../domain/event.ts';
import type { LivePlace, LiveReader } from './feed.ts';
import type { Judge } from './judge.ts';
import type { LiveTail, TailReader } from './live-tail.ts';
import type { LogEntry } from '../log/log.ts';
import type { Place } from './place.ts';

export interface FollowerOptions {
  readonly tail: LiveTail;
  /** Where the tail is now. */
  readonly at: Place;
  readonly judge: Judge;
  /** Enters whoever listens; `end` is called when the key is refused. Returns how to leave. */
  readonly attend: (end: (error: unknown) => void) => () => void;
}

/**
 * A place at the live end that was handed over. It keeps the tail going until it is followed, but not beyond the
 * breath in which it was handed over.
 */
export class Follower implements LivePlace, TailReader {
  readonly #options: FollowerOptions;
  #at: Place;
  #reader: LiveReader | null = null;
  #over = false;
  #leave: (() => void) | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#at = options.at;
    options.tail.share(this);
    queueMicrotask(() => {
      if (this.#reader === null) this.#stop();
    });
  }

  get position(): number {
    return this.#at.position;
  }

  get cursor(): string {
    return this.#at.cursor;
  }

  /** @throws when the breath is over, or when it is followed already */
  follow(reader: LiveReader): () => void {
    if (this.#over || this.#reader !== null) {
      throw new Error('A place is followed once, and in the breath in which it was handed over.');
    }
    this.#reader = reader;
    this.#leave = this.#options.attend(this.#end);
    this.#options.tail.attach(this);
    return this.#stop;
  }

  /** For the tail. */
  deliver(entry: LogEntry, place: Place): void {
    if (this.#over || entry.position <= this.#at.position) return;
    this.#at = place;
    this.#reader?.deliver(place, this.#options.judge.live(entry.record));
  }

  /** For the tail. */
  gap(reason: GapReason, place: Place): void {
    if (this.#over) return;
    this.#at = place;
    this.#reader?.gap({ kind: 'GAP', cursor: place.cursor, reason, since: null });
  }

  /** For the tail. */
  fail(error: unknown): void {
    this.#end(error);
  }

  readonly #end = (error: unknown): void => {
    if (this.#over) return;
    this.#stop();
    this.#reader?.end(error);
  };

  readonly #stop = (): void => {
    if (this.#over) return;
    this.#over = true;
    this.#options.tail.release(this);
    this.#leave?.();
  };
}
