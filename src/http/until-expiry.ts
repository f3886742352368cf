import { GraphQLError, type ExecutionResult } from 'graphql';
import { atInstant } from '../domain/at-instant.ts';
import type { Clock } from '../domain/clock.ts';
import { GatewayError } from '../domain/errors.ts';

/**
 * The results of a stream until an instant; then one that says TOKEN_EXPIRED, and the end. What was to be told and was not
 * read until then is not told any more.
 * @param expiresAt milliseconds since the epoch
 */
export function untilExpiry(
  results: AsyncIterable<ExecutionResult>,
  expiresAt: number,
  clock: Clock,
): AsyncIterableIterator<ExecutionResult, undefined> {
  const iterator = results[Symbol.asyncIterator]();
  let state: 'LASTS' | 'EXPIRED' | 'OVER' = 'LASTS';
  /** Ends a wait for the next result. Not a promise that is raced: it would keep something of every result. */
  let wake = (): void => undefined;
  const cancel = atInstant(clock, expiresAt, () => {
    state = 'EXPIRED';
    wake();
  });

  const nextUntilThen = (): Promise<IteratorResult<ExecutionResult, unknown> | null> =>
    new Promise((resolve, reject) => {
      wake = () => resolve(null);
      iterator.next().then(resolve, reject);
    });

  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    state = 'OVER';
    cancel();
    await iterator.return?.();
    return over;
  };

  return {
    next: async () => {
      if (state === 'OVER') return over;
      const next = state === 'EXPIRED' ? null : await nextUntilThen();
      if (next === null) {
        await end();
        return { value: expired(), done: false };
      }
      return next.done === true ? end() : next;
    },
    return: end,
    throw: async (error) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const over: IteratorReturnResult<undefined> = { value: undefined, done: true };

function expired(): ExecutionResult {
  const originalError = new GatewayError(
    'TOKEN_EXPIRED',
    'The token has expired. Get a new one, and subscribe again with the last cursor.',
  );
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}
