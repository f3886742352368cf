import type { GatewayConfig } from './config/config.ts';
import type { Backend } from './domain/backend.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { limitOfKey } from './gateway-callers.ts';
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
  { redisUrl, backend: { kind, url, rateLimit, workspaces } }: Pick<GatewayConfig, 'redisUrl' | 'backend'>,
  { backend, limiters }: Given,
  tools: { readonly log: Log; readonly clock: Clock },
): Limiters {
  const options = { defaultLimit: rateLimit, limitOf: limitOfKey(workspaces, kind), ...tools };
  if (limiters !== undefined) return { limiters, sharedLimiters: null };
  if (redisUrl === null || backend !== undefined) {
    return { limiters: createLimiterRegistry(options), sharedLimiters: null };
  }
  const shared = createRedisLimiterRegistry({ redisUrl, backendUrl: url, ...options });
  return { limiters: shared, sharedLimiters: shared };
}
