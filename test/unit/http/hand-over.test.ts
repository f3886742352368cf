import { expect, test, vi } from 'vitest';
import { handingOver } from '../../../src/http/sockets/hand-over.ts';

function setUp(answers: readonly boolean[]) {
  const waiting: ((result: IteratorResult<number, undefined>) => void)[] = [];
  let asked = 0;
  let returned = 0;
  const end = () => {
    for (const take of waiting.splice(0)) take({ value: undefined, done: true });
  };
  const results = handingOver(
    {
      next: () => new Promise<IteratorResult<number, undefined>>((resolve) => waiting.push(resolve)),
      return: async () => {
        returned += 1;
        end();
        return { value: undefined, done: true };
      },
    },
    () => answers[asked++] ?? false,
  );
  const give = (value: number) => waiting.shift()?.({ value, done: false });
  return { results, give, end, asked: () => asked, returned: () => returned };
}

test('it is tried whenever the result before was handled', async () => {
  const { results, give, end, asked } = setUp([false, false, true]);
  for (let value = 0; value < 2; value += 1) {
    const next = results.next();
    expect(asked()).toBe(value + 1);
    give(value);
    expect(await next).toEqual({ value, done: false });
    expect(asked()).toBe(value + 1);
  }
  const last = results.next();
  expect(asked()).toBe(3);
  end();
  expect(await last).toEqual({ value: undefined, done: true });
});

test('while nothing comes it is tried again, less and less often, until it succeeds or is left', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { results, asked, returned } = setUp([]);
    const next = results.next();
    vi.advanceTimersByTime(20 + 40 + 80);
    expect(asked()).toBe(4);
    vi.advanceTimersByTime(60_000);
    expect(asked()).toBeLessThan(40);
    await results.return?.();
    expect(await next).toEqual({ value: undefined, done: true });
    expect(returned()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);

    const other = setUp([false, false, true]);
    void other.results.next();
    vi.advanceTimersByTime(60_000);
    expect(other.asked()).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
