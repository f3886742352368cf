/** Levels of an API key; each includes the ones before it. */
export type ApiLevel = 'READ' | 'WRITE' | 'ADMIN';

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
}
