/**
 * Calls of which no answer said in which window they were counted. Kept by the last moment at which the backend can
 * have counted them, in slots of a quarter of a second (rounded up, so never forgotten early): a few hundred numbers
 * at most, whatever the limit.
 */
export interface Slot {
  /** The last moment they can have been counted; milliseconds since the epoch, our clock. */
  readonly at: number;
  readonly count: number;
}

/** Ordered by `at`. */
export type Unattributed = readonly Slot[];

const SLOT_MS = 250;

/**
 * Adds one call.
 * @param at the last moment it can have been counted
 * @param forgetBefore calls counted before this cannot matter any more
 */
export function withCall(slots: Unattributed, at: number, forgetBefore: number): Unattributed {
  const slotAt = Math.ceil(at / SLOT_MS) * SLOT_MS;
  const kept = slots.filter((slot) => slot.at >= forgetBefore);
  const index = kept.findLastIndex((slot) => slot.at <= slotAt);
  const found = kept[index];
  if (found?.at === slotAt) kept[index] = { at: slotAt, count: found.count + 1 };
  else kept.splice(index + 1, 0, { at: slotAt, count: 1 });
  return kept;
}

/** Calls that can have been counted at `from` or later. */
export function countSince(slots: Unattributed, from: number): number {
  let count = 0;
  for (let index = slots.length - 1; index >= 0; index -= 1) {
    const slot = slots[index];
    if (slot === undefined || slot.at < from) break;
    count += slot.count;
  }
  return count;
}

/** The oldest slot that still counts from `from` on; null: none does. */
export const oldestSince = (slots: Unattributed, from: number): Slot | null =>
  slots.find((slot) => slot.at >= from) ?? null;
