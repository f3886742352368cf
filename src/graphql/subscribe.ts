import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { replayTurns } from '../events/feed/replay-turns.ts';
import { createReplayedResults, type ReplayedResults } from './replayed-results.ts';

export interface SubscribeOptions {
  /**
   * A context for the next event: what was loaded, spent or due for one event is nothing to the next.
   * @param contextValue the one that the subscription began with
   */
  readonly renewContext: (contextValue: unknown) => unknown;
  /**
   * What a subscription must have in common with another so that each event comes to the same for both.
   * @param contextValue the one that the subscription began with
   * @default no two are known to
   */
  readonly sharingKey?: (contextValue: unknown) => string | null;
}

export type ResultStream = AsyncIterableIterator<ExecutionResult, undefined>;

/** Fits wherever graphql-js's own `subscribe` does. */
export type Subscribe = (args: ExecutionArgs) => Promise<ResultStream | ExecutionResult>;

/**
 * As graphql-js's `subscribe`, which keeps one context for a whole subscription, but with a context for each event.
 * An event is taken from the source only when the consumer asks for it, so nothing piles up here.
 * Replayed events are executed in turns, and once for all that come to the same within a few seconds.
 * An event that fails is a result with errors and not the end; a source that fails is one too, and then the end.
 */
export function createSubscribe({ renewContext, sharingKey = () => null }: SubscribeOptions): Subscribe {
  const replayed = createReplayedResults();
  return async (args) => {
    const source = await createSourceEventStream(args);
    if (!isStream(source)) return source;
    const { contextValue, ...document } = args;
    const key = sharingKey(contextValue);
    const execution = key === null ? executionOf(document) : sharing(executionOf(document), replayed, key);
    const stream = mapEvents(source[Symbol.asyncIterator](), async (event) => {
      const executed = () => execution(event, () => renewContext(contextValue));
      // What it asks the backend it does not wait for at the cost of other replays.
      const { result: pending } = isReplayed(event)
        ? await replayTurns.take(() => ({ result: executed() }))
        : { result: executed() };
      const result = await pending;
      events.set(result, event);
      return result;
    });
    executions.set(stream, execution);
    return stream;
  };
}

/**
 * What an event comes to for a subscription's document and variables. Never throws or rejects.
 * @param context makes the context that it is executed in
 */
export type EventExecution = (
  event: unknown,
  context: () => unknown,
) => ExecutionResult | Promise<ExecutionResult>;

const executionOf =
  (args: Omit<ExecutionArgs, 'contextValue'>): EventExecution =>
  (event, context) => {
    try {
      const result = execute({ ...args, rootValue: event, contextValue: context() });
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  };

const sharing =
  (execution: EventExecution, results: ReplayedResults, key: string): EventExecution =>
  (event, context) => {
    if (!isReplayed(event)) return execution(event, context);
    const { cursor } = event;
    const known = results.get(key, cursor);
    if (known !== null) return known;
    const keep = (result: ExecutionResult): ExecutionResult => {
      results.keep(key, cursor, result);
      return result;
    };
    const result = execution(event, context);
    return result instanceof Promise ? result.then(keep) : keep(result);
  };

/** Whether it came out of the log: others may be told the same at about the same time. */
const isReplayed = (event: unknown): event is { readonly cursor: string } =>
  typeof event === 'object' &&
  event !== null &&
  'replayed' in event &&
  event.replayed === true &&
  'cursor' in event &&
  typeof event.cursor === 'string';

const executions = new WeakMap<object, EventExecution>();

/** How a stream that `createSubscribe` made executes an event, for whoever goes on without the stream. */
export const eventExecutionOf = (stream: object): EventExecution | null => executions.get(stream) ?? null;

const events = new WeakMap<ExecutionResult, unknown>();

/** The event that a result of a subscription was made of: a transport may need what the client did not select. */
export const eventOf = (result: ExecutionResult): unknown => events.get(result);

/** Not an async generator: its return() would wait behind a next() that waits for an event. */
function mapEvents(
  source: AsyncIterator<unknown, unknown>,
  resultOf: (event: unknown) => Promise<ExecutionResult>,
): ResultStream {
  let over = false;
  return {
    next: async () => {
      if (over) return end;
      try {
        const event = await source.next();
        return event.done === true ? end : { value: await resultOf(event.value), done: false };
      } catch (error) {
        over = true;
        return { value: failed(error), done: false };
      }
    },
    return: async () => {
      over = true;
      await source.return?.();
      return end;
    },
    throw: async (error) => {
      over = true;
      await source.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const end: IteratorReturnResult<undefined> = { value: undefined, done: true };

/** A failure as a result. The original error stays with it: who sends the result decides what of it the client may read. */
export function failed(thrown: unknown): ExecutionResult {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { errors: [new GraphQLError(error.message, { originalError: error })] };
}

const isStream = (source: AsyncIterable<unknown> | ExecutionResult): source is AsyncIterable<unknown> =>
  Symbol.asyncIterator in source;
