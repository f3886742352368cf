import { createHash } from 'node:crypto';
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
  let told = '';
  const store = createRedisStore({
    url: redisUrl,
    prefix: `helpdesk-gateway:${FORMAT}:${backend}`,
    // It is tried again all the time: said once, until something else is wrong.
    onConnectionError: ({ message }) => {
      if (message !== told) options.log?.warn({ error: message }, 'Redis cannot be reached');
      told = message;
    },
  });
  return createSharedLimiterRegistry({ ...options, store });
}
