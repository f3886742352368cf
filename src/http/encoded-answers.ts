/**
 * Answers that are kept as they went out, so that the same question of the same caller need not be understood, executed
 * and encoded again. Nothing tells them that they are out of date: each remembers what it was made of and asks that at
 * every use, so that it is served exactly when executing it would find the same in the store of REST answers.
 */
import type { Basis, Kept, Room } from '../domain/basis.ts';
import type { Caller } from '../domain/caller.ts';

/** Bytes of a body, or characters of a target, that are kept with their answer; longer ones are executed each time. */
export const maxQuestionBytes = 16_384;

/** What a request asks, as far as it bears on the answer. Its terms, for one, do not: with any, it is executed. */
export interface AskedBytes {
  readonly caller: Caller;
  readonly method: string;
  /** As it came: what the answer's media type and form are chosen by. */
  readonly accept: string | null;
  /** Of a GET the target, of a POST the body, in which each character is a byte (latin1). */
  readonly text: string;
}

/**
 * Whatever an answer may depend on: of a caller, its key and workspace, and what it may do beside that. A line each: none
 * of the parts before the text has a line end.
 */
const keyOf = ({ caller: { scope, level }, method, accept, text }: AskedBytes): string =>
  `${scope}\n${level ?? ''}\n${method}\n${accept === null ? '' : `:${accept}`}\n${text}`;

export interface EncodedParts {
  /** `data`, as JSON. */
  readonly data: string;
  readonly contentType: string;
  readonly bases: readonly Basis[];
  /** Of the operation; null: it has none. */
  readonly operationName: string | null;
}

/** Bytes of an entry beside its texts, and of each thing that it rests on; estimates. */
const entryBytes = 600;
const basisBytes = 200;

export class EncodedAnswer implements Kept {
  readonly contentType: string;
  readonly operationName: string | null;
  readonly #bases: readonly Basis[];
  /** Each character is a byte: node:http then sends head and body as one. */
  readonly #beginning: string;
  readonly #dropped: () => void;

  constructor({ data, contentType, bases, operationName }: EncodedParts, dropped: () => void) {
    this.contentType = contentType;
    this.operationName = operationName;
    this.#bases = bases;
    this.#beginning = Buffer.from(`{"data":${data},"extensions":{"rateLimit":`).toString('latin1');
    this.#dropped = dropped;
  }

  /** Reads that it stands for. */
  get reads(): number {
    return this.#bases.length;
  }

  get bytes(): number {
    return entryBytes + this.#beginning.length + basisBytes * this.#bases.length;
  }

  isCurrent(): boolean {
    for (const basis of this.#bases) if (!basis.isCurrent()) return false;
    return true;
  }

  touch(): void {
    for (const basis of this.#bases) basis.touch();
  }

  /** The whole answer; each character is a byte. @param report as JSON in ASCII: what `extensions.rateLimit` says now */
  bodyWith(report: string): string {
    return `${this.#beginning}${report}}}`;
  }

  dropped(): void {
    this.#dropped();
  }
}

export class EncodedAnswers {
  readonly #room: Room;
  readonly #answers = new Map<string, EncodedAnswer>();
  #served = 0;

  /** @param room where what they are made of is kept, too */
  constructor(room: Room) {
    this.#room = room;
  }

  /** Kept now. */
  get size(): number {
    return this.#answers.size;
  }

  /** Served since the beginning. */
  get served(): number {
    return this.#served;
  }

  /** What may be served now; null: it must be executed. */
  find(asked: AskedBytes): EncodedAnswer | null {
    const answer = this.#answers.get(keyOf(asked));
    if (answer === undefined) return null;
    if (!answer.isCurrent()) {
      this.#room.drop(answer);
      return null;
    }
    this.#room.touch(answer);
    answer.touch();
    this.#served += 1;
    return answer;
  }

  keep(asked: AskedBytes, parts: EncodedParts): void {
    const key = keyOf(asked);
    const standing = this.#answers.get(key);
    if (standing !== undefined) this.#room.drop(standing);
    const answer = new EncodedAnswer(parts, () => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    this.#answers.set(key, answer);
    this.#room.keep(answer, answer.bytes + key.length);
  }
}
