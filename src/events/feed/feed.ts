import type { StreamMessage, TicketEventFilter } from '../../domain/event.ts';

/** Who wants to receive the events of a workspace. */
export interface Listener {
  /** `Caller.scope`: listeners of one scope share a verdict. */
  readonly scope: string;
  /**
   * Reads something cheap of the workspace with the listener's key, each time as an operation of its own; rejects with
   * category AUTH where that is refused. Once `signal` is aborted it may reject with the abort reason.
   */
  readonly probe: (signal: AbortSignal) => Promise<unknown>;
  /** Aborted when this listener has gone. */
  readonly signal: AbortSignal;
}

export interface SubscribeRequest {
  readonly workspaceId: string;
  readonly listener: Listener;
  readonly filter: TicketEventFilter;
  /** A cursor of an earlier message; null: from now on, unless `resumeFrom` says otherwise. */
  readonly after: string | null;
  /**
   * A low-water mark of the connection that was cut: all up to it went to every subscription on it. It stands in where
   * there is no `after`, and only there. null: none.
   */
  readonly resumeFrom: string | null;
}

export type EventMessage = Extract<StreamMessage, { readonly kind: 'EVENT' }>;

/** Takes what happens at the live end of a log, in order and at once; none of these may throw. */
export interface LiveReader {
  /** Everything up to this place was seen. `message`: what of it is for this reader, `replayed: false`; null: nothing. */
  deliver(place: { readonly position: number; readonly cursor: string }, message: EventMessage | null): void;
  /** Events were lost for everybody; what comes next is after it. */
  gap(message: Extract<StreamMessage, { readonly kind: 'GAP' }>): void;
  /** Nothing follows: the key was refused (category AUTH), or cannot be checked any more. */
  end(error: unknown): void;
}

/** A place at the live end of the log, that a stream of messages has reached. */
export interface LivePlace {
  /** Everything up to here was taken from the stream. */
  readonly position: number;
  readonly cursor: string;
  /**
   * From now on `reader` is given what comes after `position`. Called in the same breath as `handOver`, nothing is lost
   * or repeated between the two. Readers of one workspace, filter and `listener.scope` are given the same.
   * It does not end with the listener that the place was handed over by: others may be served by it.
   * @returns how to stop; the place is of no use then
   * @throws Error when it is followed already, or not in the same breath
   */
  follow(reader: LiveReader): () => void;
}

/** The messages of one subscription. `next` also says that the message before was handled. */
export interface MessageStream extends AsyncIterableIterator<StreamMessage, undefined> {
  /**
   * The newest cursor up to which everything was handled: it moves on past events that are not for this subscription,
   * and never past one that waits or is being handled. null before READY was handled.
   */
  readonly mark: string | null;
  /** As `next`, of what is there already; null: nothing is, or somebody waits in `next`. */
  more(): StreamMessage | null;
  /**
   * Gives up its own place at the live end: the stream ends without another message, and whoever asked goes on from the
   * place. null while there is something to tell first: a replay, a gap, a message that waits or is being handled.
   */
  handOver(): LivePlace | null;
}

export interface StreamStatus {
  /** Events arrive by themselves, and lately none that did not was found: see `isLive`. */
  readonly live: boolean;
  readonly headCursor: string;
  readonly retainedSince: string | null;
  readonly lastWebhookAt: string | null;
  /** When the sweep last compared the log with the backend; null: never. */
  readonly lastReconcileAt: string | null;
}

/** Turns the log into subscriptions. */
export interface EventFeed {
  /**
   * READY first, then what the log holds after the cursor, then events as they come, without hole or repeat;
   * a GAP wherever events may have been lost, after which it goes on with what comes from then on.
   * Ends when the listener's signal is aborted or the iterator is returned. While the log is out of reach it waits.
   * Rejects (`GatewayError`) with CURSOR_INVALID when the cursor cannot be read, with the probe's error when the key
   * may not read the workspace, also later when it may not any more; with EVENT_LOG_UNAVAILABLE when it cannot begin.
   */
  subscribe(request: SubscribeRequest): Promise<MessageStream>;
  /**
   * Resolves when the listener's key may read its workspace; rejects with the probe's error when it may not. Keys are
   * checked now and then, not each time.
   */
  admit(listener: Listener): Promise<void>;
  /** Whoever asks must have been admitted to the workspace. */
  status(workspaceId: string): Promise<StreamStatus>;
}
