/** What an answer rests on: something that was kept, as it was when it was served. */
export interface Basis {
  /** Whether whoever asks now would be served the very same, without anybody being asked. Looks, and waits for nothing. */
  isCurrent(): boolean;
  /** It was served again: what was used longest ago goes first. */
  touch(): void;
}

/** Something that is kept while there is room. */
export interface Kept {
  /** It is kept no longer. */
  dropped(): void;
}

/** Room for what is kept, over all keys: what was used longest ago goes first. */
export interface Room {
  /**
   * Also for what is kept already and has another size now. Drops it, and answers false, where it is too large.
   * @param bytes as estimated
   */
  keep(kept: Kept, bytes: number): boolean;
  /** It was used just now. */
  touch(kept: Kept): void;
  drop(kept: Kept): void;
}
