import { expect, test } from 'vitest';
import type { EventFeed, LiveReader, MessageStream } from '../../../src/events/feed/feed.ts';
import { lending } from '../../../src/events/sweep/lending.ts';
import { workspaceId } from './sweep-harness.ts';

type Next = Awaited<ReturnType<MessageStream['next']>>;

const done: Next = { value: undefined, done: true };
const ready: Next = {
  value: { kind: 'READY', cursor: 'a', resumed: false, replayCount: 0 },
  done: false,
};

/** A feed of one stream, and what becomes of the key that is lent with it. */
function setUp() {
  const lent: string[] = [];
  const gone = new AbortController();
  const followers: LiveReader[] = [];
  let step = (): Promise<Next> => Promise.resolve(ready);
  const stream: MessageStream = {
    mark: 'a',
    handOver: () => ({
      position: 1,
      cursor: 'a',
      follow: (reader) => {
        followers.push(reader);
        return () => lent.push('stopped');
      },
    }),
    next: () => step(),
    more: () => null,
    return: () => Promise.resolve(done),
    [Symbol.asyncIterator]: () => stream,
  };
  const feed: EventFeed = {
    subscribe: ({ listener }) =>
      listener.scope === 'good' ? Promise.resolve(stream) : Promise.reject(new Error('refused')),
    admit: async () => undefined,
    status: () => Promise.reject(new Error('not asked for')),
  };
  const sweeps = {
    lend: (id: string) => {
      lent.push(`lent ${id}`);
      let isBack = false;
      return () => {
        if (!isBack) lent.push('back');
        isBack = true;
      };
    },
  };
  const listens = lending(feed, sweeps, async () => ({ items: [], nextCursor: null }));
  return {
    lent,
    gone,
    followers,
    nextIs: (answer: () => Promise<Next>) => {
      step = answer;
    },
    subscribe: (scope = 'good') =>
      listens.subscribe({
        workspaceId,
        listener: { scope, signal: gone.signal, probe: async () => undefined },
        filter: { types: [], includeStale: false },
        after: null,
        resumeFrom: null,
      }),
  };
}

const reader: LiveReader = { deliver: () => undefined, gap: () => undefined, end: () => undefined };
const untouched = ['lent ws_a'];
const taken = ['lent ws_a', 'back'];

test('only who is admitted lends a key', async () => {
  const it = setUp();
  await expect(it.subscribe('bad')).rejects.toThrow('refused');
  expect(it.lent).toEqual([]);
  const stream = await it.subscribe();
  expect(await stream.next()).toBe(ready);
  expect(stream.mark).toBe('a');
  expect(it.lent).toEqual(untouched);
});

test.for([
  ['its listener goes', (it) => it.gone.abort()],
  ['it is returned', (_it, stream) => stream.return?.()],
  [
    'it has nothing more to say',
    (it, stream) => {
      it.nextIs(() => Promise.resolve(done));
      return stream.next();
    },
  ],
  [
    'it fails',
    (it, stream) => {
      it.nextIs(() => Promise.reject(new Error('refused')));
      return stream.next().catch(() => undefined);
    },
  ],
] satisfies readonly [string, (it: ReturnType<typeof setUp>, stream: MessageStream) => unknown][])(
  'a stream takes its key with it when %s',
  async ([, end]) => {
    const it = setUp();
    const stream = await it.subscribe();
    await end(it, stream);
    expect(it.lent).toEqual(taken);
  },
);

test('a listener that has gone before it was admitted lends nothing for long', async () => {
  const it = setUp();
  it.gone.abort();
  await it.subscribe();
  expect(it.lent).toEqual(taken);
});

test('a key goes with the place that is handed over, until that is followed no more', async () => {
  const it = setUp();
  const stream = await it.subscribe();
  const stop = stream.handOver()?.follow(reader);
  it.nextIs(() => Promise.resolve(done));
  await stream.next();
  it.gone.abort();
  expect(it.lent).toEqual(untouched);
  stop?.();
  expect(it.lent).toEqual(['lent ws_a', 'back', 'stopped']);
});

test('a place that ends takes its key with it', async () => {
  const it = setUp();
  let ended: unknown = null;
  (await it.subscribe()).handOver()?.follow({ ...reader, end: (error) => (ended = error) });
  const refusal = new Error('refused');
  it.followers[0]?.end(refusal);
  expect(ended).toBe(refusal);
  expect(it.lent).toEqual(taken);
});

test('a place that nobody goes on from leaves no key behind', async () => {
  const it = setUp();
  (await it.subscribe()).handOver();
  await Promise.resolve();
  expect(it.lent).toEqual(taken);
});
