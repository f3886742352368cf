import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/state/state-store.ts';
import { until } from '../support/wait.ts';

/**
 * What every state store promises.
 * @param create an empty store as two processes see it; twice the same one where processes cannot share it
 */
export function stateStoreContract(
  create: () => Promise<readonly [StateStore, StateStore]> | readonly [StateStore, StateStore],
): void {
  const open = async () => {
    const [one, other] = await create();
    return {
      one,
      other,
      [Symbol.asyncDispose]: async () => {
        await one.close();
        if (other !== one) await other.close();
      },
    };
  };

  describe('facts', () => {
    test('what was set is read by everybody until it is set anew or deleted', async () => {
      await using it = await open();
      expect(await it.one.get('watermark')).toBeNull();
      await it.one.set('watermark', '1');
      expect(await it.other.get('watermark')).toBe('1');
      await it.other.set('watermark', '2');
      expect(await it.one.get('watermark')).toBe('2');
      await it.one.delete('watermark');
      expect(await it.other.get('watermark')).toBeNull();
    });

    test('what is not there is deleted without complaint', async () => {
      await using it = await open();
      await it.one.delete('nothing');
      expect(await it.one.get('nothing')).toBeNull();
    });

    test('a value is swapped only while it is what was read', async () => {
      await using it = await open();
      expect(await it.one.swap('record', 'a', 'b')).toBe(false);
      expect(await it.one.get('record')).toBeNull();
      expect(await it.one.swap('record', null, '')).toBe(true);
      expect(await it.other.swap('record', null, 'a')).toBe(false);
      expect(await it.other.swap('record', '', 'a')).toBe(true);
      expect(await it.one.swap('record', '', 'b')).toBe(false);
      expect(await it.one.get('record')).toBe('a');
    });

    test('of many who swap at one moment one does', async () => {
      await using it = await open();
      await it.one.set('record', 'before');
      const values = Array.from({ length: 20 }, (_, at) => `by ${at}`);
      const done = await Promise.all(
        values.map((value, at) => (at % 2 === 0 ? it.one : it.other).swap('record', 'before', value)),
      );
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await it.other.get('record')).toBe(values[done.indexOf(true)]);
    });

    test('a value comes back as it was, whatever its text', async () => {
      await using it = await open();
      const values = ['', ' ', '\n', '0', 'null', '{"a":"\\u0000"}', 'grün 🖨️', 'x'.repeat(300_000)];
      for (const value of values) {
        await it.one.set('value', value);
        expect(await it.other.get('value')).toBe(value);
      }
    });

    test('each name is one of its own, whatever its text', async () => {
      await using it = await open();
      const names = ['a', 'A', 'a:b', 'a/b', '../a', '.', '..', 'a.json', '__proto__', '{a}', 'a}', 'a b'];
      names.push('ä', 'a\u0308', '%61', 'a*', 'con', 'a'.repeat(500), 'A'.repeat(500), '');
      await Promise.all(names.map((name) => it.one.set(name, `of ${name}`)));
      expect(await Promise.all(names.map((name) => it.other.get(name)))).toEqual(
        names.map((name) => `of ${name}`),
      );
      await it.one.delete('a');
      expect(await it.other.get('A')).toBe('of A');
    });

    test('of values that are set at one moment one stays, whole', async () => {
      await using it = await open();
      const values = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(50_000));
      await Promise.all(values.map((value, at) => (at % 2 === 0 ? it.one : it.other).set('value', value)));
      const left = await it.one.get('value');
      expect(values).toContain(left);
      expect(await it.other.get('value')).toBe(left);
    });
  });

  describe('leases', () => {
    const long = 600_000;

    test('one holder has a lease at a time, and prolongs it', async () => {
      await using it = await open();
      expect(await it.one.lease('sweep', 'one', long)).toBe(true);
      expect(await it.other.lease('sweep', 'other', long)).toBe(false);
      expect(await it.one.lease('sweep', 'one', long)).toBe(true);
      expect(await it.other.lease('another', 'other', long)).toBe(true);
    });

    test('of many who ask at one moment one gets it', async () => {
      await using it = await open();
      const holders = Array.from({ length: 20 }, (_, at) => `holder ${at}`);
      const got = await Promise.all(
        holders.map((holder, at) => (at % 2 === 0 ? it.one : it.other).lease('sweep', holder, long)),
      );
      expect(got.filter(Boolean)).toHaveLength(1);
      const holder = holders[got.indexOf(true)] ?? '';
      expect(await it.other.lease('sweep', holder, long)).toBe(true);
    });

    test('who has it gives it back, and nobody else does', async () => {
      await using it = await open();
      await it.one.release('sweep', 'one');
      await it.one.lease('sweep', 'one', long);
      await it.other.release('sweep', 'other');
      expect(await it.other.lease('sweep', 'other', long)).toBe(false);
      await it.one.release('sweep', 'one');
      expect(await it.other.lease('sweep', 'other', long)).toBe(true);
      await it.one.release('sweep', 'one');
      expect(await it.one.lease('sweep', 'one', long)).toBe(false);
    });

    test('it runs out by itself, and not before its time', async () => {
      await using it = await open();
      const ttlMs = 150;
      const before = Date.now();
      await it.one.lease('sweep', 'one', ttlMs);
      await until('the end of the lease', () => it.other.lease('sweep', 'other', long));
      expect(Date.now() - before).toBeGreaterThanOrEqual(ttlMs);
      expect(await it.one.lease('sweep', 'one', long)).toBe(false);
    });

    test('one that was prolonged outlives its first time', async () => {
      await using it = await open();
      await it.one.lease('sweep', 'one', 100);
      // Running out is the store's own time: the second lease shows when the first would have ended.
      await it.one.lease('witness', 'one', 100);
      expect(await it.one.lease('sweep', 'one', long)).toBe(true);
      await until('the end of the other', () => it.other.lease('witness', 'other', long));
      expect(await it.other.lease('sweep', 'other', long)).toBe(false);
    });

    test('a fact and a lease of one name have nothing to do with each other', async () => {
      await using it = await open();
      await it.one.lease('registration', 'one', long);
      expect(await it.one.get('registration')).toBeNull();
      await it.one.set('registration', 'other');
      await it.one.delete('registration');
      expect(await it.other.lease('registration', 'other', long)).toBe(false);
    });
  });

  test('whoever does what, both see what a plain model says', async () => {
    const name = fc.constantFrom('a', 'b');
    const step = fc.record({
      kind: fc.constantFrom('get', 'set', 'delete', 'lease', 'release'),
      name,
      by: fc.constantFrom(0, 1),
      text: fc.constantFrom('x', 'y'),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await using it = await open();
      const facts = new Map<string, string>();
      const holders = new Map<string, string>();
      for (const { kind, name: of, by, text } of steps) {
        const store = by === 0 ? it.one : it.other;
        if (kind === 'get') expect(await store.get(of)).toBe(facts.get(of) ?? null);
        if (kind === 'set') await store.set(of, text);
        if (kind === 'set') facts.set(of, text);
        if (kind === 'delete') await store.delete(of);
        if (kind === 'delete') facts.delete(of);
        if (kind === 'lease') {
          const free = (holders.get(of) ?? text) === text;
          if (free) holders.set(of, text);
          expect(await store.lease(of, text, 600_000)).toBe(free);
        }
        if (kind === 'release') await store.release(of, text);
        if (kind === 'release' && holders.get(of) === text) holders.delete(of);
      }
    });
    await fc.assert(property, { numRuns: 30 });
  });
}
