import { expect, test } from 'vitest';
import { loadEach } from '../../../src/loaders/load-each.ts';

test('a batch runs in bounded parallel, and each failure stays in its own place', async () => {
  let running = 0;
  let most = 0;
  const keys = Array.from({ length: 60 }, (_, index) => index);
  const results = await loadEach(keys, async (key) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (key === 7) throw new Error('seven');
    return key * 2;
  });
  expect(most).toBe(16);
  expect(results).toEqual(keys.map((key) => (key === 7 ? new Error('seven') : key * 2)));
});
