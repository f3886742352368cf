/** Levels of an API key; each includes the ones before it. */
export type ApiLevel = 'READ' | 'WRITE' | 'ADMIN';

const rank: Readonly<Record<ApiLevel, number>> = { READ: 0, WRITE: 1, ADMIN: 2 };

/** Whether a caller of one level may do what needs another. */
export const suffices = (level: ApiLevel, required: ApiLevel): boolean => rank[level] >= rank[required];

/** On whose behalf an operation runs: one API key in one workspace. */
export interface Caller {
  readonly workspaceId: string;
  /** A secret: goes to the backend, never to a log, a metric, a client or a cache key. */
  readonly apiKey: string;
  /**
   * Identifies backend, key and workspace without revealing the key (a SHA-256, base64url).
   * Caches and loaders are kept by it.
   */
  readonly scope: string;
  /** Identifies the key alone, likewise hashed: budgets belong to the key, whatever the workspace. */
  readonly keyId: string;
  /** Whether the key came with the request or is held by the server. */
  readonly source: 'REQUEST' | 'SERVER';
  /** What the caller may do, whatever the key may; null: nobody but the backend knows, and it refuses what is too much. */
  readonly level: ApiLevel | null;
  /** Who it is among all that act with this key, likewise hashed; null: nobody knows them apart. */
  readonly endUser: string | null;
}
