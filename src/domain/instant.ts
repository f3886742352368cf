/**
 * Whether two times (ISO 8601) are the same instant, whatever their offsets, to the last digit of a second:
 * `Date.parse` would stop at milliseconds. What cannot be read as a time is the same only letter by letter.
 */
export function sameInstant(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [instantOf(a), instantOf(b)];
  return one !== null && one === other;
}

const iso = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:?\d{2})$/i;

/** Milliseconds of the whole second, and the digits that follow; null: not a time. */
function instantOf(text: string): string | null {
  const [, time, fraction = '', zone = ''] = iso.exec(text) ?? [];
  if (time === undefined) return null;
  const seconds = Date.parse(`${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`);
  return Number.isNaN(seconds) ? null : `${seconds}.${fraction.replace(/0+$/, '')}`;
}
