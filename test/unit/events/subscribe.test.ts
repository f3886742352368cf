import {
  GraphQLError,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  type ExecutionResult,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { cursorOf } from '../../../src/http/stream-cursor.ts';
import { createSubscribe, type ResultStream } from '../../../src/graphql/subscribe.ts';

interface Context {
  readonly number: number;
}

/** A source that gives what is pushed, and says whether it was returned. */
function createSource() {
  const waiting: ((result: IteratorResult<unknown>) => void)[] = [];
  const ready: (IteratorResult<unknown> | Error)[] = [];
  let asked = 0;
  let returned = 0;
  const give = (result: IteratorResult<unknown>) => {
    const take = waiting.shift();
    if (take) take(result);
    else ready.push(result);
  };
  return {
    push: (value: unknown) => give({ value, done: false }),
    fail: (error: Error) => ready.push(error),
    end: () => give({ value: undefined, done: true }),
    asked: () => asked,
    returned: () => returned,
    iterator: {
      next: () => {
        asked += 1;
        const result = ready.shift();
        if (result instanceof Error) return Promise.reject(result);
        return result
          ? Promise.resolve(result)
          : new Promise<IteratorResult<unknown>>((resolve) => waiting.push(resolve));
      },
      return: () => {
        returned += 1;
        for (const take of waiting.splice(0)) take({ value: undefined, done: true });
        return Promise.resolve({ value: undefined, done: true as const });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}

function setUp(subscribeResolver?: () => unknown) {
  const source = createSource();
  const seen: Context[] = [];
  let contexts = 0;
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { unused: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType<unknown, Context>({
      name: 'Subscription',
      fields: {
        tick: {
          type: GraphQLInt,
          subscribe: subscribeResolver ?? (() => source.iterator),
          resolve: (event, _args, context) => {
            seen.push(context);
            if (event instanceof Error) throw event;
            return event;
          },
        },
      },
    }),
  });
  const first: Context = { number: 0 };
  const subscribe = createSubscribe({
    renewContext: (context) => {
      expect(context).toBe(first);
      contexts += 1;
      if (contexts === 13) throw new Error('no context to be had');
      return { number: contexts };
    },
  });
  const run = (document = 'subscription { tick }') =>
    subscribe({ schema, document: parse(document), contextValue: first });
  return { source, seen, run };
}

function streamOf(result: ResultStream | ExecutionResult): ResultStream {
  if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
  return result;
}

describe('a subscription', () => {
  test('executes each event with a context of its own', async () => {
    const { source, seen, run } = setUp();
    const stream = streamOf(await run());
    source.push(1);
    source.push(2);
    expect(await stream.next()).toEqual({ value: { data: { tick: 1 } }, done: false });
    expect(await stream.next()).toEqual({ value: { data: { tick: 2 } }, done: false });
    expect(seen).toEqual([{ number: 1 }, { number: 2 }]);
  });

  test('takes no event from its source before it is asked for one', async () => {
    const { source, run } = setUp();
    const stream = streamOf(await run());
    source.push(1);
    source.push(2);
    expect(source.asked()).toBe(0);
    await stream.next();
    expect(source.asked()).toBe(1);
  });

  test('goes on after an event that fails', async () => {
    const { source, run } = setUp();
    const stream = streamOf(await run());
    source.push(new Error('bad event'));
    source.push(2);
    const { value } = await stream.next();
    expect(value).toMatchObject({ data: { tick: null }, errors: [{ message: 'bad event', path: ['tick'] }] });
    expect(await stream.next()).toMatchObject({ value: { data: { tick: 2 } } });
  });

  test('goes on after an event for which there was no context', async () => {
    const { source, run } = setUp();
    const stream = streamOf(await run());
    for (let event = 1; event <= 14; event++) source.push(event);
    for (let event = 1; event <= 12; event++) await stream.next();
    const { value } = await stream.next();
    expect(value?.errors?.[0]).toBeInstanceOf(GraphQLError);
    expect(value?.errors?.[0]?.originalError).toMatchObject({ message: 'no context to be had' });
    expect(await stream.next()).toMatchObject({ value: { data: { tick: 14 } } });
  });

  test('ends when its source does', async () => {
    const { source, run } = setUp();
    const stream = streamOf(await run());
    source.push(1);
    source.end();
    await stream.next();
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('tells of a source that fails, then ends', async () => {
    const { source, run } = setUp();
    const stream = streamOf(await run());
    source.fail(new Error('log gone'));
    expect(await stream.next()).toMatchObject({ done: false, value: { errors: [{ message: 'log gone' }] } });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('passes return() on to its source while next() waits, and both settle', async () => {
    const { source, run } = setUp();
    const stream = streamOf(await run());
    const pending = stream.next();
    expect(await stream.return?.()).toEqual({ value: undefined, done: true });
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(source.returned()).toBe(1);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(source.asked()).toBe(1);
  });

  test('that is left by break returns its source', async () => {
    const { source, run } = setUp();
    source.push(1);
    for await (const result of streamOf(await run())) {
      expect(result).toEqual({ data: { tick: 1 } });
      break;
    }
    expect(source.returned()).toBe(1);
  });

  test('that cannot begin is one result with errors', async () => {
    const refused = setUp(() => {
      throw new Error('not for you');
    });
    expect(await refused.run()).toMatchObject({ errors: [{ message: 'not for you', path: ['tick'] }] });
    const rejected = setUp(() => Promise.reject(new Error('not for you either')));
    expect(await rejected.run()).toMatchObject({ errors: [{ message: 'not for you either' }] });
  });
});

describe('a replayed event', () => {
  const replay = (cursor: string, value: unknown) => ({ cursor, replayed: true, value });

  /** Subscriptions of one gateway, each with a key, and how often an event was executed for any of them. */
  function setUpSharing() {
    let executions = 0;
    const sources = new Map<unknown, ReturnType<typeof createSource>>();
    const schema = new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { unused: { type: GraphQLString } } }),
      subscription: new GraphQLObjectType<{ readonly value: unknown }>({
        name: 'Subscription',
        fields: {
          tick: {
            type: GraphQLInt,
            subscribe: (_root, _args, context) => sources.get(context)?.iterator,
            resolve: ({ value }) => {
              executions += 1;
              if (value instanceof Error) throw value;
              return value;
            },
          },
        },
      }),
    });
    const subscribe = createSubscribe({
      renewContext: () => ({}),
      sharingKey: (context) => keys.get(context) ?? null,
    });
    const keys = new Map<unknown, string | null>();
    const open = async (key: string | null) => {
      const contextValue = {};
      const source = createSource();
      keys.set(contextValue, key);
      sources.set(contextValue, source);
      const document = parse('subscription { tick }');
      const stream = streamOf(await subscribe({ schema, document, contextValue }));
      return async (event: unknown) => {
        source.push(event);
        return (await stream.next()).value;
      };
    };
    return { open, executions: () => executions };
  }

  test('is executed once for subscriptions to which it comes to the same', async () => {
    const { open, executions } = setUpSharing();
    const [one, two] = [await open('same'), await open('same')];
    const first = await one(replay('c1', 1));
    const event = replay('c1', 1);
    expect(first).toEqual({ data: { tick: 1 } });
    expect(await two(event)).toBe(first);
    expect(executions()).toBe(1);
    expect(cursorOf((await two(event)) ?? {})).toBe('c1');
    expect(await two(replay('c2', 2))).toEqual({ data: { tick: 2 } });
    expect(executions()).toBe(2);
  });

  test('is executed for each that has another key, or none', async () => {
    const { open, executions } = setUpSharing();
    for (const key of ['one', 'two', null, null]) {
      const take = await open(key);
      expect(await take(replay('c1', 1))).toEqual({ data: { tick: 1 } });
    }
    expect(executions()).toBe(4);
  });

  test('that fails fails for one alone, and so does what is new', async () => {
    const { open, executions } = setUpSharing();
    const [one, two] = [await open('same'), await open('same')];
    expect(await one(replay('c1', new Error('busy')))).toMatchObject({ errors: [{ message: 'busy' }] });
    expect(await two(replay('c1', 1))).toEqual({ data: { tick: 1 } });
    const live = { cursor: 'c2', replayed: false, value: 2 };
    expect(await one(live)).toEqual(await two(live));
    expect(executions()).toBe(4);
  });
});
