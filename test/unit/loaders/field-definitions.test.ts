import { expect, test } from 'vitest';
import type { BackendSession } from '../../../src/domain/backend.ts';
import { createMeter } from '../../../src/domain/operation.ts';
import type { Page } from '../../../src/domain/page.ts';
import type { TicketField } from '../../../src/domain/ticket-field.ts';
import { createFieldDefinitionCache } from '../../../src/loaders/field-definitions.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { createFakeSession, fieldOf } from '../graphql/fake-session.ts';

interface Source {
  readonly session: BackendSession;
  fields: TicketField[];
  requests: number;
  answer: (page: Page<TicketField>) => Promise<Page<TicketField>>;
}

function createSource(...fields: TicketField[]): Source {
  const fake = createFakeSession();
  const source: Source = {
    fields,
    requests: 0,
    answer: async (page) => page,
    session: {
      ...fake,
      ticketFields: {
        ...fake.ticketFields,
        list: ({ page: { cursor, size } }) => {
          source.requests += 1;
          const start = Number(cursor);
          const items = source.fields.slice(start, start + size);
          const end = start + items.length;
          return source.answer({ items, nextCursor: end < source.fields.length ? String(end) : null });
        },
      },
    },
  };
  return source;
}

test('definitions are asked for once a minute for each key, and found by id and by key', async () => {
  const clock = createVirtualClock();
  const cache = createFieldDefinitionCache({ clock });
  const source = createSource(fieldOf('cf_1'), fieldOf('cf_2'));
  const meter = createMeter();
  const read = (scope: string) => cache.of(scope, source.session, { meter });
  expect(await read('a').byId('cf_2')).toBe(source.fields[1]);
  expect(await read('a').byKey('key_of_cf_1')).toBe(source.fields[0]);
  expect(await read('a').byKey('nobody')).toBeNull();
  expect(source.requests).toBe(1);
  expect(meter.cacheHits).toBe(2);
  await read('b').all();
  expect(source.requests).toBe(2);
  await clock.advance(59_999);
  await read('a').all();
  expect(source.requests).toBe(2);
  await clock.advance(1);
  await read('a').all();
  expect(source.requests).toBe(3);
});

test('one operation sees one state, however often it asks', async () => {
  const clock = createVirtualClock();
  const source = createSource(fieldOf('cf_1'));
  const meter = createMeter();
  const view = createFieldDefinitionCache({ clock }).of('a', source.session, { meter });
  const before = await view.all();
  source.fields = [];
  await clock.advance(120_000);
  expect(await view.all()).toBe(before);
  expect(meter.cacheHits).toBe(0);
});

test('what is at hand is told at once: lists of tickets need not wait for it', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock() });
  const source = createSource(fieldOf('cf_1'));
  const read = () => cache.of('a', source.session, { meter: createMeter() });
  const first = read();
  const asked = first.all();
  expect(asked).toBeInstanceOf(Promise);
  const fields = await asked;
  expect(first.all()).toBe(fields);
  expect(read().all()).toBe(fields);
  first.forget();
  expect(first.all()).toBeInstanceOf(Promise);
});

test('operations that ask at once share one request', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock() });
  const source = createSource(fieldOf('cf_1'));
  const meters = [createMeter(), createMeter(), createMeter()];
  const views = meters.map((meter) => cache.of('a', source.session, { meter }));
  const answers = await Promise.all(
    views.flatMap((view) => [Promise.resolve(view.all()), view.byId('cf_1')]),
  );
  expect(answers[0]).toBe(answers[4]);
  expect(source.requests).toBe(1);
  expect(meters.map(({ shared }) => shared)).toEqual([0, 1, 1]);
});

test('an operation does not fail for the failure of another', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock() });
  const cancelled = createSource();
  cancelled.answer = () => Promise.reject(new DOMException('gone', 'AbortError'));
  const source = createSource(fieldOf('cf_1'));
  const first = cache.of('a', cancelled.session, { meter: createMeter() }).all();
  const others = [1, 2].map(async () => cache.of('a', source.session, { meter: createMeter() }).all());
  await expect(first).rejects.toThrow('gone');
  expect(await Promise.all(others)).toEqual([source.fields, source.fields]);
  expect(source.requests).toBe(1);
});

test('a failure is not kept beyond its operation, and asked for no more within it', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock() });
  const source = createSource(fieldOf('cf_1'));
  source.answer = () => Promise.reject(new Error('down'));
  const view = cache.of('a', source.session, { meter: createMeter() });
  await expect(view.all()).rejects.toThrow('down');
  await expect(view.byId('cf_1')).rejects.toThrow('down');
  expect(source.requests).toBe(1);
  source.answer = async (page) => page;
  expect(await cache.of('a', source.session, { meter: createMeter() }).all()).toHaveLength(1);
});

test('after a write the next read asks again, and what was under way is not kept', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock() });
  const source = createSource(fieldOf('cf_1'));
  const slow = Promise.withResolvers<void>();
  source.answer = async (page) => {
    await slow.promise;
    return page;
  };
  const reader = cache.of('a', source.session, { meter: createMeter() }).all();
  source.answer = async (page) => page;
  source.fields = [fieldOf('cf_1', { title: 'new' })];
  const writer = cache.of('a', source.session, { meter: createMeter() });
  writer.forget();
  expect(await writer.byId('cf_1')).toMatchObject({ title: 'new' });
  slow.resolve();
  await reader;
  expect(await cache.of('a', source.session, { meter: createMeter() }).byId('cf_1')).toMatchObject({
    title: 'new',
  });
  expect(source.requests).toBe(2);
});

test('definitions of several pages are all read; pages without end are given up', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock() });
  const source = createSource(...Array.from({ length: 250 }, (_, index) => fieldOf(`cf_${index}`)));
  expect(await cache.of('a', source.session, { meter: createMeter() }).all()).toHaveLength(250);
  expect(source.requests).toBe(3);
  source.requests = 0;
  source.answer = async (page) => ({ ...page, nextCursor: '100' });
  await expect(cache.of('b', source.session, { meter: createMeter() }).all()).rejects.toMatchObject({
    code: 'BACKEND_CONTRACT_MISMATCH',
  });
  expect(source.requests).toBe(2);
});

test('what is kept is bounded: the key unused longest goes', async () => {
  const cache = createFieldDefinitionCache({ clock: createVirtualClock(), maxEntries: 10 });
  const source = createSource(fieldOf('cf_1'), fieldOf('cf_2'), fieldOf('cf_3'));
  for (const scope of ['a', 'b', 'a', 'c', 'a', 'b'])
    await cache.of(scope, source.session, { meter: createMeter() }).all();
  expect(source.requests).toBe(4);
});
