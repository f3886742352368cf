import type { ExecutionResult } from 'graphql';
import { eventOf } from '../graphql/subscribe.ts';

/** The cursor that resumes right after a result of a subscription, selected or not; null: it has none. */
export function cursorOf(result: ExecutionResult): string | null {
  const event = eventOf(result);
  if (typeof event !== 'object' || event === null || !('cursor' in event)) return null;
  return typeof event.cursor === 'string' ? event.cursor : null;
}
