import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../domain/clock.ts';
import type { LogCommands } from './redis-log-commands.ts';
import type { LogKeys } from './redis-log-keys.ts';

export interface TrimmerOptions {
  readonly redis: Redis;
  readonly commands: LogCommands;
  readonly keys: LogKeys;
  readonly clock: Clock;
}

/** Milliseconds between two looks for what has outlived its retention, and how long who looks is alone at it. */
const sweepMs = 60_000;
const aloneMs = 55_000;

/** Lets go of what has outlived its retention beyond what an append does in passing. */
export function createTrimmer({ redis, commands, keys, clock }: TrimmerOptions) {
  const running = new Map<string, Promise<void>>();
  /** Once in a while again: what Redis has lost comes back. */
  const registered = new LRUCache<string, true>({ max: 10_000, ttl: sweepMs });
  let isClosed = false;

  /** @returns whether anything is left of the workspace */
  async function trimAll(workspaceId: string): Promise<boolean> {
    for (;;) {
      const { more, left } = await commands.trim(keys.ofWorkspace(workspaceId));
      if (!more || isClosed) return left > 0;
    }
  }

  function settle(workspaceId: string): Promise<void> {
    const found = running.get(workspaceId);
    if (found !== undefined) return found;
    const run = trimAll(workspaceId)
      .then(() => undefined)
      .finally(() => running.delete(workspaceId));
    running.set(workspaceId, run);
    return run;
  }

  /** Also finds the workspaces of gateways that are no more. One gateway does it for all. */
  async function sweep(): Promise<void> {
    if ((await redis.set(keys.sweeper, '1', 'PX', aloneMs, 'NX')) === null) return;
    for (const workspaceId of await redis.smembers(keys.workspaces)) {
      if (isClosed) return;
      if (!(await trimAll(workspaceId))) await redis.srem(keys.workspaces, workspaceId);
    }
  }

  let cancel = (): void => undefined;
  const sweepLater = (): void => {
    cancel = clock.after(sweepMs, () => {
      // Another gateway, or this one a minute later, takes up what failed now.
      sweep()
        .catch(() => undefined)
        .finally(() => {
          if (!isClosed) sweepLater();
        });
    });
  };
  sweepLater();

  return {
    /** Resolves when nothing of a workspace has outlived its retention; who asks meanwhile waits for the same. */
    settle,
    /** To be called with each append: what is not known of is not swept. Never rejects. */
    register: async (workspaceId: string): Promise<void> => {
      if (registered.has(workspaceId)) return;
      registered.set(workspaceId, true);
      await redis.sadd(keys.workspaces, workspaceId).catch(() => registered.delete(workspaceId));
    },
    close: (): void => {
      isClosed = true;
      cancel();
    },
  };
}
