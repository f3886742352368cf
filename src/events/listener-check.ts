import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Listener } from './feed.ts';

/** Milliseconds a verdict is relied on without asking. */
const freshMs = { ALLOWED: 5 * 60_000, REFUSED: 30_000 };
/** Milliseconds a verdict outlives its freshness at most, while the backend cannot be asked. Counted from when it was given. */
const keptMs = 15 * 60_000;
const maxScopes = 10_000;

type Verdict = { readonly at: number } & (
  { readonly kind: 'ALLOWED' } | { readonly kind: 'REFUSED'; readonly error: GatewayError }
);

/** What became of one question to the backend: `verdict` to rely on, or `error` where it could not be asked. */
type Answer = { readonly verdict: Verdict } | { readonly error: unknown };

export interface ListenerCheck {
  /**
   * Resolves when the key may read the workspace; rejects with the backend's error when it may not, or when that
   * could not be found out and no earlier verdict helps.
   */
  admit(listener: Listener): Promise<void>;
}

/**
 * Events come out of our own log, which knows no keys: so the backend is asked whether the key reads the workspace.
 * Once for each key, not for each subscription. Only a refusal refuses: a backend that is down or busy
 * says nothing of the key, so the last verdict stands for a while.
 */
export function createListenerCheck(clock: Pick<Clock, 'now'>): ListenerCheck {
  const verdicts = new LRUCache<string, Verdict>({ max: maxScopes });
  const flights = new Map<string, Promise<Answer | null>>();

  /** null: whoever asked has gone before the answer came, which says nothing to the others. */
  const ask = async ({ probe, signal }: Listener): Promise<Answer | null> => {
    try {
      await probe();
      return { verdict: { kind: 'ALLOWED', at: clock.now() } };
    } catch (error) {
      if (signal.aborted) return null;
      return error instanceof GatewayError && error.category === 'AUTH'
        ? { verdict: { kind: 'REFUSED', error, at: clock.now() } }
        : { error };
    }
  };

  const fly = (listener: Listener): Promise<Answer | null> => {
    const { scope } = listener;
    const flight = ask(listener).then((answer) => {
      flights.delete(scope);
      if (answer !== null && 'verdict' in answer) verdicts.set(scope, answer.verdict);
      return answer;
    });
    flights.set(scope, flight);
    return flight;
  };

  return {
    admit: async (listener) => {
      const last = verdicts.get(listener.scope);
      if (last !== undefined && clock.now() - last.at < freshMs[last.kind]) {
        conclude(last);
        return;
      }
      let answer: Answer | null = null;
      while (answer === null) {
        listener.signal.throwIfAborted();
        answer = await (flights.get(listener.scope) ?? fly(listener));
      }
      if ('verdict' in answer) conclude(answer.verdict);
      else if (last !== undefined && clock.now() - last.at < keptMs) conclude(last);
      else throw answer.error;
    },
  };
}

function conclude(verdict: Verdict): void {
  if (verdict.kind === 'REFUSED') throw verdict.error;
}
