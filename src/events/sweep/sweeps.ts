import { systemClock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { keepLease } from '../../state/lease.ts';
import type { StateStore } from '../../state/state-store.ts';
import { createSweeper, type SweepOptions } from './sweep.ts';
import type { TicketList } from './sweep-pages.ts';

export interface SweepsOptions extends SweepOptions {
  readonly state: Pick<StateStore, 'lease' | 'release'>;
  /** @default nobody */
  readonly logger?: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** Which workspaces this gateway sweeps. Of all gateways, one at a time sweeps a workspace: it has the lease. */
export interface Sweeps {
  /** Sweeps the workspace with the gateway's own key from now on. */
  start(workspaceId: string, list: TicketList): void;
  /**
   * Sweeps the workspace with a listener's key for as long as it listens; nothing happens where the gateway's own does.
   * Of several keys one is used, until it leaves or is refused; a refused one is not used again.
   * @returns to be called when the listener leaves
   */
  lend(workspaceId: string, list: TicketList): () => void;
  /** Ends all sweeps; resolves once none is under way. To be called before log, backend and state are closed. */
  close(): Promise<void>;
}

interface Swept {
  /** Ways to read the workspace, the one in use first. */
  readonly lists: Set<TicketList>;
  stop(): Promise<void>;
}

export function createSweeps(options: SweepsOptions): Sweeps {
  const swept = new Map<string, Swept>();
  const own = new Set<string>();
  const stopping = new Set<Promise<void>>();
  let closed = false;

  const begin = (workspaceId: string): Swept => {
    const entry = sweepWith(options, workspaceId, (list) => {
      if (!own.has(workspaceId)) leave(workspaceId, entry, list);
    });
    swept.set(workspaceId, entry);
    return entry;
  };

  const leave = (workspaceId: string, entry: Swept, list: TicketList): void => {
    entry.lists.delete(list);
    if (entry.lists.size === 0 && swept.get(workspaceId) === entry) end(workspaceId, entry);
  };

  const end = (workspaceId: string, { stop }: Swept): void => {
    swept.delete(workspaceId);
    const stopped = stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };

  return {
    start: (workspaceId, list) => {
      if (closed) return;
      own.add(workspaceId);
      const { lists } = swept.get(workspaceId) ?? begin(workspaceId);
      lists.clear();
      lists.add(list);
    },
    lend: (workspaceId, list) => {
      if (closed || own.has(workspaceId)) return () => undefined;
      const entry = swept.get(workspaceId) ?? begin(workspaceId);
      // Wrapped, so that a list lent twice has to be taken back twice.
      const lent: TicketList = (...page) => list(...page);
      entry.lists.add(lent);
      return () => leave(workspaceId, entry, lent);
    },
    close: async () => {
      closed = true;
      for (const [workspaceId, entry] of swept) end(workspaceId, entry);
      await Promise.all(stopping);
    },
  };
}

/** @param refused is told of a list whose key may not read the workspace */
function sweepWith(options: SweepsOptions, workspaceId: string, refused: (list: TicketList) => void): Swept {
  const { state, clock = systemClock, logger } = options;
  const lists = new Set<TicketList>();
  const list: TicketList = async (...page) => {
    const [first] = lists;
    if (first === undefined) throw new Error('nobody lends a key any more');
    try {
      return await first(...page);
    } catch (error) {
      if (isRefusal(error)) refused(first);
      throw error;
    }
  };
  const sweeper = createSweeper({ ...options, workspaceId, list });
  const { stop } = keepLease({
    store: state,
    name: `sweep:${workspaceId}`,
    clock,
    ...(logger && { log: logger }),
    work: (signal) => sweeper.run(signal),
  });
  return { lists, stop };
}

const isRefusal = (error: unknown): boolean => error instanceof GatewayError && error.category === 'AUTH';
