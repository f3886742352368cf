import { LRUCache } from 'lru-cache';
import type { Kept, Room } from '../domain/basis.ts';

/**
 * A bound on what is kept, over all keys and workspaces: what was used longest ago goes first. Its bytes are estimates
 * (`size.ts`).
 */
export class Memory implements Room {
  readonly #maxBytes: number;
  /** By what is kept, its size. */
  readonly #lru: LRUCache<Kept, number>;

  /** @param maxBytes 0: nothing is kept */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#lru = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: (bytes) => bytes,
      dispose: (_bytes, kept, reason) => {
        if (reason !== 'set') kept.dropped();
      },
    });
  }

  /** Estimated. */
  get bytes(): number {
    return this.#lru.calculatedSize;
  }

  /** Also for what is kept already and has another size now. Drops it, and answers false, where it is too large. */
  keep(kept: Kept, bytes: number): boolean {
    if (bytes > this.#maxBytes) {
      if (!this.#lru.delete(kept)) kept.dropped();
      return false;
    }
    this.#lru.set(kept, bytes);
    return true;
  }

  /** It was used just now. */
  touch(kept: Kept): void {
    this.#lru.get(kept);
  }

  drop(kept: Kept): void {
    this.#lru.delete(kept);
  }

  clear(): void {
    this.#lru.clear();
  }
}
