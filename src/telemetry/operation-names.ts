import { loggable } from '../domain/redact.ts';

/** Milliseconds after which a name that was not used makes room for another. */
const idleMs = 3_600_000;
const longest = 64;

/** What stands for every operation whose name is not told. */
export const otherName = 'other';

/**
 * A client's own name for an operation, fit to be shown: it may be anything that GraphQL takes for a name, a key too.
 */
export const shownName = (name: string): string =>
  name.length <= longest && loggable(name) === name ? name : otherName;

export interface OperationNames {
  /**
   * The name to count an operation under.
   * @param earned whether it came to something: whoever makes names up, and may not ask, gets no series for them
   */
  of(name: string | null, earned: boolean): string;
}

export interface OperationNamesOptions {
  /** Names at a time. */
  readonly max: number;
  /** Milliseconds; only ever grows. */
  readonly now: () => number;
  /** A name is not counted under any more. */
  readonly forgotten: (name: string) => void;
}

/**
 * Clients name operations, and each name is a series: so there are only so many. A name that nobody used for an hour makes
 * room when another comes; as long as there is none, what is new counts as `other`.
 */
export function createOperationNames({ max, now, forgotten }: OperationNamesOptions): OperationNames {
  const known = new Map<string, { usedAt: number }>();

  const makeRoom = (at: number): boolean => {
    if (known.size < max) return true;
    let oldest: string | null = null;
    let usedAt = at - idleMs;
    for (const [name, use] of known) {
      if (use.usedAt > usedAt) continue;
      oldest = name;
      usedAt = use.usedAt;
    }
    if (oldest === null) return false;
    known.delete(oldest);
    forgotten(oldest);
    return true;
  };

  return {
    of: (name, earned) => {
      if (name === null) return otherName;
      const at = now();
      const use = known.get(name);
      if (use !== undefined) {
        use.usedAt = at;
        return name;
      }
      if (!earned || shownName(name) !== name || !makeRoom(at)) return otherName;
      known.set(name, { usedAt: at });
      return name;
    },
  };
}
