import { GraphQLError } from 'graphql';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGrower } from '../../../src/graphql/lists/growing.ts';
import { joined } from '../../../src/http/incremental/join.ts';
import type { Increment } from '../../../src/http/incremental/part.ts';
import { Parts } from '../../../src/http/incremental/parts.ts';
import { formatResult, presentErrors } from '../../../src/http/results.ts';

async function readAll<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

describe('items that follow each other', () => {
  const item = (list: string, index: number, label?: string): Increment => ({
    path: [list, index],
    items: [`${list}${index}`],
    ...(label !== undefined && { label }),
  });

  test('go out together, and what is added to them comes after them', () => {
    const fragment = { path: ['a', 3], data: { more: true } };
    expect(joined([item('a', 3), fragment, item('a', 4), item('b', 0), item('a', 5)])).toEqual([
      { path: ['a', 3], items: ['a3', 'a4', 'a5'] },
      fragment,
      { path: ['b', 0], items: ['b0'] },
    ]);
  });

  test('stay apart where one is missing, failed, or has another label', () => {
    const failed = { ...item('a', 1), errors: [new GraphQLError('no')] };
    const ended: Increment = { path: ['a', 3], items: null };
    const apart = [item('a', 0), failed, ended, item('a', 5), item('a', 6, 'x')];
    expect(joined(apart)).toEqual(apart);
  });

  test('say the same as before, in any order', () => {
    const increments = fc.array(
      fc.tuple(fc.constantFrom('a', 'b'), fc.nat(6), fc.constantFrom('x', undefined)),
    );
    const told = (some: readonly Increment[]): readonly string[] =>
      some
        .flatMap(({ path = [], items, label }) =>
          (items ?? []).map((value, at) => JSON.stringify([label, path[0], Number(path[1]) + at, value])),
        )
        .toSorted();
    fc.assert(
      fc.property(increments, (some) => {
        const each = some.map(([list, index, label]) => item(list, index, label));
        expect(told(joined(each))).toEqual(told(each));
      }),
    );
  });
});

describe('an answer in parts', () => {
  const bill = { extensions: { bill: 1 } };
  async function* results(...all: object[]): AsyncGenerator<object> {
    for (const result of all) yield await Promise.resolve(result);
  }

  test.for([
    [[{ data: 1, hasNext: true }, { hasNext: false }]],
    [
      [
        { data: 1, hasNext: true },
        { incremental: [{ path: ['a'], data: {} }], hasNext: false },
      ],
    ],
  ])('ends with one that tells what holds of all', async ([all = []]) => {
    const parts = await readAll(new Parts(results(...all), () => bill));
    expect(parts.at(-1)).toEqual({ ...bill, hasNext: false });
    expect(parts.slice(0, -1).every(({ hasNext }) => hasNext)).toBe(true);
  });

  test('says nothing more once it was left, also while a part was awaited', async () => {
    const never = Promise.withResolvers<IteratorResult<object>>();
    let left = 0;
    const source = {
      next: () => never.promise,
      return: async () => {
        left += 1;
        never.resolve({ value: { hasNext: true }, done: false });
        return { value: undefined, done: true as const };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    const parts = new Parts(source, () => bill);
    const awaited = parts.next();
    await parts.return();
    expect(await awaited).toEqual({ value: undefined, done: true });
    expect(await parts.next()).toEqual({ value: undefined, done: true });
    expect(left).toBe(1);
  });

  test('masks what is no error of ours in any part', () => {
    const defect = new GraphQLError('inner', { originalError: new Error('a password'), path: ['a'] });
    const part = { incremental: [{ path: ['a'], data: null, errors: [defect] }], hasNext: true };
    const shown = JSON.stringify(formatResult(presentErrors(part, { traceId: 'f'.repeat(32), log })));
    expect(shown).toContain('INTERNAL_SERVER_ERROR');
    expect(shown).not.toMatch(/password|inner/);
    expect(JSON.parse(shown)).toHaveProperty('hasNext', true);
  });
});

describe('a list that grows', () => {
  test('is read from its beginning by each reader, to its end', async () => {
    const grower = createGrower<number>();
    grower.grow([1, 2]);
    const early = readAll(grower.list);
    const doubled = readAll(grower.list.map((value) => value * 2));
    grower.grow([1, 2, 3]);
    grower.end([1, 2, 3, 4]);
    expect(await early).toEqual([1, 2, 3, 4]);
    expect(await doubled).toEqual([2, 4, 6, 8]);
    expect(await readAll(grower.list)).toEqual([1, 2, 3, 4]);
  });

  test('tells of a failure after the items that there are', async () => {
    const grower = createGrower<number>();
    grower.grow([1]);
    grower.fail(new Error('broken'));
    const read: number[] = [];
    const reading = async () => {
      for await (const value of grower.list) read.push(value);
    };
    await expect(reading()).rejects.toThrow('broken');
    expect(read).toEqual([1]);
  });

  test('lets go of a reader that waits', async () => {
    const grower = createGrower<number>();
    const reader = grower.list[Symbol.asyncIterator]();
    const waiting = reader.next();
    await reader.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});
