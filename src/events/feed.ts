import type { StreamMessage, TicketEventFilter } from '../domain/event.ts';

/** Who wants to receive the events of a workspace. */
export interface Listener {
  /** `Caller.scope`: listeners of one scope share a verdict. */
  readonly scope: string;
  /** Reads something cheap of the workspace with the listener's key; rejects with category AUTH where that is refused. */
  readonly probe: () => Promise<unknown>;
  /** Aborted when this listener has gone; `probe` may then reject with the abort reason. */
  readonly signal: AbortSignal;
}

export interface SubscribeRequest {
  readonly workspaceId: string;
  readonly listener: Listener;
  readonly filter: TicketEventFilter;
  /** A cursor of an earlier message; null: from now on. */
  readonly after: string | null;
}

export interface StreamStatus {
  /** A verified webhook was seen, or is registered: events arrive by themselves. */
  readonly live: boolean;
  readonly headCursor: string;
  readonly retainedSince: string | null;
  readonly lastWebhookAt: string | null;
}

/** Turns the log into subscriptions. */
export interface EventFeed {
  /**
   * READY first, then what the log holds after the cursor, then events as they come, without hole or repeat;
   * a GAP wherever events may have been lost, after which it goes on with what comes from then on.
   * Ends when the listener's signal is aborted or the iterator is returned.
   * Rejects (`GatewayError`) with CURSOR_INVALID when the cursor cannot be read, with the probe's error when the key
   * may not read the workspace.
   */
  subscribe(request: SubscribeRequest): Promise<AsyncIterableIterator<StreamMessage>>;
  /**
   * Resolves when the listener's key may read its workspace; rejects with the probe's error when it may not. Keys are
   * checked now and then, not each time.
   */
  admit(listener: Listener): Promise<void>;
  /** Whoever asks must have been admitted to the workspace. */
  status(workspaceId: string): Promise<StreamStatus>;
}
