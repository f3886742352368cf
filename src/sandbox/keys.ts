import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';
import type { Level } from './rows.ts';
import { createWindow } from './window.ts';
import type { RateLimitBehaviour, RateWindow } from './window.ts';

/** An API key: its place, its level, its window. */
export interface ApiKey {
  readonly key: string;
  readonly workspaceId: string;
  readonly level: Level;
  readonly window: RateWindow;
}

export interface KeyRing {
  get(key: string): ApiKey | undefined;
  all(): ApiKey[];
  /** A new key, `aclou_` and 40 hex digits. */
  create(workspaceId: string, level: Level): ApiKey;
  revoke(key: string): void;
}

/** @param behaviour of every window; asked at every request */
export function createKeyRing(random: Random, behaviour: () => RateLimitBehaviour): KeyRing {
  const keys = new Map<string, ApiKey>();
  return {
    get: (key) => keys.get(key),
    all: () => [...keys.values()],
    create: (workspaceId, level) => {
      const key = `aclou_${Buffer.from(random.bytes(20)).toString('hex')}`;
      const made = { key, workspaceId, level, window: createWindow(behaviour) };
      keys.set(key, made);
      return made;
    },
    revoke: (key) => {
      keys.delete(key);
    },
  };
}
