import type { StreamMessage } from '../../domain/event.ts';
import type { MessageStream } from '../../events/feed/feed.ts';
import { replayTurns } from '../../events/feed/replay-turns.ts';
import type { Outlet, SharedResult, Voice } from './fan-out-member.ts';
import { prefixOf } from './frames.ts';
import { handingOver } from './hand-over.ts';
import type { Carrier } from './lanes.ts';

export interface ReplayOptions {
  /** The client's name for the subscription. */
  readonly id: string;
  readonly outlet: Outlet;
  /** It has said its first message. */
  readonly stream: MessageStream;
  /** What a message comes to. Never throws or rejects. */
  readonly execute: (message: StreamMessage) => SharedResult | Promise<SharedResult>;
  /** The same for a failure, after which nothing follows. */
  readonly present: (error: unknown) => SharedResult;
  /** Gives the stream's place at the live end to somebody else, who goes on; false: it has not come there yet. */
  readonly takeOver: () => boolean;
  /** The stream has ended, and nobody goes on. */
  readonly ended: () => void;
  /** Nobody wants anything any more. */
  readonly left: () => void;
}

/** Messages that are executed in one go at most, and bytes after which it is enough. */
const batch = { messages: 64, bytes: 65_536 };

/**
 * A subscription on its way to the live end, at the pace of its socket: what was executed is taken first, then the stream is
 * asked for more, so a long replay takes no room.
 */
export class Replay implements Voice, Carrier {
  readonly id: string;
  readonly prefix: string;
  woken = false;
  over = false;
  readonly #options: ReplayOptions;
  readonly #ready: { readonly result: SharedResult; readonly cursor: string }[] = [];
  /** Up to where all was taken while a batch is under way; null: none is, and the stream knows. */
  #reached: { readonly mark: string | null } | null = null;
  #last: SharedResult | null = null;
  #taken: (() => void) | null = null;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.id = options.id;
    this.prefix = prefixOf(options.id);
  }

  get mark(): string | null {
    return this.#reached === null ? this.#options.stream.mark : this.#reached.mark;
  }

  /** To be called once somebody carries it. */
  start(): void {
    void this.#run();
  }

  take(): SharedResult | null {
    if (this.over) return null;
    const next = this.#ready.shift();
    if (next === undefined) {
      this.over = this.#last !== null;
      return this.#last;
    }
    this.#reached = { mark: next.cursor };
    if (this.#ready.length === 0) this.#taken?.();
    return next.result;
  }

  leave(): void {
    if (this.over) return;
    this.over = true;
    this.#ready.length = 0;
    this.#taken?.();
    void this.#options.stream.return?.();
    this.#options.left();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { stream, takeOver, ended, present, outlet } = this.#options;
    let isTakenOver = false;
    const messages = handingOver(stream, () => (isTakenOver = takeOver()));
    try {
      while (!this.over) {
        this.#reached = null;
        const { done, value } = await messages.next();
        if (done === true) break;
        this.#reached = { mark: stream.mark };
        await this.#prepare(value);
        await this.#drained();
      }
      if (!this.over && !isTakenOver) ended();
    } catch (error) {
      this.#last = present(error);
      outlet.wake(this);
    }
  }

  async #prepare(first: StreamMessage): Promise<void> {
    const { later } = await replayTurns.take(() => ({ later: this.#fill(first) }));
    // Not at the cost of other replays: it asks the backend.
    await later;
  }

  /** @returns what an execution that takes longer waits for; null: there was none */
  #fill(first: StreamMessage): Promise<void> | null {
    const { stream, execute } = this.#options;
    let bytes = 0;
    for (let message: StreamMessage | null = first; message !== null && !this.over;) {
      const { cursor } = message;
      const result = execute(message);
      if (result instanceof Promise) return result.then((value) => this.#put(value, cursor));
      this.#put(result, cursor);
      bytes += result.payload.length;
      message = this.#ready.length < batch.messages && bytes < batch.bytes ? stream.more() : null;
    }
    return null;
  }

  #put(result: SharedResult, cursor: string): void {
    if (this.over) return;
    this.#ready.push({ result, cursor });
    this.#options.outlet.wake(this);
  }

  async #drained(): Promise<void> {
    if (this.over || this.#ready.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#taken = resolve;
    });
    this.#taken = null;
  }
}
