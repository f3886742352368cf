/** One operation id on a socket: what runs under it, and what waits for that to be over. */
interface Lane {
  readonly controller: AbortController;
  /** Neither side goes on with it; its iterator may not have noticed yet. */
  over: boolean;
  /** The next message that wants to subscribe under the same id. */
  next: string | null;
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
  /** Aborted when the operation of this id ends, by whichever side. */
  signalOf(id: string): AbortSignal;
  /** The socket is gone. */
  close(): void;
}

/**
 * Keeps operations of one id apart. graphql-ws forgets an operation as soon as the client completes it: if the same id
 * comes again before the first iterator exists, that iterator would live on, unseen, beside the second. So the second waits
 * here until the first has ended, and at most one waits.
 */
export function createLanes({ forward, onTaken }: LanesOptions): Lanes {
  const lanes = new Map<string, Lane>();
  let closed = false;

  const start = (id: string, message: string): void => {
    const lane: Lane = { controller: new AbortController(), over: false, next: null };
    lanes.set(id, lane);
    void forward(message).finally(() => {
      lane.controller.abort();
      lanes.delete(id);
      if (lane.next !== null && !closed) start(id, lane.next);
    });
  };

  return {
    get size() {
      return lanes.size;
    },
    subscribe(id, message) {
      const lane = lanes.get(id);
      if (!lane) start(id, message);
      else if (lane.over && lane.next === null) lane.next = message;
      else onTaken();
    },
    complete(id, message) {
      const lane = lanes.get(id);
      if (!lane) return;
      lane.next = null;
      if (lane.over) return;
      lane.over = true;
      lane.controller.abort();
      void forward(message);
    },
    finish(id) {
      const lane = lanes.get(id);
      if (lane) lane.over = true;
    },
    signalOf: (id) => lanes.get(id)?.controller.signal ?? AbortSignal.abort(),
    close() {
      closed = true;
      for (const lane of lanes.values()) lane.controller.abort();
    },
  };
}
