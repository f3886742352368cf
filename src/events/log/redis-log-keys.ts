/** The format of what is stored: gateways whose versions differ in it do not see each other's events. */
const FORMAT = 1;

/** Where things are in Redis. */
export interface LogKeys {
  /**
   * meta, log, traces, ids, changes and tickets of a workspace; see redis-log-scripts.ts. They share a hash tag, so a
   * cluster keeps them together.
   */
  ofWorkspace(workspaceId: string): WorkspaceKeys;
  /** The channel on which every append of every workspace is told. */
  readonly news: string;
  /** The set of workspaces of which there may be something to trim. */
  readonly workspaces: string;
  /** Who trims them at the moment. */
  readonly sweeper: string;
}

export type WorkspaceKeys = readonly [
  meta: string,
  log: string,
  traces: string,
  ids: string,
  changes: string,
  tickets: string,
];

export function createLogKeys(prefix: string): LogKeys {
  const all = `${prefix}:events:${FORMAT}`;
  return {
    ofWorkspace: (workspaceId) => {
      const own = `${all}:${hashTag(workspaceId)}`;
      return [`${own}:meta`, `${own}:log`, `${own}:traces`, `${own}:ids`, `${own}:changes`, `${own}:tickets`];
    },
    news: `${all}:news`,
    workspaces: `${all}:workspaces`,
    sweeper: `${all}:sweeper`,
  };
}

/**
 * A tag is what stands between the first braces of a key, unless that is nothing. An id may hold braces, be empty, or be
 * no valid Unicode; another id gives another tag all the same.
 */
const hashTag = (workspaceId: string): string =>
  `{w:${encodeURIComponent(JSON.stringify(workspaceId).slice(1, -1))}}`;
