import type { ExecutionResult } from 'graphql';
import type { Basis } from '../domain/basis.ts';
import type { Operation } from '../domain/operation.ts';
import type { AnswerNotes } from '../graphql/answer-notes.ts';
import type { EncodedParts } from './encoded-answers.ts';

/** What an operation came to, as far as it decides on keeping its answer. */
export interface Executed {
  readonly operationName: string | null;
  readonly operation: Operation;
  readonly notes: AnswerNotes;
  readonly result: ExecutionResult;
}

/**
 * An answer in the making that may be kept, if it turns out to be made of what is kept and of nothing else: no request,
 * nobody else's request, nothing that is out of date, no error.
 */
export class Draft {
  readonly #keep: (parts: EncodedParts) => void;
  readonly #bases: Basis[] = [];
  #executed: Omit<EncodedParts, 'contentType'> | null = null;

  /** @param keep called at most once */
  constructor(keep: (parts: EncodedParts) => void) {
    this.#keep = keep;
  }

  readonly rests = (basis: Basis): void => {
    this.#bases.push(basis);
  };

  executed({ operationName, operation: { meter }, notes, result }: Executed): void {
    const { data, errors = [] } = result;
    const bases = this.#bases;
    const isWhole = meter.spent + meter.shared === 0 && meter.cacheHits === bases.length && bases.length > 0;
    const isPlain = errors.length === 0 && !notes.isMomentary && notes.readAfter === null;
    if (!isWhole || !isPlain || data == null || notes.stale.length > 0) return;
    this.#executed = { data: JSON.stringify(data), bases, operationName };
  }

  /** It goes out now. @param headers names in lower case */
  answered(status: number, headers: ReadonlyMap<string, string>): void {
    const contentType = headers.get('content-type') ?? '';
    const others = [...headers.keys()].filter((name) => name !== 'content-type' && name !== 'content-length');
    // An answer that says more of itself than usual is not understood here.
    if (this.#executed === null || status !== 200 || others.length > 0 || !isJson(contentType)) return;
    this.#keep({ ...this.#executed, contentType });
    this.#executed = null;
  }
}

const isJson = (contentType: string): boolean =>
  /^application\/(?:graphql-response\+)?json;/.test(contentType);
