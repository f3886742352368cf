import { decodeCursor } from '../../events/log/cursor.ts';

/** The one of some cursors that stands before all others; null: they are not of one log, so none does. */
export function oldestOf(cursors: readonly string[]): string | null {
  const [first, ...others] = cursors;
  if (first === undefined) return null;
  let oldest = first;
  // Most sockets carry one subscription, and many carry subscriptions that are at the same place.
  for (const cursor of others) {
    if (cursor === oldest) continue;
    const [one, other] = [decodeCursor(oldest), decodeCursor(cursor)];
    if (one === null || other === null || one.epoch !== other.epoch) return null;
    if (other.position < one.position) oldest = cursor;
  }
  return oldest;
}

/** Characters of a mark at most; longer ones are none of ours. */
const maxLength = 200;

/**
 * Reads `resumeFrom` out of what a client says of itself when it connects.
 * @returns undefined where it cannot be a mark; null: none
 */
export function readResumeFrom(
  params: Readonly<Record<string, unknown>> | undefined,
): string | null | undefined {
  const given = params?.['resumeFrom'] ?? null;
  if (given === null) return null;
  return typeof given === 'string' && given !== '' && given.length <= maxLength ? given : undefined;
}
