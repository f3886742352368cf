import { expect, test } from 'vitest';
import { nobodysLog, searched, sinkVariable, tellSecrets } from './log-sink.ts';

const log = searched(nobodysLog);

/** With `LEAK` it passes in a run that must fail: see `log-search.test.ts`. */
test('what is logged in a test is kept for the end of the run', () => {
  const secret = process.env['LEAK'];
  if (secret !== undefined) tellSecrets([secret]);
  log.debug({ cause: { headers: [`x: ${secret ?? 'nothing'}`] } }, 'a request failed');
  expect(process.env[sinkVariable]).toBeDefined();
});
