import type { Result } from 'ioredis';
import { z } from 'zod';
import { connectRedis } from '../redis/connection.ts';
import { beatInstance, readBudget, swapBudget } from './redis-scripts.ts';
import { AHEAD_MS, BEHIND_MS, type Entry, type SharedStore } from './shared-store.ts';

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. A secret. */
  readonly url: string;
  /** What all its keys begin with; two backends, or two deployments, must not share one. */
  readonly prefix: string;
  /** An answer that takes longer counts as none; milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  /** The connection was lost, or cannot be had; it is tried again by itself. */
  readonly onConnectionError?: (error: Error) => void;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    readBudget(bucket: string): Result<unknown, Context>;
    swapBudget(
      bucket: string,
      expected: string,
      at: number,
      ahead: number,
      behind: number,
      tag: string,
      state: string,
      ttlMs: number,
    ): Result<unknown, Context>;
    beatInstance(
      instances: string,
      instance: string,
      freshMs: number,
      goneMs: number,
    ): Result<unknown, Context>;
  }
}

const time = z.coerce.number();
const text = z.string().nullish();
const readReply = z.tuple([time, text, text]);
const swapReply = z.union([z.tuple([z.literal(1), time]), z.tuple([z.literal(0), time, text, text])]);
const beatReply = z.tuple([time, z.number(), z.number()]);

const entryOf = (tag: string | null | undefined, state: string | null | undefined): Entry | null =>
  tag == null || state == null ? null : { tag, state };

/**
 * Budgets in Redis, one connection. A bucket's keys share a hash tag, so a cluster keeps them together, and hold the
 * hash of the API key. Once it was connected nothing waits for a connection: without one a step is refused at once,
 * since what it would do later would be wrong by then.
 */
export function createRedisStore(options: RedisStoreOptions): SharedStore {
  const { url, prefix, timeoutMs = 1_000, onConnectionError } = options;
  const { redis, tried } = connectRedis({ url, timeoutMs, onError: onConnectionError });
  redis.defineCommand('readBudget', { numberOfKeys: 1, lua: readBudget });
  redis.defineCommand('swapBudget', { numberOfKeys: 1, lua: swapBudget });
  redis.defineCommand('beatInstance', { numberOfKeys: 1, lua: beatInstance });
  const bucket = (keyId: string): string => `${prefix}:{${keyId}}:budget`;
  const instances = `${prefix}:{instances}`;

  return {
    async read(keyId) {
      await tried;
      const [at, tag, state] = readReply.parse(await redis.readBudget(bucket(keyId)));
      return { time: at, entry: entryOf(tag, state) };
    },
    async swap(keyId, { expected, at, entry, ttlMs }) {
      await tried;
      const { tag, state } = entry;
      const raw = await redis.swapBudget(
        bucket(keyId),
        expected ?? '',
        at,
        AHEAD_MS,
        BEHIND_MS,
        tag,
        state,
        Math.ceil(ttlMs),
      );
      const reply = swapReply.parse(raw);
      if (reply[0] === 1) return { swapped: true, time: reply[1] };
      return { swapped: false, time: reply[1], entry: entryOf(reply[2], reply[3]) };
    },
    async beat({ instance, freshMs, goneMs }) {
      await tried;
      const [at, fresh, total] = beatReply.parse(
        await redis.beatInstance(instances, instance, freshMs, goneMs),
      );
      return { time: at, fresh, total };
    },
    async leave(instance) {
      await redis.zrem(instances, instance);
    },
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}
