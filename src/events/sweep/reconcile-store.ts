import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import { describeError } from '../../domain/redact.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { ReconcileState } from '../reconcile-state.ts';

/** What sweeps keep of a workspace from one to the next. */
export interface SweepState extends ReconcileState {
  /** When a sweep first saw the watermark, by our clock. ISO 8601. */
  readonly watermarkAt: string;
  /**
   * A whole sweep has begun so long after that, that everything up to the watermark had become visible: what the log does
   * not know of it now it has known and forgotten.
   */
  readonly settled: boolean;
  /** What was older when sweeps began is no news. ISO 8601; null: there was no ticket, or everything is. */
  readonly floor: string | null;
  /** What the first sweep saw that is not older, as `ticketMark` tells: no news either. */
  readonly seenAtFirst: readonly string[];
}

const stored = z.object({
  at: z.string().nullable(),
  watermark: z.string().nullable(),
  watermarkAt: z.string(),
  settled: z.boolean(),
  clean: z.int().nonnegative(),
  unannouncedAt: z.string().nullable(),
  floor: z.string().nullable(),
  seenAtFirst: z.array(z.string()),
}) satisfies z.ZodType<SweepState>;

export interface ReconcileStoreOptions {
  readonly state: Pick<StateStore, 'get' | 'set'>;
  readonly clock: Pick<Clock, 'now'>;
  /** @default nobody */
  readonly logger?: Pick<Log, 'warn'> | undefined;
  /** Milliseconds for which `last` does not ask again. @default 1,000 */
  readonly freshMs?: number;
}

/** What sweeps have found, as all gateways of one deployment know it. */
export interface ReconcileStore {
  /** null: nothing was kept, or nothing that can be read. Rejects while the store is out of reach or damaged. */
  read(workspaceId: string): Promise<SweepState | null>;
  write(workspaceId: string, state: SweepState): Promise<void>;
  /** As it was a second ago at most, or as it was last known while the store is out of reach. null: nobody has swept. */
  last(workspaceId: string): Promise<ReconcileState | null>;
}

interface Known {
  readonly at: number;
  readonly state: Promise<SweepState | null>;
}

const maxWorkspaces = 10_000;

export function createReconcileStore(options: ReconcileStoreOptions): ReconcileStore {
  const { state: store, clock, logger, freshMs = 1_000 } = options;
  const known = new LRUCache<string, Known>({ max: maxWorkspaces });
  const nameOf = (workspaceId: string): string => `reconcile:${workspaceId}`;

  const read = async (workspaceId: string): Promise<SweepState | null> => {
    const text = await store.get(nameOf(workspaceId));
    const parsed = text === null ? null : parse(text);
    if (parsed === undefined) logger?.warn({ workspaceId }, 'sweep: what was kept of it cannot be read');
    return parsed ?? null;
  };

  const ask = async (workspaceId: string, before: Promise<SweepState | null>): Promise<SweepState | null> => {
    try {
      return await read(workspaceId);
    } catch (error) {
      logger?.warn({ workspaceId, error: describeError(error) }, 'sweep: its state is out of reach');
      return before;
    }
  };

  return {
    read,
    write: async (workspaceId, state) => {
      await store.set(nameOf(workspaceId), JSON.stringify(state));
      known.set(workspaceId, { at: clock.now(), state: Promise.resolve(state) });
    },
    last: (workspaceId) => {
      const entry = known.get(workspaceId);
      if (entry !== undefined && clock.now() - entry.at < freshMs) return entry.state;
      const state = ask(workspaceId, entry?.state ?? Promise.resolve(null));
      known.set(workspaceId, { at: clock.now(), state });
      return state;
    },
  };
}

/** undefined: it is not what `write` has written. */
function parse(text: string): SweepState | undefined {
  try {
    return stored.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
