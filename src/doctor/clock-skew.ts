import { describeError } from '../domain/redact.ts';
import { findingsOf, type Finding } from './finding.ts';

/** Milliseconds to wait for an answer. */
const patienceMs = 5000;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/**
 * Whether this machine and the helpdesk agree about the time: deliveries that were signed too long ago or ahead are
 * refused. Sends no key, so it costs the key nothing.
 * @param toleranceMs how far the receiver lets them differ
 */
export async function checkClock(url: string, toleranceMs: number): Promise<Finding> {
  const { ok, warn, fail } = findingsOf('clock');
  try {
    const sentAt = Date.now();
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patienceMs) });
    const answeredAt = Date.now();
    await response.body?.cancel();
    const theirs = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) return ok('cannot be compared: the helpdesk does not tell its time.');
    // A date has whole seconds, so on average it is half a second early.
    const skewMs = theirs + 500 - (sentAt + answeredAt) / 2;
    const apart = `is ${seconds(Math.abs(skewMs))} ${skewMs > 0 ? 'behind' : 'ahead of'} that of the helpdesk`;
    const cure = 'Have it set by NTP.';
    if (Math.abs(skewMs) > toleranceMs)
      return fail(`${apart}: deliveries are refused beyond ${seconds(toleranceMs)}.`, cure);
    if (Math.abs(skewMs) > toleranceMs / 5)
      return warn(`${apart}; beyond ${seconds(toleranceMs)} deliveries are refused.`, cure);
    return ok(`agrees with that of the helpdesk to ${seconds(Math.abs(skewMs))}.`);
  } catch (error) {
    return warn(
      `cannot be compared: no answer from the helpdesk (${describeError(error).message}).`,
      'See whether HELPDESK_URL can be reached from here.',
    );
  }
}
