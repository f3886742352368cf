import type { Log } from '../../domain/log.ts';
import { describeError } from '../../domain/redact.ts';

export interface ContestedOptions {
  /** Reads a ticket from the backend and tells the log how it is now. */
  readonly settle: (workspaceId: string, ticketId: string, signal: AbortSignal) => Promise<void>;
  /** @default nobody */
  readonly logger?: Pick<Log, 'warn'> | undefined;
  /** Tickets looked at together at most. @default 4 */
  readonly parallel?: number;
  /** Tickets that wait at most; a further one is left to the sweep. @default 1,000 */
  readonly maxWaiting?: number;
}

/** Tickets of which it is not certain how they are: what was said of them cannot all be so. */
export interface Contested {
  /** Looks into it some time soon: once, however often the ticket is named until then. */
  add(workspaceId: string, ticketId: string): void;
  /** Ends what is under way; resolves once nothing is. */
  close(): Promise<void>;
}

interface Case {
  readonly workspaceId: string;
  readonly ticketId: string;
}

export function createContested(options: ContestedOptions): Contested {
  const { settle, logger, parallel = 4, maxWaiting = 1_000 } = options;
  const waiting = new Map<string, Case>();
  const running = new Map<string, Promise<void>>();
  const closing = new AbortController();

  const look = async ({ workspaceId, ticketId }: Case): Promise<void> => {
    try {
      await settle(workspaceId, ticketId, closing.signal);
    } catch (error) {
      if (closing.signal.aborted) return;
      const fields = { workspaceId, ticketId, error: describeError(error) };
      logger?.warn(fields, 'ticket in doubt: how it is could not be read or told');
    }
  };

  /** One that is being looked at waits, if it is named again: the answer may be older than what was said since. */
  const next = (): void => {
    for (const [key, one] of waiting) {
      if (running.size >= parallel) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      const looking = look(one).finally(() => {
        running.delete(key);
        next();
      });
      running.set(key, looking);
    }
  };

  return {
    add: (workspaceId, ticketId) => {
      if (closing.signal.aborted) return;
      const key = JSON.stringify([workspaceId, ticketId]);
      if (waiting.size >= maxWaiting && !waiting.has(key)) {
        logger?.warn({ workspaceId, ticketId }, 'ticket in doubt: too many are, it is left to the sweep');
        return;
      }
      waiting.set(key, { workspaceId, ticketId });
      next();
    },
    close: async () => {
      closing.abort();
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}
