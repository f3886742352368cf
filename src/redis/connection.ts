import { Redis } from 'ioredis';

/** What keys of the gateway begin with, unless a deployment names something else. */
export const defaultPrefix = 'helpdesk-gateway';

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. A secret. */
  readonly url: string;
  /** An answer that takes longer counts as none; milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  /**
   * A connection on which nothing came for `timeoutMs` while an answer was due is given up and made anew. Without it only
   * the command fails. @default false
   */
  readonly renewSilent?: boolean;
  /** The connection was lost, or cannot be had; it is tried again by itself. */
  readonly onError?: ((error: Error) => void) | undefined;
}

export interface RedisConnection {
  readonly redis: Redis;
  /** Who has just begun waits for the first attempt to connect; from then on nobody waits. Never rejects. */
  readonly tried: Promise<void>;
  /** Resolves when the connection has ended; whatever waits for an answer is rejected. */
  close(): Promise<void>;
}

/** Times between two attempts to connect; milliseconds. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/**
 * One connection, made at once and again whenever it is lost. Once it was tried nothing waits for it: without it a
 * command is refused at once, and one that was sent when it was lost is not sent again, since nobody can tell whether it
 * was carried out.
 */
export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, timeoutMs = 1_000, renewSilent = false, onError } = options;
  const redis = new Redis(url, {
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    disconnectTimeout: timeoutMs,
    ...(renewSilent && { socketTimeout: timeoutMs }),
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)),
  });
  redis.on('error', (error: Error) => onError?.(error));
  const tried = new Promise<void>((resolve) => {
    redis.once('ready', resolve).once('close', resolve);
  });
  return {
    redis,
    tried,
    close: async () => {
      // Between two attempts there is no socket whose end could be awaited.
      const open = redis.status !== 'end' && redis.status !== 'reconnecting';
      const ended = new Promise<unknown>((resolve) => redis.once('end', resolve));
      redis.disconnect();
      if (open) await ended;
    },
  };
}

/** Tells an error once, until something else is wrong: a connection is tried again all the time. */
export function onceEach(tell: (message: string) => void): (error: Error) => void {
  let told = '';
  return ({ message }) => {
    if (message !== told) tell(message);
    told = message;
  };
}

/**
 * An error of Redis as it may be logged: the client's own errors carry the arguments of their command, which may be
 * secrets or personal data.
 */
export function withoutArguments(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('Redis failed');
  const { name, message } = error;
  return 'command' in error ? new Error(`${name}: ${message}`) : error;
}
