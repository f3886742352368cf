import type { EventLog, LogEntry } from '../log/log.ts';
import { replayTurns, type ReplayTurns } from './replay-turns.ts';

/** As much of a log as a replay needs. */
export type ReplayPages = Pick<EventLog, 'read' | 'locate'>;

/** Entries read from the log at a time. */
export const pageSize = 256;

/**
 * Entries to ask for after a position: pages end where those of others end, so that replays which began here and there
 * ask for the same ones.
 */
export const limitAfter = (position: number): number => pageSize - (position % pageSize);

/**
 * Reads a log for replays, in turns. Whoever asks for a page that somebody else waits for is given the same one. That is
 * what the log held at some moment since the other asked: whoever asks must know that something follows.
 */
export function createReplayPages(log: ReplayPages, turns: ReplayTurns = replayTurns): ReplayPages {
  const flights = new Map<string, Promise<readonly LogEntry[]>>();
  return {
    read: (workspaceId, after, limit) => {
      const key = `${after} ${limit} ${workspaceId}`;
      const under = flights.get(key);
      if (under !== undefined) return under;
      const flight = turns
        .take(() => log.read(workspaceId, after, limit))
        .finally(() => {
          flights.delete(key);
        });
      flights.set(key, flight);
      return flight;
    },
    locate: (workspaceId, cursor) => log.locate(workspaceId, cursor),
  };
}
