import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import {
  connectRedis,
  defaultPrefix,
  onceEach,
  withoutArguments,
  type RedisConnection,
} from '../../redis/connection.ts';
import { readDurability, warnOfWeakness, type Durability } from '../../redis/durability.ts';
import { defaultRetention, type EventLog, type Retention } from './log.ts';
import { createAppender } from './redis-append.ts';
import { createLogCommands } from './redis-log-commands.ts';
import { createLogKeys } from './redis-log-keys.ts';
import { createNews, type News } from './redis-news.ts';
import { RedisReader } from './redis-reader.ts';
import { createTrimmer } from './redis-trimmer.ts';
import { createRecordDecoder } from './stored-record.ts';

export interface RedisLogOptions {
  /** `redis://` or `rediss://`; Redis 6.2 or newer. A secret. */
  readonly redisUrl: string;
  /** What all its keys begin with: gateways of one deployment share it, and with it one log. @default defaultPrefix */
  readonly prefix?: string;
  /**
   * Its `now()` is the time that retention goes by, and an event’s `receivedAt` then is one of it: for tests, whose time
   * no Redis knows. Without it that is the time of Redis, which all gateways on it share, however their own clocks go.
   */
  readonly clock?: Clock;
  /** @default defaultRetention */
  readonly retention?: Partial<Retention>;
  /** Told when Redis cannot be reached, and when it may lose events. @default nobody */
  readonly log?: Pick<Log, 'warn' | 'error'>;
}

export interface RedisLog extends EventLog {
  /**
   * Whether Redis keeps what it has acknowledged, by the settings of the server that is connected now.
   * Rejects as the other methods do.
   */
  durability(): Promise<Durability>;
}

/**
 * A log that any number of gateways share. Two connections, made at once and again by themselves.
 * While Redis is away every step rejects within about a second, and at once where the loss is known. An append that
 * failed may have happened: its sender comes again, and is dropped as a repeat.
 */
export function createRedisLog(options: RedisLogOptions): RedisLog {
  const { redisUrl, clock: given, log } = options;
  const clock = given ?? systemClock;
  const retention = { ...defaultRetention, ...options.retention };
  const keys = createLogKeys(options.prefix ?? defaultPrefix);
  const sender = randomBytes(9).toString('base64url');
  const reading = connectRedis({
    url: redisUrl,
    renewSilent: true,
    onError: onceEach((error) => log?.warn({ error }, 'Redis cannot be reached: event log')),
  });
  const { redis } = reading;
  const news = createNews({ redisUrl, channel: keys.news, sender, reading, log });
  const now = given === undefined ? null : (): number => given.now();
  const commands = createLogCommands(redis, { now, retention, news: { channel: keys.news, sender } });
  const trimmer = createTrimmer({ redis, commands, keys, clock });
  const { settle } = trimmer;
  const reach = createReach(reading, news, log);
  const append = createAppender({
    commands,
    keys,
    appended: (workspaceId, { epoch, more }) => {
      news.appended(workspaceId, epoch);
      // Whoever reads would do it as well.
      if (more) settle(workspaceId).catch(() => undefined);
    },
  });
  const records = createRecordDecoder(clock);
  const common = { redis, commands, keys, records, settle };
  const reader = new RedisReader({ ...common, seen: news.seen, log });
  warnOfWeakness(redis, log);

  return {
    append: (workspaceId, event, receivedAt) =>
      reach(async () => {
        const [outcome] = await Promise.all([
          append(workspaceId, event, receivedAt),
          trimmer.register(workspaceId),
        ]);
        return outcome;
      }),
    read: (workspaceId, after, limit) => reach(() => reader.read(workspaceId, after, limit)),
    head: (workspaceId) => reach(() => reader.head(workspaceId)),
    retainedSince: (workspaceId) => reach(() => reader.retainedSince(workspaceId)),
    lastWebhookAt: (workspaceId) => reach(() => reader.lastWebhookAt(workspaceId)),
    locate: (workspaceId, cursor) => reach(() => reader.locate(workspaceId, cursor)),
    known: (workspaceId, ticketId) => reach(() => reader.known(workspaceId, ticketId)),
    watch: news.watch,
    durability: () => reach(() => readDurability(redis)),
    close: async () => {
      trimmer.close();
      await Promise.all([news.close(), reading.close()]);
    },
  };
}

/** Makes what does something with Redis: whatever fails means that the log is out of reach. */
function createReach(reading: RedisConnection, news: News, log: RedisLogOptions['log']) {
  const complain = onceEach((error) => log?.warn({ error }, 'the event log in Redis does not work'));
  return async <T>(step: () => Promise<T>): Promise<T> => {
    await Promise.all([reading.tried, news.tried]);
    try {
      return await step();
    } catch (error) {
      const cause = withoutArguments(error);
      // Without a connection that is known already.
      if (reading.redis.status === 'ready') complain(cause);
      news.missed();
      throw new GatewayError('EVENT_LOG_UNAVAILABLE', 'The event log is out of reach.', { cause });
    }
  };
}
