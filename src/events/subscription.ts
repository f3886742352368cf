import { setImmediate as breathe } from 'node:timers/promises';
import type { GapReason, StreamMessage } from '../domain/event.ts';
import type { Matcher } from './filter.ts';
import type { LiveTail, LiveTails, TailReader } from './live-tail.ts';
import { pageSize } from './live-tail.ts';
import type { EventLog, LogEntry } from './log.ts';

export interface SubscriptionOptions {
  readonly log: EventLog;
  readonly tails: LiveTails;
  readonly workspaceId: string;
  readonly matcher: Matcher;
  /** What is delivered before any event. */
  readonly opening: readonly StreamMessage[];
  /** The entry after which it begins. */
  readonly position: number;
  /** Entries up to here were in the log before the subscription began. */
  readonly replayUntil: number;
  /** Messages that wait for a slow consumer at most. */
  readonly queueLimit: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

type Result = IteratorResult<StreamMessage, undefined>;
const done: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * One subscriber's way through the log. It catches up at the consumer's own pace, page by page, so a long replay
 * takes no room; once it has seen everything that the live tail has given away, it joins the tail, in the same
 * breath, and from then on what the consumer has not taken yet waits in a bounded queue.
 */
export class Subscription implements AsyncIterableIterator<StreamMessage, undefined>, TailReader {
  readonly #options: SubscriptionOptions;
  readonly #queue: StreamMessage[];
  #position: number;
  #tail: LiveTail | null = null;
  #live = false;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  /** Something was lost after what is in the queue: told next, and until then nothing is taken in. */
  #gap: { readonly reason: GapReason; readonly since: string | null } | null = null;
  #wake: (() => void) | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#queue = [...options.opening];
    this.#position = options.position;
    if (options.signal.aborted) this.#end();
    else options.signal.addEventListener('abort', this.#end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const result = this.#last.then(this.#next, this.#next);
    this.#last = result;
    return result;
  }

  /** Also settles a `next` that waits. */
  async return(): Promise<Result> {
    this.#end();
    return done;
  }

  async throw(error: unknown): Promise<Result> {
    this.#end();
    throw error;
  }

  /** For the tail. */
  deliver(entry: LogEntry): void {
    if (entry.position <= this.#position) return;
    if (entry.position > this.#position + 1) this.#gap ??= { reason: 'EVENTS_LOST', since: null };
    this.#take(entry);
    this.#wake?.();
  }

  /** For the tail. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  readonly #next = async (): Promise<Result> => {
    try {
      while (!this.#ended) {
        const value = this.#queue.shift() ?? this.#tellGap();
        if (value !== null) return { value, done: false };
        if (this.#failure !== null) throw this.#failure.error;
        await (this.#live ? this.#news() : this.#catchUp());
      }
      return done;
    } catch (error) {
      // A log that fails while nobody waits any more is not this consumer's trouble.
      if (this.#ended) return done;
      this.#end();
      throw error;
    }
  };

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.length = 0;
    this.#options.signal.removeEventListener('abort', this.#end);
    this.#tail?.release(this);
    this.#wake?.();
  };

  #tellGap(): StreamMessage | null {
    if (this.#gap === null || this.#tail === null) return null;
    const gap: StreamMessage = { kind: 'GAP', cursor: this.#tail.cursor, ...this.#gap };
    this.#gap = null;
    return gap;
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }

  /** One page nearer to the live tail, or onto it. */
  async #catchUp(): Promise<void> {
    const { log, tails, workspaceId } = this.#options;
    this.#tail ??= tails.open(workspaceId);
    await this.#tail.started;
    // No pause between this comparison and joining: whatever the tail gives next is the first that is missing here.
    if (this.#position >= this.#tail.position) {
      this.#join(this.#tail);
      return;
    }
    const entries = await log.read(workspaceId, this.#position, pageSize);
    if (entries[0]?.position === this.#position + 1) {
      for (const entry of entries) this.#take(entry);
      // Pages without a match follow each other without I/O: let others have their turn.
      if (this.#queue.length === 0) await breathe();
    } else {
      this.#gap = { reason: 'CURSOR_EXPIRED', since: null };
      this.#join(this.#tail);
    }
  }

  #join(tail: LiveTail): void {
    if (this.#ended) return;
    this.#position = Math.max(this.#position, tail.position);
    this.#live = true;
    tail.attach(this);
  }

  #take({ position, record }: LogEntry): void {
    const { matcher, replayUntil, queueLimit } = this.#options;
    this.#position = position;
    const { deliver, matchesFilter } = matcher(record);
    if (!deliver || this.#gap !== null) return;
    if (this.#live && this.#queue.length >= queueLimit) {
      this.#gap = { reason: 'SLOW_CONSUMER', since: record.receivedAt };
      return;
    }
    const replayed = position <= replayUntil;
    this.#queue.push({ kind: 'EVENT', cursor: record.cursor, record, matchesFilter, replayed });
  }
}
