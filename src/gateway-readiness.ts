import type { BackendStatus } from './domain/backend.ts';
import type { Clock } from './domain/clock.ts';
import type { SeenLog } from './events/log/seen-log.ts';
import type { Readiness } from './http/readiness.ts';

/**
 * Milliseconds for which an append that failed keeps a gateway unready. A gateway that is not ready gets no events, and
 * without one nobody would find out that its log takes them again.
 */
export const logTrialMs = 10_000;

export interface ReadinessOptions {
  readonly clock: Clock;
  readonly started: () => boolean;
  readonly draining: () => boolean;
  readonly log: Pick<SeenLog, 'seen'>;
  /** Whether other gateways write to the same log: then its faults are no reason to prefer one of them. */
  readonly logIsShared: boolean;
  readonly circuit: () => BackendStatus;
  /** Whether Redis answered when it was asked last; null: there is none. */
  readonly reachesRedis: () => boolean | null;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/**
 * Whether requests are welcome: the gateway has started, its own log takes events, it is not going down. How the backend
 * and Redis were seen last is told beside: their faults are the same for all gateways, and to take all of them out would
 * end what still works. Nothing is asked for it.
 */
export function createReadiness(options: ReadinessOptions): () => Readiness {
  const { clock, log, logIsShared, circuit, reachesRedis } = options;
  const statusOf = (): Readiness['status'] => {
    if (options.draining()) return 'draining';
    if (!options.started()) return 'starting';
    const { appends, since } = log.seen;
    const fails = appends === 'FAILED' && !logIsShared && clock.now() - since < logTrialMs;
    return fails ? 'log-fails' : 'ready';
  };
  return () => {
    const { circuit: state, since } = circuit();
    const { seen } = log;
    const redis = reachesRedis();
    return {
      status: statusOf(),
      backend: { circuit: state, since: isoOf(since) },
      eventLog: { appends: seen.appends, since: isoOf(seen.since), shared: logIsShared },
      redis: redis === null ? null : { reached: redis },
    };
  };
}
