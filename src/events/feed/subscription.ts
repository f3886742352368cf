import type { EventRecord, GapReason, StreamMessage } from '../../domain/event.ts';
import type { EventMessage, LivePlace, MessageStream } from './feed.ts';
import { Follower, type FollowerOptions } from './follower.ts';
import type { Judge } from './judge.ts';
import { messageOf } from './judge.ts';
import type { LiveTail, TailReader } from './live-tail.ts';
import type { LogEntry } from '../log/log.ts';
import { MessageQueue } from './message-queue.ts';
import type { Patience } from './patience.ts';
import { placeOf, readOn, type Place } from './place.ts';
import { limitAfter, type ReplayPages } from './replay-pages.ts';

export interface SubscriptionOptions {
  readonly log: ReplayPages;
  /** It has started, and somebody has a share in it. */
  readonly tail: LiveTail;
  readonly workspaceId: string;
  readonly judge: Judge;
  /** What is delivered before any event. */
  readonly opening: readonly StreamMessage[];
  /** Where it begins. */
  readonly at: Place;
  /** Entries up to here were in the log before the subscription began. */
  readonly replayUntil: number;
  /** Messages that wait for a slow consumer at most. */
  readonly queueLimit: number;
  /** Waits for the log, as long as somebody wants the answer. */
  readonly patience: (wanted: () => boolean) => Patience;
  readonly attend: FollowerOptions['attend'];
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told of each message that is taken. */
  readonly told: (message: StreamMessage) => void;
}

type Result = IteratorResult<StreamMessage, undefined>;
const done: IteratorReturnResult<undefined> = { value: undefined, done: true };
const itself = (message: EventMessage): EventMessage => message;

/**
 * One subscriber's way through the log. It catches up at the consumer's own pace, page by page, so a long replay
 * takes no room; once it has seen everything that the live tail has given away, it joins the tail, in the same
 * breath, and from then on what the consumer has not taken yet waits in a bounded queue.
 */
export class Subscription implements MessageStream, TailReader {
  readonly #options: SubscriptionOptions;
  readonly #patience: Patience;
  readonly #leave: () => void;
  /** What comes before the live end: the opening, then a page of the log at a time. */
  readonly #backlog: StreamMessage[];
  readonly #queue: MessageQueue<EventMessage>;
  /** Everything up to here was looked at. */
  #at: Place;
  /** The mark while something waits or is being handled. */
  #mark: string | null = null;
  #inHand: StreamMessage | null = null;
  #asking = 0;
  #live = false;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  /** Something was lost after what waits: told next, and until then nothing is taken in. */
  #gap: { readonly reason: GapReason; readonly since: string | null } | null = null;
  #wake: (() => void) | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#patience = options.patience(() => !this.#ended && this.#failure === null);
    this.#backlog = [...options.opening];
    this.#queue = new MessageQueue(options.queueLimit, itself);
    this.#at = options.at;
    this.#leave = options.attend(this.#refuse);
    options.tail.share(this);
    if (options.signal.aborted) this.#end();
    else options.signal.addEventListener('abort', this.#end);
  }

  get mark(): string | null {
    return this.#idle ? this.#at.cursor : this.#mark;
  }

  handOver(): LivePlace | null {
    const { tail, judge, attend, replayUntil } = this.#options;
    // Where the two are not at one place, there is something to read first; or the tail is just about to give it.
    if (!this.#idle || this.#at.cursor !== tail.at.cursor || this.#at.position < replayUntil) return null;
    const place = new Follower({ tail, at: this.#at, judge, attend });
    this.#end();
    return place;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#asking === 0) this.#handled();
    this.#asking += 1;
    const result = this.#last.then(this.#next, this.#next);
    this.#last = result;
    return result;
  }

  more(): StreamMessage | null {
    if (this.#asking > 0 || this.#ended) return null;
    this.#handled();
    const message = this.#backlog.shift() ?? this.#queue.shift() ?? null;
    this.#inHand = message;
    if (message !== null) this.#options.told(message);
    return message;
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
  deliver({ position, record }: LogEntry, place: Place): void {
    if (position <= this.#at.position) {
      if (position === this.#at.position && place.cursor !== this.#at.cursor) this.gap('EVENTS_LOST', place);
      return;
    }
    const message = this.#gap === null ? this.#judge(position, record) : null;
    if (message !== null) {
      this.#holdMark();
      if (!this.#queue.push(message)) this.#gap = { reason: 'SLOW_CONSUMER', since: record.receivedAt };
      this.#wake?.();
    }
    this.#at = place;
  }

  /** For the tail. */
  gap(reason: GapReason, place: Place): void {
    this.#holdMark();
    this.#gap ??= { reason, since: null };
    this.#at = place;
    this.#live = true;
    this.#options.tail.attach(this);
    this.#wake?.();
  }

  /** For the tail. */
  fail(error: unknown): void {
    this.#holdMark();
    this.#failure = { error };
    this.#wake?.();
  }

  /** Nothing is left to do but to wait. */
  get #idle(): boolean {
    if (this.#ended || this.#failure !== null || this.#gap !== null) return false;
    return this.#inHand === null && this.#backlog.length + this.#queue.size === 0;
  }

  /** Before something begins to wait, or is lost. */
  #holdMark(): void {
    this.#mark = this.mark;
  }

  /** A tail that lags behind may give what was there before the subscription. */
  #judge(position: number, record: EventRecord): EventMessage | null {
    const { judge, replayUntil } = this.#options;
    return position <= replayUntil ? messageOf(record, judge.matcher, true) : judge.live(record);
  }

  #handled(): void {
    const message = this.#inHand;
    if (message === null) return;
    this.#inHand = null;
    // Who resumes from before a gap that was not told must be told it then.
    if (message.kind !== 'READY' || this.#backlog[0]?.kind !== 'GAP') this.#mark = message.cursor;
  }

  readonly #next = async (): Promise<Result> => {
    this.#handled();
    try {
      while (!this.#ended) {
        const value = this.#backlog.shift() ?? this.#queue.shift() ?? this.#tellGap();
        if (value !== null) {
          this.#inHand = value;
          this.#options.told(value);
          return { value, done: false };
        }
        if (this.#failure !== null) throw this.#failure.error;
        await (this.#live ? this.#news() : this.#catchUp());
      }
      return done;
    } catch (error) {
      // A log that fails while nobody waits any more is not this consumer's trouble.
      if (this.#ended) return done;
      this.#end();
      throw this.#failure === null ? error : this.#failure.error;
    } finally {
      this.#asking -= 1;
    }
  };

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#holdMark();
    this.#ended = true;
    this.#backlog.length = 0;
    this.#queue.clear();
    this.#options.signal.removeEventListener('abort', this.#end);
    this.#leave();
    this.#options.tail.release(this);
    this.#patience.hurry();
    this.#wake?.();
  };

  /** What waits is not for this key any more. */
  readonly #refuse = (error: unknown): void => {
    this.#holdMark();
    this.#failure = { error };
    this.#backlog.length = 0;
    this.#queue.clear();
    this.#gap = null;
    this.#live = true;
    this.#options.tail.release(this);
    this.#patience.hurry();
    this.#wake?.();
  };

  #tellGap(): StreamMessage | null {
    if (this.#gap === null) return null;
    const gap: StreamMessage = { kind: 'GAP', cursor: this.#at.cursor, ...this.#gap };
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
    const { log, tail, workspaceId } = this.#options;
    // No pause between this comparison and joining: whatever the tail gives next is the first that is missing here.
    if (this.#at.position >= tail.at.position) {
      this.#join();
      return;
    }
    const page = await this.#patience.ask(() =>
      readOn(log, workspaceId, this.#at, limitAfter(this.#at.position), 'CURSOR_EXPIRED'),
    );
    // Meanwhile it was ended, or the tail has told of a gap: what was read is of no use.
    if (this.#live || this.#ended) return;
    if ('lost' in page) {
      this.gap(page.lost, tail.at);
      return;
    }
    for (const entry of page.entries) {
      const message = this.#judge(entry.position, entry.record);
      if (message !== null) {
        this.#holdMark();
        this.#backlog.push(message);
      }
      this.#at = placeOf(entry);
    }
  }

  #join(): void {
    const { tail } = this.#options;
    if (this.#at.position === tail.at.position && this.#at.cursor !== tail.at.cursor) {
      this.gap('EVENTS_LOST', tail.at);
      return;
    }
    this.#live = true;
    tail.attach(this);
    if (this.#at.position > tail.at.position) void this.#waitForTail();
  }

  /** The tail has yet to read what was read here already; unless that is in the log no more. */
  async #waitForTail(): Promise<void> {
    const { tail } = this.#options;
    await tail.refresh();
    if (!this.#ended && this.#at.position > tail.at.position) this.gap('EVENTS_LOST', tail.at);
  }
}
