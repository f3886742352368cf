/** One operation id on a socket: what runs under it, and what waits for that to be over. */
interface Lane {
  /** null: it was adopted. */
  controller: AbortController | null;
  /** Neither side goes on with it; its iterator may not have noticed yet. */
  over: boolean;
  /** The next message that wants to subscribe under the same id. */
  next: string | null;
  /** Whoever carries it on in the place of the protocol; null: nobody. */
  carrier: Carrier | null;
  place: Place | null | 'UNKNOWN';
  /** The protocol keeps nothing of it any more. */
  settled: boolean;
}

/** How far a subscription has come. */
export interface Place {
  /** The newest cursor up to which everything was written; null: it has not begun. */
  readonly mark: string | null;
}

/** Carries an operation on in the place of the protocol. */
export interface Carrier extends Place {
  /** The operation is over. */
  leave(): void;
}

export interface LanesOptions {
  /** Hands a message to the protocol; resolves once the operation it began has ended. */
  readonly forward: (message: string) => Promise<void>;
  /** The client used an id that is taken. */
  readonly onTaken: () => void;
}

/** The operations of one socket. */
export interface Lanes {
  /** Operations that run now. */
  readonly size: number;
  subscribe(id: string, message: string): void;
  complete(id: string, message: string): void;
  /** The server has said its last word under this id. */
  finish(id: string): void;
  /** Aborted when the operation of this id ends, by whichever side; never once a carrier has it, who then ends it. */
  signalOf(id: string): AbortSignal;
  /** What is known of the operation's place. @param place null: it has none, it is no subscription */
  locate(id: string, place: Place | null): void;
  /**
   * From now on a carrier has the operation, until the client completes it or `release`. The protocol is told that it is
   * complete, which ends what it keeps of it. @param message says so
   */
  adopt(id: string, carrier: Carrier, message: string): void;
  /** Another carrier goes on with an operation that has one. */
  pass(id: string, carrier: Carrier): void;
  /** The carrier has said its last word under this id. */
  release(id: string): void;
  /** The marks of all subscriptions; null while it is not known of each where it is, or when there is none. */
  marks(): string[] | null;
  /** Resolves when no query or mutation runs. @param withinMs milliseconds, after which it resolves all the same */
  idle(withinMs: number): Promise<void>;
  /** The socket is gone. */
  close(): void;
}

export const createLanes = (options: LanesOptions): Lanes => new SocketLanes(options);

/**
 * Keeps operations of one id apart. graphql-ws forgets an operation as soon as the client completes it: if the same id
 * comes again before the first iterator exists, that iterator would live on, unseen, beside the second. So the second waits
 * here until the first has ended, and at most one waits.
 */
class SocketLanes implements Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  #closed = false;
  /** Whoever waits for `idle`. */
  #onIdle: (() => void) | null = null;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#lanes.size;
  }

  subscribe(id: string, message: string): void {
    const lane = this.#lanes.get(id);
    if (!lane) this.#start(id, message);
    else if (lane.over && lane.next === null) lane.next = message;
    else this.#options.onTaken();
  }

  complete(id: string, message: string): void {
    const lane = this.#lanes.get(id);
    if (!lane) return;
    if (lane.carrier !== null) {
      this.#drop(id, lane, lane.carrier);
      return;
    }
    lane.next = null;
    if (lane.over) return;
    lane.over = true;
    lane.controller?.abort();
    void this.#options.forward(message);
  }

  finish(id: string): void {
    const lane = this.#lanes.get(id);
    if (lane?.carrier === null) lane.over = true;
  }

  signalOf(id: string): AbortSignal {
    return this.#lanes.get(id)?.controller?.signal ?? AbortSignal.abort();
  }

  locate(id: string, place: Place | null): void {
    const lane = this.#lanes.get(id);
    if (lane) lane.place = place;
    this.#tellIdle();
  }

  adopt(id: string, carrier: Carrier, message: string): void {
    const lane = this.#lanes.get(id);
    if (!lane || lane.over || this.#closed) {
      carrier.leave();
      return;
    }
    lane.carrier = carrier;
    lane.place = carrier;
    lane.controller = null;
    void this.#options.forward(message);
  }

  pass(id: string, carrier: Carrier): void {
    const lane = this.#lanes.get(id);
    if (!lane?.carrier) {
      carrier.leave();
      return;
    }
    lane.carrier = carrier;
    lane.place = carrier;
  }

  release(id: string): void {
    const lane = this.#lanes.get(id);
    if (lane?.carrier) this.#drop(id, lane, lane.carrier);
  }

  marks(): string[] | null {
    const marks: string[] = [];
    for (const { place, over } of this.#lanes.values()) {
      if (over || place === null) continue;
      if (place === 'UNKNOWN' || place.mark === null) return null;
      marks.push(place.mark);
    }
    return marks.length > 0 ? marks : null;
  }

  async idle(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#tellIdle();
    });
    this.#onIdle = null;
  }

  close(): void {
    this.#closed = true;
    for (const [id, lane] of this.#lanes) {
      if (lane.carrier !== null) this.#drop(id, lane, lane.carrier);
      else lane.controller?.abort();
    }
  }

  #start(id: string, message: string): void {
    const lane: Lane = {
      controller: new AbortController(),
      over: false,
      next: null,
      carrier: null,
      place: 'UNKNOWN',
      settled: false,
    };
    this.#lanes.set(id, lane);
    void this.#options.forward(message).finally(() => {
      lane.settled = true;
      if (lane.carrier !== null) return;
      lane.controller?.abort();
      this.#lanes.delete(id);
      if (lane.next !== null && !this.#closed) this.#start(id, lane.next);
      this.#tellIdle();
    });
  }

  /** What is not yet known for a subscription may be none. */
  #tellIdle(): void {
    if (this.#onIdle === null) return;
    const isBusy = ({ place, carrier, settled }: Lane): boolean =>
      !settled && carrier === null && (place === null || place === 'UNKNOWN');
    if (!this.#lanes.values().some(isBusy)) this.#onIdle();
  }

  /** Ends an operation that a carrier has. */
  #drop(id: string, lane: Lane, carrier: Carrier): void {
    if (lane.settled) this.#lanes.delete(id);
    lane.over = true;
    lane.carrier = null;
    carrier.leave();
  }
}
