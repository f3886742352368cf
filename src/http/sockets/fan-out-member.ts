import type { GapReason, StreamMessage } from '../../domain/event.ts';
import type { EventMessage } from '../../events/feed/feed.ts';
import { MessageQueue } from '../../events/feed/message-queue.ts';
import { prefixOf } from './frames.ts';

/** A result that a group has executed and encoded once, for all its members. */
export interface SharedResult {
  /** Its JSON. */
  readonly payload: Buffer;
  /** Why whoever is given it may not listen any more; null: it may. */
  readonly fault: string | null;
}

export interface SharedEvent extends SharedResult {
  readonly message: EventMessage;
  /** Its place among all that the group was given. */
  readonly turn: number;
}

export type GapMessage = Extract<StreamMessage, { readonly kind: 'GAP' }>;

export interface SharedGap extends SharedResult {
  readonly message: GapMessage;
  readonly turn: number;
}

/** What a member tells of events that it could not be given. */
export interface Lost {
  readonly reason: GapReason;
  readonly since: string | null;
}

/** The group as its members see it. */
export interface Shared {
  /** Everything up to here was given to the members. */
  readonly done: { readonly turn: number; readonly cursor: string };
  /** Tells of a gap that ends at `done`. */
  gapOf(lost: Lost): SharedGap | Promise<SharedGap>;
  leave(member: Member): void;
  /** A member has taken a message. */
  told(message: StreamMessage): void;
}

/** A subscription, for the socket that writes what it has to tell. */
export interface Voice {
  /** The client's name for it. */
  readonly id: string;
  /** What comes before the payload in each of its messages; one byte a character. */
  readonly prefix: string;
  /** Its outlet knows that it has something. */
  woken: boolean;
  /** Nothing more comes of it: its last message was taken, or it has left. */
  readonly over: boolean;
  /** What is to be told next; null: nothing now. */
  take(): SharedResult | null;
}

/** What takes from a voice. */
export interface Outlet {
  /** It may have something to take. */
  wake(voice: Voice): void;
}

/** Messages that wait for a slow member at most. */
const queueLimit = 512;

const messageOf = ({ message }: SharedEvent): EventMessage => message;

/**
 * One subscriber of a group. What it was given waits here until its socket takes it; what does not fit is lost, and told.
 * There are many thousands, and most of them wait for nothing: one that does holds no queue.
 */
export class Member implements Voice {
  readonly id: string;
  readonly prefix: string;
  woken = false;
  over = false;
  readonly #shared: Shared;
  readonly #outlet: Outlet;
  /** The last place that was taken, or where it joined. */
  #turn: number;
  #cursor: string;
  /** Comes before what is in the queue. */
  #gap: SharedGap | null = null;
  /** null: nothing waits, or not yet. */
  #queue: MessageQueue<SharedEvent> | null = null;
  /** Told once all that waits was taken; until then nothing is taken in. */
  #lost: Lost | null = null;
  /** A gap is being executed, before what is in the queue. */
  #executing = false;
  #last: SharedResult | null = null;

  constructor(
    shared: Shared,
    outlet: Outlet,
    id: string,
    joined: { readonly turn: number; readonly cursor: string },
  ) {
    this.#shared = shared;
    this.#outlet = outlet;
    this.id = id;
    this.prefix = prefixOf(id);
    this.#turn = joined.turn;
    this.#cursor = joined.cursor;
  }

  /** The newest cursor up to which everything was taken. */
  get mark(): string {
    this.#catchUp();
    return this.#cursor;
  }

  push(event: SharedEvent): void {
    this.#catchUp();
    if (event.turn <= this.#turn || this.#lost !== null) return;
    this.#queue ??= new MessageQueue(queueLimit, messageOf);
    if (!this.#queue.push(event)) {
      this.#lost = { reason: 'SLOW_CONSUMER', since: event.message.record.receivedAt };
    }
    this.#outlet.wake(this);
  }

  /** Something was lost for everybody. */
  pushGap(gap: SharedGap): void {
    this.#catchUp();
    if (gap.turn <= this.#turn) return;
    if (this.#isIdle()) this.#gap = gap;
    else this.#lost = { reason: gap.message.reason, since: this.#lost?.since ?? gap.message.since };
    this.#outlet.wake(this);
  }

  /** Nothing follows what waits but this; where it says that this key may not listen, at once. */
  end(last: SharedResult): void {
    this.#last = last;
    if (last.fault !== null) this.#forget();
    this.#outlet.wake(this);
  }

  take(): SharedResult | null {
    if (this.#executing || this.over) return null;
    const next = this.#gap ?? this.#queue?.shift();
    if (next !== undefined) {
      this.#gap = null;
      this.#turn = next.turn;
      this.#cursor = next.message.cursor;
      this.#shared.told(next.message);
      return next;
    }
    this.#queue = null;
    if (this.#lost !== null) return this.#tell(this.#lost);
    this.over = this.#last !== null;
    return this.#last;
  }

  leave(): void {
    this.over = true;
    this.#queue = null;
    this.#shared.leave(this);
  }

  /** Where nothing waits, all that was given was taken. */
  #catchUp(): void {
    const { turn, cursor } = this.#shared.done;
    if (turn <= this.#turn || !this.#isIdle()) return;
    this.#turn = turn;
    this.#cursor = cursor;
  }

  #isIdle(): boolean {
    const waits = (this.#queue?.size ?? 0) > 0;
    return !waits && this.#gap === null && this.#lost === null && !this.#executing;
  }

  #forget(): void {
    this.#gap = null;
    this.#queue = null;
    this.#lost = null;
    this.#executing = false;
  }

  /** What comes after the gap is taken in again at once, although the gap itself may have to wait. */
  #tell(lost: Lost): SharedResult | null {
    this.#lost = null;
    this.#turn = this.#shared.done.turn;
    const gap = this.#shared.gapOf(lost);
    if (!(gap instanceof Promise)) {
      this.#cursor = gap.message.cursor;
      this.#shared.told(gap.message);
      return gap;
    }
    this.#executing = true;
    void gap.then((told) => {
      if (!this.#executing) return;
      this.#executing = false;
      this.#gap = told;
      this.#outlet.wake(this);
    });
    return null;
  }
}
