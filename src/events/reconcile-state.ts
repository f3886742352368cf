/** What the sweep of one workspace has found so far. Kept in the state store, so that every gateway knows it. */
export interface ReconcileState {
  /** When the last whole sweep ended; ISO 8601 UTC. */
  readonly at: string;
  /** The newest `updatedAt` that it has seen; the next one goes back to a little before it. ISO 8601; null: no ticket. */
  readonly watermark: string | null;
  /** Whole sweeps in a row that found nothing unannounced. */
  readonly clean: number;
  /** When a sweep last found something unannounced; ISO 8601 UTC, null: never. */
  readonly unannouncedAt: string | null;
}

/** What is known of the ways by which events come. */
export interface Evidence {
  /** When a verified webhook last came; null: none did. */
  readonly lastWebhookAt: string | null;
  /** The backend is known to send its events here. */
  readonly registered: boolean;
  /** null: nobody sweeps, or not yet. */
  readonly reconcile: ReconcileState | null;
}

/** Sweeps in a row that must have found nothing unannounced. */
const enough = 2;

/**
 * Whether changes announce themselves: a verified webhook was seen or is registered, and the last two sweeps found
 * nothing unannounced. After something unannounced it takes a webhook to believe in them again: quiet is no proof.
 */
export function isLive({ lastWebhookAt, registered, reconcile }: Evidence): boolean {
  if (lastWebhookAt === null && !registered) return false;
  if (reconcile === null || reconcile.unannouncedAt === null) return true;
  return reconcile.clean >= enough && lastWebhookAt !== null && lastWebhookAt > reconcile.unannouncedAt;
}
