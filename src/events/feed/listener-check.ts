import { LRUCache } from 'lru-cache';
import type { Clock } from '../../domain/clock.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { Listener } from './feed.ts';

/** Milliseconds a verdict is relied on without asking. */
const freshMs = { ALLOWED: 5 * 60_000, REFUSED: 30_000 };
/** Milliseconds a verdict outlives its freshness at most, while the backend cannot be asked. Counted from when it was given. */
const keptMs = 15 * 60_000;
/** Milliseconds by which a key that listens is asked about earlier at most, so that keys which came at once part. */
const spreadMs = 60_000;
/** Milliseconds until it is asked again, when the backend could not be. */
const againMs = 60_000;
/** Milliseconds that a question about who listens already may take. */
const answerMs = 30_000;
const maxScopes = 10_000;

type Verdict = { readonly at: number } & (
  { readonly kind: 'ALLOWED' } | { readonly kind: 'REFUSED'; readonly error: GatewayError }
);

/** What became of one question to the backend: `verdict` to rely on, or `error` where it could not be asked. */
type Answer = { readonly verdict: Verdict } | { readonly error: unknown };

interface Member {
  readonly listener: Listener;
  readonly end: (error: unknown) => void;
}

/** Everybody who listens with one key. */
interface Audience {
  readonly scope: string;
  readonly members: Set<Member>;
  /** When the key was last found allowed; milliseconds since the epoch. */
  allowedAt: number;
  /** Stops the timer or the question that is under way. */
  cancel: () => void;
}

export interface ListenerCheck {
  /**
   * Resolves when the key may read the workspace; rejects with the backend's error when it may not, or when that
   * could not be found out and no earlier verdict helps.
   */
  admit(listener: Listener): Promise<void>;
  /**
   * From now on it is asked every five minutes whether the key may still read the workspace, once for all who listen
   * with it. `end` is called, once, when it may not, or when that could not be found out for a quarter of an hour.
   * @returns how to leave; nothing is asked about a key with which nobody listens
   */
  attend(listener: Listener, end: (error: unknown) => void): () => void;
}

/**
 * Events come out of our own log, which knows no keys: so the backend is asked whether the key reads the workspace.
 * Once for each key, not for each subscription. Only a refusal refuses: a backend that is down or busy
 * says nothing of the key, so the last verdict stands for a while.
 * @param random from 0 to 1: how much earlier than need be a key is asked about
 */
export const createListenerCheck = (clock: Clock, random: () => number = Math.random): ListenerCheck =>
  new KeyCheck(clock, random);

class KeyCheck implements ListenerCheck {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #verdicts = new LRUCache<string, Verdict>({ max: maxScopes });
  readonly #flights = new Map<string, Promise<Answer | null>>();
  readonly #audiences = new Map<string, Audience>();

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  async admit({ scope, probe, signal }: Listener): Promise<void> {
    const last = this.#verdicts.get(scope);
    if (last !== undefined && this.#clock.now() - last.at < freshMs[last.kind]) {
      conclude(last);
      return;
    }
    let answer: Answer | null = null;
    while (answer === null) {
      signal.throwIfAborted();
      answer = await this.#ask(scope, () => probe(signal), signal);
    }
    if ('verdict' in answer) conclude(answer.verdict);
    else if (last !== undefined && this.#clock.now() - last.at < keptMs) conclude(last);
    else throw answer.error;
  }

  attend(listener: Listener, end: (error: unknown) => void): () => void {
    const { scope } = listener;
    const audience = this.#audiences.get(scope) ?? this.#gather(scope);
    const member: Member = { listener, end };
    audience.members.add(member);
    return () => {
      if (audience.members.delete(member) && audience.members.size === 0) this.#dismiss(audience);
    };
  }

  #gather(scope: string): Audience {
    const last = this.#verdicts.get(scope);
    const allowed = last?.kind !== 'REFUSED';
    const allowedAt = (allowed ? last?.at : undefined) ?? this.#clock.now();
    const audience: Audience = { scope, members: new Set(), allowedAt, cancel: () => undefined };
    this.#audiences.set(scope, audience);
    // Refused between its admission and now: the one who was admitted must learn of it too.
    this.#plan(audience, allowed ? this.#due(audience) : 0);
    return audience;
  }

  #dismiss(audience: Audience): void {
    audience.cancel();
    if (this.#audiences.get(audience.scope) === audience) this.#audiences.delete(audience.scope);
  }

  #endAll(audience: Audience, error: unknown): void {
    this.#dismiss(audience);
    const members = [...audience.members];
    audience.members.clear();
    for (const { end } of members) end(error);
  }

  /** Milliseconds until the key is to be asked about. */
  #due({ allowedAt }: Audience): number {
    return allowedAt + freshMs.ALLOWED - this.#random() * spreadMs - this.#clock.now();
  }

  #plan(audience: Audience, ms: number): void {
    audience.cancel();
    audience.cancel = this.#clock.after(Math.max(0, ms), () => {
      void this.#check(audience);
    });
  }

  /** Never rejects. */
  async #check(audience: Audience): Promise<void> {
    let answer: Answer | null = null;
    while (answer === null && this.#audiences.get(audience.scope) === audience) {
      const asked = new AbortController();
      audience.cancel = () => asked.abort();
      answer = await this.#ask(audience.scope, () => this.#probe(audience, asked), asked.signal);
    }
    // A verdict was told to everybody already.
    if (answer === null || 'verdict' in answer || this.#audiences.get(audience.scope) !== audience) return;
    const left = audience.allowedAt + keptMs - this.#clock.now();
    if (left <= 0) this.#endAll(audience, answer.error);
    else this.#plan(audience, Math.min(againMs, left));
  }

  /** Asks in the name of somebody who is there, of another each time, within a bound. */
  async #probe({ members }: Audience, asked: AbortController): Promise<unknown> {
    const all = [...members];
    const member = all.find(({ listener }) => !listener.signal.aborted) ?? all[0];
    if (member !== undefined && members.delete(member)) members.add(member);
    const late = Promise.withResolvers<never>();
    const stop = new AbortController();
    const cancel = this.#clock.after(answerMs, () => {
      late.reject(new GatewayError('BACKEND_TIMEOUT', 'The backend did not answer in time.'));
      stop.abort();
    });
    asked.signal.addEventListener('abort', () => late.reject(asked.signal.reason));
    try {
      const probing = member?.listener.probe(AbortSignal.any([asked.signal, stop.signal]));
      return await Promise.race([probing, late.promise]);
    } finally {
      cancel();
    }
  }

  /**
   * One question about a key at a time, shared by all who ask meanwhile.
   * @returns null: whoever asked has gone before the answer came, which says nothing to the others
   */
  #ask(scope: string, probe: () => Promise<unknown>, signal: AbortSignal): Promise<Answer | null> {
    const under = this.#flights.get(scope);
    if (under !== undefined) return under;
    const flight = this.#put(probe, signal).then((answer) => {
      this.#flights.delete(scope);
      if (answer !== null && 'verdict' in answer) this.#tell(scope, answer.verdict);
      return answer;
    });
    this.#flights.set(scope, flight);
    return flight;
  }

  async #put(probe: () => Promise<unknown>, signal: AbortSignal): Promise<Answer | null> {
    try {
      await probe();
      return { verdict: { kind: 'ALLOWED', at: this.#clock.now() } };
    } catch (error) {
      if (signal.aborted) return null;
      return error instanceof GatewayError && error.category === 'AUTH'
        ? { verdict: { kind: 'REFUSED', error, at: this.#clock.now() } }
        : { error };
    }
  }

  #tell(scope: string, verdict: Verdict): void {
    this.#verdicts.set(scope, verdict);
    const audience = this.#audiences.get(scope);
    if (audience === undefined) return;
    if (verdict.kind === 'REFUSED') {
      this.#endAll(audience, verdict.error);
    } else {
      audience.allowedAt = verdict.at;
      this.#plan(audience, this.#due(audience));
    }
  }
}

function conclude(verdict: Verdict): void {
  if (verdict.kind === 'REFUSED') throw verdict.error;
}
