import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import type { CallPriority, Operation } from '../domain/operation.ts';
import type { Note } from './change.ts';
import { Flight, type FlightOptions, type Question } from './flight.ts';

export type FlightsOptions = Pick<
  FlightOptions<unknown>,
  'clock' | 'nextSeq' | 'attended' | 'ready' | 'landed'
>;

/** After so many requests of others have failed it, a read asks for itself. */
const maxJoined = 3;

/** Whose turn comes first: nobody waits for a request that stands behind their own place in the queue. */
const ranks: Readonly<Record<CallPriority, number>> = { MUTATION: 2, QUERY: 1, BACKGROUND: 0 };

/** Requests of one kind that are under way in one workspace. Identical ones of one scope are one. */
export class Flights<Answer> {
  readonly #options: FlightsOptions;
  /** By scope and key, the one that may be joined. An older one may be under way still, for those who did join it. */
  readonly #open = new Map<string, Flight<Answer>>();
  readonly #all = new Set<Flight<Answer>>();

  constructor(options: FlightsOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** @param scope null: of all */
  note(note: Note, scope: string | null): void {
    for (const flight of this.#all) if (scope === null || flight.scope === scope) flight.note(note);
  }

  /**
   * The answer, by a request of its own or by another's that is under way and will be new enough.
   * @throws the operation's abort reason; what its own request failed with; BACKEND_TIMEOUT where its time ran out while
   * it waited for another's
   */
  async read(question: Question<Answer>): Promise<Answer> {
    const { operation } = question;
    const { clock, nextSeq } = this.#options;
    for (let joined = 0; ; joined += 1) {
      operation.signal.throwIfAborted();
      const other = joined < maxJoined ? this.#find(question) : null;
      if (other === null) return (await this.#begin(question).attend(operation.signal, null)).value;
      const seq = nextSeq();
      try {
        const landed = await other.attend(operation.signal, operation);
        if (other.isNewEnough(seq, landed)) {
          operation.meter.shared += 1;
          return landed.value;
        }
      } catch (error) {
        if (!isOthersTrouble(error, other.operation, operation, clock)) throw error;
      }
    }
  }

  #find(question: Question<Answer>): Flight<Answer> | null {
    const flight = question.fresh ? undefined : this.#open.get(slotOf(question));
    if (flight === undefined || !flight.serves(question)) return null;
    return ranks[flight.operation.priority] < ranks[question.operation.priority] ? null : flight;
  }

  #begin(question: Question<Answer>): Flight<Answer> {
    const { clock, nextSeq, attended, ready, landed } = this.#options;
    const slot = slotOf(question);
    const flight = new Flight({
      question,
      clock,
      nextSeq,
      attended,
      ready,
      landed,
      over: (ended) => {
        if (this.#open.get(slot) === ended) this.#open.delete(slot);
        this.#all.delete(ended);
      },
    });
    this.#open.set(slot, flight);
    this.#all.add(flight);
    return flight;
  }
}

const slotOf = ({ scope, key }: Question<unknown>): string => `${scope} ${key}`;

/** A request that had less time than whoever joined it may have failed for that alone. */
const isOthersTrouble = (error: unknown, others: Operation, own: Operation, clock: Clock): boolean =>
  error instanceof GatewayError &&
  error.retryable &&
  !own.signal.aborted &&
  own.deadline > others.deadline &&
  own.deadline > clock.now();
