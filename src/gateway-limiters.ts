import type { GatewayConfig } from './config/config.ts';
import type { Backend } from './domain/backend.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { LimiterRegistry } from './rate-limit/limiter.ts';
import { createLimiterRegistry } from './rate-limit/memory-limiter.ts';
import { createRedisLimiterRegistry } from './rate-limit/redis-limiter.ts';
import type { SharedLimiterRegistry } from './rate-limit/shared-limiter.ts';

interface Given {
  readonly backend?: Backend;
  readonly limiters?: LimiterRegistry;
}

interface Limiters {
  readonly limiters: LimiterRegistry;
  /** null: budgets are kept elsewhere, or by others. */
  readonly sharedLimiters: SharedLimiterRegistry | null;
}

/** Those that are given, else in Redis where there is one, else in memory. */
export function openLimiters(
  { redisUrl, backend: { url, rateLimit: defaultLimit } }: Pick<GatewayConfig, 'redisUrl' | 'backend'>,
  { backend, limiters }: Given,
  tools: { readonly log: Log; readonly clock: Clock },
): Limiters {
  if (limiters !== undefined) return { limiters, sharedLimiters: null };
  if (redisUrl === null || backend !== undefined) {
    return { limiters: createLimiterRegistry({ defaultLimit, ...tools }), sharedLimiters: null };
  }
  const shared = createRedisLimiterRegistry({ redisUrl, backendUrl: url, defaultLimit, ...tools });
  return { limiters: shared, sharedLimiters: shared };
}
