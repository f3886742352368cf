/** Seeded chance: the same seed gives the same sequence, on every machine. */
export interface Random {
  /** 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  chance(probability: number): boolean;
  /** Throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order; all of them if there are fewer. */
  some<T>(items: readonly T[], count: number): T[];
  bytes(count: number): Uint8Array;
  /** An independent sequence of its own. */
  fork(label: string): Random;
}

/** FNV-1a over the label, mixed into the seed: forks with different labels are unrelated. */
function mix(seed: number, label: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < label.length; index += 1) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function createRandom(seed: number): Random {
  // A Weyl sequence through a 32-bit finalizer: small, fast, and good enough for data that only has to look alive.
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 0x1_0000_0000;
  };
  const below = (end: number): number => Math.floor(next() * end);
  const some = <T>(items: readonly T[], count: number): T[] => {
    const rest = [...items];
    const picked: T[] = [];
    while (picked.length < count && rest.length > 0) picked.push(...rest.splice(below(rest.length), 1));
    return picked;
  };
  return {
    next,
    below,
    chance: (probability) => probability > 0 && next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    some,
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
    fork: (label) => createRandom(mix(seed, label)),
  };
}
