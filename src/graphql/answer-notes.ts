import type { GraphQLResolveInfo } from 'graphql';

/** Where a field's answer goes. */
export type Path = GraphQLResolveInfo['path'];

/** A place in the answer where what stands there may be out of date, because the backend could not be asked. */
export interface StaleNote {
  readonly path: readonly (string | number)[];
  /** Milliseconds since what stands there was known to be right. */
  readonly ageMs: number;
}

/** What one operation's answer says of itself in `extensions`, gathered while it runs. */
export class AnswerNotes {
  /** A cursor of the event log: whoever reads after it, by whichever gateway, sees what this operation wrote. null: it wrote nothing. */
  readAfter: string | null = null;
  /** It tells how things are at this moment, of which nobody keeps account: it is no answer to whoever asks later. */
  isMomentary = false;
  readonly #asked: { readonly path: Path; readonly question: unknown }[] = [];
  readonly #shared: { readonly path: Path; readonly withPath: Path }[] = [];
  readonly #ages = new Map<unknown, number>();
  readonly #stale: StaleNote[] = [];

  /** A field waits for the answer to a question, which others may ask, too: an id, or the very object that was handed to the backend. */
  asks(path: Path, question: unknown): void {
    this.#asked.push({ path, question });
  }

  /** A field takes the answer that another one waits for. */
  shares(path: Path, withPath: Path): void {
    if (path !== withPath) this.#shared.push({ path, withPath });
  }

  /** The last known answer to a question was taken. */
  servedStale(question: unknown, ageMs: number): void {
    this.#ages.set(question, Math.max(ageMs, this.#ages.get(question) ?? 0));
  }

  /** The last known answer was taken for a field. */
  isStale(path: Path, ageMs: number): void {
    this.#stale.push({ path: stepsOf(path), ageMs });
  }

  /** Each place once, with the greatest of its ages. */
  get stale(): readonly StaleNote[] {
    if (this.#ages.size === 0) return this.#stale;
    const oldest = new Map<Path, number>();
    for (const { path, question } of this.#asked) {
      const ageMs = this.#ages.get(question);
      if (ageMs !== undefined) oldest.set(path, Math.max(ageMs, oldest.get(path) ?? 0));
    }
    for (const { path, withPath } of this.#shared) {
      const ageMs = oldest.get(withPath);
      if (ageMs !== undefined) oldest.set(path, ageMs);
    }
    return [...this.#stale, ...[...oldest].map(([path, ageMs]) => ({ path: stepsOf(path), ageMs }))];
  }
}

function stepsOf(path: Path): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let step: Path | undefined = path; step !== undefined; step = step.prev) steps.unshift(step.key);
  return steps;
}
