import type { ExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Results of replayed events, for other subscriptions to which the same event comes to the same. */
export interface ReplayedResults {
  get(key: string, cursor: string): ExecutionResult | null;
  /** One with errors is not kept: somebody else may be luckier. */
  keep(key: string, cursor: string, result: ExecutionResult): void;
}

/** Characters of results that are kept at most, as JSON. */
const maxCharacters = 16_000_000;

/** Milliseconds a result is kept: as long as those that came at once take to follow each other. */
const keptMs = 5_000;

export function createReplayedResults(): ReplayedResults {
  const empty = () =>
    new LRUCache<string, ExecutionResult>({
      maxSize: maxCharacters,
      sizeCalculation: (result, key) => key.length + JSON.stringify(result).length,
    });
  /** Keys are long: each is written down once. */
  let names = new Map<string, string>();
  let results = empty();
  let forgetting = false;
  const forgetLater = (): void => {
    if (forgetting) return;
    forgetting = true;
    setTimeout(() => {
      forgetting = false;
      names = new Map();
      results = empty();
    }, keptMs).unref();
  };
  return {
    get: (key, cursor) => {
      const name = names.get(key);
      return name === undefined ? null : (results.get(name + cursor) ?? null);
    },
    keep: (key, cursor, result) => {
      if (result.errors?.length) return;
      const name = names.get(key) ?? `${names.size} `;
      names.set(key, name);
      results.set(name + cursor, result);
      forgetLater();
    },
  };
}
