/** Adds up what fields will spend. */
import type { FieldCost } from './rule.ts';

/** Requests of part of an operation. */
export interface Ledger {
  readonly each: number;
  /** By name: requests, and how many of them an operation makes at most. */
  readonly shared: ReadonlyMap<string, Shared>;
}

interface Shared {
  readonly requests: number;
  readonly ceiling: number;
}

export const nothing: Ledger = { each: 0, shared: new Map() };

/**
 * What a field that runs so many times spends.
 * @param times more than 0
 * @param round tells things read before a write from the same ones read after it
 */
export function spent({ each = 0, once = [], pooled }: FieldCost, times: number, round: number): Ledger {
  const shared = new Map<string, Shared>(
    once.map((name) => [`${round} ${name}`, { requests: 1, ceiling: 1 }]),
  );
  if (pooled !== undefined) {
    shared.set(pooled.name, { requests: pooled.requests * times, ceiling: pooled.ceiling });
  }
  return { each: each === 0 ? 0 : each * times, shared };
}

/** Both happen. */
export const sum = (left: Ledger, right: Ledger): Ledger => merge(left, right, (a, b) => a + b);

/** Either happens: no more of anything than in the dearer one. */
export const dearer = (left: Ledger, right: Ledger): Ledger => merge(left, right, Math.max);

function merge(left: Ledger, right: Ledger, add: (left: number, right: number) => number): Ledger {
  if (left === nothing) return right;
  if (right === nothing) return left;
  const shared = new Map(left.shared);
  for (const [name, { requests, ceiling }] of right.shared) {
    shared.set(name, { requests: add(shared.get(name)?.requests ?? 0, requests), ceiling });
  }
  return { each: add(left.each, right.each), shared };
}

export const totalOf = ({ each, shared }: Ledger): number => {
  let total = each;
  for (const { requests, ceiling } of shared.values()) total += Math.min(requests, ceiling);
  return total;
};
