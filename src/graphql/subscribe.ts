import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';

export interface SubscribeOptions {
  /**
   * A context for the next event: what was loaded, spent or due for one event is nothing to the next.
   * @param contextValue the one that the subscription began with
   */
  readonly renewContext: (contextValue: unknown) => unknown;
}

export type ResultStream = AsyncIterableIterator<ExecutionResult, undefined>;

/** Fits wherever graphql-js's own `subscribe` does. */
export type Subscribe = (args: ExecutionArgs) => Promise<ResultStream | ExecutionResult>;

/**
 * As graphql-js's `subscribe`, which keeps one context for a whole subscription, but with a context for each event.
 * An event is taken from the source only when the consumer asks for it, so nothing piles up here.
 * An event that fails is a result with errors and not the end; a source that fails is one too, and then the end.
 */
export function createSubscribe({ renewContext }: SubscribeOptions): Subscribe {
  return async (args) => {
    const source = await createSourceEventStream(args);
    if (!isStream(source)) return source;
    const { contextValue, ...document } = args;
    const execution = executionOf(document);
    const stream = mapEvents(source[Symbol.asyncIterator](), async (event) => {
      const result = await execution(event, () => renewContext(contextValue));
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
