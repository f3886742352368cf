import type { LogNews } from './log.ts';

/** Listeners by workspace; a workspace without any takes no room. */
export function createListeners() {
  const byWorkspace = new Map<string, Set<(news: LogNews) => void>>();
  return {
    tell: (workspaceId: string, news: LogNews): void => {
      for (const listener of byWorkspace.get(workspaceId) ?? []) listener(news);
    },
    tellAll: (news: LogNews): void => {
      for (const ofWorkspace of byWorkspace.values()) for (const listener of ofWorkspace) listener(news);
    },
    /** Workspaces that somebody listens to. */
    workspaces: (): IterableIterator<string> => byWorkspace.keys(),
    add: (workspaceId: string, listener: (news: LogNews) => void): (() => void) => {
      // Wrapped, so that one function registered twice is two listeners.
      const own = (news: LogNews): void => {
        listener(news);
      };
      const ofWorkspace = byWorkspace.get(workspaceId) ?? new Set();
      byWorkspace.set(workspaceId, ofWorkspace.add(own));
      return () => {
        ofWorkspace.delete(own);
        if (ofWorkspace.size === 0 && byWorkspace.get(workspaceId) === ofWorkspace) {
          byWorkspace.delete(workspaceId);
        }
      };
    },
    clear: (): void => {
      byWorkspace.clear();
    },
  };
}
