import fc from 'fast-check';

/** Decisions that are made from a tape of numbers: a shorter or smaller tape makes a simpler input, so failures shrink. */
export class Choices {
  readonly #tape: readonly number[];
  #at = 0;

  constructor(tape: readonly number[]) {
    this.#tape = tape;
  }

  /** From 0 up to, not including, `count`. A tape that is used up decides for the first. */
  next(count: number): number {
    const number = this.#tape[this.#at] ?? 0;
    this.#at += 1;
    return number % count;
  }

  pick<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.next(values.length)] ?? values[0];
  }

  /** Whether something happens that does so once in so many times. */
  oneIn(times: number): boolean {
    return this.next(times) === times - 1;
  }
}

/** @param length numbers on the tape at most */
export const fromTape = <Value>(length: number, make: (choices: Choices) => Value): fc.Arbitrary<Value> =>
  fc.array(fc.nat(0xffff), { maxLength: length, size: 'max' }).map((tape) => make(new Choices(tape)));
