import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.ts';

export interface TrustOptions {
  /** Whether a workspace's changes announce themselves. */
  readonly isLive: (workspaceId: string) => Promise<boolean>;
  readonly clock: Pick<Clock, 'now'>;
  /** Milliseconds for which an answer is trusted while changes announce themselves. */
  readonly liveMs: number;
  /** And while they do not. */
  readonly otherwiseMs: number;
}

interface Known {
  live: boolean;
  askedAt: number;
}

/** Milliseconds for which what is known is not asked again. */
const freshMs = 1_000;
const maxWorkspaces = 10_000;

/**
 * How long answers may be trusted, told at once: whether a workspace is live is asked beside the reads, and until an
 * answer came, or when it cannot be had, it counts as not.
 */
export function createTrust({
  isLive,
  clock,
  liveMs,
  otherwiseMs,
}: TrustOptions): (workspaceId: string) => number {
  const workspaces = new LRUCache<string, Known>({ max: maxWorkspaces });
  const ask = (workspaceId: string, known: Known): void => {
    known.askedAt = clock.now();
    isLive(workspaceId).then(
      (live) => {
        known.live = live;
      },
      () => {
        known.live = false;
      },
    );
  };
  return (workspaceId) => {
    const known = workspaces.get(workspaceId) ?? { live: false, askedAt: Number.NEGATIVE_INFINITY };
    if (Math.abs(clock.now() - known.askedAt) >= freshMs) {
      workspaces.set(workspaceId, known);
      ask(workspaceId, known);
    }
    return known.live ? liveMs : otherwiseMs;
  };
}
