import { expect, test } from 'vitest';
import { fuzz } from './run.ts';

test('2,000 inputs of every kind crash nothing, and each is answered in the documented form', async () => {
  const seed = Date.now() % 1_000_000;
  const { faults, ...figures } = await fuzz({ runs: 2000, seed });
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(figures).toMatchObject({ documents: 1000, deliveries: 500, messages: 500 });
  // Some of all that can come of an input has come of one.
  expect(Object.keys(figures.answers)).toEqual(
    expect.arrayContaining([
      '200',
      '400 GRAPHQL_VALIDATION_FAILED',
      'webhook 200',
      'webhook 422',
      'message next',
      'message error',
      'close 4400',
    ]),
  );
}, 120_000);
