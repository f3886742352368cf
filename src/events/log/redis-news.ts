import { LRUCache } from 'lru-cache';
import type { Log } from '../../domain/log.ts';
import { connectRedis, onceEach, withoutArguments, type RedisConnection } from '../../redis/connection.ts';
import { createListeners } from './listeners.ts';
import type { EventLog } from './log.ts';

export interface NewsOptions {
  readonly redisUrl: string;
  /** The channel on which every append of every workspace is told. */
  readonly channel: string;
  /** Whose news are known here already. */
  readonly sender: string;
  /** The connection by which the log is read: while it is lost, so are reads. */
  readonly reading: RedisConnection;
  readonly log?: Pick<Log, 'warn'> | undefined;
}

export interface News {
  /** The first attempt to subscribe is over: from then on whoever watches misses nothing unless told so. Never rejects. */
  readonly tried: Promise<void>;
  readonly watch: EventLog['watch'];
  /** An event was appended here. */
  appended(workspaceId: string, epoch: string): void;
  /** A log of this epoch was found: listeners are told when it is another than before. */
  seen(workspaceId: string, epoch: string): void;
  /** Something could not be asked, so whoever asked shall be told when to ask again. */
  missed(): void;
  close(): Promise<void>;
}

/** Milliseconds between two looks whether the connection still carries news, and before asking again. */
const heartbeatMs = 2_000;
const askAgainMs = 1_000;

/**
 * Tells listeners of appends, by whichever gateway. Redis keeps no message for who is not connected: whenever one may
 * have been missed, every listener is told RECONNECTED, once both connections are there.
 */
export function createNews({ redisUrl, channel, sender, reading, log }: NewsOptions): News {
  const listeners = createListeners();
  /** Workspaces whose epoch nobody asked for lately may forget it: who asks again is told the new one. */
  const epochs = new LRUCache<string, string>({ max: 10_000 });
  let isMissed = false;
  let asking: NodeJS.Timeout | null = null;

  const isAnother = (workspaceId: string, epoch: string): boolean => {
    const last = epochs.get(workspaceId);
    epochs.set(workspaceId, epoch);
    return last !== undefined && last !== epoch;
  };
  const tell = (workspaceId: string, epoch: string): void => {
    listeners.tell(workspaceId, isAnother(workspaceId, epoch) ? 'RECONNECTED' : 'APPENDED');
  };
  const lost = (): void => {
    isMissed = true;
  };
  const tellBack = (): void => {
    if (!isMissed || !subscriber.isSubscribed() || reading.redis.status !== 'ready') return;
    isMissed = false;
    listeners.tellAll('RECONNECTED');
  };
  const subscriber = keepSubscribed({
    redisUrl,
    channel,
    log,
    lost,
    back: tellBack,
    take: (message) => {
      const [from, epoch = '', ...workspaceId] = message.split(' ');
      if (from !== sender) tell(workspaceId.join(' '), epoch);
    },
  });
  reading.redis.on('close', lost).on('ready', tellBack);

  return {
    tried: subscriber.tried,
    watch: listeners.add,
    appended: tell,
    seen: (workspaceId, epoch) => {
      if (isAnother(workspaceId, epoch)) listeners.tell(workspaceId, 'RECONNECTED');
    },
    missed: () => {
      isMissed = true;
      asking ??= setTimeout(() => {
        asking = null;
        tellBack();
      }, askAgainMs).unref();
    },
    close: async () => {
      if (asking !== null) clearTimeout(asking);
      listeners.clear();
      await subscriber.close();
    },
  };
}

interface SubscriberOptions extends Pick<NewsOptions, 'redisUrl' | 'channel' | 'log'> {
  readonly take: (message: string) => void;
  /** The connection was lost, or cannot be had: messages may be missed. */
  readonly lost: () => void;
  /** From now on none is missed. */
  readonly back: () => void;
}

function keepSubscribed({ redisUrl, channel, log, take, lost, back }: SubscriberOptions) {
  const say = onceEach((error) => log?.warn({ error }, 'Redis cannot be reached: news of events'));
  const { redis, close } = connectRedis({ url: redisUrl, renewSilent: true, onError: say });
  let subscribed = false;
  const subscribe = async (): Promise<void> => {
    try {
      await redis.subscribe(channel);
      subscribed = true;
      back();
    } catch (error) {
      say(withoutArguments(error));
      lost();
    }
  };
  const tried = new Promise<void>((resolve) => {
    redis.on('ready', () => void subscribe().then(resolve));
    redis.once('close', resolve);
  });
  redis.on('message', (_channel: string, message: string) => {
    take(message);
  });
  redis.on('close', () => {
    subscribed = false;
    lost();
  });
  // A connection that carries nothing might be none, and nobody would know.
  const heartbeat = setInterval(() => {
    if (subscribed) redis.ping().catch(() => undefined);
  }, heartbeatMs).unref();
  return {
    tried,
    isSubscribed: (): boolean => subscribed,
    close: async (): Promise<void> => {
      clearInterval(heartbeat);
      await close();
    },
  };
}
