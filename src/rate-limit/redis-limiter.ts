import { createHash } from 'node:crypto';
import { defaultPrefix, onceEach } from '../redis/connection.ts';
import type { LimiterRegistryOptions } from './memory-limiter.ts';
import { createRedisStore } from './redis-store.ts';
import { createSharedLimiterRegistry, type SharedLimiterRegistry } from './shared-limiter.ts';

export interface RedisLimiterRegistryOptions extends LimiterRegistryOptions {
  /** `redis://` or `rediss://`. A secret. */
  readonly redisUrl: string;
  /** Whose budgets they are: processes on one Redis and one backend share them, whatever else they are. */
  readonly backendUrl: string;
}

/** The format of what is stored. Versions of the gateway that differ in it do not see each other's budgets. */
const FORMAT = 2;

/** Limiters whose budgets all processes on one Redis spend together. Connects at once, and again by itself. */
export function createRedisLimiterRegistry({
  redisUrl,
  backendUrl,
  ...options
}: RedisLimiterRegistryOptions): SharedLimiterRegistry {
  const backend = createHash('sha256').update(backendUrl).digest('base64url').slice(0, 16);
  const store = createRedisStore({
    url: redisUrl,
    prefix: `${defaultPrefix}:${FORMAT}:${backend}`,
    onConnectionError: onceEach((error) => options.log?.warn({ error }, 'Redis cannot be reached')),
  });
  return createSharedLimiterRegistry({ ...options, store });
}
