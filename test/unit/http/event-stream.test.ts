import { expect, test, vi } from 'vitest';
import { encodeEventStream } from '../../../src/http/event-stream.ts';

interface Source {
  readonly results: AsyncIterable<{ data: { n: number } }>;
  push(n: number): void;
  end(): void;
  fail(error: Error): void;
  readonly returned: boolean;
}

/** A source that yields what it is given. */
function createSource(): Source {
  const { writable, readable } = new TransformStream<{ data: { n: number } }>(undefined, {
    highWaterMark: 100,
  });
  const writer = writable.getWriter();
  let returned = false;
  const iterator = readable[Symbol.asyncIterator]();
  return {
    results: {
      [Symbol.asyncIterator]: () => ({
        next: () => iterator.next(),
        return: async () => {
          returned = true;
          return { value: undefined, done: true };
        },
      }),
    },
    push: (n) => void writer.write({ data: { n } }),
    end: () => void writer.close(),
    fail: (error) => void writer.abort(error),
    get returned() {
      return returned;
    },
  };
}

const encode = (
  source: Source,
  heartbeatMs = 60_000,
  markOf: () => string | null = () => null,
  open = new Set<() => void>(),
) =>
  encodeEventStream(
    source.results,
    {
      encode: (result) => JSON.stringify(result),
      cursorOf: ({ data }) => ([null, 'c1', 'a\nb'] as const)[Number(data?.['n'])] ?? null,
      markOf,
      heartbeatMs,
      open,
    },
    ReadableStream,
  );

const textOf = async (stream: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const nextOf = async (reader: ReadableStreamDefaultReader<Uint8Array>) =>
  Buffer.from((await reader.read()).value ?? []).toString();

test('results are events, ids are their cursors, and the end is told', async () => {
  const source = createSource();
  source.push(0);
  source.push(1);
  source.end();
  expect(await textOf(encode(source))).toBe(
    ':\n\nevent: next\ndata: {"data":{"n":0}}\n\nevent: next\nid: c1\ndata: {"data":{"n":1}}\n\nevent: complete\ndata:\n\n',
  );
});

test('a cursor cannot end its line', async () => {
  const source = createSource();
  source.push(2);
  source.end();
  expect(await textOf(encode(source))).not.toMatch(/^b/m);
});

test('something comes at once, and again while nothing happens', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const reader = encode(createSource(), 1000).getReader();
    expect(await nextOf(reader)).toBe(':\n\n');
    vi.advanceTimersByTime(1000);
    expect(await nextOf(reader)).toBe(':\n\n');
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('while it is quiet an id alone says how far all was told, and only where that is news', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const source = createSource();
    let mark: string | null = null;
    const reader = encode(source, 1000, () => mark).getReader();
    const afterAWhile = async () => {
      vi.advanceTimersByTime(1000);
      return nextOf(reader);
    };
    expect(await nextOf(reader)).toBe(':\n\n');
    expect(await afterAWhile()).toBe(':\n\n');
    mark = 'm1';
    expect(await afterAWhile()).toBe('id: m1\n\n');
    expect(await afterAWhile()).toBe(':\n\n');
    source.push(1);
    expect(await nextOf(reader)).toContain('id: c1\n');
    mark = 'c1';
    expect(await afterAWhile()).toBe(':\n\n');
    mark = 'a\nb';
    expect(await afterAWhile()).toBe(':\n\n');
    await reader.cancel();
  } finally {
    vi.useRealTimers();
  }
});

test('nothing piles up for a reader that does not read', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const reader = encode(createSource(), 1000).getReader();
    vi.advanceTimersByTime(60_000);
    expect(await nextOf(reader)).toBe(':\n\n');
    let more = false;
    const next = nextOf(reader).then((text) => {
      more = true;
      return text;
    });
    await new Promise(setImmediate);
    expect(more).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(await next).toBe(':\n\n');
    await reader.cancel();
  } finally {
    vi.useRealTimers();
  }
});

test('a reader that leaves ends the source', async () => {
  const source = createSource();
  const reader = encode(source).getReader();
  await reader.read();
  await reader.cancel();
  expect(source.returned).toBe(true);
});

test('a source that fails cuts the stream, without telling that it is complete', async () => {
  const source = createSource();
  const text = textOf(encode(source));
  source.fail(new Error('broken'));
  await expect(text).rejects.toThrow('broken');
});

test('a stream that is cut ends without `complete`, lets its source go, and leaves nothing behind', async () => {
  const source = createSource();
  const open = new Set<() => void>();
  const reader = encode(source, 60_000, () => null, open).getReader();
  expect(await nextOf(reader)).toBe(':\n\n');
  const next = reader.read();
  for (const cut of open) cut();
  await expect(next).rejects.toThrow('The gateway is going down.');
  expect(source.returned).toBe(true);
  expect(open.size).toBe(0);
});

test('a stream that has ended is not kept', async () => {
  const source = createSource();
  const open = new Set<() => void>();
  const text = textOf(encode(source, 60_000, () => null, open));
  expect(open.size).toBe(1);
  source.end();
  await text;
  expect(open.size).toBe(0);
});
