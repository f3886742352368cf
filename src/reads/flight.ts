import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import { errorRules } from '../domain/error-codes.ts';
import type { Operation } from '../domain/operation.ts';
import type { Change, Note } from './change.ts';
import type { Asked } from './entries.ts';

/** What came of a flight. */
export interface Landed<Answer> {
  readonly value: Answer;
  /** false: it may be older than something that became known after its request had left. */
  readonly sound: boolean;
}

/** What is known of a flight when its answer comes. */
export interface Landing {
  /** When its request left, or the start where nobody said. */
  readonly asked: Asked;
  /** What became known since and bears on it, oldest first. */
  readonly notes: readonly Note[];
  /** Nothing was missed since its request left. */
  readonly attended: boolean;
}

/** A read that several may wait for. */
export interface Question<Answer> {
  /** Questions of one key are one question. */
  readonly key: string;
  /** Of one key in one workspace; questions of two scopes are never one. */
  readonly scope: string;
  readonly operation: Operation;
  /** Only a flight that begins now will do. */
  readonly fresh: boolean;
  /** Whether an answer may be another after a change. */
  bears(change: Change): boolean;
  /** Whether it is likely to be; joining is a gamble that `land` settles. */
  minds(change: Change): boolean;
  ask(operation: Operation): Promise<Answer>;
  /** Keeps the answer as far as it may be kept, and says what it comes to. Called once. */
  land(answer: Answer, landing: Landing): Landed<Answer>;
}

export interface FlightOptions<Answer> {
  readonly question: Question<Answer>;
  readonly clock: Clock;
  readonly nextSeq: () => number;
  /** Whether every event of the workspace is being heard now. */
  readonly attended: () => boolean;
  /** Resolves as soon as events are heard, or when that is not to be waited for. */
  readonly ready: () => Promise<void>;
  /** The answer is there, or none will come: whoever asks from now on needs another. Called once. */
  readonly over: (flight: Flight<Answer>) => void;
  /** Called once, after what was answered has been kept. */
  readonly landed: () => void;
}

/**
 * One request under way, for all who asked the same. It runs on behalf of whoever began it: priority, deadline and bill
 * are theirs. It is given up when all who wait have left.
 */
export class Flight<Answer> {
  readonly scope: string;
  readonly outcome: Promise<Landed<Answer>>;
  readonly #options: FlightOptions<Answer>;
  readonly #controller = new AbortController();
  #asked: Asked;
  #notes: Note[] = [];
  #attended = false;
  #left = false;
  #over = false;
  #waiting = 0;

  constructor(options: FlightOptions<Answer>) {
    this.#options = options;
    this.scope = options.question.scope;
    this.#asked = this.#now();
    this.outcome = this.#fly();
    // Whoever waits is told; nobody may be.
    this.outcome.catch(() => undefined);
  }

  get operation(): Operation {
    return this.#options.question.operation;
  }

  /** Something became known. */
  note(note: Note): void {
    if (this.#options.question.bears(note.change)) this.#notes.push(note);
  }

  /** Whether a question that comes now may wait for the answer. What did not leave yet will be new enough. */
  serves({ minds }: Question<Answer>): boolean {
    return (
      !this.#controller.signal.aborted && (!this.#left || !this.#notes.some(({ change }) => minds(change)))
    );
  }

  /** Whether the answer is new enough for who joined at `seq`. */
  isNewEnough(seq: number, { sound }: Landed<Answer>): boolean {
    return sound || !this.#notes.some((note) => note.seq <= seq);
  }

  /**
   * Waits for the answer.
   * @param patience whoever did not begin it has a deadline of their own
   * @throws the signal's reason; a GatewayError BACKEND_TIMEOUT at the deadline; what the flight failed with
   */
  async attend(signal: AbortSignal, patience: { readonly deadline: number } | null): Promise<Landed<Answer>> {
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal.reason);
    const outOfTime = (): void =>
      left.reject(new GatewayError('BACKEND_TIMEOUT', errorRules.BACKEND_TIMEOUT.description));
    this.#waiting += 1;
    signal.addEventListener('abort', leave, { once: true });
    const { clock } = this.#options;
    const cancel = patience && clock.after(Math.max(0, patience.deadline - clock.now()), outOfTime);
    try {
      return await Promise.race([this.outcome, left.promise]);
    } finally {
      cancel?.();
      signal.removeEventListener('abort', leave);
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#over) this.#controller.abort(signal.reason);
    }
  }

  #now(): Asked {
    return { seq: this.#options.nextSeq(), at: this.#options.clock.now() };
  }

  /** Whatever became known until now, the answer will know it. */
  #begin(): void {
    this.#asked = this.#now();
    this.#notes = [];
    this.#attended = this.#options.attended();
  }

  async #fly(): Promise<Landed<Answer>> {
    const { question, ready, over, landed } = this.#options;
    try {
      await ready();
      this.#begin();
      let answer: Answer;
      try {
        answer = await question.ask(this.#errand());
      } finally {
        this.#over = true;
        over(this);
      }
      // In the same breath, so that nothing becomes known in between which neither the notes nor what is kept tell of.
      return question.land(answer, { asked: this.#asked, notes: this.#notes, attended: this.#attended });
    } finally {
      landed();
    }
  }

  /** On whose behalf the request runs. */
  #errand(): Operation {
    const { operation } = this.#options.question;
    const { priority, client, deadline, traceId, trace, meter } = operation;
    return {
      priority,
      client,
      deadline,
      traceId,
      ...(trace && { trace }),
      meter,
      signal: this.#controller.signal,
      sent: () => {
        this.#left = true;
        this.#begin();
        operation.sent?.();
      },
    };
  }
}
