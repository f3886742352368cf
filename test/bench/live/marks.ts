/**
 * What a subscriber reads of an event without parsing it: a mark in the ticket's subject. One kind for events that are
 * measured, another for those that warm up.
 */
const measured = 'live#';
const warming = 'warm#';

/** @param number of the event, from 0. @param sentAt microseconds of the machine's monotonic clock */
export const markOf = (kind: 'MEASURED' | 'WARMING', number: number, sentAt: number): string =>
  `${kind === 'MEASURED' ? measured : warming}${number}#${sentAt}#`;

/** Microseconds on a clock that all processes of the machine share. */
export const monotonicMicros = (): number => Number(process.hrtime.bigint() / 1000n);

export interface Mark {
  number: number;
  sentAt: number;
}

const bytes = Buffer.from(measured);
const hash = 0x23;
const zero = 0x30;

/**
 * Looks for the mark of a measured event. Makes no object: called for each of millions of frames.
 * @param mark filled in where one is found
 * @returns whether there was one
 */
export function readMark(buffer: Buffer, from: number, to: number, mark: Mark): boolean {
  const at = buffer.indexOf(bytes, from);
  if (at < 0 || at >= to) return false;
  let next = at + bytes.length;
  let number = 0;
  for (; next < to && buffer[next] !== hash; next += 1) number = number * 10 + (buffer[next] ?? zero) - zero;
  let sentAt = 0;
  for (next += 1; next < to && buffer[next] !== hash; next += 1)
    sentAt = sentAt * 10 + (buffer[next] ?? zero) - zero;
  mark.number = number;
  mark.sentAt = sentAt;
  return true;
}

export const isWarming = (text: string): boolean => text.includes(warming);
