import type { ExecutionResult } from 'graphql';
import type { StreamMessage } from '../../domain/event.ts';
import type { EventMessage, LivePlace, LiveReader } from '../../events/feed/feed.ts';
import { MessageQueue } from '../../events/feed/message-queue.ts';
import { failed } from '../../graphql/subscribe.ts';
import {
  Member,
  type GapMessage,
  type Lost,
  type Outlet,
  type Shared,
  type SharedGap,
  type SharedResult,
} from './fan-out-member.ts';
import type { Task, Turns } from './turns.ts';

export interface GroupOptions {
  /** Where the live end is followed from. */
  readonly place: LivePlace;
  readonly turns: Turns;
  /** What a message comes to, for all. Never throws or rejects. */
  readonly execute: (message: StreamMessage) => SharedResult | Promise<SharedResult>;
  /** The same for a failure without a message. */
  readonly present: (result: ExecutionResult) => SharedResult;
  /** Told of each message that a member takes. @default nobody is */
  readonly told?: ((message: StreamMessage) => void) | undefined;
  /** Nobody is left, or nothing follows. */
  readonly ended: (group: Group) => void;
}

interface Entry {
  readonly message: EventMessage;
  readonly turn: number;
}

interface Place {
  readonly turn: number;
  readonly cursor: string;
}

/** Events that wait to be executed at most: an execution may have to ask the backend. */
const backlogLimit = 512;

/**
 * Subscriptions that are the same to the last letter: each event is executed and encoded once for all of them.
 * What it is given from the live end gets a number, its turn, by which a member knows what came before it joined.
 */
export class Group implements LiveReader, Shared, Task {
  readonly #options: GroupOptions;
  readonly #members = new Set<Member>();
  readonly #backlog = new MessageQueue<Entry>(backlogLimit, ({ message }) => message);
  readonly #stop: () => void;
  /** The last that was given to the group, and to its members. */
  #given: Place;
  #done: Place;
  /** Told once the backlog was executed; until then nothing is taken in. */
  #lost: Lost | null = null;
  /** What nothing follows. */
  #last: SharedResult | null = null;
  #executing = false;
  #over = false;
  /** Members that lose events lose them at the same place. */
  #gap: { readonly of: Lost; readonly turn: number; readonly told: SharedGap | Promise<SharedGap> } | null =
    null;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#given = { turn: 0, cursor: options.place.cursor };
    this.#done = this.#given;
    this.#stop = options.place.follow(this);
  }

  get done(): Place {
    return this.#done;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether somebody at this place misses nothing and hears nothing twice by joining. */
  isAt(place: LivePlace): boolean {
    return !this.#over && this.#last === null && place.cursor === this.#given.cursor;
  }

  /** @param id the client's name for its subscription @param outlet takes its messages */
  join(id: string, outlet: Outlet): Member {
    const member = new Member(this, outlet, id, this.#given);
    this.#members.add(member);
    return member;
  }

  leave(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size === 0) this.#end();
  }

  told(message: StreamMessage): void {
    this.#options.told?.(message);
  }

  deliver({ cursor }: { readonly cursor: string }, message: EventMessage | null): void {
    const turn = this.#given.turn + 1;
    this.#given = { turn, cursor };
    if (message === null) {
      if (this.#isIdle()) this.#done = this.#given;
      return;
    }
    if (this.#lost !== null) return;
    if (!this.#backlog.push({ message, turn })) {
      this.#lost = { reason: 'SLOW_CONSUMER', since: message.record.receivedAt };
    }
    this.#options.turns.add(this);
  }

  gap(message: GapMessage): void {
    const idle = this.#isIdle();
    this.#given = { turn: this.#given.turn + 1, cursor: message.cursor };
    // What comes right behind it need not be lost as well.
    if (idle) this.#tellAll(message);
    else this.#lost = { reason: message.reason, since: this.#lost?.since ?? message.since };
    this.#options.turns.add(this);
  }

  end(error: unknown): void {
    const last = this.#options.present(failed(error));
    this.#last ??= last;
    // What waits is not for this key any more.
    if (last.fault !== null) this.#close(last);
    else this.#options.turns.add(this);
  }

  gapOf(lost: Lost): SharedGap | Promise<SharedGap> {
    const { turn, cursor } = this.#done;
    const { of, told, turn: at } = this.#gap ?? {};
    if (told !== undefined && at === turn && of?.reason === lost.reason && of.since === lost.since)
      return told;
    const gap = this.#executeGap({ kind: 'GAP', cursor, ...lost }, turn);
    this.#gap = { of: lost, turn, told: gap };
    return gap;
  }

  /** Executes one message of what waits. */
  step(): boolean {
    if (this.#executing || this.#over) return false;
    const entry = this.#backlog.shift();
    if (entry !== undefined) this.#share(entry);
    else if (this.#lost !== null) this.#tellLost(this.#lost);
    else if (this.#last !== null) this.#close(this.#last);
    return !this.#executing && (this.#backlog.size > 0 || this.#lost !== null || this.#last !== null);
  }

  #share({ message, turn }: Entry): void {
    const result = this.#options.execute(message);
    if (result instanceof Promise) this.#later(result, (shared) => this.#push(shared, message, turn));
    else this.#push(result, message, turn);
  }

  #push({ payload, fault }: SharedResult, message: EventMessage, turn: number): void {
    const event = { payload, fault, message, turn };
    for (const member of this.#members) member.push(event);
    this.#reach({ turn, cursor: message.cursor });
  }

  #tellLost(lost: Lost): void {
    this.#lost = null;
    this.#tellAll({ kind: 'GAP', cursor: this.#given.cursor, ...lost });
  }

  #tellAll(message: GapMessage): void {
    const tell = (gap: SharedGap) => {
      for (const member of this.#members) member.pushGap(gap);
      this.#reach({ turn: gap.turn, cursor: message.cursor });
    };
    const gap = this.#executeGap(message, this.#given.turn);
    if (gap instanceof Promise) this.#later(gap, tell);
    else tell(gap);
  }

  #executeGap(message: GapMessage, turn: number): SharedGap | Promise<SharedGap> {
    const result = this.#options.execute(message);
    return result instanceof Promise
      ? result.then(({ payload, fault }) => ({ payload, fault, message, turn }))
      : { payload: result.payload, fault: result.fault, message, turn };
  }

  /** Nothing else is executed meanwhile: results keep the order of their messages. */
  #later<T>(result: Promise<T>, use: (result: T) => void): void {
    this.#executing = true;
    void result.then((value) => {
      this.#executing = false;
      if (this.#over) return;
      use(value);
      this.#options.turns.add(this);
    });
  }

  #close(last: SharedResult): void {
    for (const member of this.#members) member.end(last);
    this.#end();
  }

  #reach(place: Place): void {
    this.#done = this.#isIdle() ? this.#given : place;
  }

  #isIdle(): boolean {
    return this.#backlog.size === 0 && this.#lost === null && !this.#executing;
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#backlog.clear();
    this.#stop();
    this.#options.ended(this);
  }
}
