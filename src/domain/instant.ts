/**
 * Whether two times (ISO 8601) are the same instant, whatever their offsets, to the last digit of a second:
 * `Date.parse` would stop at milliseconds. What cannot be read as a time is the same only letter by letter.
 */
export function sameInstant(a: string, b: string): boolean {
  if (a === b) return true;
  return compareInstants(a, b) === 0;
}

/**
 * Which of two times comes first, to the last digit of a second: negative, `a` does; 0, neither.
 * null: one of them is not a time.
 */
export function compareInstants(a: string, b: string): number | null {
  const [one, other] = [partsOf(a), partsOf(b)];
  if (one === null || other === null) return null;
  if (one.seconds !== other.seconds) return one.seconds - other.seconds;
  // Digits after the point, as many as there are: the longer of two that begin alike is later.
  return one.fraction === other.fraction ? 0 : one.fraction < other.fraction ? -1 : 1;
}

const iso = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:?\d{2})$/i;

interface Parts {
  /** Milliseconds since the epoch, of the whole second. */
  readonly seconds: number;
  /** The digits that follow, without zeros at their end. */
  readonly fraction: string;
}

function partsOf(text: string): Parts | null {
  const [, time, fraction = '', zone = ''] = iso.exec(text) ?? [];
  if (time === undefined) return null;
  const seconds = Date.parse(`${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`);
  return Number.isNaN(seconds) ? null : { seconds, fraction: fraction.replace(/0+$/, '') };
}
