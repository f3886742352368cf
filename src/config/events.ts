import type { Reader } from './reader.ts';
import { dataDir, flag, publicUrl as publicAddress, wholeNumber } from './values.ts';
import { holdsKey, type WorkspaceConfig } from './workspaces.ts';

/** How events are kept, found and announced. */
export interface EventsConfig {
  /** Folder of the event log and of what registrations keep; null: in memory, or in Redis where that is configured. */
  readonly dataDir: string | null;
  /** Milliseconds an event is kept. */
  readonly maxAgeMs: number;
  /** Events kept of one workspace. */
  readonly maxCount: number;
  /** Milliseconds between two sweeps while webhooks are not to be relied on; otherwise it is a minute. */
  readonly pollMs: number;
  /** Whether a subscriber's own key may be used to sweep its workspace, where the gateway holds none. */
  readonly sweepWithCallerKey: boolean;
  /** Where the backend reaches this gateway, `https://…`, no slash at the end; null: webhooks are registered by hand. */
  readonly publicUrl: string | null;
  /** Deliveries of one sender that may be refused within a minute; then it is held back. */
  readonly maxRefusedPerMinute: number;
}

export function readEvents(
  { read, isSet, fault }: Reader,
  workspaces: readonly WorkspaceConfig[],
): EventsConfig {
  const hours = read('EVENT_RETENTION_HOURS', wholeNumber(1, 720), 24);
  const publicUrl = read('PUBLIC_URL', publicAddress, null);
  if (publicUrl !== null && !holdsKey({ isSet }, workspaces)) {
    fault('PUBLIC_URL', 'needs a key of level admin to register a webhook with: set HELPDESK_API_KEY');
  }
  // The sandbox forgets everything when it stops: a log that outlived it would speak of tickets that are no more.
  const otherwise = isSet('HELPDESK_URL') && !isSet('REDIS_URL') ? '.data' : null;
  return {
    dataDir: read('DATA_DIR', dataDir, otherwise),
    maxAgeMs: hours * 3_600_000,
    maxCount: read('EVENT_RETENTION_COUNT', wholeNumber(100, 10_000_000), 100_000),
    pollMs: read('POLL_SECONDS', wholeNumber(1, 60), 5) * 1000,
    sweepWithCallerKey: read('SWEEP_WITH_CALLER_KEY', flag, false),
    publicUrl,
    maxRefusedPerMinute: read('WEBHOOK_MAX_REFUSED_PER_MINUTE', wholeNumber(1, 1_000_000), 300),
  };
}
