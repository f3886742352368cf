import type { Result } from 'ioredis';
import type { Log } from '../domain/log.ts';
import { connectRedis, defaultPrefix, onceEach, withoutArguments } from '../redis/connection.ts';
import type { StateStore } from './state-store.ts';

export interface RedisStateOptions {
  /** `redis://` or `rediss://`. A secret. */
  readonly redisUrl: string;
  /** What all its keys begin with: gateways of one deployment share it. @default defaultPrefix */
  readonly prefix?: string;
  /** Told when Redis cannot be reached. @default nobody */
  readonly log?: Pick<Log, 'warn'>;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    swapFact(key: string, expected: string, value: string, unset: string): Result<number, Context>;
    takeLease(key: string, holder: string, ttlMs: number): Result<number, Context>;
    releaseLease(key: string, holder: string): Result<number, Context>;
  }
}

/** The format of what is stored: gateways whose versions differ in it do not see each other's facts. */
const FORMAT = 1;

/** KEYS: fact. ARGV: expected, value, 1 if nothing is expected. Answers whether it was so. */
const swapFact = /* lua */ `
local fact, expected, value, unset = KEYS[1], ARGV[1], ARGV[2], ARGV[3] == '1'
local found = redis.call('GET', fact)
if unset and found or not unset and found ~= expected then return 0 end
redis.call('SET', fact, value)
return 1
`;

/** KEYS: lease. ARGV: holder, ttl. Answers whether it has the lease. */
const takeLease = /* lua */ `
local lease, holder, ttl = KEYS[1], ARGV[1], ARGV[2]
local found = redis.call('GET', lease)
if found and found ~= holder then return 0 end
redis.call('SET', lease, holder, 'PX', ttl)
return 1
`;

/** KEYS: lease. ARGV: holder. */
const releaseLease = /* lua */ `
local lease, holder = KEYS[1], ARGV[1]
if redis.call('GET', lease) == holder then return redis.call('DEL', lease) end
return 0
`;

/** Facts in Redis, which all gateways on it share. Each is one key, so that a cluster may keep them anywhere. */
export function createRedisState({ redisUrl, prefix = defaultPrefix, log }: RedisStateOptions): StateStore {
  const { redis, tried, close } = connectRedis({
    url: redisUrl,
    renewSilent: true,
    onError: onceEach((error) => log?.warn({ error }, 'Redis cannot be reached: shared state')),
  });
  redis.defineCommand('swapFact', { numberOfKeys: 1, lua: swapFact });
  redis.defineCommand('takeLease', { numberOfKeys: 1, lua: takeLease });
  redis.defineCommand('releaseLease', { numberOfKeys: 1, lua: releaseLease });
  const factOf = (name: string): string => `${prefix}:state:${FORMAT}:fact:${name}`;
  const leaseOf = (name: string): string => `${prefix}:state:${FORMAT}:lease:${name}`;
  const reach = async <T>(step: () => Promise<T>): Promise<T> => {
    await tried;
    try {
      return await step();
    } catch (error) {
      throw withoutArguments(error);
    }
  };
  return {
    get: (name) => reach(() => redis.get(factOf(name))),
    set: async (name, value) => {
      await reach(() => redis.set(factOf(name), value));
    },
    swap: async (name, expected, value) => {
      const unset = expected === null ? '1' : '';
      return (await reach(() => redis.swapFact(factOf(name), expected ?? '', value, unset))) === 1;
    },
    delete: async (name) => {
      await reach(() => redis.del(factOf(name)));
    },
    lease: async (name, holder, ttlMs) =>
      (await reach(() => redis.takeLease(leaseOf(name), holder, Math.max(1, Math.ceil(ttlMs))))) === 1,
    release: async (name, holder) => {
      await reach(() => redis.releaseLease(leaseOf(name), holder));
    },
    close,
  };
}
