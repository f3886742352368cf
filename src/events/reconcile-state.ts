/** What the sweep of one workspace has found so far. Kept in the state store, so that every gateway knows it. */
export interface ReconcileState {
  /** When the last whole sweep ended; ISO 8601 UTC, null: none that is known of. */
  readonly at: string | null;
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
 * Milliseconds that the last whole sweep may be past: a minute to the next one, another if that one fails, and one that a
 * sweep may take.
 */
const freshMs = 180_000;

/**
 * Whether webhooks are to be expected: one was seen or is registered, and nothing speaks against them. After something
 * unannounced it takes two clean sweeps and a webhook to believe in them again: quiet is no proof.
 */
export function areExpected({ lastWebhookAt, registered, reconcile }: Evidence): boolean {
  if (lastWebhookAt === null && !registered) return false;
  if (reconcile === null || reconcile.unannouncedAt === null) return true;
  return reconcile.clean >= enough && lastWebhookAt !== null && lastWebhookAt > reconcile.unannouncedAt;
}

/**
 * Whether changes announce themselves: webhooks are to be expected, and the last two sweeps, of late, found nothing
 * unannounced. Where nobody can sweep nothing more can be known than that one was seen or is registered.
 * @param sweeps whether there is a key to sweep with
 * @param now milliseconds since the epoch
 */
export function isLive(evidence: Evidence, sweeps: boolean, now: number): boolean {
  const { lastWebhookAt, registered, reconcile } = evidence;
  if (!sweeps) return lastWebhookAt !== null || registered;
  if (reconcile === null || reconcile.at === null || !areExpected(evidence)) return false;
  return reconcile.clean >= enough && now - Date.parse(reconcile.at) <= freshMs;
}
