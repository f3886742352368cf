import type { Refusal } from '../refusals.ts';

export interface SocketLimits {
  /** Sockets of the process. */
  readonly maxSockets: number;
  /** Sockets that one key may hold; null: as many as it wants. */
  readonly maxSocketsPerKey: number | null;
  /** Sockets from one address; null: as many as come. */
  readonly maxSocketsPerAddress: number | null;
}

/** How many sockets there are, and of whom. */
export interface SocketCounts {
  /** Takes a socket in, unless there are too many; then it says so. @param address as `ClientAddress` gave it */
  enter(address: string): Refusal | null;
  leave(address: string): void;
  /** Counts a socket for its key. @returns false: the key has too many, and it does not count */
  enterKey(keyId: string): boolean;
  leaveKey(keyId: string): void;
}

export function createSocketCounts(limits: SocketLimits): SocketCounts {
  const { maxSockets, maxSocketsPerKey, maxSocketsPerAddress } = limits;
  const byAddress = createTally(maxSocketsPerAddress);
  const byKey = createTally(maxSocketsPerKey);
  let size = 0;
  return {
    enter: (address) => {
      if (size >= maxSockets) return full;
      if (!byAddress.add(address)) return tooManyOfAddress;
      size += 1;
      return null;
    },
    leave: (address) => {
      size -= 1;
      byAddress.remove(address);
    },
    enterKey: (keyId) => byKey.add(keyId),
    leaveKey: (keyId) => byKey.remove(keyId),
  };
}

/** Counts by name up to a limit; null: there is none, and nothing is counted. */
function createTally(limit: number | null) {
  const counts = new Map<string, number>();
  return {
    add: (name: string): boolean => {
      if (limit === null) return true;
      const count = counts.get(name) ?? 0;
      if (count >= limit) return false;
      counts.set(name, count + 1);
      return true;
    },
    remove: (name: string): void => {
      const count = counts.get(name) ?? 0;
      if (count > 1) counts.set(name, count - 1);
      else counts.delete(name);
    },
  };
}

/** Seconds. */
const retryAfter = { 'retry-after': '10' };

const full: Refusal = {
  status: 503,
  code: 'TOO_MANY_SOCKETS',
  message: 'This gateway holds as many sockets as it can. Try again, or another instance.',
  headers: retryAfter,
};

const tooManyOfAddress: Refusal = {
  status: 429,
  code: 'TOO_MANY_SOCKETS',
  message: 'Too many sockets come from this address. Close one, or try again later.',
  headers: retryAfter,
};
