import { hash } from 'node:crypto';
import type { BackendConfig } from './config/backend.ts';
import type { GatewayConfig } from './config/config.ts';
import type { EventsConfig } from './config/events.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { EventLog, Retention } from './events/log/log.ts';
import { defaultRetention } from './events/log/log.ts';
import { createMemoryLog } from './events/log/memory-log.ts';
import { createRedisLog } from './events/log/redis-log.ts';
import { createSqliteLog } from './events/log/sqlite-log.ts';
import { defaultPrefix } from './redis/connection.ts';
import { createFileState } from './state/file-state.ts';
import { createMemoryState } from './state/memory-state.ts';
import { createRedisState } from './state/redis-state.ts';
import type { StateStore } from './state/state-store.ts';

/** Where a gateway keeps what outlives an operation. */
export interface Stores {
  readonly eventLog: EventLog;
  readonly state: StateStore;
}

type Where = Pick<GatewayConfig, 'redisUrl' | 'events' | 'backend'>;

interface Tools {
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * In Redis where there is one, else in a folder where one is named, else in memory.
 * @throws Error that says what to do where the folder cannot be used
 */
export const openEventLog = ({ redisUrl, events, backend }: Where, { log, clock }: Tools): EventLog => {
  const retention = retentionOf(events);
  if (redisUrl !== null)
    // Without a clock: that of Redis is the same for all gateways.
    return createRedisLog({ redisUrl, prefix: prefixOf(backend), retention, log });
  const { dataDir: folder } = events;
  return folder === null
    ? createMemoryLog({ retention, clock })
    : createSqliteLog({ folder, retention, log, clock });
};

/** In the same place. null: in memory, where no other program sees it. */
export const openSharedState = (
  { redisUrl, events, backend }: Where,
  { log, clock }: Tools,
): StateStore | null => {
  if (redisUrl !== null) return createRedisState({ redisUrl, prefix: prefixOf(backend), log });
  return events.dataDir === null ? null : createFileState({ folder: events.dataDir, clock });
};

export const openState = (where: Where, tools: Tools): StateStore =>
  openSharedState(where, tools) ?? createMemoryState({ clock: tools.clock });

/** Gateways of two backends may share a Redis: workspaces of one name are not the same. */
const prefixOf = ({ url }: BackendConfig): string =>
  `${defaultPrefix}:${hash('sha256', url, 'base64url').slice(0, 16)}`;

/** Ids and versions are remembered as long as events and 72 hours at least, and three times as many of them. */
const retentionOf = ({ maxAgeMs, maxCount }: EventsConfig): Retention => ({
  maxAgeMs,
  maxCount,
  memoryMs: Math.max(defaultRetention.memoryMs, maxAgeMs),
  memoryCount: Math.max(defaultRetention.memoryCount, 3 * maxCount),
});
