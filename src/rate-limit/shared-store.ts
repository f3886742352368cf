/**
 * Where processes keep budgets together. Every method is one atomic step, and rejects when the store does not answer
 * in time; whether the step was taken is unknown then.
 */
export interface SharedStore {
  read(keyId: string): Promise<Stored>;
  /** Puts `swap.state` in the place of the version that `swap.expected` names; else answers what it found instead. */
  swap(keyId: string, swap: Swap): Promise<SwapResult>;
  /** Says that a process lives. */
  beat(beat: Beat): Promise<Presence>;
  /** A process ends. */
  leave(instance: string): Promise<void>;
  /** Ends connections; nothing may be called afterwards. */
  close(): Promise<void>;
}

/** The tag and the text of a budget; null: there is none. */
export interface Entry {
  readonly tag: string;
  readonly state: string;
}

export interface Stored {
  /** By the store's clock; milliseconds since the epoch. */
  readonly time: number;
  readonly entry: Entry | null;
}

export interface Swap {
  /** The tag of what is there; null: nothing is. */
  readonly expected: string | null;
  /** The step's moment as its process sees the store's clock; it is refused where that is far from it. */
  readonly at: number;
  readonly entry: Entry;
  /** When to forget it if nobody touches it; milliseconds. */
  readonly ttlMs: number;
}

export type SwapResult =
  { readonly swapped: true; readonly time: number } | ({ readonly swapped: false } & Stored);

export interface Beat {
  readonly instance: string;
  /** A process that was not heard of for so long is taken to be cut off; milliseconds. */
  readonly freshMs: number;
  /** And one not heard of for so long, to be gone; milliseconds. */
  readonly goneMs: number;
}

export interface Presence {
  readonly time: number;
  /** Processes that were heard of lately. */
  readonly fresh: number;
  /** Processes that are not gone. */
  readonly total: number;
}

/** How far a step's moment may be ahead of the store's clock; milliseconds. A window's turnover leaves more room. */
export const AHEAD_MS = 20;
/** How far it may be behind: a question does not travel so long. */
export const BEHIND_MS = 5_000;
