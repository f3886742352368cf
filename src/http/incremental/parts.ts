import { setImmediate } from 'node:timers/promises';
import type { ExecutionResult } from 'graphql';
import { joined } from './join.ts';
import type { Increment, Part } from './part.ts';

/**
 * An answer in parts: the first, what is added to it, and a last part that adds nothing to the data and tells what holds
 * of the whole operation. It stands alone because clients read `extensions` only where there is no `incremental`.
 *
 * What became ready in one turn of the event loop goes out together: a page of rows makes one part, not a hundred.
 */
export class Parts implements AsyncIterableIterator<Part, undefined> {
  readonly #results: AsyncIterator<unknown, unknown>;
  readonly #whole: () => Pick<ExecutionResult, 'extensions'>;
  /** A result that was asked for already. */
  #ahead: Promise<Part | null> | null = null;
  #begun = false;
  #exhausted = false;
  #over = false;

  /**
   * @param results as the executor gives them
   * @param whole what holds of the whole operation, asked for when all else was told
   */
  constructor(results: AsyncIterable<unknown>, whole: () => Pick<ExecutionResult, 'extensions'>) {
    this.#results = results[Symbol.asyncIterator]();
    this.#whole = whole;
  }

  async next(): Promise<IteratorResult<Part, undefined>> {
    if (this.#over) return end;
    const part = this.#begun ? await this.#increment() : await this.#ask();
    this.#begun = true;
    if (this.#isOver()) return end;
    if (part !== null) return { value: part, done: false };
    this.#over = true;
    return { value: { ...this.#whole(), hasNext: false }, done: false };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#over = true;
    await this.#results.return?.();
    return end;
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** It may have ended while a part was awaited. */
  #isOver(): boolean {
    return this.#over;
  }

  /** The executor's next result; null: there is none. */
  async #ask(): Promise<Part | null> {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead !== null) return ahead;
    if (this.#exhausted) return null;
    const { done, value } = await this.#results.next();
    if (done === true || !isPart(value)) return null;
    this.#exhausted = !value.hasNext;
    // More is to come in any case: the last part is not the executor's.
    return { ...value, hasNext: true };
  }

  /** What is ready with the next result; null: nothing follows. */
  async #increment(): Promise<Part | null> {
    const incremental: Increment[] = [];
    let result = await this.#ask();
    while (result !== null) {
      incremental.push(...(result.incremental ?? []));
      await setImmediate();
      const ahead = this.#ask();
      const ready = await Promise.race([ahead, setImmediate(later)]);
      if (ready === later) {
        this.#ahead = ahead;
        // Whoever asks for it meets its failure.
        ahead.catch(() => undefined);
        break;
      }
      result = ready;
    }
    return incremental.length === 0 ? null : { incremental: joined(incremental), hasNext: true };
  }
}

const later = Symbol('later');

const end: IteratorReturnResult<undefined> = { value: undefined, done: true };

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && 'hasNext' in value && typeof value.hasNext === 'boolean';
